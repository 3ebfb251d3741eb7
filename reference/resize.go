package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// resize computes y[n, i, j, c] = sum over p, q of wy[i, p] wx[j, q]
// x[n, fy[i] + p, fx[j] + q, c] with the taps of both axes.
func resize(ctx context.Context, op *nn.Resize, x, y *nn.Tensor) error {
	oh, ow := y.Shape[1], y.Shape[2]
	rows, columns := op.Taps(x.Shape[1], oh), op.Taps(x.Shape[2], ow)
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		sum := make([]float64, y.Shape[3])
		for j := range ow {
			clear(sum)
			for p := range rows.Count {
				for q := range columns.Count {
					weight := rows.Weights[i*rows.Count+p] * columns.Weights[j*columns.Count+q]
					for c, v := range at(x, n, rows.First[i]+p, columns.First[j]+q) {
						sum[c] += weight * float64(v)
					}
				}
			}
			round(at(y, n, i, j), sum)
		}
	})
}
