package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// rescale runs nn.Rescale.
type rescale struct {
	frugal
	op *nn.Rescale
}

func (r rescale) pack(Target, *plan.Step) Packing { return tensors(r.op.Scale, r.op.Offset) }

func (r rescale) lower(l *lowering, s *plan.Step) error {
	c := s.In[0].Shape.Channels()
	return l.elementwise("rescale", s, nil, int64(c), 1, func(h shaders.Head) any {
		return shaders.RescalePush{Head: h, Channels: uint32(c), Scales: uint32(len(r.op.Scale)), Offsets: uint32(len(r.op.Offset))}
	})
}
