package lower

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// normalize runs nn.Normalize, over fours where its statistics are a channel's.
type normalize struct {
	frugal
	op *nn.Normalize
}

// fours reports whether the affine kernel takes the step.
func (n normalize) fours(t Target, s *plan.Step) bool {
	image := s.In[0].Shape
	return n.op.ByChannel(image) && t.affine(image.Channels())
}

func (n normalize) pack(t Target, s *plan.Step) Packing {
	image := s.In[0].Shape
	if n.fours(t, s) {
		const least = 1e-7 // as nn.Normalize says
		mean, deviation, zeros := make([]float64, image.Channels()), make([]float64, image.Channels()), make([]float64, image.Channels())
		for c := range mean {
			of := c % len(n.op.Mean.Data) // one for all, or one each
			mean[c], deviation[c] = float64(n.op.Mean.Data[of]), max(math.Sqrt(float64(n.op.Variance.Data[of])), least)
			if !n.op.Invert {
				deviation[c] = 1 / deviation[c]
			}
		}
		if n.op.Invert {
			return constants(zeros, deviation, mean)
		}
		return constants(mean, deviation, zeros)
	}
	axes := n.op.WeightAxes(image)
	return tensors(byAxes(n.op.Mean, axes, image), byAxes(n.op.Variance, axes, image))
}

func (n normalize) lower(l *lowering, s *plan.Step) error {
	if n.fours(l.Target, s) {
		return l.lowerAffine(s)
	}
	period := periodOf(n.op.WeightAxes(s.In[0].Shape), s.In[0].Shape)
	return l.elementwise("normalize", s, nil, int64(period), 1, func(h shaders.Head) any {
		return shaders.NormalizePush{Head: h, Period: uint32(period), Invert: flag(n.op.Invert)}
	})
}
