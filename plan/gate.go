package plan

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// gate makes the product of a feature map with a factor a channel and image,
// which squeeze and excitation ends with, part of the 1x1 convolution that alone
// reads it: that multiplies what it reads, and the map is neither read nor
// written once more. The factors are made from the map, so its own maker cannot
// apply them.
func gate(p *Program) {
	for _, s := range slices.Clone(p.Steps) {
		conv, ok := s.Op.(*nn.Conv2D)
		if !ok || conv.Size != [2]int{1, 1} || s.InScale != nil || s.Gate != nil {
			continue
		}
		product := p.soleMaker(s.In[0], s)
		if product == nil || !product.plain() {
			continue
		}
		x, factors := gated(product)
		if x == nil {
			continue
		}
		s.In, s.Gate = []*Value{x}, factors
		s.Nodes = append(slices.Clone(product.Nodes), s.Nodes...)
		p.Steps = slices.DeleteFunc(p.Steps, func(t *Step) bool { return t == product })
	}
	p.prune()
}

// gated returns the feature map (H, W, C) and the factors (1, 1, C) that the
// step multiplies; nil: it does something else.
func gated(s *Step) (x, factors *Value) {
	if _, ok := s.Op.(*nn.Multiply); !ok || len(s.In) != 2 {
		return nil, nil
	}
	for i, f := range s.In {
		x := s.In[1-i]
		if x.spatial() && x.Shape.Equal(s.Out.Shape) && f.Shape.Equal(nn.Shape{1, 1, x.Shape[2]}) {
			return x, f
		}
	}
	return nil, nil
}
