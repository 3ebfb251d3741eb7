package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// reduce runs nn.Reduce.
type reduce struct {
	weightless
	frugal
	op *nn.Reduce
}

func (r reduce) lower(l *lowered, s *plan.Step) error {
	f := reduction(r.op.Func)
	if f == nil {
		return fmt.Errorf("no function %q", r.op.Func)
	}
	in := s.In[0].Shape
	own := stridesOf(in)
	var kept, reduced nn.Shape
	var keptStrides, reducedStrides []int
	for a, n := range in {
		if slices.Contains(r.op.Axes, a) {
			reduced, reducedStrides = append(reduced, n), append(reducedStrides, own[a])
		} else {
			kept, keptStrides = append(kept, n), append(keptStrides, own[a])
		}
	}
	// An element of the result begins a row of one; what it is made of lies at
	// these places behind it.
	begin := newStrided(append(kept, 1), append(keptStrides, 0), in.Len(), 0)
	part := newStrided(append(reduced, 1), append(reducedStrides, 0), 0, 0)
	places := make([]int, part.rows)
	for i := range places {
		places[i] = part.at(i)
	}
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	tiles := l.tilesOf(len(y), float64(2*len(places)))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(len(y), tiles, tile)
		for i := from; i < to; i++ {
			y[i] = float32(f(x[begin.at(i):], places))
		}
	})
	return nil
}

// reduction returns a function of the elements of x at some places; nil: it is
// unknown.
func reduction(f nn.ReduceFunc) func(x []float32, places []int) float64 {
	fold := func(start float64, f func(a, b float64) float64) func(x []float32, places []int) float64 {
		return func(x []float32, places []int) float64 {
			all := start
			for _, p := range places {
				all = f(all, float64(x[p]))
			}
			return all
		}
	}
	sum := fold(0, func(a, b float64) float64 { return a + b })
	first := func(better func(a, b float32) bool) func(x []float32, places []int) float64 {
		return func(x []float32, places []int) float64 {
			best := 0
			for i, p := range places {
				if better(x[p], x[places[best]]) {
					best = i
				}
			}
			return float64(best)
		}
	}
	switch f {
	case nn.ReduceSum:
		return sum
	case nn.ReduceMean:
		return func(x []float32, places []int) float64 { return sum(x, places) / float64(len(places)) }
	case nn.ReduceMax:
		return fold(math.Inf(-1), func(a, b float64) float64 { return max(a, b) })
	case nn.ReduceMin:
		return fold(math.Inf(1), func(a, b float64) float64 { return min(a, b) })
	case nn.ReduceProd:
		return fold(1, func(a, b float64) float64 { return a * b })
	case nn.ReduceArgMax:
		return first(func(a, b float32) bool { return a > b })
	case nn.ReduceArgMin:
		return first(func(a, b float32) bool { return a < b })
	}
	return nil
}
