package loader

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// reduction is a tensor and the axes that a function makes one number of.
type reduction struct {
	x    *nn.Node
	axes []int
	keep bool
}

// reduction reads (x, axis, keepdims).
func (o *operation) reduction() reduction {
	r := reduction{x: o.tensor(0)}
	if r.x == nil {
		return r
	}
	r.axes, r.keep = o.axes(1, len(r.x.Shape)), len(o.params) > 2 && o.bool(2, false)
	if o.err != nil {
		r.x = nil
	}
	return r
}

// reduced adds one number of those along the axes.
func (o *operation) reduced(f nn.ReduceFunc, x *nn.Node, axes []int, keep bool) *nn.Node {
	if x == nil {
		return nil
	}
	if len(x.Shape) == 3 && slices.Equal(axes, []int{0, 1}) { // which has kernels of its own
		switch f {
		case nn.ReduceMean:
			return o.add(&nn.GlobalAvgPool{KeepDims: keep}, x)
		case nn.ReduceMax:
			return o.add(&nn.GlobalMaxPool{KeepDims: keep}, x)
		}
	}
	return o.add(&nn.Reduce{Func: f, Axes: axes, KeepDims: keep}, x)
}

// dropped drops the reduced axes, which were kept, unless they shall be.
func (o *operation) dropped(y *nn.Node, r reduction) *nn.Node {
	if y == nil || r.keep {
		return y
	}
	shape := nn.Shape{}
	for a, n := range y.Shape {
		if !slices.Contains(r.axes, a) {
			shape = append(shape, n)
		}
	}
	return o.shaped(y, shape)
}

// reduce returns the operator of a function of the numbers along some axes.
func reduce(f nn.ReduceFunc) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		o.ignore("output_type")
		r := o.reduction()
		return one(o.reduced(f, r.x, r.axes, r.keep))
	}
}

// productAlong is the product along some axes, or of the extents of a shape.
func productAlong(o *operation) []*nn.Node {
	extents, ok := o.extents(0)
	if !ok {
		return reduce(nn.ReduceProd)(o)
	}
	n := any(number(1))
	for _, v := range extents {
		if n, ok = eachExtent(n, v, timesWhole); !ok {
			o.refuse("of the number of pictures")
			return one(nil)
		}
	}
	return o.static(n)
}

// deviations returns the squared distances from the mean, which is kept.
func (o *operation) deviations(r reduction) (squares, mean *nn.Node) {
	mean = o.reduced(nn.ReduceMean, r.x, r.axes, true)
	return o.add(&nn.Binary{Func: nn.SquaredDifference}, r.x, mean), mean
}

// variance is the mean of the squared distances from the mean.
func variance(o *operation) []*nn.Node {
	r := o.reduction()
	squares, _ := o.deviations(r)
	return one(o.reduced(nn.ReduceMean, squares, r.axes, r.keep))
}

// deviation is the square root of the variance.
func deviation(o *operation) []*nn.Node {
	return one(o.add(&nn.Unary{Func: nn.Sqrt}, variance(o)[0]))
}

// moments are the mean and the variance.
func moments(o *operation) []*nn.Node {
	r := o.reduction()
	squares, mean := o.deviations(r)
	return []*nn.Node{o.dropped(mean, r), o.reduced(nn.ReduceMean, squares, r.axes, r.keep)}
}

// logSumExp is log(sum(exp(x))), of which the largest x is taken out first.
func logSumExp(o *operation) []*nn.Node {
	r := o.reduction()
	top := o.reduced(nn.ReduceMax, r.x, r.axes, true)
	powers := o.add(&nn.Activation{Func: nn.Exponential}, o.add(&nn.Binary{Func: nn.Subtract}, r.x, top))
	total := o.add(&nn.Unary{Func: nn.Log}, o.reduced(nn.ReduceSum, powers, r.axes, true))
	return one(o.dropped(o.add(&nn.Add{}, total, top), r))
}

// spread is the largest number less the smallest.
func spread(o *operation) []*nn.Node {
	r := o.reduction()
	return one(o.add(&nn.Binary{Func: nn.Subtract}, o.reduced(nn.ReduceMax, r.x, r.axes, r.keep), o.reduced(nn.ReduceMin, r.x, r.axes, r.keep)))
}

// standardized is (x - mean) / max(deviation, 1 / sqrt(n)) of all n numbers of an
// image.
func standardized(o *operation) []*nn.Node {
	r := reduction{x: o.tensor(0), keep: true}
	if r.x == nil {
		return one(nil)
	}
	r.axes = upTo(len(r.x.Shape))
	squares, mean := o.deviations(r)
	least := constant(float32(1 / math.Sqrt(float64(r.x.Shape.Len()))))
	deviation := o.unary(nn.Sqrt, o.reduced(nn.ReduceMean, squares, r.axes, true))
	deviation = o.of(nn.Maximum, term{node: deviation}, least).node
	return one(o.add(&nn.Binary{Func: nn.Divide}, o.add(&nn.Binary{Func: nn.Subtract}, r.x, mean), deviation))
}

