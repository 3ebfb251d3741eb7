package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// preLU runs nn.PReLU.
type preLU struct {
	frugal
	op *nn.PReLU
}

func (p preLU) pack(_ Target, s *plan.Step) Packing {
	return tensors(byAxes(p.op.Alpha, p.op.WeightAxes(s.In[0].Shape), s.In[0].Shape))
}

func (p preLU) lower(l *lowering, s *plan.Step) error {
	period := periodOf(p.op.WeightAxes(s.In[0].Shape), s.In[0].Shape)
	return l.elementwise("prelu", s, nil, int64(period), 1, func(h shaders.Head) any {
		return shaders.PeriodPush{Head: h, Period: uint32(period)}
	})
}
