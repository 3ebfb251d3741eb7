package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// batchNorm runs nn.BatchNorm.
type batchNorm struct{ op *nn.BatchNorm }

func (batchNorm) scratch(Target, *plan.Step, int64) int64 { return 0 }

func (batchNorm) pack(_ Target, s *plan.Step) Packing { return params(s) }

func (b batchNorm) lower(l *lowering, s *plan.Step) error {
	extent, inner := b.op.Inner(s.In[0].Shape)
	return l.elementwise("batch_norm", s, s.Residual, int64(extent*inner), 1, func(h shaders.Head) any {
		return shaders.BatchNormPush{
			Head: h, Extent: uint32(extent), Inner: uint32(inner), HasGamma: flag(b.op.Scale), HasBeta: flag(b.op.Center),
			Epsilon: b.op.Epsilon, Epilogue: epilogue(s),
		}
	})
}
