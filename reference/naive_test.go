package reference_test

import (
	"math"
	"testing"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

// TestNaiveAgrees compares package reference with code of another form: sums
// are scattered from the inputs and not gathered for the outputs, elements are
// found by their coordinates one at a time, functions are written by other
// identities. Both sum in float64, so what is left is the last bit of a
// float32.
func TestNaiveAgrees(t *testing.T) {
	optest.Run(t, naive, optest.Tolerance{NMSE: 1e-15, MaxOverRMS: 1e-6})
}

func naive(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
	shapes := make([]nn.Shape, len(in))
	for i, x := range in {
		shapes[i] = x.Shape[1:]
	}
	image, err := op.Infer(shapes)
	if err != nil {
		return nil, err
	}
	shape, x := image.Batch(in[0].Shape[0]), in[0]
	switch op := op.(type) {
	case *nn.Conv2D:
		return naiveConv(op, x, shape), nil
	case *nn.DepthwiseConv2D:
		return naiveDepthwise(op, x, shape), nil
	case *nn.Conv2DTranspose:
		return naiveTranspose(op, x, shape), nil
	case *nn.GroupedConv2D:
		return naiveGrouped(op, x, shape), nil
	case *nn.MaxPool:
		return naivePool(op.Window, x, shape, true), nil
	case *nn.AvgPool:
		return naivePool(op.Window, x, shape, false), nil
	case *nn.GlobalMaxPool:
		return naivePool(whole(x), x, shape, true), nil
	case *nn.GlobalAvgPool:
		return naivePool(whole(x), x, shape, false), nil
	}
	element, err := naiveElement(op, in)
	if err != nil {
		return nil, err
	}
	y := nn.NewTensor(shape...)
	each(shape, func(at []int) { y.Data[offset(shape, at)] = float32(element(at)) })
	return y, nil
}

// naiveElement returns the operation as a function of the output's coordinates.
func naiveElement(op nn.Op, in []*nn.Tensor) (func(at []int) float64, error) {
	x := in[0]
	switch op := op.(type) {
	case *nn.Dense:
		return func(at []int) float64 {
			sum, last := bias(op.UseBias, op.Bias, at[len(at)-1]), len(at)-1
			for c := range x.Shape[last] {
				sum += value(x, append(append([]int{}, at[:last]...), c)) * value(op.Kernel, []int{c, at[last]})
			}
			return sum
		}, nil
	case *nn.BatchNorm:
		return func(at []int) float64 { return naiveBatchNorm(op, value(x, at), at) }, nil
	case *nn.Rescale:
		return func(at []int) float64 {
			c := at[len(at)-1]
			return value(x, at)*float64(op.Scale[min(c, len(op.Scale)-1)]) + float64(op.Offset[min(c, len(op.Offset)-1)])
		}, nil
	case *nn.Activation:
		return func(at []int) float64 { return naiveActivation(op, value(x, at)) }, nil
	case *nn.ZeroPad:
		return func(at []int) float64 { return moved(x, at, -op.Top, -op.Left) }, nil
	case *nn.Crop:
		return func(at []int) float64 { return moved(x, at, op.Top, op.Left) }, nil
	case *nn.Add:
		return func(at []int) float64 {
			sum := 0.0
			for _, x := range in {
				sum += broadcast(x, at)
			}
			return sum
		}, nil
	case *nn.Multiply:
		return func(at []int) float64 {
			product := 1.0
			for _, x := range in {
				product *= broadcast(x, at)
			}
			return product
		}, nil
	case *nn.Binary:
		return func(at []int) float64 { return naiveBinary(op.Func, broadcast(in[0], at), broadcast(in[1], at)) }, nil
	case *nn.Unary:
		return func(at []int) float64 { return naiveUnary(op.Func, value(x, at)) }, nil
	case *nn.Constant:
		return func(at []int) float64 { return value(op.Value, at[1:]) }, nil
	case *nn.Transpose, *nn.Slice, *nn.Gather:
		return func(at []int) float64 { return naiveMove(op, x, at) }, nil
	case *nn.Reduce:
		return func(at []int) float64 { return naiveReduce(op, x, at) }, nil
	case *nn.MatMul:
		return func(at []int) float64 { return naiveMatMul(op, in[0], in[1], at) }, nil
	case *nn.Concat:
		return func(at []int) float64 { return naiveConcat(op.Axis, in, at) }, nil
	case *nn.Flatten, *nn.Reshape, *nn.Identity:
		next := -1 // elements are asked for in order
		return func([]int) float64 { next++; return float64(x.Data[next]) }, nil
	default:
		return naiveLayer(op, in)
	}
}

// scatter calls f for every tap of a window that some output reads from input
// position (h, w): an output i reads h with tap p if i stride = h + pad - p step.
func scatter(window nn.Window, h, w int, out nn.Shape, f func(i, j, p, q int)) {
	for p := range window.Size[0] {
		for q := range window.Size[1] {
			i, j := h+window.Pad.Top-p*window.Step(0), w+window.Pad.Left-q*window.Step(1)
			if i < 0 || j < 0 || i%window.Stride[0] != 0 || j%window.Stride[1] != 0 {
				continue
			}
			if i, j = i/window.Stride[0], j/window.Stride[1]; i < out[1] && j < out[2] {
				f(i, j, p, q)
			}
		}
	}
}

func naiveConv(op *nn.Conv2D, x *nn.Tensor, out nn.Shape) *nn.Tensor {
	sums := make([]float64, out.Len())
	each(x.Shape, func(at []int) {
		v := value(x, at)
		scatter(op.Window, at[1], at[2], out, func(i, j, p, q int) {
			first, kernel := offset(out, []int{at[0], i, j, 0}), offset(op.Kernel.Shape, []int{p, q, at[3], 0})
			for o := range op.Filters {
				sums[first+o] += v * float64(op.Kernel.Data[kernel+o])
			}
		})
	})
	return withBias(sums, out, op.UseBias, op.Bias)
}

func naiveDepthwise(op *nn.DepthwiseConv2D, x *nn.Tensor, out nn.Shape) *nn.Tensor {
	sums := make([]float64, out.Len())
	each(x.Shape, func(at []int) {
		scatter(op.Window, at[1], at[2], out, func(i, j, p, q int) {
			for m := range op.Multiplier {
				sums[offset(out, []int{at[0], i, j, at[3]*op.Multiplier + m})] += value(x, at) * value(op.Kernel, []int{p, q, at[3], m})
			}
		})
	})
	return withBias(sums, out, op.UseBias, op.Bias)
}

func withBias(sums []float64, out nn.Shape, use bool, b *nn.Tensor) *nn.Tensor {
	y := nn.NewTensor(out...)
	for i, sum := range sums {
		y.Data[i] = float32(sum + bias(use, b, i%out.Channels()))
	}
	return y
}

func bias(use bool, b *nn.Tensor, o int) float64 {
	if !use {
		return 0
	}
	return float64(b.Data[o])
}

// whole returns the window that covers a feature map.
func whole(x *nn.Tensor) nn.Window {
	return nn.Window{Size: [2]int{x.Shape[1], x.Shape[2]}, Stride: [2]int{1, 1}}
}

func naivePool(window nn.Window, x *nn.Tensor, out nn.Shape, largest bool) *nn.Tensor {
	y, positions := nn.NewTensor(out...), out
	if len(out) == 2 {
		positions = nn.Shape{out[0], 1, 1, out[1]}
	}
	seen := make([][]float64, out.Len())
	each(x.Shape, func(at []int) {
		scatter(window, at[1], at[2], positions, func(i, j, _, _ int) {
			o := offset(positions, []int{at[0], i, j, at[3]})
			seen[o] = append(seen[o], value(x, at))
		})
	})
	for o, values := range seen {
		sum, most := 0.0, math.Inf(-1)
		for _, v := range values {
			sum, most = sum+v, math.Max(most, v)
		}
		if y.Data[o] = float32(sum / float64(len(values))); largest {
			y.Data[o] = float32(most)
		}
	}
	return y
}

func naiveBatchNorm(op *nn.BatchNorm, x float64, at []int) float64 {
	axis := op.Axis + 1
	if op.Axis < 0 {
		axis = len(at) + op.Axis
	}
	c := at[axis]
	factor, shift := math.Pow(float64(op.Variance.Data[c])+float64(op.Epsilon), -0.5), 0.0
	if op.Scale {
		factor *= float64(op.Gamma.Data[c])
	}
	if op.Center {
		shift = float64(op.Beta.Data[c])
	}
	return x*factor + (shift - float64(op.Mean.Data[c])*factor)
}

func naiveActivation(op *nn.Activation, x float64) float64 {
	switch op.Func {
	case nn.ReLU:
		// The two halves apart, as in Keras's code.
		below := float64(op.Slope) * math.Max(float64(op.Threshold)-x, 0)
		if x <= float64(op.Threshold) {
			x = 0
		}
		if op.Max != 0 {
			x = math.Min(x, float64(op.Max))
		}
		return x - below
	case nn.Sigmoid:
		return (1 + math.Tanh(x/2)) / 2
	case nn.Tanh:
		return 1 - 2/(math.Exp(2*x)+1)
	case nn.ELU:
		return math.Max(x, 0) + float64(op.Alpha)*(math.Exp(math.Min(x, 0))-1)
	case nn.Swish:
		return x / (1 + math.Exp(-x))
	case nn.GELU:
		return x * 0.5 * (1 + math.Erf(x*math.Sqrt(0.5)))
	case nn.GELUTanh:
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*math.Pow(x, 3))))
	default:
		return naiveFunction(op, x)
	}
}

