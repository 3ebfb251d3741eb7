package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// layerScale runs nn.LayerScale.
type layerScale struct {
	frugal
	op *nn.LayerScale
}

func (layerScale) pack(_ Target, s *plan.Step) Packing { return params(s) }

func (o layerScale) lower(l *lowering, s *plan.Step) error {
	channels := o.op.Gamma.Len()
	return l.elementwise("layer_scale", s, nil, int64(channels), 1, func(h shaders.Head) any {
		return shaders.PeriodPush{Head: h, Period: uint32(channels)}
	})
}
