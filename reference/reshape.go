package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// reshape copies the elements in order: Flatten and Reshape change the shape
// alone.
func reshape(ctx context.Context, x, y *nn.Tensor) error {
	copy(y.Data, x.Data)
	return ctx.Err()
}
