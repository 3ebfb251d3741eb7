package reference

import (
	"context"
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// softmax computes y[c] = exp(x[c] - m) / sum over k of exp(x[k] - m) along the
// axes, m being the largest x: no exponential overflows.
func softmax(ctx context.Context, op *nn.Softmax, x, y *nn.Tensor) error {
	extent, inner := op.Inner(x.Shape[1:])
	return rows(ctx, extent, inner, x, y, func(logits []float64) {
		largest, sum := slices.Max(logits), 0.0
		for c, v := range logits {
			logits[c] = math.Exp(v - largest)
			sum += logits[c]
		}
		for c := range logits {
			logits[c] /= sum
		}
	})
}

// logSoftmax computes y[c] = x[c] - m - log(sum over k of exp(x[k] - m)).
func logSoftmax(ctx context.Context, op *nn.LogSoftmax, x, y *nn.Tensor) error {
	extent, inner := op.Inner(x.Shape[1:])
	return rows(ctx, extent, inner, x, y, func(logits []float64) {
		largest, sum := slices.Max(logits), 0.0
		for _, v := range logits {
			sum += math.Exp(v - largest)
		}
		for c := range logits {
			logits[c] -= largest + math.Log(sum)
		}
	})
}

// sparsemax computes y[c] = max(x[c] - tau, 0): of the values in falling order,
// the k-th is in the support where 1 + k x[k] > s[k], the sum of the first k; tau
// is (the sum of the support's s - 1) / (its size).
func sparsemax(ctx context.Context, op *nn.Sparsemax, x, y *nn.Tensor) error {
	extent, inner := op.Inner(x.Shape[1:])
	return rows(ctx, extent, inner, x, y, func(z []float64) {
		falling := slices.Clone(z)
		slices.Sort(falling)
		slices.Reverse(falling)
		sum, sums, support := 0.0, 0.0, 0.0
		for i, v := range falling {
			sum += v
			if k := float64(i + 1); 1+k*v > sum {
				sums += sum
				support++
			}
		}
		tau := (sums - 1) / support
		for c, v := range z {
			z[c] = max(v-tau, 0)
		}
	})
}

// rows hands every row of extent elements, inner apart, to f, which writes its
// result over it.
func rows(ctx context.Context, extent, inner int, x, y *nn.Tensor, f func(row []float64)) error {
	return parallel(ctx, x.Len()/extent, rowsOf(extent), func(from, to int) {
		row := make([]float64, extent)
		for r := from; r < to; r++ {
			first := r/inner*extent*inner + r%inner
			for c := range row {
				row[c] = float64(x.Data[first+c*inner])
			}
			f(row)
			for c, v := range row {
				y.Data[first+c*inner] = float32(v)
			}
		}
	})
}
