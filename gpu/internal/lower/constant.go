package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// constant runs nn.Constant.
type constant struct {
	frugal
	op *nn.Constant
}

func (c constant) pack(Target, *plan.Step) Packing { return tensors(c.op.Value.Data) }

func (c constant) lower(l *lowering, s *plan.Step) error {
	y := l.value(s.Out)
	image := y.Bytes / l.batch
	return l.pieces(l.batch, func(from, n int64) error {
		out := y.part(from*image, n*image)
		return l.emit("constant", l.count(out), plainArgs{first: out, weights: l.weights[s], out: out}, func(h shaders.Head) any {
			return shaders.ConstantPush{Head: h, Length: uint32(len(c.op.Value.Data))}
		})
	}, image)
}
