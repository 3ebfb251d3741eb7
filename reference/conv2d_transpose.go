package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// conv2DTranspose computes y[n, i, j, o] = bias[o] + sum over p, q, c of
// x[n, h, w, c] kernel[p, q, o, c] where i = h s - top + p d and j = w s - left +
// q d. A goroutine takes one row of outputs.
func conv2DTranspose(ctx context.Context, op *nn.Conv2DTranspose, x, y *nn.Tensor) error {
	h, w, cin := x.Shape[1], x.Shape[2], x.Shape[3]
	oh, ow, cout := y.Shape[1], y.Shape[2], y.Shape[3]
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		sum := make([]float64, cout)
		for j := range ow {
			startSum(sum, op.UseBias, op.Bias, 0)
			for p := range op.Size[0] {
				row, ok := source(i+op.Top-p*op.Dilation[0], op.Stride[0], h)
				if !ok {
					continue
				}
				for q := range op.Size[1] {
					column, ok := source(j+op.Left-q*op.Dilation[1], op.Stride[1], w)
					if !ok {
						continue
					}
					kernel := op.Kernel.Data[(p*op.Size[1]+q)*cout*cin:]
					for c, v := range at(x, n, row, column) {
						for o := range sum {
							sum[o] += float64(v) * float64(kernel[o*cin+c])
						}
					}
				}
			}
			round(at(y, n, i, j), sum)
		}
	})
}

// source returns the input position that stands at a place among n positions that
// are stride apart, if there is one.
func source(place, stride, n int) (position int, ok bool) {
	return place / stride, place >= 0 && place%stride == 0 && place/stride < n
}
