package loader

import (
	"math"

	"github.com/vkeras/vkeras/nn"
)

// constant is a term of one number.
func constant(v float32) term {
	return term{array: &nn.Tensor{Shape: nn.Shape{}, Data: []float32{v}}}
}

// of adds a function of two terms, of which one is a tensor.
func (o *operation) of(f nn.BinaryFunc, a, b term) term {
	return term{node: o.apply(&nn.Binary{Func: f}, a, b)}
}

// unary adds a function of one number.
func (o *operation) unary(f nn.UnaryFunc, x *nn.Node) *nn.Node {
	return o.add(&nn.Unary{Func: f}, x)
}

// two returns the first two arguments as tensors that fit each other; nil after an
// error.
func (o *operation) two() (a, b *nn.Node) {
	ta, tb := o.term(0), o.term(1)
	if !o.aligned(&ta, &tb) {
		return nil, nil
	}
	like := ta.node
	if like == nil {
		like = tb.node
	}
	return o.nodeOf(ta, like), o.nodeOf(tb, like)
}

// multipleBy returns the operator of a function that is a multiple of its argument.
func multipleBy(k float64) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node { return one(o.affine(o.tensor(0), float32(k), 0)) }
}

// arcsin is arctan(x / sqrt((1 - x) (1 + x))).
func arcsin(o *operation) []*nn.Node {
	x := o.tensor(0)
	rest := o.unary(nn.Sqrt, o.add(&nn.Multiply{}, o.affine(x, -1, 1), o.affine(x, 1, 1)))
	return one(o.unary(nn.Arctan, o.add(&nn.Binary{Func: nn.Divide}, x, rest)))
}

// arccos is 2 arctan(sqrt((1 - x) / (1 + x))).
func arccos(o *operation) []*nn.Node {
	x := o.tensor(0)
	half := o.add(&nn.Binary{Func: nn.Divide}, o.affine(x, -1, 1), o.affine(x, 1, 1))
	return one(o.affine(o.unary(nn.Arctan, o.unary(nn.Sqrt, half)), 2, 0))
}

// arctan2 is the angle of the point (x2, x1): arctan(x1 / x2), turned by half a
// circle where x2 is below 0.
func arctan2(o *operation) []*nn.Node {
	y, x := o.two()
	ratio := o.of(nn.Where, term{node: y}, o.of(nn.Divide, term{node: y}, term{node: x}))
	behind := o.of(nn.Less, term{node: x}, constant(0))
	side := o.affine(o.of(nn.GreaterEqual, term{node: y}, constant(0)).node, 2*math.Pi, -math.Pi)
	return one(o.add(&nn.Add{}, o.unary(nn.Arctan, ratio.node), o.of(nn.Where, behind, term{node: side}).node))
}

// arcsinh is sign(x) log(1 + |x| + x^2 / (1 + sqrt(1 + x^2))), exact near 0.
func arcsinh(o *operation) []*nn.Node {
	x := o.tensor(0)
	square := o.squared(x)
	more := o.add(&nn.Binary{Func: nn.Divide}, square, o.affine(o.unary(nn.Sqrt, o.affine(square, 1, 1)), 1, 1))
	length := o.unary(nn.Log1p, o.add(&nn.Add{}, o.unary(nn.Abs, x), more))
	return one(o.add(&nn.Multiply{}, o.unary(nn.Sign, x), length))
}

// arccosh is log(1 + (x - 1) + sqrt((x - 1) (x + 1))), exact near 1.
func arccosh(o *operation) []*nn.Node {
	x := o.tensor(0)
	more := o.affine(x, 1, -1)
	root := o.unary(nn.Sqrt, o.add(&nn.Multiply{}, more, o.affine(x, 1, 1)))
	return one(o.unary(nn.Log1p, o.add(&nn.Add{}, more, root)))
}

// arctanh is (log(1 + x) - log(1 - x)) / 2.
func arctanh(o *operation) []*nn.Node {
	x := o.tensor(0)
	up, down := o.unary(nn.Log1p, x), o.unary(nn.Log1p, o.affine(x, -1, 0))
	return one(o.affine(o.add(&nn.Binary{Func: nn.Subtract}, up, down), 0.5, 0))
}

