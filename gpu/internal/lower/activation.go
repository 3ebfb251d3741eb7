package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// activation runs nn.Activation: over fours where the function has one parameter
// at most.
type activation struct{ op *nn.Activation }

func (activation) pack(Target, *plan.Step) Packing         { return Packing{} }
func (activation) scratch(Target, *plan.Step, int64) int64 { return 0 }
func (a activation) lower(l *lowering, s *plan.Step) error {
	if plan.OneParameter(a.op) {
		finished := *s
		finished.Activation, finished.Highest = a.op, s.Highest
		if a.op.Max > 0 {
			finished.Highest = a.op.Max
		}
		done, err := l.flat(&finished, flat{kernel: "activation", x: s.In[0], lowest: s.Lowest, highest: finished.Highest, finish: true})
		if done || err != nil {
			return err
		}
	}
	return l.elementwise("activation", s, nil, 1, 1, func(h shaders.Head) any {
		return shaders.ActivationPush{
			Head: h, Func: uint32(slices.Index(nn.Funcs(), a.op.Func)),
			Slope: a.op.Slope, Threshold: a.op.Threshold, Highest: a.op.Max, Alpha: a.op.Alpha,
		}
	})
}
