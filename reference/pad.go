package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// zeroPad computes y[n, top + i, left + j, c] = x[n, i, j, c], and 0 elsewhere.
func zeroPad(ctx context.Context, op *nn.ZeroPad, x, y *nn.Tensor) error {
	h, w := x.Shape[1], x.Shape[2]
	return parallel(ctx, x.Shape[0]*h, 1, func(task, _ int) {
		n, i := task/h, task%h
		for j := range w {
			copy(at(y, n, op.Top+i, op.Left+j), at(x, n, i, j))
		}
	})
}

// crop computes y[n, i, j, c] = x[n, top + i, left + j, c].
func crop(ctx context.Context, op *nn.Crop, x, y *nn.Tensor) error {
	oh, ow := y.Shape[1], y.Shape[2]
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		for j := range ow {
			copy(at(y, n, i, j), at(x, n, op.Top+i, op.Left+j))
		}
	})
}
