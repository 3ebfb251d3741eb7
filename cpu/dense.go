package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// dense runs nn.Dense: a product whose rows are vectors of the last axis, each an
// image of one position.
type dense struct {
	frugal
	op *nn.Dense
}

func (d dense) product(s *plan.Step) product {
	c := s.In[0].Shape.Channels()
	return product{window: nn.Square(1, 1), in: nn.Shape{1, 1, c}, out: nn.Shape{1, 1, d.op.Units}, images: s.In[0].Shape.Len() / c, groups: 1}
}

func (d dense) pack(n *Net, s *plan.Step) packing { return d.product(s).pack(n, s, d.op.Kernel) }

func (d dense) lower(l *lowered, s *plan.Step) error {
	d.product(s).lower(l, s)
	return nil
}
