package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// preLU computes y = x above 0, else alpha x, with the alpha of x's position on
// the axes that do not share one.
func preLU(ctx context.Context, op *nn.PReLU, x, y *nn.Tensor) error {
	image := nn.Shape(x.Shape[1:])
	of, length := byAxes(op.WeightAxes(image), image), image.Len()
	return parallel(ctx, x.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			v := x.Data[e]
			if v <= 0 {
				v *= op.Alpha.Data[of(e%length)]
			}
			y.Data[e] = v
		}
	})
}
