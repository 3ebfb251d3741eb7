package loader

import (
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// term is a tensor of the model, or an array of the config.
type term struct {
	node  *nn.Node
	array *nn.Tensor
}

// term returns the i-th argument, a tensor or numbers.
func (o *operation) term(i int) term { return o.termOf(o.value(i)) }

func (o *operation) termOf(v any) term {
	if t, ok := v.(operand); ok {
		return term{node: o.in[t]}
	}
	if t, ok := v.(*nn.Tensor); ok {
		return term{array: t}
	}
	return term{array: o.numbers(v)}
}

// rank returns how many axes the term has as a batch.
func (t term) rank() int {
	if t.node != nil {
		return len(t.node.Shape) + 1
	}
	return len(t.array.Shape)
}

// aligned prepares terms for element-wise arithmetic: as in NumPy, shapes are
// aligned at the last axis. Batch axes must meet each other; of an array, the
// batch's axis must be 1, and is dropped.
func (o *operation) aligned(terms ...*term) bool {
	rank := 0
	for _, t := range terms {
		if t.node == nil && t.array == nil {
			return false
		}
		if t.node != nil && rank > 0 && t.rank() != rank {
			o.refuse("tensors of %d and %d axes: the batch's axis of one would meet another of the other", rank, t.rank())
			return false
		}
		if t.node != nil {
			rank = t.rank()
		}
	}
	if rank == 0 {
		o.refuse("expected a tensor among its arguments")
		return false
	}
	for _, t := range terms {
		if t.node != nil || t.rank() < rank {
			continue
		}
		if t.rank() > rank || t.array.Shape[0] != 1 {
			o.refuse("an array of shape %v beside a batch of %d axes", t.array.Shape, rank)
			return false
		}
		t.array = &nn.Tensor{Shape: t.array.Shape[1:], Data: t.array.Data}
	}
	return true
}

// nodeOf returns the term's tensor, or a node that gives each image of like's
// batch the array.
func (o *operation) nodeOf(t term, like *nn.Node) *nn.Node {
	if t.node != nil || like == nil {
		return t.node
	}
	return o.add(&nn.Constant{Value: t.array}, like)
}

// apply adds an operation on two terms.
func (o *operation) apply(op nn.Op, a, b term) *nn.Node {
	like := a.node
	if like == nil {
		like = b.node
	}
	return o.add(op, o.nodeOf(a, like), o.nodeOf(b, like))
}

// scalar returns the array's number if it has one alone.
func (t term) scalar() (float32, bool) {
	if t.array == nil || len(t.array.Data) != 1 {
		return 0, false
	}
	return t.array.Data[0], true
}

// perChannel returns an array as constants of a Rescale of x, one or one a
// channel, if it is that.
func (t term) perChannel(x *nn.Node) []float32 {
	switch {
	case t.array == nil || x == nil || len(t.array.Shape) > len(x.Shape):
		return nil
	case len(t.array.Data) == 1:
		return t.array.Data
	case len(t.array.Data) == x.Shape.Channels() && t.array.Shape.Channels() == x.Shape.Channels():
		return t.array.Data
	}
	return nil
}

// rescaled adds x scale + offset.
func (o *operation) rescaled(x *nn.Node, scale, offset []float32) *nn.Node {
	return o.add(&nn.Rescale{Scale: scale, Offset: offset}, x)
}

// affine adds x scale + offset of single numbers.
func (o *operation) affine(x *nn.Node, scale, offset float32) *nn.Node {
	return o.rescaled(x, []float32{scale}, []float32{offset})
}

// each returns f of every number.
func each(v []float32, f func(float64) float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(f(float64(x)))
	}
	return out
}

func negated(x float64) float64 { return -x }

// sum is a + b.
func sum(o *operation) []*nn.Node { return one(o.plus(o.term(0), o.term(1))) }

func (o *operation) plus(a, b term) *nn.Node {
	if !o.aligned(&a, &b) {
		return nil
	}
	if k := a.perChannel(b.node); k != nil {
		return o.rescaled(b.node, []float32{1}, k)
	}
	if k := b.perChannel(a.node); k != nil {
		return o.rescaled(a.node, []float32{1}, k)
	}
	return o.apply(&nn.Add{}, a, b)
}

