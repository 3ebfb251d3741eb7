package reference_test

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// naiveLayer is naiveElement for the operations that are no part of
// convolutional blocks.
func naiveLayer(op nn.Op, in []*nn.Tensor) (func(at []int) float64, error) {
	x := in[0]
	switch op := op.(type) {
	case *nn.Softmax: // 1 / sum over k of exp(x[k] - x[c])
		return func(at []int) float64 { return 1 / sumOfExp(along(x, op.Axes, at), value(x, at)) }, nil
	case *nn.LogSoftmax:
		return func(at []int) float64 {
			row := along(x, op.Axes, at)
			return value(x, at) - row[0] - math.Log(sumOfExp(row, row[0]))
		}, nil
	case *nn.Sparsemax:
		return func(at []int) float64 { return math.Max(value(x, at)-simplexOffset(along(x, op.Axes, at)), 0) }, nil
	default:
		return nil, fmt.Errorf("%s has no naive form", op.Kind())
	}
}

// along returns the values of x whose coordinates are at, but for those on the
// axes of an image; no axes are the last.
func along(x *nn.Tensor, axes []int, at []int) []float64 {
	free := make([]bool, len(at))
	if len(axes) == 0 {
		axes = []int{-1}
	}
	for _, a := range axes {
		if a++; a <= 0 { // the batch's axis comes first
			a += len(at) - 1
		}
		free[a] = true
	}
	var row []float64
	each(x.Shape, func(other []int) {
		for a, i := range other {
			if !free[a] && i != at[a] {
				return
			}
		}
		row = append(row, value(x, other))
	})
	return row
}

// sumOfExp is the sum over k of exp(x[k] - less).
func sumOfExp(x []float64, less float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - less)
	}
	return sum
}

// simplexOffset finds by halving the values above the tau with sum over k of
// max(x[k] - tau, 0) = 1; Keras's own tau follows from them.
func simplexOffset(x []float64) float64 {
	high := math.Inf(-1)
	for _, v := range x {
		high = math.Max(high, v)
	}
	low := high - 1
	for range 80 {
		tau, sum := (low+high)/2, 0.0
		for _, v := range x {
			sum += math.Max(v-tau, 0)
		}
		if sum > 1 {
			low = tau
		} else {
			high = tau
		}
	}
	sum, above := -1.0, 0.0
	for i, v := range x {
		if v <= high {
			continue
		}
		above++
		for j, other := range x { // v is in the sums up to itself and up to all below it
			if other > high && (other < v || other == v && j >= i) {
				sum += v
			}
		}
	}
	return sum / above
}

// naiveFunction is naiveActivation for the functions that are no part of
// convolutional blocks.
func naiveFunction(op *nn.Activation, x float64) float64 {
	slope, threshold, alpha := float64(op.Slope), float64(op.Threshold), float64(op.Alpha)
	switch op.Func {
	case nn.HardSigmoid:
		return unit(slope*x + 0.5)
	case nn.HardSwish:
		return x * unit(slope*x+0.5)
	case nn.HardTanh:
		return 2*unit((x+1)/2) - 1
	case nn.SELU:
		return 1.0507009873554805*math.Max(x, 0) + 1.7580993408473766*(math.Exp(math.Min(x, 0))-1)
	case nn.CELU:
		return math.Max(x, 0) + alpha*(math.Exp(math.Min(x, 0)/alpha)-1)
	case nn.Exponential:
		return math.Exp2(x * math.Log2E)
	case nn.Softplus:
		return logOnePlusExp(x)
	case nn.LogSigmoid:
		return x - logOnePlusExp(x)
	case nn.Softsign:
		return math.Copysign(1-1/(1+math.Abs(x)), x)
	case nn.Mish:
		return x * (1 - 2/(math.Pow(1+math.Exp(x), 2)+1))
	case nn.HardShrink:
		if math.Abs(x) > threshold {
			return x
		}
		return 0
	case nn.SoftShrink:
		return math.Copysign(math.Max(math.Abs(x)-threshold, 0), x)
	case nn.TanhShrink:
		return x - 1 + 2/(math.Exp(2*x)+1)
	case nn.Threshold:
		if x <= threshold {
			return alpha
		}
		return x
	case nn.SquarePlus:
		return math.Max(x, 0) + alpha/2/(math.Hypot(x, math.Sqrt(alpha))+math.Abs(x))
	case nn.SparsePlus:
		return math.Max(x, 1) - 1 + math.Pow(math.Max(math.Min(x, 1)+1, 0)/2, 2)
	default:
		return x
	}
}

// unit is x between 0 and 1.
func unit(x float64) float64 { return (math.Abs(x) - math.Abs(x-1) + 1) / 2 }

func logOnePlusExp(x float64) float64 {
	if x > 40 {
		return x
	}
	return math.Log(1 + math.Exp(x))
}
