package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// stridesOf returns how many elements lie between neighbours on each axis of a
// tensor.
func stridesOf(shape nn.Shape) []int {
	st := make([]int, len(shape))
	step := 1
	for a := len(shape) - 1; a >= 0; a-- {
		st[a] = step
		step *= shape[a]
	}
	return st
}

// repeated returns the strides of a batch along the axes of another that it is
// repeated to: image axes are aligned at the last one, the batch's at the first,
// and an axis of extent 1 is read at 0.
func repeated(in, out nn.Shape) []int {
	own, st := stridesOf(in), make([]int, len(out))
	for a := 1; a < len(in); a++ {
		if in[a] > 1 {
			st[len(out)-len(in)+a] = own[a]
		}
	}
	st[0] = own[0]
	return st
}

// place returns where element e of a tensor of that shape lies in one with those
// strides along the same axes.
func place(e int, shape nn.Shape, strides []int) int {
	at := 0
	for a := len(shape) - 1; a >= 0; a-- {
		at += e % shape[a] * strides[a]
		e /= shape[a]
	}
	return at
}

// copyStrided computes y[e] = x[first + the place of e along strides].
func copyStrided(ctx context.Context, x, y *nn.Tensor, first int, strides []int) error {
	return parallel(ctx, y.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			y.Data[e] = x.Data[first+place(e, y.Shape, strides)]
		}
	})
}