// sumOf is the sum of a list of tensors.
func sumOf(o *operation) []*nn.Node {
	in := o.tensors(0)
	if len(in) == 1 {
		return in
	}
	return one(o.add(&nn.Add{}, in...))
}

// difference is a - b.
func difference(o *operation) []*nn.Node { return one(o.minus(o.term(0), o.term(1))) }

func (o *operation) minus(a, b term) *nn.Node {
	if !o.aligned(&a, &b) {
		return nil
	}
	if k := a.perChannel(b.node); k != nil {
		return o.rescaled(b.node, []float32{-1}, k)
	}
	if k := b.perChannel(a.node); k != nil {
		return o.rescaled(a.node, []float32{1}, each(k, negated))
	}
	return o.apply(&nn.Binary{Func: nn.Subtract}, a, b)
}

// multiplied is a b.
func multiplied(o *operation) []*nn.Node { return one(o.times(o.term(0), o.term(1))) }

func (o *operation) times(a, b term) *nn.Node {
	if !o.aligned(&a, &b) {
		return nil
	}
	if k := a.perChannel(b.node); k != nil {
		return o.rescaled(b.node, k, []float32{0})
	}
	if k := b.perChannel(a.node); k != nil {
		return o.rescaled(a.node, k, []float32{0})
	}
	return o.apply(&nn.Multiply{}, a, b)
}

// quotient is a / b.
func quotient(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	if !o.aligned(&a, &b) {
		return one(nil)
	}
	if k := b.perChannel(a.node); k != nil && !slices.Contains(k, 0) {
		return one(o.rescaled(a.node, each(k, func(x float64) float64 { return 1 / x }), []float32{0}))
	}
	return one(o.apply(&nn.Binary{Func: nn.Divide}, a, b))
}

// safeQuotient is a / b, and 0 where b is 0.
func safeQuotient(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	if !o.aligned(&a, &b) {
		return one(nil)
	}
	return one(o.apply(&nn.Binary{Func: nn.Where}, b, term{node: o.apply(&nn.Binary{Func: nn.Divide}, a, b)}))
}

// power is a to the power of b.
func power(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	if !o.aligned(&a, &b) {
		return one(nil)
	}
	if k, ok := b.scalar(); ok && k == 2 {
		return one(o.squared(a.node))
	}
	return one(o.apply(&nn.Binary{Func: nn.Power}, a, b))
}

func (o *operation) squared(x *nn.Node) *nn.Node { return o.add(&nn.Multiply{}, x, x) }

// square is x^2.
func square(o *operation) []*nn.Node { return one(o.squared(o.tensor(0))) }

// negative is -x.
func negative(o *operation) []*nn.Node { return one(o.affine(o.tensor(0), -1, 0)) }

// largest is the larger of a and b; of 0 and a tensor, a rectifier.
func largest(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	if !o.aligned(&a, &b) {
		return one(nil)
	}
	return one(o.atLeast(a, b))
}

func (o *operation) atLeast(a, b term) *nn.Node {
	for _, t := range [][2]term{{a, b}, {b, a}} {
		if k, ok := t[0].scalar(); ok && k == 0 && len(t[0].array.Shape) <= len(t[1].node.Shape) {
			return o.add(&nn.Activation{Func: nn.ReLU}, t[1].node)
		}
	}
	return o.apply(&nn.Binary{Func: nn.Maximum}, a, b)
}

// binary returns the operator of a function of two numbers.
func binary(f nn.BinaryFunc) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		a, b := o.term(0), o.term(1)
		if !o.aligned(&a, &b) {
			return one(nil)
		}
		return one(o.apply(&nn.Binary{Func: f}, a, b))
	}
}

// clipped bounds x: clip(x, low, high).
func clipped(o *operation) []*nn.Node {
	x := term{node: o.tensor(0)}
	low, high := o.value(1), o.value(2)
	l, okLow := asFloat(low)
	h, okHigh := asFloat(high)
	if okLow && okHigh && l == 0 && h > 0 {
		return one(o.add(&nn.Activation{Func: nn.ReLU, Max: h}, x.node))
	}
	if low != nil {
		bound := o.term(1)
		if !o.aligned(&x, &bound) {
			return one(nil)
		}
		x.node = o.atLeast(x, bound)
	}
	if high != nil {
		bound := o.term(2)
		if !o.aligned(&x, &bound) {
			return one(nil)
		}
		x.node = o.apply(&nn.Binary{Func: nn.Minimum}, x, bound)
	}
	return one(x.node)
}

