package reference

import (
	"context"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// layerNorm computes y = f(x) gamma + beta; f, of the elements that agree in all
// axes but the normalised ones, is nn.NormFunc's.
func layerNorm(ctx context.Context, op *nn.LayerNorm, x, y *nn.Tensor) error {
	image := nn.Shape(x.Shape[1:])
	of := byAxes(op.WeightAxes(image), image)
	return normalized(ctx, op.Together(image), x, y, func(group []float64, element []int) {
		offset, divisor := normOf(op.Func, float64(op.Epsilon), group)
		finish(group, element, offset, divisor, of, op.Gamma, op.Beta)
	})
}

// groupNorm computes y = (x - mean) / sqrt(variance + epsilon) gamma + beta, with
// the statistics of a group of channels at all positions of an image.
func groupNorm(ctx context.Context, op *nn.GroupNorm, x, y *nn.Tensor) error {
	image := nn.Shape(x.Shape[1:])
	of := byAxes(op.WeightAxes(image), image)
	return normalized(ctx, op.Together(image), x, y, func(group []float64, element []int) {
		offset, divisor := normOf(nn.NormStandard, float64(op.Epsilon), group)
		finish(group, element, offset, divisor, of, op.Gamma, op.Beta)
	})
}

// normOf returns what is subtracted from the elements of a group, and what they
// are divided by.
func normOf(f nn.NormFunc, epsilon float64, group []float64) (offset, divisor float64) {
	n, mean, squares, variance := float64(len(group)), 0.0, 0.0, 0.0
	for _, v := range group {
		mean += v / n
		squares += v * v
	}
	for _, v := range group {
		variance += (v - mean) * (v - mean) / n
	}
	switch f {
	case nn.NormRMS:
		return 0, math.Sqrt(squares/n + epsilon)
	case nn.NormVariance:
		return 0, math.Sqrt(variance + epsilon)
	case nn.NormL2:
		return 0, max(math.Sqrt(squares), epsilon)
	default:
		return mean, math.Sqrt(variance + epsilon)
	}
}

// finish writes (x - offset) / divisor gamma + beta over the elements of a group,
// which are those of an image with the given places.
func finish(group []float64, element []int, offset, divisor float64, of func(int) int, gamma, beta *nn.Tensor) {
	for i, v := range group {
		v = (v - offset) / divisor
		if gamma != nil {
			v *= float64(gamma.Data[of(element[i])])
		}
		if beta != nil {
			v += float64(beta.Data[of(element[i])])
		}
		group[i] = v
	}
}

// normalized hands every group of elements that are normalised together, with
// their places in the image, to f, which writes its result over them.
func normalized(ctx context.Context, t nn.Together, x, y *nn.Tensor, f func(group []float64, element []int)) error {
	groups, length := t.Outer*t.Between*t.Inner, nn.Shape(x.Shape[1:]).Len()
	return parallel(ctx, x.Shape[0]*groups, rowsOf(t.First*t.Second), func(from, to int) {
		values, element := make([]float64, t.First*t.Second), make([]int, t.First*t.Second)
		for g := from; g < to; g++ {
			n, inner, between, outer := g/groups, g%t.Inner, g/t.Inner%t.Between, g/t.Inner/t.Between%t.Outer
			for i := range values {
				first, second := i/t.Second, i%t.Second
				element[i] = (((outer*t.First+first)*t.Between+between)*t.Second+second)*t.Inner + inner
				values[i] = float64(x.Data[n*length+element[i]])
			}
			f(values, element)
			for i, v := range values {
				y.Data[n*length+element[i]] = float32(v)
			}
		}
	})
}
