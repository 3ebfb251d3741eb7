package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// rescale runs nn.Rescale.
type rescale struct {
	frugal
	op *nn.Rescale
}

func (r rescale) pack(_ *Net, s *plan.Step) packing {
	c := s.In[0].Shape.Channels()
	scale, shift := make([]float32, c), make([]float32, c)
	for i := range c {
		scale[i], shift[i] = r.op.Scale[i%len(r.op.Scale)], r.op.Offset[i%len(r.op.Offset)]
	}
	return tensors(make([]float32, c), scale, shift)
}

func (r rescale) lower(l *lowered, s *plan.Step) error {
	l.affine(s, s.In[0].Shape.Channels())
	return nil
}
