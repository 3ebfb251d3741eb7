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
	push := shaders.LayerNormPush{
		Func:  uint32(slices.Index(nn.NormFuncs(), n.norm)),
		First: uint32(t.First), Between: uint32(t.Between), Second: uint32(t.Second), Inner: uint32(t.Inner),
		Period: uint32(period), HasGamma: flag(n.gamma != nil), HasBeta: flag(n.beta != nil), Epsilon: n.epsilon,
	}
	if done, err := n.fours(l, s, push); done || err != nil {
		return err
	}
	return l.elementwise("layer_norm", s, nil, int64(together*t.Between*t.Inner), int64(together), func(h shaders.Head) any {
		push.Head = h
		return push
	})
}

// fours emits the kernel over fours of the innermost axis; false: it does not apply.
func (n layerNorm) fours(l *lowering, s *plan.Step, push shaders.LayerNormPush) (bool, error) {
	k, ok := l.quads("layer_norm", "")
	x, y := l.value(s.In[0]), l.value(s.Out)
	image := x.Bytes / l.batch
	groups := image / l.Element() / int64(push.First) / int64(push.Second) // of an image
	weighted := n.gamma != nil || n.beta != nil
	if !ok || push.Inner != 1 || push.Second%4 != 0 || weighted && push.Period != push.Between*push.Second || max(groups, int64(push.First*push.Second)) >= dividend || max(image, l.weights[s].Bytes) > l.readable(k) {
		return false, nil
	}
	push.Second, push.Period = push.Second/4, push.Period/4
	return true, l.piecesOfFours(k, groups, func(from, count int64, grid [3]uint32) error {
		if k.Texels == 0 { // which a work group owns each
			var err error
			if grid, err = l.lines(count*groups, 1); err != nil {
				return err
			}
		}
		a := plainArgs{first: x.part(from*image, count*image), weights: l.weights[s], out: y.part(from*image, count*image)}
		return l.fours(k, shaders.Head{Count: uint32(count * groups)}, grid, a, func(h shaders.Head) any {
			push.Head = h
			return push
		})
	}, image)
}