// weightedMean is average(x, axis, weights), whose weights are one for each position of
// the axis, or all the same.
func weightedMean(o *operation) []*nn.Node {
	r := reduction{x: o.tensor(0)}
	if r.x == nil {
		return one(nil)
	}
	if r.axes = o.axes(1, len(r.x.Shape)); o.err != nil {
		return one(nil)
	}
	if !o.has(2) {
		return one(o.reduced(nn.ReduceMean, r.x, r.axes, false))
	}
	w := o.numbers(o.value(2))
	if w == nil || len(r.axes) != 1 || len(w.Shape) != 1 || w.Shape[0] != r.x.Shape[r.axes[0]] {
		o.refuse("weights that are not one for each position of an axis")
		return one(nil)
	}
	var sum float64
	for _, v := range w.Data {
		sum += float64(v)
	}
	for i, v := range w.Data {
		w.Data[i] = float32(float64(v) / sum)
	}
	w.Shape = append(w.Shape, ones(len(r.x.Shape)-1-r.axes[0])...)
	return one(o.reduced(nn.ReduceSum, o.times(term{node: r.x}, term{array: w}), r.axes, false))
}

// truths returns the operator of a function of truth values along axes.
func truths(f nn.ReduceFunc) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		o.ignore("dtype")
		r := o.reduction()
		return one(o.reduced(f, o.truth(r.x), r.axes, r.keep))
	}
}

// norm is norm(x, axis, keepdims, order): the root of the squares' sum unless told.
func norm(o *operation) []*nn.Node {
	r := o.reduction()
	return one(o.normOf(r.x, r.axes, r.keep, o.order(3, r.axes)))
}

// order reads the order of a norm over some axes, 2 unless told.
func (o *operation) order(i int, axes []int) float32 {
	order := o.value(i)
	if order == nil || order == "euclidean" || order == "fro" {
		return 2
	}
	p, ok := asBound(order)
	if !ok || len(axes) > 1 { // a matrix's
		o.refuse("order %s", kindOf(order))
	}
	return p
}

// dividedByNorm is x over its norm, and the norm: (x, axis, order).
func dividedByNorm(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	axes := o.axes(1, len(x.Shape))
	length := o.normOf(x, axes, true, o.order(2, axes))
	y := o.add(&nn.Binary{Func: nn.Divide}, x, length)
	return []*nn.Node{y, o.add(&nn.Identity{}, length)} // results in the order of their nodes
}

// normOf is the p-norm: of infinity the largest, of 0 how many are not 0.
func (o *operation) normOf(x *nn.Node, axes []int, keep bool, p float32) *nn.Node {
	switch p {
	case float32(math.Inf(1)):
		return o.reduced(nn.ReduceMax, o.unary(nn.Abs, x), axes, keep)
	case float32(math.Inf(-1)):
		return o.reduced(nn.ReduceMin, o.unary(nn.Abs, x), axes, keep)
	case 0:
		return o.reduced(nn.ReduceSum, o.truth(x), axes, keep)
	case 1:
		return o.reduced(nn.ReduceSum, o.add(&nn.Unary{Func: nn.Abs}, x), axes, keep)
	case 2:
		return o.add(&nn.Unary{Func: nn.Sqrt}, o.reduced(nn.ReduceSum, o.squared(x), axes, keep))
	}
	powers := o.of(nn.Power, term{node: o.unary(nn.Abs, x)}, constant(p)).node
	return o.of(nn.Power, term{node: o.reduced(nn.ReduceSum, powers, axes, keep)}, constant(1/p)).node
}

// normalized is normalize(x, axis, order, epsilon) of Keras: x over its norm,
// which is at least epsilon.
func normalized(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	axes := []int{len(x.Shape) - 1}
	if o.has(1) {
		axes = o.axes(1, len(x.Shape))
	}
	order := o.int(2, 2)
	if order < 1 || len(axes) > 1 && order != 2 {
		o.refuse("order %d", order)
	}
	return one(o.over(x, axes, float32(order), o.float(3, 1e-7)))
}

// l2Normalized is l2_normalize(x, axis, epsilon) of TensorFlow, whose epsilon
// bounds the norm's square.
func l2Normalized(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	axes := o.axes(1, len(x.Shape))
	return one(o.over(x, axes, 2, float32(math.Sqrt(float64(o.float(2, 1e-12))))))
}

// clippedByNorm is clip_by_norm(x, bound, axes): vectors longer than the bound are
// shortened to it.
func clippedByNorm(o *operation) []*nn.Node {
	x, bound := o.tensor(0), max(o.float(1, 0), 0)
	if x == nil {
		return one(nil)
	}
	axes := o.axes(2, len(x.Shape))
	length := o.of(nn.Maximum, term{node: o.normOf(x, axes, true, 2)}, constant(bound)).node
	return one(o.add(&nn.Binary{Func: nn.Divide}, o.affine(x, bound, 0), length))
}

// over is x / max(norm, epsilon).
func (o *operation) over(x *nn.Node, axes []int, order, epsilon float32) *nn.Node {
	length := o.of(nn.Maximum, term{node: o.normOf(x, axes, true, order)}, constant(epsilon)).node
	return o.add(&nn.Binary{Func: nn.Divide}, x, length)
}
