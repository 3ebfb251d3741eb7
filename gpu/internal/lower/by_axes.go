package lower

import "github.com/vkeras/vkeras/nn"

// byAxes returns weights that are indexed by some axes of an image of shape s, in
// ascending order, as they repeat along its elements: from the first of the axes
// on, spread over those between and behind them.
func byAxes(weights *nn.Tensor, axes []int, s nn.Shape) []float32 {
	spread := make([]float32, periodOf(axes, s))
	for e := range spread {
		from, inner, step := 0, 1, 1 // of the weight, of the elements behind an axis, of the weights behind it
		for a, i := len(s)-1, len(axes)-1; i >= 0; a-- {
			if a == axes[i] {
				from += e / inner % s[a] * step
				step *= s[a]
				i--
			}
			inner *= s[a]
		}
		spread[e] = weights.Data[from]
	}
	return spread
}

// periodOf returns after how many elements of an image such weights repeat.
func periodOf(axes []int, s nn.Shape) int {
	if len(axes) == 0 {
		return 1
	}
	return nn.Shape(s[axes[0]:]).Len()
}
