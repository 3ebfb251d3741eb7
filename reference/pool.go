package reference

import (
	"context"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// maxPool computes y[n, i, j, c] = the largest x[n, i s - pad + p d,
// j s - pad + q d, c] over the taps (p, q) inside the input. Padding never
// wins: a window on nothing but padding gives minus infinity. A window with a
// NaN gives NaN.
func maxPool(ctx context.Context, op *nn.MaxPool, x, y *nn.Tensor) error {
	h, w, oh, ow := x.Shape[1], x.Shape[2], y.Shape[1], y.Shape[2]
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		for j := range ow {
			largest := at(y, n, i, j)
			fill(largest, float32(math.Inf(-1)))
			for _, row := range taps(op.Window, 0, i, h) {
				for _, column := range taps(op.Window, 1, j, w) {
					keepLargest(largest, at(x, n, row, column))
				}
			}
		}
	})
}

// avgPool computes y[n, i, j, c] = the mean of x[n, i s - pad + p d,
// j s - pad + q d, c] over the taps (p, q) inside the input. A window on
// nothing but padding is 0 / 0: NaN.
func avgPool(ctx context.Context, op *nn.AvgPool, x, y *nn.Tensor) error {
	h, w, oh, ow := x.Shape[1], x.Shape[2], y.Shape[1], y.Shape[2]
	return parallel(ctx, y.Shape[0]*oh, 1, func(task, _ int) {
		n, i := task/oh, task%oh
		sum := make([]float64, x.Shape[3])
		for j := range ow {
			clear(sum)
			count := 0
			for _, row := range taps(op.Window, 0, i, h) {
				for _, column := range taps(op.Window, 1, j, w) {
					addTo(sum, at(x, n, row, column))
					count++
				}
			}
			divide(at(y, n, i, j), sum, count)
		}
	})
}

// globalMaxPool computes y[n, c] = the largest x[n, i, j, c] over i, j. A
// channel with a NaN gives NaN.
func globalMaxPool(ctx context.Context, x, y *nn.Tensor) error {
	h, w, c := x.Shape[1], x.Shape[2], x.Shape[3]
	return parallel(ctx, x.Shape[0], 1, func(n, _ int) {
		largest := y.Data[n*c : (n+1)*c]
		fill(largest, float32(math.Inf(-1)))
		for i := range h {
			for j := range w {
				keepLargest(largest, at(x, n, i, j))
			}
		}
	})
}

// globalAvgPool computes y[n, c] = the mean of x[n, i, j, c] over i, j.
func globalAvgPool(ctx context.Context, x, y *nn.Tensor) error {
	h, w, c := x.Shape[1], x.Shape[2], x.Shape[3]
	return parallel(ctx, x.Shape[0], 1, func(n, _ int) {
		sum := make([]float64, c)
		for i := range h {
			for j := range w {
				addTo(sum, at(x, n, i, j))
			}
		}
		divide(y.Data[n*c:(n+1)*c], sum, h*w)
	})
}

func fill(y []float32, v float32) {
	for c := range y {
		y[c] = v
	}
}

// keepLargest is y = max(y, x) by channel; the built-in max passes NaN on.
func keepLargest(y, x []float32) {
	for c, v := range x {
		y[c] = max(y[c], v)
	}
}

// addTo is sum += x by channel.
func addTo(sum []float64, x []float32) {
	for c, v := range x {
		sum[c] += float64(v)
	}
}

// divide is y = sum / count by channel.
func divide(y []float32, sum []float64, count int) {
	for c, v := range sum {
		y[c] = float32(v / float64(count))
	}
}
