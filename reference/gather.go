package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// gather computes y[..., p, ...] = x[..., Positions[p], ...] on the axis, and
// Fill where the position is -1.
func gather(ctx context.Context, op *nn.Gather, x, y *nn.Tensor) error {
	outer, extent, inner := op.Around(x.Shape[1:])
	outer *= x.Shape[0]
	return parallel(ctx, outer, rowsOf(len(op.Positions)*inner), func(from, to int) {
		for o := from; o < to; o++ {
			for i, p := range op.Positions {
				row := y.Data[(o*len(op.Positions)+i)*inner:][:inner]
				if p < 0 {
					fill(row, op.Fill)
					continue
				}
				copy(row, x.Data[(o*extent+int(p))*inner:])
			}
		}
	})
}
