package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// layerScale computes y = x gamma[c].
func layerScale(ctx context.Context, op *nn.LayerScale, x, y *nn.Tensor) error {
	channels := op.Gamma.Len()
	return parallel(ctx, x.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			y.Data[e] = x.Data[e] * op.Gamma.Data[e%channels]
		}
	})
}
