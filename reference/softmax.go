package reference

import (
	"context"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// softmax computes y[c] = exp(x[c] - m) / sum over k of exp(x[k] - m) along the
// last axis, m being the largest x: no exponential overflows.
func softmax(ctx context.Context, x, y *nn.Tensor) error {
	classes := nn.Shape(x.Shape[1:]).Channels()
	return parallel(ctx, x.Len()/classes, rowsOf(classes), func(from, to int) {
		powers := make([]float64, classes)
		for r := from; r < to; r++ {
			logits := x.Data[r*classes : (r+1)*classes]
			largest := logits[0]
			for _, v := range logits {
				largest = max(largest, v)
			}
			sum := 0.0
			for c, v := range logits {
				powers[c] = math.Exp(float64(v) - float64(largest))
				sum += powers[c]
			}
			for c, v := range powers {
				y.Data[r*classes+c] = float32(v / sum)
			}
		}
	})
}
