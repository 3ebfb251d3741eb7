package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// gather runs nn.Gather.
type gather struct {
	frugal
	op *nn.Gather
}

// pack writes the positions as numbers, which float32 holds exactly: nn bounds
// them.
func (g gather) pack(Target, *plan.Step) Packing {
	return Packing{4 * int64(len(g.op.Positions)), func(dst []byte) error {
		to := Floats(dst)
		for i, p := range g.op.Positions {
			to[i] = float32(p)
		}
		return nil
	}}
}

func (g gather) lower(l *lowering, s *plan.Step) error {
	x, y := l.value(s.In[0]), l.value(s.Out)
	outer, extent, inner := g.op.Around(s.In[0].Shape)
	slices, positions := l.batch*int64(outer), len(g.op.Positions)
	xSlice, ySlice := x.Bytes/slices, y.Bytes/slices
	return l.pieces(slices, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xSlice, n*xSlice), weights: l.weights[s], out: y.part(from*ySlice, n*ySlice)}
		return l.emit("gather", l.count(args.out), args, func(h shaders.Head) any {
			return shaders.GatherPush{Head: h, Extent: uint32(extent), Positions: uint32(positions), Inner: uint32(inner), Fill: g.op.Fill}
		})
	}, xSlice, ySlice)
}
