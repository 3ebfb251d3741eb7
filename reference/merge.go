package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// add computes y = in[0] + in[1] + ..., with broadcasting.
func add(ctx context.Context, in []*nn.Tensor, y *nn.Tensor) error {
	return merge(ctx, in, y, func(a, b float64) float64 { return a + b })
}

// multiply computes y = in[0] in[1] ..., with broadcasting.
func multiply(ctx context.Context, in []*nn.Tensor, y *nn.Tensor) error {
	return merge(ctx, in, y, func(a, b float64) float64 { return a * b })
}

// merge computes y[e] = f(f(in[0], in[1]), in[2]) ... at the position of e; an
// input's axis of extent 1 is read at 0.
func merge(ctx context.Context, in []*nn.Tensor, y *nn.Tensor, f func(a, b float64) float64) error {
	last := len(y.Shape) - 1
	length := y.Shape[last]
	strides := make([][]int, len(in))
	for i, x := range in {
		strides[i] = repeated(x.Shape, y.Shape)
	}
	return parallel(ctx, y.Len()/length, rowsOf(length), func(from, to int) {
		result := make([]float64, length)
		for row := from; row < to; row++ {
			for i, x := range in {
				at, step := place(row*length, y.Shape, strides[i]), strides[i][last]
				for c := range result {
					v := float64(x.Data[at+c*step])
					if i > 0 {
						v = f(result[c], v)
					}
					result[c] = v
				}
			}
			round(y.Data[row*length:(row+1)*length], result)
		}
	})
}

// concat joins its inputs: each slice of y before the axis is the inputs'
// slices one after the other.
func concat(ctx context.Context, op *nn.Concat, in []*nn.Tensor, y *nn.Tensor) error {
	outer, _ := op.Outer(y.Shape[1:])
	slices := y.Shape[0] * outer
	length := y.Len() / slices
	return parallel(ctx, slices, rowsOf(length), func(from, to int) {
		for s := from; s < to; s++ {
			rest := y.Data[s*length : (s+1)*length]
			for _, x := range in {
				part := x.Len() / slices
				copy(rest, x.Data[s*part:(s+1)*part])
				rest = rest[part:]
			}
		}
	})
}
