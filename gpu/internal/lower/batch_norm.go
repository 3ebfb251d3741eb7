package lower

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// batchNorm runs nn.BatchNorm, over fours where it is of the last axis.
type batchNorm struct{ op *nn.BatchNorm }

func (batchNorm) scratch(Target, *plan.Step, int64) int64 { return 0 }

// fours reports whether the affine kernel takes the step.
func (b batchNorm) fours(t Target, s *plan.Step) bool {
	image := s.In[0].Shape
	return b.op.ByChannel(image) && t.affine(image.Channels())
}

func (b batchNorm) pack(t Target, s *plan.Step) Packing {
	if !b.fours(t, s) {
		return params(s)
	}
	n := s.In[0].Shape.Channels()
	mean, scale, shift := make([]float64, n), make([]float64, n), make([]float64, n)
	for c := range n {
		mean[c] = float64(b.op.Mean.Data[c])
		scale[c] = 1 / math.Sqrt(float64(b.op.Variance.Data[c])+float64(b.op.Epsilon))
		if b.op.Scale {
			scale[c] *= float64(b.op.Gamma.Data[c])
		}
		if b.op.Center {
			shift[c] = float64(b.op.Beta.Data[c])
		}
	}
	return constants(mean, scale, shift)
}

func (b batchNorm) lower(l *lowering, s *plan.Step) error {
	extent, inner := b.op.Inner(s.In[0].Shape)
	if b.fours(l.Target, s) {
		return l.lowerAffine(s)
	}
	return l.elementwise("batch_norm", s, s.Residual, int64(extent*inner), 1, func(h shaders.Head) any {
		return shaders.BatchNormPush{
			Head: h, Extent: uint32(extent), Inner: uint32(inner), HasGamma: flag(b.op.Scale), HasBeta: flag(b.op.Center),
			Epsilon: b.op.Epsilon, Epilogue: epilogue(s),
		}
	})
}
