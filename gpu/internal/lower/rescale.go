package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// rescale runs nn.Rescale, over fours but layer by layer.
type rescale struct {
	frugal
	op *nn.Rescale
}

func (r rescale) pack(t Target, s *plan.Step) Packing {
	n := s.In[0].Shape.Channels()
	if !t.affine(n) {
		return tensors(r.op.Scale, r.op.Offset)
	}
	scale, shift := make([]float64, n), make([]float64, n)
	for c := range n {
		scale[c] = float64(r.op.Scale[min(c, len(r.op.Scale)-1)])
		shift[c] = float64(r.op.Offset[min(c, len(r.op.Offset)-1)])
	}
	return constants(make([]float64, n), scale, shift)
}

func (r rescale) lower(l *lowering, s *plan.Step) error {
	c := s.In[0].Shape.Channels()
	if l.affine(c) {
		return l.lowerAffine(s)
	}
	return l.elementwise("rescale", s, nil, int64(c), 1, func(h shaders.Head) any {
		return shaders.RescalePush{Head: h, Channels: uint32(c), Scales: uint32(len(r.op.Scale)), Offsets: uint32(len(r.op.Offset))}
	})
}
