package loader

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// unary returns the operator of a function of one number.
func unary(f nn.UnaryFunc) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node { return one(o.add(&nn.Unary{Func: f}, o.tensor(0))) }
}

// activate returns the operator of an activation without parameters.
func activate(op nn.Activation) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node { return one(o.add(&op, o.tensor(0))) }
}

// activateWith returns the operator of an activation with parameters, which set
// changes to those of the call.
func activateWith(op nn.Activation, set func(o *operation, op *nn.Activation)) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		op := op
		set(o, &op)
		return one(o.add(&op, o.tensor(0)))
	}
}

func alpha(o *operation, op *nn.Activation)     { op.Alpha = o.float(1, op.Alpha) }
func slope(o *operation, op *nn.Activation)     { op.Slope = o.float(1, op.Slope) }
func threshold(o *operation, op *nn.Activation) { op.Threshold = o.float(1, op.Threshold) }

// gelu returns the operator of GELU; approximate says what it does unless told.
func gelu(approximate bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		f := nn.GELU
		if o.bool(1, approximate) {
			f = nn.GELUTanh
		}
		return one(o.add(&nn.Activation{Func: f}, o.tensor(0)))
	}
}

// swish is x sigmoid(beta x).
func swish(o *operation) []*nn.Node {
	x, beta := o.tensor(0), o.float(1, 1)
	if beta == 1 {
		return one(o.add(&nn.Activation{Func: nn.Swish}, x))
	}
	return one(o.add(&nn.Multiply{}, x, o.add(&nn.Activation{Func: nn.Sigmoid}, o.affine(x, beta, 0))))
}

// concatenatedReLU joins what is above 0 and what is below, turned round, along an axis.
func concatenatedReLU(o *operation) []*nn.Node {
	x := o.tensor(0)
	a, ok := o.axisOf(x, 1, -1)
	if !ok {
		return one(nil)
	}
	above, below := o.add(&nn.Activation{Func: nn.ReLU}, x), o.add(&nn.Activation{Func: nn.ReLU}, o.affine(x, -1, 0))
	return one(o.add(&nn.Concat{Axis: a}, above, below))
}

// thresholded is x above a threshold, else a value.
func thresholded(o *operation) []*nn.Node {
	return one(o.add(&nn.Activation{Func: nn.Threshold, Threshold: o.float(1, 0), Alpha: o.float(2, 0)}, o.tensor(0)))
}

// distribution returns the operator of a function over an axis, the last unless
// told.
func distribution(of func(axes []int) nn.Op) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		var axes []int
		if o.has(1) {
			if axes = o.axes(1, len(x.Shape)); slices.Equal(axes, []int{len(x.Shape) - 1}) {
				axes = nil
			}
		}
		return one(o.add(of(axes), x))
	}
}

// glu is the first half of an axis times the sigmoid of the second.
func glu(o *operation) []*nn.Node {
	x := o.tensor(0)
	a, ok := o.axisOf(x, 1, -1)
	if !ok {
		return one(nil)
	}
	half := x.Shape[a] / 2
	if x.Shape[a] != 2*half || half == 0 {
		o.refuse("axis %d of %v has no halves", a+1, x.Shape)
		return one(nil)
	}
	gate := o.add(&nn.Activation{Func: nn.Sigmoid}, o.part(x, a, half, half))
	return one(o.add(&nn.Multiply{}, o.part(x, a, 0, half), gate))
}

// logarithm returns the operator of the logarithm of a base.
func logarithm(base float64) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		return one(o.affine(o.add(&nn.Unary{Func: nn.Log}, o.tensor(0)), float32(1/math.Log(base)), 0))
	}
}

// tangent is sin x / cos x.
func tangent(o *operation) []*nn.Node {
	x := o.tensor(0)
	return one(o.add(&nn.Binary{Func: nn.Divide}, o.add(&nn.Unary{Func: nn.Sin}, x), o.add(&nn.Unary{Func: nn.Cos}, x)))
}

// sinh is (exp(x) - exp(-x)) / 2, exact near 0.
func sinh(o *operation) []*nn.Node {
	x := o.tensor(0)
	up, down := o.add(&nn.Unary{Func: nn.Expm1}, x), o.add(&nn.Unary{Func: nn.Expm1}, o.affine(x, -1, 0))
	return one(o.affine(o.add(&nn.Binary{Func: nn.Subtract}, up, down), 0.5, 0))
}

