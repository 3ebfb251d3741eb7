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

// merge computes y[n, i, j, c] = f(f(in[0], in[1]), in[2]) ... at that
// position; an input's axis of extent 1 is read at 0.
func merge(ctx context.Context, in []*nn.Tensor, y *nn.Tensor, f func(a, b float64) float64) error {
	out := feature(y)
	views := make([]*nn.Tensor, len(in))
	for i, t := range in {
		views[i] = feature(t)
	}
	h, w := out.Shape[1], out.Shape[2]
	return parallel(ctx, out.Shape[0]*h, 1, func(task, _ int) {
		n, i := task/h, task%h
		result := make([]float64, out.Shape[3])
		for j := range w {
			for k, x := range views {
				row := at(x, n, i%x.Shape[1], j%x.Shape[2])
				for c := range result {
					v := float64(row[c%len(row)])
					if k > 0 {
						v = f(result[c], v)
					}
					result[c] = v
				}
			}
			round(at(out, n, i, j), result)
		}
	})
}

// feature returns the tensor's elements as (N, H, W, C): axes that an image
// lacks, in front, are 1. Images of more than three axes are merged only with
// others of their shape, so that they may as well be vectors.
func feature(t *nn.Tensor) *nn.Tensor {
	n, image := t.Shape[0], nn.Shape(t.Shape[1:])
	if len(image) > 3 {
		image = nn.Shape{image.Len()}
	}
	shape := nn.Shape{n, 1, 1, 1}
	copy(shape[len(shape)-len(image):], image)
	return &nn.Tensor{Shape: shape, Data: t.Data}
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
