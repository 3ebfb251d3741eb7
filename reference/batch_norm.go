package reference

import (
	"context"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// batchNorm computes y = (x - mean[c]) / sqrt(variance[c] + epsilon) gamma[c] +
// beta[c], where c is the position on the normalised axis.
func batchNorm(ctx context.Context, op *nn.BatchNorm, x, y *nn.Tensor) error {
	extent, inner := op.Inner(x.Shape[1:])
	length := extent * inner
	return parallel(ctx, x.Len()/length, rowsOf(length), func(from, to int) {
		for row := from; row < to; row++ {
			for c := range extent {
				mean := float64(op.Mean.Data[c])
				deviation := math.Sqrt(float64(op.Variance.Data[c]) + float64(op.Epsilon))
				gamma, beta := 1.0, 0.0
				if op.Scale {
					gamma = float64(op.Gamma.Data[c])
				}
				if op.Center {
					beta = float64(op.Beta.Data[c])
				}
				first := row*length + c*inner
				for e := first; e < first+inner; e++ {
					y.Data[e] = float32((float64(x.Data[e])-mean)/deviation*gamma + beta)
				}
			}
		}
	})
}
