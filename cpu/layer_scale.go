package cpu

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// layerScale runs nn.LayerScale where it was not folded.
type layerScale struct {
	frugal
	op *nn.LayerScale
}

func (sc layerScale) pack(*Net, *plan.Step) packing {
	zeros := make([]float32, sc.op.Gamma.Len())
	return tensors(zeros, sc.op.Gamma.Data, zeros)
}

func (sc layerScale) lower(l *lowered, s *plan.Step) error {
	l.affine(s, s.In[0].Shape.Channels())
	return nil
}
