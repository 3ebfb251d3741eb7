package cpu

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// normalize runs nn.Normalize where it was not folded.
type normalize struct {
	frugal
	op *nn.Normalize
}

// columns returns how many elements have statistics of their own: those of a
// position, or all of an image.
func (n normalize) columns(s *plan.Step) int {
	if in := s.In[0].Shape; !n.op.ByChannel(in) {
		return in.Len()
	}
	return s.In[0].Shape.Channels()
}

func (n normalize) pack(_ *Net, s *plan.Step) packing {
	in, columns := s.In[0].Shape, n.columns(s)
	center, scale, shift := make([]float32, columns), make([]float32, columns), make([]float32, columns)
	for i, w := range byAxes(n.op.WeightAxes(in), in)[:columns] {
		deviation := max(math.Sqrt(float64(n.op.Variance.Data[w])), 1e-7)
		if n.op.Invert {
			scale[i], shift[i] = float32(deviation), n.op.Mean.Data[w]
		} else {
			center[i], scale[i] = n.op.Mean.Data[w], float32(1/deviation)
		}
	}
	return tensors(center, scale, shift)
}

func (n normalize) lower(l *lowered, s *plan.Step) error {
	l.affine(s, n.columns(s))
	return nil
}

// byAxes returns, for each element of an image, which weight it belongs to, where
// weights are indexed by some of its axes, in ascending order.
func byAxes(axes []int, s nn.Shape) []int {
	of := make([]int, s.Len())
	for e := range of {
		for _, a := range axes {
			of[e] = of[e]*s[a] + e/nn.Shape(s[a+1:]).Len()%s[a]
		}
	}
	return of
}
