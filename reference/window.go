package reference

import (
	"iter"

	"github.com/vkeras/vkeras/nn"
)

// taps yields the taps of a window on one axis (0 height, 1 width) together
// with the input positions that they fall on, for one output position. Taps on
// padding, outside the n input positions, are left out; they are stepped over
// by arithmetic, because padding="same" allows windows far larger than the
// input.
func taps(w nn.Window, axis, output, n int) iter.Seq2[int, int] {
	pad := [2]int{w.Pad.Top, w.Pad.Left}[axis]
	start, step := output*w.Stride[axis]-pad, w.Step(axis)
	return func(yield func(tap, position int) bool) {
		first := 0
		if start < 0 {
			first = (-start + step - 1) / step
		}
		for tap := first; tap < w.Size[axis]; tap++ {
			position := start + tap*step
			if position >= n || !yield(tap, position) {
				return
			}
		}
	}
}

// at returns the channels of position (i, j) of image n of an NHWC batch.
func at(t *nn.Tensor, n, i, j int) []float32 {
	h, w, c := t.Shape[1], t.Shape[2], t.Shape[3]
	first := ((n*h+i)*w + j) * c
	return t.Data[first : first+c]
}