// moved reads x at (n, i + rows, j + columns, c), and 0 outside.
func moved(x *nn.Tensor, at []int, rows, columns int) float64 {
	i, j := at[1]+rows, at[2]+columns
	if i < 0 || j < 0 || i >= x.Shape[1] || j >= x.Shape[2] {
		return 0
	}
	return value(x, []int{at[0], i, j, at[3]})
}

// broadcast reads x at the output's coordinates: image axes are aligned at the
// last one, the batch's axis at the first.
func broadcast(x *nn.Tensor, at []int) float64 {
	own := append([]int{at[0]}, at[len(at)-len(x.Shape)+1:]...)
	for a, d := range x.Shape {
		own[a] = min(own[a], d-1)
	}
	return value(x, own)
}

func naiveConcat(axis int, in []*nn.Tensor, at []int) float64 {
	if axis++; axis <= 0 {
		axis += len(at) - 1
	}
	own := append([]int{}, at...)
	for _, x := range in {
		if own[axis] < x.Shape[axis] {
			return value(x, own)
		}
		own[axis] -= x.Shape[axis]
	}
	return math.NaN()
}

// each calls f with the coordinates of every element, in order.
func each(shape nn.Shape, f func(at []int)) {
	at := make([]int, len(shape))
	for range shape.Len() {
		f(at)
		for a := len(at) - 1; a >= 0; a-- {
			if at[a]++; at[a] < shape[a] {
				break
			}
			at[a] = 0
		}
	}
}

func offset(shape nn.Shape, at []int) int {
	o := 0
	for a, i := range at {
		o = o*shape[a] + i
	}
	return o
}

func value(t *nn.Tensor, at []int) float64 { return float64(t.Data[offset(t.Shape, at)]) }