// cubeRoot is sign(x) |x|^(1/3).
func cubeRoot(o *operation) []*nn.Node {
	x := o.tensor(0)
	root := o.of(nn.Power, term{node: o.unary(nn.Abs, x)}, constant(1./3)).node
	return one(o.add(&nn.Multiply{}, o.unary(nn.Sign, x), root))
}

// powerOfTwo is 2^x.
func powerOfTwo(o *operation) []*nn.Node {
	return one(o.of(nn.Power, constant(2), term{node: o.tensor(0)}).node)
}

// logAddExp2 is log2(2^a + 2^b), as log2 e (log(exp(a') + exp(b'))) of a' = a log 2.
func logAddExp2(o *operation) []*nn.Node {
	a, b := o.two()
	a, b = o.affine(a, math.Ln2, 0), o.affine(b, math.Ln2, 0)
	more := o.add(&nn.Activation{Func: nn.Softplus}, o.add(&nn.Binary{Func: nn.Subtract}, b, a))
	return one(o.affine(o.add(&nn.Add{}, a, more), 1/math.Ln2, 0))
}

// hypotenuse is sqrt(a^2 + b^2), of which the larger is taken out first.
func hypotenuse(o *operation) []*nn.Node {
	a, b := o.two()
	a, b = o.unary(nn.Abs, a), o.unary(nn.Abs, b)
	large, small := o.add(&nn.Binary{Func: nn.Maximum}, a, b), o.add(&nn.Binary{Func: nn.Minimum}, a, b)
	ratio := o.of(nn.Where, term{node: large}, o.of(nn.Divide, term{node: small}, term{node: large})).node
	return one(o.add(&nn.Multiply{}, large, o.unary(nn.Sqrt, o.affine(o.squared(ratio), 1, 1))))
}

// heaviside is 0 below 0, 1 above, and the second argument at 0.
func heaviside(o *operation) []*nn.Node {
	x, middle := o.two()
	at := o.of(nn.Where, o.of(nn.Equal, term{node: x}, constant(0)), term{node: middle})
	return one(o.add(&nn.Add{}, o.of(nn.Greater, term{node: x}, constant(0)).node, at.node))
}

// remainderOfA is a - b trunc(a / b), which has the sign of a.
func remainderOfA(o *operation) []*nn.Node {
	a, b := o.two()
	size := o.add(&nn.Binary{Func: nn.Remainder}, o.unary(nn.Abs, a), o.unary(nn.Abs, b))
	return one(o.add(&nn.Multiply{}, o.unary(nn.Sign, a), size))
}

// sinc is sin(pi x) / (pi x), and 1 at 0.
func sinc(o *operation) []*nn.Node {
	x := o.affine(o.tensor(0), math.Pi, 0)
	ratio := o.of(nn.Where, term{node: x}, o.of(nn.Divide, term{node: o.unary(nn.Sin, x)}, term{node: x}))
	return one(o.add(&nn.Add{}, ratio.node, o.of(nn.Equal, term{node: x}, constant(0)).node))
}

// isClose is |a - b| <= atol + rtol |b|: (a, b, rtol, atol, equal_nan).
func isClose(o *operation) []*nn.Node {
	rtol, atol := o.float(2, 1e-5), o.float(3, 1e-8)
	a, b := o.two()
	apart := o.unary(nn.Abs, o.add(&nn.Binary{Func: nn.Subtract}, a, b))
	return one(o.add(&nn.Binary{Func: nn.LessEqual}, apart, o.affine(o.unary(nn.Abs, b), rtol, atol)))
}

// beyond returns the operator that compares a function of x with the largest
// float32: what is beyond it is infinite.
func beyond(of nn.UnaryFunc, compare nn.BinaryFunc, bound float32) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if of != "" {
			x = o.unary(of, x)
		}
		return one(o.of(compare, term{node: x}, constant(bound)).node)
	}
}

// nanMask is 1 where x is no number, which alone differs from itself.
func (o *operation) nanMask(x *nn.Node) term {
	return term{node: o.add(&nn.Binary{Func: nn.NotEqual}, x, x)}
}

