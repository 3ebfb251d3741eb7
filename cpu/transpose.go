package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// transpose runs nn.Transpose.
type transpose struct {
	weightless
	frugal
	op *nn.Transpose
}

func (t transpose) lower(l *lowered, s *plan.Step) error {
	own := stridesOf(s.In[0].Shape)
	strides := make([]int, len(t.op.Axes))
	for i, a := range t.op.Axes {
		strides[i] = own[a]
	}
	l.move(s, strides, 0)
	return nil
}
