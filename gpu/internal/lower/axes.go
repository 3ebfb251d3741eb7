package lower

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// axes are the axes of an image as a kernel walks them, outermost first: their
// extents, and the strides of some inputs along them, in elements.
type axes struct {
	extents []int64
	strides [][]int64 // by input
}

// axesOf returns an image's axes with the strides of inputs that are repeated to
// its shape: aligned at the last axis, 0 where an input's extent is 1.
func axesOf(out nn.Shape, in ...nn.Shape) axes {
	a := axes{strides: make([][]int64, len(in))}
	for _, n := range out {
		a.extents = append(a.extents, int64(n))
	}
	for i, s := range in {
		a.strides[i] = make([]int64, len(out))
		step := int64(1)
		for axis := len(s) - 1; axis >= 0; axis-- {
			if s[axis] > 1 {
				a.strides[i][len(out)-len(s)+axis] = step
			}
			step *= int64(s[axis])
		}
	}
	return a
}

// join drops axes of one position and makes one of neighbours that every input
// walks as one.
func (a axes) join() axes {
	joined := axes{strides: make([][]int64, len(a.strides))}
	for axis, n := range a.extents {
		if n == 1 {
			continue
		}
		last := len(joined.extents) - 1
		one := last >= 0
		for i, st := range a.strides {
			one = one && joined.strides[i][last] == n*st[axis]
		}
		if !one {
			joined.extents = append(joined.extents, n)
			last++
		} else {
			joined.extents[last] *= n
		}
		for i, st := range a.strides {
			joined.strides[i] = append(joined.strides[i][:last], st[axis])
		}
	}
	return joined
}

// tail returns a list of n numbers with those at its end and fill in front.
func tail(numbers []int64, n int, fill uint32) ([]uint32, error) {
	if len(numbers) > n {
		return nil, fmt.Errorf("%d axes that cannot be joined, a kernel takes %d", len(numbers), n)
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = fill
	}
	for i, v := range numbers {
		out[n-len(numbers)+i] = uint32(v) // a negative stride is modulo 2^32
	}
	return out, nil
}

// extents6 returns the push constants of up to six axes.
func (a axes) extents6() (shaders.Extents, error) {
	e, err := tail(a.extents, 6, 1)
	if err != nil {
		return shaders.Extents{}, err
	}
	return shaders.Extents{E0: e[0], E1: e[1], E2: e[2], E3: e[3], E4: e[4], E5: e[5]}, nil
}

// strides6 returns the push constants of an input along them, whose images lie
// so many elements apart.
func (a axes) strides6(input int, image int64) (shaders.XStrides, error) {
	s, err := tail(a.strides[input], 6, 0)
	if err != nil {
		return shaders.XStrides{}, err
	}
	return shaders.XStrides{XImage: uint32(image), X0: s[0], X1: s[1], X2: s[2], X3: s[3], X4: s[4], X5: s[5]}, nil
}