// numbersOf puts a number in the place of what is none.
func (o *operation) numbersOf(x *nn.Node, instead float32) *nn.Node {
	mask := o.nanMask(x)
	y := o.of(nn.Unless, mask, term{node: x}).node
	if instead == 0 {
		return y
	}
	return o.add(&nn.Add{}, y, o.affine(mask.node, instead, 0))
}

// nanToNumber puts numbers in the place of what is none and of infinities:
// (x, nan, posinf, neginf).
func nanToNumber(o *operation) []*nn.Node {
	y := o.numbersOf(o.tensor(0), o.float(1, 0))
	y = o.infinite(y, nn.Greater, math.MaxFloat32, o.float(2, math.MaxFloat32))
	return one(o.infinite(y, nn.Less, -math.MaxFloat32, o.float(3, -math.MaxFloat32)))
}

// infinite puts a number in the place of what is beyond a bound.
func (o *operation) infinite(x *nn.Node, compare nn.BinaryFunc, bound, instead float32) *nn.Node {
	mask := o.of(compare, term{node: x}, constant(bound))
	return o.add(&nn.Add{}, o.of(nn.Unless, mask, term{node: x}).node, o.affine(mask.node, instead, 0))
}

// numbersAlone returns the operator that reduces what numbers there are, with what
// stands for others.
func numbersAlone(f nn.ReduceFunc, instead float32) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		r := o.reduction()
		y := o.reduced(f, o.numbersOf(r.x, instead), r.axes, r.keep)
		if f != nn.ReduceMax && f != nn.ReduceMin {
			return one(y)
		}
		// Where there are none the result is none: y 0 / 0.
		some := o.reduced(nn.ReduceMax, o.affine(o.nanMask(r.x).node, -1, 1), r.axes, r.keep)
		return one(o.add(&nn.Binary{Func: nn.Divide}, o.add(&nn.Multiply{}, y, some), some))
	}
}

// meanOfNumbers is the mean of what numbers there are in values of the shape of x.
func (o *operation) meanOfNumbers(x, values *nn.Node, r reduction, keep bool) *nn.Node {
	mask := o.nanMask(x)
	total := o.reduced(nn.ReduceSum, o.of(nn.Unless, mask, term{node: values}).node, r.axes, keep)
	count := o.reduced(nn.ReduceSum, o.affine(mask.node, -1, 1), r.axes, keep)
	return o.add(&nn.Binary{Func: nn.Divide}, total, count)
}

// nanMean is the mean of what numbers there are.
func nanMean(o *operation) []*nn.Node {
	r := o.reduction()
	return one(o.meanOfNumbers(r.x, r.x, r, r.keep))
}

// nanVariance is the variance of what numbers there are.
func nanVariance(o *operation) []*nn.Node {
	r := o.reduction()
	squares := o.add(&nn.Binary{Func: nn.SquaredDifference}, r.x, o.meanOfNumbers(r.x, r.x, r, true))
	return one(o.meanOfNumbers(r.x, squares, r, r.keep))
}

// nanDeviation is its square root.
func nanDeviation(o *operation) []*nn.Node {
	return one(o.unary(nn.Sqrt, nanVariance(o)[0]))
}

// selected is the choice of the first condition that holds, else a default:
// (conditions, choices, default).
func selected(o *operation) []*nn.Node {
	conditions, okC := list(o.value(0))
	choices, okV := list(o.value(1))
	if !okC || !okV || len(conditions) != len(choices) || len(choices) == 0 {
		o.refuse("expected as many choices as conditions")
		return one(nil)
	}
	result := constant(0)
	if o.has(2) {
		result = o.term(2)
	}
	for i := len(choices) - 1; i >= 0; i-- {
		result = term{node: o.chosen(o.termOf(conditions[i]), o.termOf(choices[i]), result)}
	}
	return one(result.node)
}

