package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// groupedConv2D runs nn.GroupedConv2D: a product for each group, of some of the
// channels of every position.
type groupedConv2D struct {
	frugal
	op *nn.GroupedConv2D
}

func (g groupedConv2D) product(s *plan.Step) product {
	return product{window: s.Window, in: s.In[0].Shape, out: s.Out.Shape, images: 1, groups: g.op.Groups}
}

func (g groupedConv2D) pack(n *Net, s *plan.Step) packing {
	return g.product(s).pack(n, s, g.op.Kernel)
}

func (g groupedConv2D) lower(l *lowered, s *plan.Step) error {
	g.product(s).lower(l, s)
	return nil
}
