package plan

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// merge makes one step of two convolutions that slide the same window over the
// same tensor: their filters side by side are the filters of one convolution,
// which reads its input once. In each projection block of a ResNet these are
// the first 1x1 convolution and the shortcut. Neither may add a residual, which
// the other could have to be computed for; the bounds of both stay their own.
//
// It comes behind demand, so that each of the two is asked for by itself: they
// are merged where that leaves them the same window and the same positions.
//
// TVM calls this combining parallel convolutions (apache/tvm, pull request 2089).
func merge(p *Program) {
	for i := 0; i < len(p.Steps); i++ {
		s := p.Steps[i]
		for j := i + 1; j < len(p.Steps); j++ {
			if t := p.Steps[j]; siblings(s, t) {
				s.Sibling = t
				s.Name += " + " + t.Name
				p.Steps = slices.Delete(p.Steps, j, j+1)
				break
			}
		}
	}
}

// siblings reports whether the two can be computed as one.
func siblings(s, t *Step) bool {
	return mergeable(s) && mergeable(t) && s.In[0].Root() == t.In[0].Root() && s.In[0].Shape.Equal(t.In[0].Shape) &&
		s.Window == t.Window && same(s.Out.Held, t.Out.Held)
}

// mergeable reports whether the step is a convolution that depends on its input
// alone.
func mergeable(s *Step) bool {
	_, ok := s.Op.(*nn.Conv2D)
	return ok && s.Residual == nil && s.Gate == nil && s.Sibling == nil
}

// Parts returns the step and, where it has one, its sibling: what the step
// computes, one output each.
func (s *Step) Parts() []*Step {
	if s.Sibling == nil {
		return []*Step{s}
	}
	return []*Step{s, s.Sibling}
}
