package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// groupedConv2D computes y[n, i, j, o] = bias[o] + sum over p, q and the channels
// c of the group of x[n, i s - pad + p d, j s - pad + q d, g C/G + c]
// kernel[p, q, c, o], where g = o / (filters / G). A goroutine takes one row of
// outputs.
func groupedConv2D(ctx context.Context, op *nn.GroupedConv2D, x, y *nn.Tensor) error {
	h, w, cin := x.Shape[1], x.Shape[2], x.Shape[3]/op.Groups
	oh, ow, cout := y.Shape[1], y.Shape[2], y.Shape[3]
	own := cout / op.Groups // filters of a group
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		sum := make([]float64, cout)
		for j := range ow {
			startSum(sum, op.UseBias, op.Bias, 0)
			for p, row := range taps(op.Window, 0, i, h) {
				for q, column := range taps(op.Window, 1, j, w) {
					kernel := op.Kernel.Data[(p*op.Size[1]+q)*cin*cout:]
					for c, v := range at(x, n, row, column) {
						first := c / cin * own
						addScaled(sum[first:first+own], v, kernel[c%cin*cout+first:])
					}
				}
			}
			round(at(y, n, i, j), sum)
		}
	})
}
