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
	case *nn.Sort: // that of which as many come before as its place says
		return func(at []int) float64 { return naiveSort(op, along(x, []int{op.Axis}, at), at) }, nil
	case *nn.Normalize:
		return func(at []int) float64 {
			w := weightAt(x, op.WeightAxes(x.Shape[1:]), at)
			mean, deviation := float64(op.Mean.Data[w]), math.Max(math.Sqrt(float64(op.Variance.Data[w])), 1e-7)
			if op.Invert {
				return mean + deviation*value(x, at)
			}
			return value(x, at)/deviation - mean/deviation
		}, nil
	case *nn.PReLU:
		return func(at []int) float64 {
			alpha := float64(op.Alpha.Data[weightAt(x, op.WeightAxes(x.Shape[1:]), at)])
			return math.Max(value(x, at), 0) + alpha*math.Min(value(x, at), 0)
		}, nil
	case *nn.LayerScale:
		return func(at []int) float64 { return value(x, at) * float64(op.Gamma.Data[at[len(at)-1]]) }, nil
	case *nn.LayerNorm:
		return func(at []int) float64 {
			y := naiveNorm(op.Func, float64(op.Epsilon), value(x, at), along(x, op.Axes, at))
			return naiveAffine(y, op.Gamma, op.Beta, weightAt(x, op.WeightAxes(x.Shape[1:]), at))
		}, nil
	case *nn.GroupNorm:
		return func(at []int) float64 {
			y := naiveNorm(nn.NormStandard, float64(op.Epsilon), value(x, at), ofGroup(op, x, at))
			return naiveAffine(y, op.Gamma, op.Beta, weightAt(x, op.WeightAxes(x.Shape[1:]), at))
		}, nil
	case *nn.Resize:
		return func(at []int) float64 { return naiveResize(op, x, at) }, nil
	default:
		return nil, fmt.Errorf("%s has no naive form", op.Kind())
	}
}

// weightAt returns the place of a weight that is indexed by axes of an image.
func weightAt(x *nn.Tensor, axes []int, at []int) int {
	var shape nn.Shape
	var own []int
	for _, a := range axes {
		shape, own = append(shape, x.Shape[a+1]), append(own, at[a+1])
	}
	return offset(shape, own)
}

// naiveNorm is nn.NormFunc's function of x, one of a group, by the squares' mean.
func naiveNorm(f nn.NormFunc, epsilon, x float64, group []float64) float64 {
	n, sum, squares := float64(len(group)), 0.0, 0.0
	for _, v := range group {
		sum, squares = sum+v, squares+v*v
	}
	mean := sum / n
	variance := squares/n - mean*mean
	switch f {
	case nn.NormRMS:
		return x * math.Pow(squares/n+epsilon, -0.5)
	case nn.NormVariance:
		return x * math.Pow(variance+epsilon, -0.5)
	case nn.NormL2:
		return x * math.Min(math.Pow(squares, -0.5), 1/epsilon)
	default:
		return (x - mean) * math.Pow(variance+epsilon, -0.5)
	}
}

func naiveAffine(y float64, gamma, beta *nn.Tensor, weight int) float64 {
	if gamma != nil {
		y *= float64(gamma.Data[weight])
	}
	if beta != nil {
		y += float64(beta.Data[weight])
	}
	return y
}

// ofGroup returns the values of at's image in the channels of its group.
func ofGroup(op *nn.GroupNorm, x *nn.Tensor, at []int) []float64 {
	a := op.WeightAxes(x.Shape[1:])[0] + 1
	low, high := make([]int, len(at)), append([]int{}, x.Shape...)
	low[0], high[0] = at[0], at[0]+1
	size := x.Shape[a] / op.Groups
	low[a] = at[a] / size * size
	high[a] = low[a] + size
	return box(x, low, high)
}

// naiveGrouped scatters as naiveConv does.
func naiveGrouped(op *nn.GroupedConv2D, x *nn.Tensor, out nn.Shape) *nn.Tensor {
	sums := make([]float64, out.Len())
	channels, filters := x.Shape[3]/op.Groups, op.Filters/op.Groups
	each(x.Shape, func(at []int) {
		group, c := at[3]/channels, at[3]%channels
		scatter(op.Window, at[1], at[2], out, func(i, j, p, q int) {
			for o := group * filters; o < (group+1)*filters; o++ {
				sums[offset(out, []int{at[0], i, j, o})] += value(x, at) * value(op.Kernel, []int{p, q, c, o})
			}
		})
	})
	return withBias(sums, out, op.UseBias, op.Bias)
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
	low, high := append([]int{}, at...), make([]int, len(at))
	for a := range at {
		high[a] = at[a] + 1
		if free[a] {
			low[a], high[a] = 0, x.Shape[a]
		}
	}
	return box(x, low, high)
}

// box returns the values of x whose coordinates are from low up to before high.
func box(x *nn.Tensor, low, high []int) []float64 {
	extents := make(nn.Shape, len(low))
	for a := range extents {
		extents[a] = high[a] - low[a]
	}
	values, at := make([]float64, 0, extents.Len()), make([]int, len(low))
	each(extents, func(inside []int) {
		for a, i := range inside {
			at[a] = low[a] + i
		}
		values = append(values, value(x, at))
	})
	return values
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

// naiveResize sums over all of the input, by weights that are looked up.
func naiveResize(op *nn.Resize, x *nn.Tensor, at []int) float64 {
	weight := func(t nn.Taps, out, in int) float64 {
		if p := in - t.First[out]; p >= 0 && p < t.Count {
			return t.Weights[out*t.Count+p]
		}
		return 0
	}
	rows, columns, sum := op.Taps(x.Shape[1], op.Height), op.Taps(x.Shape[2], op.Width), 0.0
	for i := range x.Shape[1] {
		for j := range x.Shape[2] {
			sum += weight(rows, at[1], i) * weight(columns, at[2], j) * value(x, []int{at[0], i, j, at[3]})
		}
	}
	return sum
}

// naiveTranspose scatters every input element to the outputs that it reaches.
func naiveTranspose(op *nn.Conv2DTranspose, x *nn.Tensor, out nn.Shape) *nn.Tensor {
	sums := make([]float64, out.Len())
	each(x.Shape, func(at []int) {
		each(op.Kernel.Shape[:3], func(k []int) {
			i, j := at[1]*op.Stride[0]-op.Top+k[0]*op.Dilation[0], at[2]*op.Stride[1]-op.Left+k[1]*op.Dilation[1]
			if i >= 0 && j >= 0 && i < out[1] && j < out[2] {
				sums[offset(out, []int{at[0], i, j, k[2]})] += value(x, at) * value(op.Kernel, append(append([]int{}, k...), at[3]))
			}
		})
	})
	return withBias(sums, out, op.UseBias, op.Bias)
}

// naiveSort looks for the number that so many come before as its place says.
func naiveSort(op *nn.Sort, row []float64, at []int) float64 {
	axis := op.Axis
	if axis < 0 {
		axis += len(at) - 1
	}
	for i, v := range row {
		before := 0
		for j, w := range row {
			if op.Descending {
				v, w = -v, -w
			}
			if w < v || w == v && j < i {
				before++
			}
			if op.Descending {
				v = -v
			}
		}
		if before == at[axis+1] {
			if op.Positions {
				return float64(i)
			}
			return v
		}
	}
	return math.NaN()
}
