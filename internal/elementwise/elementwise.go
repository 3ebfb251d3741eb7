// Package elementwise is the arithmetic of comparing two tensors element by
// element, which package validate and the tests' own comparison share.
package elementwise

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// Distance is |got - want|: 0 for equal values that are not finite, infinite
// where one alone is.
func Distance(got, want float32) float64 {
	g, w := float64(got), float64(want)
	switch {
	case Finite(got) && Finite(want):
		return math.Abs(g - w)
	case g == w || math.IsNaN(g) && math.IsNaN(w):
		return 0
	default:
		return math.Inf(1)
	}
}

// Finite reports whether v is neither NaN nor infinite.
func Finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// Ratio is a / b, and 0 for 0 / 0.
func Ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// Coordinates returns the position of element i of a tensor of that shape.
func Coordinates(i int, shape nn.Shape) []int {
	at := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		at[a] = i % shape[a]
		i /= shape[a]
	}
	return at
}
