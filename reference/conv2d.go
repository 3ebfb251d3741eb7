package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// conv2D computes y[n, i, j, o] = bias[o] + sum over p, q, c of
// x[n, i s - pad + p d, j s - pad + q d, c] kernel[p, q, c, o].
// A goroutine takes one row of outputs of one block of output channels.
func conv2D(ctx context.Context, op *nn.Conv2D, x, y *nn.Tensor) error {
	h, w, cin := x.Shape[1], x.Shape[2], x.Shape[3]
	oh, ow, cout := y.Shape[1], y.Shape[2], y.Shape[3]
	rows, blocks := y.Shape[0]*oh, (cout+block-1)/block

	return parallel(ctx, blocks*rows, 1, func(task, _ int) {
		n, i := task%rows/oh, task%rows%oh
		first := task / rows * block
		last := min(first+block, cout)
		sum := make([]float64, last-first)
		for j := range ow {
			startSum(sum, op.UseBias, op.Bias, first)
			for p, row := range taps(op.Window, 0, i, h) {
				for q, column := range taps(op.Window, 1, j, w) {
					kernel := op.Kernel.Data[(p*op.Size[1]+q)*cin*cout:]
					for c, v := range at(x, n, row, column) {
						addScaled(sum, v, kernel[c*cout+first:c*cout+last])
					}
				}
			}
			round(at(y, n, i, j)[first:last], sum)
		}
	})
}
