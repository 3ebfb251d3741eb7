package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// conv2D runs nn.Conv2D: a product whose rows are output positions.
type conv2D struct {
	frugal
	op *nn.Conv2D
}

func (conv2D) product(s *plan.Step) product {
	return product{window: s.Window, in: s.In[0].Shape, out: s.Out.Shape, images: 1, groups: 1}
}

func (c conv2D) pack(n *Net, s *plan.Step) packing { return c.product(s).pack(n, s, c.op.Kernel) }

func (c conv2D) lower(l *lowered, s *plan.Step) error {
	c.product(s).lower(l, s)
	return nil
}
