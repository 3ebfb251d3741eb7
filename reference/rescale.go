package reference

import (
	"context"

	"github.com/vkeras/vkeras/nn"
)

// rescale computes y[..., c] = x[..., c] scale[c] + offset[c]; a single scale
// or offset is for all channels.
func rescale(ctx context.Context, op *nn.Rescale, x, y *nn.Tensor) error {
	return eachChannel(ctx, x, y, func(c int, v float64) float64 {
		return v*float64(op.Scale[c%len(op.Scale)]) + float64(op.Offset[c%len(op.Offset)])
	})
}

// eachChannel computes y[..., c] = f(c, x[..., c]).
func eachChannel(ctx context.Context, x, y *nn.Tensor, f func(c int, v float64) float64) error {
	channels := nn.Shape(x.Shape[1:]).Channels()
	return parallel(ctx, x.Len()/channels, rowsOf(channels), func(from, to int) {
		for e := from * channels; e < to*channels; e++ {
			y.Data[e] = float32(f(e%channels, float64(x.Data[e])))
		}
	})
}
