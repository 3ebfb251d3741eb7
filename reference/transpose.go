package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// transpose computes y[n, i, j, ...] = x[n, ...] with the coordinate on axis a
// of y on axis Axes[a] of x.
func transpose(ctx context.Context, op *nn.Transpose, x, y *nn.Tensor) error {
	own := stridesOf(x.Shape)
	strides := []int{own[0]}
	for _, a := range op.Axes {
		strides = append(strides, own[a+1])
	}
	return copyStrided(ctx, x, y, 0, strides)
}
