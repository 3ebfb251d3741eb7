package nn

import (
	"fmt"
	"slices"
)

// axis resolves a possibly negative axis of an image of the given rank.
func axis(a, rank int) (int, error) {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		return 0, fmt.Errorf("axis %d is outside an input of %d axes", a, rank)
	}
	return a, nil
}

// axesOf resolves axes of an image of the given rank, sorted; none are the last
// one.
func axesOf(axes []int, rank int) ([]int, error) {
	if len(axes) == 0 {
		axes = []int{-1}
	}
	out := make([]int, len(axes))
	for i := range axes {
		var err error
		if out[i], err = axis(axes[i], rank); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	for i := range out[1:] {
		if out[i] == out[i+1] {
			return nil, fmt.Errorf("axis %d is named twice", out[i])
		}
	}
	return out, nil
}

// alongAxes returns the only input's shape, in which the axes must lie side by
// side.
func alongAxes(axes []int, in []Shape) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	resolved, err := axesOf(axes, len(s))
	if err != nil {
		return nil, err
	}
	if first, last := resolved[0], resolved[len(resolved)-1]; last-first+1 != len(resolved) {
		return nil, fmt.Errorf("axes %v of an input of %d axes do not lie side by side", axes, len(s))
	}
	return s, nil
}

// inside returns the number of elements along axes that lie side by side, and
// the number of elements behind them; zeros where alongAxes refuses.
func inside(axes []int, in Shape) (extent, inner int) {
	if _, err := alongAxes(axes, []Shape{in}); err != nil {
		return 0, 0
	}
	resolved, _ := axesOf(axes, len(in))
	first, behind := resolved[0], resolved[len(resolved)-1]+1
	return Shape(in[first:behind]).Len(), Shape(in[behind:]).Len()
}

// extentsOn returns the extents of s on axes that axesOf resolved.
func extentsOn(axes []int, s Shape) Shape {
	out := make(Shape, len(axes))
	for i, a := range axes {
		out[i] = s[a]
	}
	return out
}
