package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// normalize runs nn.Normalize.
type normalize struct {
	frugal
	op *nn.Normalize
}

func (n normalize) pack(_ Target, s *plan.Step) Packing {
	image := s.In[0].Shape
	axes := n.op.WeightAxes(image)
	return tensors(byAxes(n.op.Mean, axes, image), byAxes(n.op.Variance, axes, image))
}

func (n normalize) lower(l *lowering, s *plan.Step) error {
	period := periodOf(n.op.WeightAxes(s.In[0].Shape), s.In[0].Shape)
	return l.elementwise("normalize", s, nil, int64(period), 1, func(h shaders.Head) any {
		return shaders.NormalizePush{Head: h, Period: uint32(period), Invert: flag(n.op.Invert)}
	})
}
