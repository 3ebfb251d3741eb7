package reference

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// reduce computes y[e] = f of all x whose coordinates on the kept axes are those
// of e, in row-major order of the reduced axes.
func reduce(ctx context.Context, op *nn.Reduce, x, y *nn.Tensor) error {
	f, err := reduction(op.Func)
	if err != nil {
		return err
	}
	own := stridesOf(x.Shape)
	var kept, reduced nn.Shape
	var keptStrides, reducedStrides []int
	for a, n := range x.Shape {
		if slices.Contains(op.Axes, a-1) {
			reduced, reducedStrides = append(reduced, n), append(reducedStrides, own[a])
		} else {
			kept, keptStrides = append(kept, n), append(keptStrides, own[a])
		}
	}
	places := make([]int, reduced.Len())
	for i := range places {
		places[i] = place(i, reduced, reducedStrides)
	}
	return parallel(ctx, y.Len(), rowsOf(len(places)), func(from, to int) {
		for e := from; e < to; e++ {
			y.Data[e] = float32(f(x.Data[place(e, kept, keptStrides):], places))
		}
	})
}

// reduction returns the function as one of the elements of x at some places.
func reduction(f nn.ReduceFunc) (func(x []float32, places []int) float64, error) {
	switch f {
	case nn.ReduceSum:
		return sumAt, nil
	case nn.ReduceMean:
		return func(x []float32, places []int) float64 { return sumAt(x, places) / float64(len(places)) }, nil
	case nn.ReduceMax:
		return func(x []float32, places []int) float64 {
			return accumulate(x, places, math.Inf(-1), func(a, b float64) float64 { return max(a, b) })
		}, nil
	case nn.ReduceMin:
		return func(x []float32, places []int) float64 {
			return accumulate(x, places, math.Inf(1), func(a, b float64) float64 { return min(a, b) })
		}, nil
	case nn.ReduceProd:
		return func(x []float32, places []int) float64 {
			return accumulate(x, places, 1, func(a, b float64) float64 { return a * b })
		}, nil
	case nn.ReduceArgMax:
		return func(x []float32, places []int) float64 {
			return firstBest(x, places, func(a, b float32) bool { return a > b })
		}, nil
	case nn.ReduceArgMin:
		return func(x []float32, places []int) float64 {
			return firstBest(x, places, func(a, b float32) bool { return a < b })
		}, nil
	}
	return nil, fmt.Errorf("reduction %q: %w", f, ErrUnsupported)
}

func accumulate(x []float32, places []int, start float64, f func(a, b float64) float64) float64 {
	for _, p := range places {
		start = f(start, float64(x[p]))
	}
	return start
}

func sumAt(x []float32, places []int) float64 {
	return accumulate(x, places, 0, func(a, b float64) float64 { return a + b })
}

// firstBest returns the first index whose element no other one is better than.
func firstBest(x []float32, places []int, better func(a, b float32) bool) float64 {
	best := 0
	for i, p := range places {
		if better(x[p], x[places[best]]) {
			best = i
		}
	}
	return float64(best)
}