// where is a where the condition holds, else b.
func where(o *operation) []*nn.Node {
	if y, ok := choice(o.value(0), o.value(1), o.value(2)); ok {
		return o.static(y)
	}
	return one(o.chosen(o.term(0), o.term(1), o.term(2)))
}

// chosen is a where the condition holds, else b.
func (o *operation) chosen(condition, a, b term) *nn.Node {
	if !o.aligned(&condition, &a, &b) {
		return nil
	}
	var like *nn.Node
	for _, t := range []term{condition, a, b} {
		if like == nil {
			like = t.node
		}
	}
	part := func(f nn.BinaryFunc, t term) *nn.Node {
		return o.add(&nn.Binary{Func: f}, o.nodeOf(condition, like), o.nodeOf(t, like))
	}
	if k, ok := b.scalar(); ok && k == 0 {
		return part(nn.Where, a)
	}
	if k, ok := a.scalar(); ok && k == 0 {
		return part(nn.Unless, b)
	}
	return o.add(&nn.Add{}, part(nn.Where, a), part(nn.Unless, b))
}

// biased adds a bias to the channels, which may be the first of a picture's axes.
func biased(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	if strings.HasPrefix(o.text(2, ""), "NC") && b.array != nil && a.node != nil && len(b.array.Shape) == 1 {
		b.array = &nn.Tensor{Shape: append(b.array.Shape.Clone(), ones(len(a.node.Shape)-1)...), Data: b.array.Data}
	}
	return one(o.plus(a, b))
}

// unlessZero returns the operator of a function of a and b that is 0 where one of them
// is, the first or the second, whatever the other.
func unlessZero(zero int, f func(o *operation, a, b term) *nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		a, b := o.two()
		of := []*nn.Node{a, b}[zero]
		return one(o.of(nn.Where, term{node: of}, term{node: f(o, term{node: a}, term{node: b})}).node)
	}
}

// timesOf returns a times a function of b.
func timesOf(f nn.UnaryFunc) func(o *operation, a, b term) *nn.Node {
	return func(o *operation, a, b term) *nn.Node { return o.times(a, term{node: o.unary(f, b.node)}) }
}

func productOf(o *operation, a, b term) *nn.Node { return o.times(a, b) }
func quotientOf(o *operation, a, b term) *nn.Node {
	return o.apply(&nn.Binary{Func: nn.Divide}, a, b)
}

// quotientOfA is a / b without its fraction.
func quotientOfA(o *operation) []*nn.Node {
	a, b := o.two()
	size := o.add(&nn.Binary{Func: nn.FloorDivide}, o.unary(nn.Abs, a), o.unary(nn.Abs, b))
	sign := o.add(&nn.Multiply{}, o.unary(nn.Sign, a), o.unary(nn.Sign, b))
	return one(o.add(&nn.Multiply{}, sign, size))
}

// quotient1 is TensorFlow 1's a / b, which of whole numbers is rounded down.
func quotient1(o *operation) []*nn.Node {
	for _, t := range []term{o.term(0), o.term(1)} {
		if t.node != nil && o.typeOf(t.node) != floats {
			o.refuse("of numbers of the type %q", o.typeOf(t.node))
		}
	}
	return quotient(o)
}

// logAddExp is log(exp(a) + exp(b)), as a + softplus(b - a).
func logAddExp(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	more := o.add(&nn.Activation{Func: nn.Softplus}, o.minus(b, a))
	return one(o.plus(a, term{node: more}))
}

// truth makes 1 of what is not 0.
func (o *operation) truth(x *nn.Node) *nn.Node {
	return o.of(nn.NotEqual, term{node: x}, constant(0)).node
}

// logical returns the operator of a function of two conditions.
func logical(op nn.Op) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node { return one(o.add(op, o.truth(o.tensor(0)), o.truth(o.tensor(1)))) }
}

// logicalNot is 1 where x is 0, else 0.
func logicalNot(o *operation) []*nn.Node { return one(o.affine(o.truth(o.tensor(0)), -1, 1)) }
