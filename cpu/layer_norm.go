package cpu

import (
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// layerNorm runs nn.LayerNorm.
type layerNorm struct {
	weightless
	frugal
	op *nn.LayerNorm
}

func (n layerNorm) lower(l *lowered, s *plan.Step) error {
	gamma, beta := dataOf(n.op.Gamma), dataOf(n.op.Beta)
	l.together(s, n.op.Together(s.In[0].Shape), func(values []float64, _ int) {
		offset, divisor := statistics(n.op.Func, float64(n.op.Epsilon), values)
		for i, v := range values {
			values[i] = affineAt(gamma, beta, i, (v-offset)/divisor)
		}
	})
	return nil
}

// groupNorm runs nn.GroupNorm.
type groupNorm struct {
	weightless
	frugal
	op *nn.GroupNorm
}

func (n groupNorm) lower(l *lowered, s *plan.Step) error {
	gamma, beta := dataOf(n.op.Gamma), dataOf(n.op.Beta)
	in := s.In[0].Shape
	t := n.op.Together(in)
	channels := in[n.op.WeightAxes(in)[0]] / n.op.Groups // of a group
	behind := t.Second / channels
	l.together(s, t, func(values []float64, group int) {
		offset, divisor := statistics(nn.NormStandard, float64(n.op.Epsilon), values)
		for i, v := range values {
			values[i] = affineAt(gamma, beta, group*channels+i%t.Second/behind, (v-offset)/divisor)
		}
	})
	return nil
}

// dataOf returns a weight's numbers, nil where there is none.
func dataOf(t *nn.Tensor) []float32 {
	if t == nil {
		return nil
	}
	return t.Data
}

// affineAt returns v gamma[i] + beta[i], of those that there are.
func affineAt(gamma, beta []float32, i int, v float64) float64 {
	if gamma != nil {
		v *= float64(gamma[i])
	}
	if beta != nil {
		v += float64(beta[i])
	}
	return v
}

// statistics returns what is subtracted from the elements and what they are
// divided by then.
func statistics(f nn.NormFunc, epsilon float64, values []float64) (offset, divisor float64) {
	n, sum, squares, variance := float64(len(values)), 0.0, 0.0, 0.0
	for _, v := range values {
		sum += v
		squares += v * v
	}
	mean := sum / n
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	switch f {
	case nn.NormRMS:
		return 0, math.Sqrt(squares/n + epsilon)
	case nn.NormVariance:
		return 0, math.Sqrt(variance/n + epsilon)
	case nn.NormL2:
		return 0, max(math.Sqrt(squares), epsilon)
	}
	return mean, math.Sqrt(variance/n + epsilon)
}

// together emits what hands every group of elements that are normalised together
// to f, which writes its result over them. between is the group's place on the
// axis between the two that it spans.
func (l *lowered) together(s *plan.Step, t nn.Together, f func(values []float64, between int)) {
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	groups, image := t.Outer*t.Between*t.Inner, s.In[0].Shape.Len()
	size := t.First * t.Second
	const cost = 8 // an element: two passes of float64
	tiles := l.tilesOf(l.batch*groups, float64(cost*size))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		values := make([]float64, size)
		from, to := cut(l.batch*groups, tiles, tile)
		for g := from; g < to; g++ {
			inner, between, outer := g%t.Inner, g/t.Inner%t.Between, g/t.Inner/t.Between%t.Outer
			begin := g/groups*image + (outer*t.First*t.Between+between)*t.Second*t.Inner + inner
			each := func(do func(i, at int)) {
				for first := range t.First {
					at := begin + first*t.Between*t.Second*t.Inner
					for second := range t.Second {
						do(first*t.Second+second, at+second*t.Inner)
					}
				}
			}
			each(func(i, at int) { values[i] = float64(x[at]) })
			f(values, between)
			each(func(i, at int) { y[at] = float32(values[i]) })
		}
	})
}
