package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// constant runs nn.Constant: copies, an image each.
type constant struct {
	frugal
	op *nn.Constant
}

func (c constant) pack(*Net, *plan.Step) packing { return tensors(c.op.Value.Data) }

func (c constant) lower(l *lowered, s *plan.Step) error {
	n := s.Out.Shape.Len()
	value, y := l.net.weightFloats(s, n), l.floats(s.Out)
	l.emit(s, inGo, l.batch, func(image, _ int) { copy(y[image*n:(image+1)*n], value) })
	return nil
}
