package reference

import (
	"context"
	"errors"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// normalize computes y = (x - mean) / d with d = max(sqrt(variance), 1e-7), or x d
// + mean, with the statistics of x's position on the axes.
func normalize(ctx context.Context, op *nn.Normalize, x, y *nn.Tensor) error {
	// Statistics that are constants of the config are not among Params, whose
	// elements Apply has counted.
	if err := errors.Join(checkData(op.Mean), checkData(op.Variance)); err != nil {
		return err
	}
	image := nn.Shape(x.Shape[1:])
	of, length := byAxes(op.WeightAxes(image), image), image.Len()
	return parallel(ctx, x.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			w := of(e % length)
			mean, deviation := float64(op.Mean.Data[w]), max(math.Sqrt(float64(op.Variance.Data[w])), 1e-7)
			if op.Invert {
				y.Data[e] = float32(float64(x.Data[e])*deviation + mean)
			} else {
				y.Data[e] = float32((float64(x.Data[e]) - mean) / deviation)
			}
		}
	})
}
