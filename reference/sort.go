package reference

import (
	"context"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// sortAlong sorts places along the axis by what is there, equal ones as they were:
// y[i] is x[place i], or place i itself.
func sortAlong(ctx context.Context, op *nn.Sort, x, y *nn.Tensor) error {
	extent, inner := op.Inner(x.Shape[1:])
	return rows(ctx, extent, inner, x, y, func(row []float64) {
		places := make([]int, extent)
		for i := range places {
			places[i] = i
		}
		slices.SortStableFunc(places, func(i, j int) int {
			c := rising(row[i], row[j])
			if op.Descending {
				return -c
			}
			return c
		})
		values := slices.Clone(row)
		for i, p := range places {
			if row[i] = values[p]; op.Positions {
				row[i] = float64(p)
			}
		}
	})
}

// rising compares numbers, NaN being the largest.
func rising(a, b float64) int {
	switch {
	case a < b || math.IsNaN(b) && !math.IsNaN(a):
		return -1
	case a > b || math.IsNaN(a) && !math.IsNaN(b):
		return 1
	}
	return 0
}