// among is 1 where x is one of a list of numbers, or is none with invert: (x, numbers,
// invert).
func among(o *operation) []*nn.Node {
	o.ignore("assume_unique")
	x, numbers := o.tensor(0), o.term(1).array
	if x == nil || numbers == nil {
		o.wrong(1, "numbers")
		return one(nil)
	}
	list := &nn.Tensor{Shape: nn.Shape{len(numbers.Data)}, Data: numbers.Data}
	is := o.of(nn.Equal, term{node: o.shaped(x, append(x.Shape.Clone(), 1))}, term{array: list}).node
	y := o.reduced(nn.ReduceMax, is, []int{len(x.Shape)}, false)
	if o.bool(2, false) {
		y = o.affine(y, -1, 1)
	}
	return one(y)
}

// angleOf is the angle of a number that is not complex: half a circle below 0.
func angleOf(o *operation) []*nn.Node {
	return one(o.affine(o.of(nn.Less, term{node: o.tensor(0)}, constant(0)).node, math.Pi, 0))
}

// fakeQuantized rounds to as many numbers as so many bits tell apart, between a least
// and a largest that are moved so that 0 is among them: (x, min, max, bits, narrow).
// There may be one of each for each channel. TensorFlow computes in float32.
func fakeQuantized(o *operation) []*nn.Node {
	x := term{node: o.tensor(0)}
	least, most := constant(-6), constant(6)
	if o.has(1) {
		least = o.term(1)
	}
	if o.has(2) {
		most = o.term(2)
	}
	bits, narrow := o.int(3, 8), o.bool(4, false)
	if o.err != nil || least.array == nil || most.array == nil || len(least.array.Data) != len(most.array.Data) || bits < 2 || bits > 16 {
		o.refuse("expected as many of min as of max, and 2 to 16 bits")
		return one(nil)
	}
	low, high := float32(0), float32(int(1)<<bits-1)
	if narrow {
		low = 1
	}
	low32 := nn.NewTensor(least.array.Shape...)
	high32, into, back := nn.NewTensor(low32.Shape...), make([]float32, len(low32.Data)), make([]float32, len(low32.Data))
	for i, from := range least.array.Data {
		scale := (most.array.Data[i] - from) / (high - low)
		if !(scale > 0) {
			o.refuse("between %v and %v", from, most.array.Data[i])
			return one(nil)
		}
		zero := float32(math.Round(float64(min(max(low-from/scale, low), high))))
		low32.Data[i], high32.Data[i] = (low-zero)*scale, (high-zero)*scale
		into[i], back[i] = 1/scale, scale
	}
	bounded := o.of(nn.Minimum, o.of(nn.Maximum, x, term{array: low32}), term{array: high32}).node
	steps := o.rescaled(o.rescaled(bounded, []float32{1}, each(low32.Data, negated)), into, []float32{0.5})
	return one(o.rescaled(o.unary(nn.Floor, steps), back, low32.Data))
}

// oneHot is 1 at the place that x names on a new axis, else 0: (x, classes, axis).
func oneHot(o *operation) []*nn.Node {
	o.ignore("dtype")
	x, classes := o.tensor(0), o.int(1, 0)
	if x == nil || classes < 1 || !o.bounded(classes) {
		o.wrong(1, "a number of classes")
		return one(nil)
	}
	a := o.axis(2, -1, len(x.Shape)+1)
	if o.err != nil {
		return one(nil)
	}
	shape := append(x.Shape[:a:a].Clone(), 1)
	y := o.of(nn.Equal, term{node: o.shaped(x, append(shape, x.Shape[a:]...))}, term{array: placesOf(classes, len(x.Shape)-a)}).node
	if len(o.params) > 3 && (o.has(3) || o.has(4)) {
		on, off := o.float(3, 1), o.float(4, 0)
		y = o.affine(y, on-off, off)
	}
	return one(y)
}

// placesOf is the places 0..n-1 along an axis, with so many of extent 1 behind it.
func placesOf(n, behind int) *nn.Tensor {
	t := &nn.Tensor{Shape: append(nn.Shape{n}, ones(behind)...), Data: make([]float32, n)}
	for i := range t.Data {
		t.Data[i] = float32(i)
	}
	return t
}

// ones is a shape of so many axes of extent 1.
func ones(n int) nn.Shape {
	s := make(nn.Shape, n)
	for i := range s {
		s[i] = 1
	}
	return s
}
