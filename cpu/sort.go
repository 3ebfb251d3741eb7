package cpu

import (
	"cmp"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// sortAlong runs nn.Sort.
type sortAlong struct {
	weightless
	frugal
	op *nn.Sort
}

func (m sortAlong) lower(l *lowered, s *plan.Step) error {
	columns, inner := m.op.Inner(s.Out.Shape)
	type number struct {
		value float64
		place int
	}
	l.normalised(s, columns, inner, func(row []float64) {
		numbers := make([]number, columns)
		for i, v := range row {
			numbers[i] = number{v, i}
		}
		slices.SortFunc(numbers, func(a, b number) int {
			c := cmp.Compare(a.value, b.value) // which has NaN as the smallest
			if math.IsNaN(a.value) != math.IsNaN(b.value) {
				c = -c
			}
			if m.op.Descending {
				c = -c
			}
			return cmp.Or(c, a.place-b.place)
		})
		for i, n := range numbers {
			if row[i] = n.value; m.op.Positions {
				row[i] = float64(n.place)
			}
		}
	})
	return nil
}
