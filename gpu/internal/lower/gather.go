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
// them. The last four are filled up.
func (g gather) pack(Target, *plan.Step) Packing {
	return Packing{16 * ceil(int64(len(g.op.Positions)), 4), func(dst []byte, _ func(int) []float32) error {
		to := Floats(dst)
		clear(to)
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
	push := shaders.GatherPush{Extent: uint32(extent), Positions: uint32(positions), Inner: uint32(inner), Fill: g.op.Fill}
	if done, err := g.fours(l, s, push); done || err != nil {
		return err
	}
	xSlice, ySlice := x.Bytes/slices, y.Bytes/slices
	return l.pieces(slices, func(from, n int64) error {
		args := plainArgs{first: x.part(from*xSlice, n*xSlice), weights: l.weights[s], out: y.part(from*ySlice, n*ySlice)}
		return l.emit("gather", l.count(args.out), args, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, xSlice, ySlice)
}

// fours emits the kernel over fours of the innermost axis; false: it does not apply.
func (g gather) fours(l *lowering, s *plan.Step, push shaders.GatherPush) (bool, error) {
	k, ok := l.quads("gather", "")
	x, y := l.value(s.In[0]), l.value(s.Out)
	xImage, yImage := x.Bytes/l.batch, y.Bytes/l.batch
	each := yImage / l.texel()
	if !ok || push.Inner%4 != 0 || each >= dividend || max(xImage, yImage, l.weights[s].Bytes) > l.readable(k) {
		return false, nil
	}
	push.Inner /= 4
	return true, l.piecesOfFours(k, each, func(from, n int64, grid [3]uint32) error {
		a := plainArgs{first: x.part(from*xImage, n*xImage), weights: l.weights[s], out: y.part(from*yImage, n*yImage)}
		return l.fours(k, shaders.Head{Count: uint32(n * each)}, grid, a, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, xImage, yImage)
}
