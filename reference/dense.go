package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// dense computes y[r, o] = bias[o] + sum over c of x[r, c] kernel[c, o], where
// a row r is everything before the last axis. A goroutine takes one row of one
// block of units.
func dense(ctx context.Context, op *nn.Dense, x, y *nn.Tensor) error {
	cin, cout := x.Shape.Channels(), y.Shape.Channels()
	rows, blocks := x.Len()/cin, (cout+block-1)/block

	return parallel(ctx, blocks*rows, 1, func(task, _ int) {
		r := task % rows
		first := task / rows * block
		last := min(first+block, cout)
		sum := make([]float64, last-first)
		startSum(sum, op.UseBias, op.Bias, first)
		for c, v := range x.Data[r*cin : (r+1)*cin] {
			addScaled(sum, v, op.Kernel.Data[c*cout+first:c*cout+last])
		}
		round(y.Data[r*cout+first:r*cout+last], sum)
	})
}
