package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// depthwiseConv2D computes y[n, i, j, o] = bias[o] + sum over p, q of
// x[n, i s - pad + p d, j s - pad + q d, c] kernel[p, q, c, t] where
// o = c m + t and m is the multiplier. A goroutine takes one row of outputs.
func depthwiseConv2D(ctx context.Context, op *nn.DepthwiseConv2D, x, y *nn.Tensor) error {
	h, w := x.Shape[1], x.Shape[2]
	oh, ow, cout := y.Shape[1], y.Shape[2], y.Shape[3]

	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		sum := make([]float64, cout)
		for j := range ow {
			startSum(sum, op.UseBias, op.Bias, 0)
			for p, row := range taps(op.Window, 0, i, h) {
				for q, column := range taps(op.Window, 1, j, w) {
					kernel := op.Kernel.Data[(p*op.Size[1]+q)*cout:]
					for c, v := range at(x, n, row, column) {
						o := c * op.Multiplier
						addScaled(sum[o:o+op.Multiplier], v, kernel[o:])
					}
				}
			}
			round(at(y, n, i, j), sum)
		}
	})
}