// cosh is (exp(x) + exp(-x)) / 2.
func cosh(o *operation) []*nn.Node {
	x := o.tensor(0)
	up, down := o.add(&nn.Activation{Func: nn.Exponential}, x), o.add(&nn.Activation{Func: nn.Exponential}, o.affine(x, -1, 0))
	return one(o.affine(o.add(&nn.Add{}, up, down), 0.5, 0))
}

// isNaN is 1 where x is no number, which alone differs from itself.
func isNaN(o *operation) []*nn.Node {
	return one(o.nanMask(o.tensor(0)).node)
}

// rounded rounds to so many decimals.
func rounded(o *operation) []*nn.Node {
	x := o.tensor(0)
	factor := float32(math.Pow10(o.int(1, 0)))
	if factor != 1 {
		x = o.affine(x, factor, 0)
	}
	x = o.add(&nn.Unary{Func: nn.Round}, x)
	if factor != 1 {
		x = o.affine(x, 1/factor, 0)
	}
	return one(x)
}

// same returns its tensor.
func same(o *operation) []*nn.Node { return one(o.tensor(0)) }

// sameOf returns its tensors.
func sameOf(o *operation) []*nn.Node { return o.tensors(0) }

// shapeEnsured returns its tensor, which must have the shape given where that is not
// open: null.
func shapeEnsured(o *operation) []*nn.Node {
	x := o.tensor(0)
	shape := o.images(1)
	if x == nil || o.err != nil {
		return one(nil)
	}
	ok := len(shape) == len(x.Shape)
	for i, v := range shape {
		n, isInt := asInt(v)
		ok = ok && (v == nil || isInt && n == x.Shape[i])
	}
	if !ok {
		o.refuse("%v has not the shape %s", x.Shape, kindOf(o.value(1)))
	}
	return one(x)
}

// cast changes the type of numbers: to whole ones by dropping the fraction, to
// truth values by comparing with 0. Floats stay float32 whatever their length.
func cast(o *operation) []*nn.Node {
	if n, ok := asInt(o.value(0)); ok { // an extent, say
		o.ignore("dtype")
		return o.static(number(n))
	}
	o.ignore("dtype_hint")
	return one(o.castOf(o.tensor(0)))
}

func (o *operation) castOf(x *nn.Node) *nn.Node {
	o.typed = o.text(1, floats)
	switch o.typed {
	case "float16", "float32", "float64", "bfloat16", "half", "float", "double":
		o.typed = floats
		return x
	case "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64":
		return o.add(&nn.Unary{Func: nn.Trunc}, x)
	case "bool":
		return o.truth(x)
	default:
		o.refuse("dtype %q", o.typed)
		return nil
	}
}

// ranges are the smallest and the largest number of types that do not hold all of
// float32's.
var ranges = map[string][2]float32{
	"bool": {0, 1}, "int8": {math.MinInt8, math.MaxInt8}, "int16": {math.MinInt16, math.MaxInt16}, "int32": {math.MinInt32, math.MaxInt32}, "int64": {math.MinInt64, math.MaxInt64},
	"uint8": {0, math.MaxUint8}, "uint16": {0, math.MaxUint16}, "uint32": {0, math.MaxUint32}, "uint64": {0, math.MaxUint64}, "float16": {-65504, 65504},
}

// castWithin is cast of numbers that are first brought into the type's range.
func castWithin(o *operation) []*nn.Node {
	return one(o.castOf(o.inRange(o.tensor(0), o.text(1, floats))))
}

// inRange brings numbers into the range of a type.
func (o *operation) inRange(x *nn.Node, to string) *nn.Node {
	if r, narrow := ranges[to]; narrow && x != nil {
		return o.of(nn.Minimum, o.of(nn.Maximum, term{node: x}, constant(r[0])), constant(r[1])).node
	}
	return x
}

// full returns the operator that gives a tensor's shape one value throughout.
func full(v float32) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		o.ignore("dtype", "layout", "optimize")
		if shape, ok := o.extents(0); ok {
			return o.static(slices.Repeat([]any{number(int(v))}, len(shape)))
		}
		x := o.tensor(0)
		return one(o.filled(x, v))
	}
}

func (o *operation) filled(x *nn.Node, v float32) *nn.Node {
	if x == nil || !o.bounded(x.Shape.Len()) {
		return nil
	}
	value := nn.NewTensor(x.Shape...)
	for i := range value.Data {
		value.Data[i] = v
	}
	return o.add(&nn.Constant{Value: value}, x)
}

// fullLike gives a tensor's shape a number throughout.
func fullLike(o *operation) []*nn.Node {
	o.ignore("dtype")
	return one(o.filled(o.tensor(0), o.float(1, 0)))
}
