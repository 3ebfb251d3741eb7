package lower

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// layerNorm runs nn.LayerNorm and nn.GroupNorm.
type layerNorm struct {
	frugal
	op interface {
		Together(in nn.Shape) nn.Together
		WeightAxes(in nn.Shape) []int
	}
	norm        nn.NormFunc
	epsilon     float32
	gamma, beta *nn.Tensor // nil: none
}

func (n layerNorm) pack(_ Target, s *plan.Step) Packing {
	var list [][]float32
	for _, t := range []*nn.Tensor{n.gamma, n.beta} {
		if t != nil {
			list = append(list, byAxes(t, n.op.WeightAxes(s.In[0].Shape), s.In[0].Shape))
		}
	}
	return tensors(list...)
}

func (n layerNorm) lower(l *lowering, s *plan.Step) error {
	image := s.In[0].Shape
	t, period := n.op.Together(image), periodOf(n.op.WeightAxes(image), image)
	together := t.First * t.Second
	return l.elementwise("layer_norm", s, nil, int64(together*t.Between*t.Inner), int64(together), func(h shaders.Head) any {
		return shaders.LayerNormPush{
			Head: h, Func: uint32(slices.Index(nn.NormFuncs(), n.norm)),
			First: uint32(t.First), Between: uint32(t.Between), Second: uint32(t.Second), Inner: uint32(t.Inner),
			Period: uint32(period), HasGamma: flag(n.gamma != nil), HasBeta: flag(n.beta != nil), Epsilon: n.epsilon,
		}
	})
}
