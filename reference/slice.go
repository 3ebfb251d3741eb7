package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// slice computes y[n, i, j, ...] = x[n, Start + i Step, ...] on each axis.
func slice(ctx context.Context, op *nn.Slice, x, y *nn.Tensor) error {
	own := stridesOf(x.Shape)
	first, strides := 0, []int{own[0]}
	for a, start := range op.Start {
		first += start * own[a+1]
		strides = append(strides, op.Step[a]*own[a+1])
	}
	return copyStrided(ctx, x, y, first, strides)
}
