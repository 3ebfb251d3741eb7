package loader

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/vkeras/vkeras/nn"
)

// Values that are known when the model is read, such as the shape of a tensor, its
// extents, and what is computed with them. Of a shape the number of pictures is null.

// static returns a value that is known when the model is read, such as the shape
// of a tensor, in place of a node.
func (o *operation) static(value any) []*nn.Node {
	return one(o.a.known(o.name, value))
}

// known returns what stands for a value in place of a node.
func (a *assembler) known(name string, value any) *nn.Node {
	n := &nn.Node{Index: -1, Name: name}
	a.statics[n] = value
	return n
}

// shapeOf is the shape of a batch, known but for the number of images, which is
// null.
func shapeOf(o *operation) []*nn.Node {
	o.ignore("out_type")
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	extents := []any{nil}
	for _, n := range x.Shape {
		extents = append(extents, number(n))
	}
	return o.static(extents)
}

// rankOf is the number of a tensor's axes, the batch's too.
func rankOf(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	return o.static(number(len(x.Shape) + 1))
}

// ofExtents returns the operator that computes with whole numbers that are known, and
// with tensors by another one.
func ofExtents(f func(a, b int) int, tensors func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		if y, ok := eachExtent(o.value(0), o.value(1), f); ok {
			return o.static(y)
		}
		return tensors(o)
	}
}

// eachExtent applies a function to two whole numbers, or to those of lists.
func eachExtent(a, b any, f func(a, b int) int) (any, bool) {
	as, isListA := list(a)
	bs, isListB := list(b)
	switch {
	case !isListA && !isListB:
		if a == nil && b == nil { // the number of pictures, if that does not matter
			return number(f(1, 1)), f(1, 1) == f(2, 2)
		}
		x, okA := asInt(a)
		y, okB := asInt(b)
		return number(f(x, y)), okA && okB
	case !isListA:
		as = slices.Repeat([]any{a}, len(bs))
	case !isListB:
		bs = slices.Repeat([]any{b}, len(as))
	}
	out, ok := make([]any, len(as)), len(as) == len(bs) && len(as) > 0
	for i := range as {
		if ok {
			out[i], ok = eachExtent(as[i], bs[i], f)
		}
	}
	return out, ok
}

func plusWhole(a, b int) int  { return a + b }
func minusWhole(a, b int) int { return a - b }
func timesWhole(a, b int) int { return a * b }
func aboveWhole(a, b int) int { return map[bool]int{true: 1}[a > b] }

// overWhole rounds down; over nothing it is 0, which no shape has.
func overWhole(a, b int) int {
	if b == 0 {
		return 0
	}
	return int(math.Floor(float64(a) / float64(b)))
}

// ofNumber returns the operator of a function of a number that is known, and of
// tensors by another one.
func ofNumber(f func(float64) float64, tensors func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		if x, ok := asFloat(o.value(0)); ok {
			return o.static(fraction(float32(f(float64(x)))))
		}
		return tensors(o)
	}
}

// ratioOf returns the operator that divides two numbers that are known, and tensors by
// another one.
func ratioOf(tensors func(o *operation) []*nn.Node) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		a, okA := asFloat(o.value(0))
		b, okB := asFloat(o.value(1))
		if okA && okB && b != 0 {
			return o.static(fraction(a / b))
		}
		return tensors(o)
	}
}

// fraction makes a JSON number of one that need not be whole.
func fraction(x float32) json.Number {
	return json.Number(strconv.FormatFloat(float64(x), 'g', -1, 32))
}

// maxExtents bounds the numbers of a list that functions make of others.
const maxExtents = 1 << 10

// known joins the lists of numbers that the i-th argument has, if it has nothing
// else.
func (o *operation) known(i int) ([]any, bool) {
	lists, ok := list(o.value(i))
	var all []any
	for _, v := range lists {
		numbers, isList := list(v)
		for _, n := range numbers {
			_, isInt := asInt(n)
			isList = isList && (n == nil || isInt)
		}
		ok, all = ok && isList, append(all, numbers...)
	}
	return all, ok && len(all) > 0 && len(all) <= maxExtents
}

// extents returns the i-th argument if it is a list of whole numbers, or of null for
// the number of pictures.
func (o *operation) extents(i int) ([]any, bool) {
	l, ok := list(o.value(i))
	return l, ok && len(l) > 0 && !slices.ContainsFunc(l, func(v any) bool {
		_, isInt := asInt(v)
		return v != nil && !isInt
	})
}

// choice is a where a condition that is known holds, else b: of numbers that are
// known, or of as many in lists.
func choice(condition, a, b any) (any, bool) {
	conditions, isList := list(condition)
	if !isList {
		n, ok := asInt(condition)
		chosen := b
		if n != 0 {
			chosen = a
		}
		_, isInt := asInt(chosen)
		return chosen, ok && (isInt || chosen == nil)
	}
	as, okA := list(a)
	bs, okB := list(b)
	ok := okA && okB && len(as) == len(conditions) && len(bs) == len(conditions)
	out := make([]any, len(conditions))
	for i := range conditions {
		if ok {
			out[i], ok = choice(conditions[i], as[i], bs[i])
		}
	}
	return out, ok
}

// filledShape returns the operator that makes a batch of the shape given, all of whose
// numbers are one.
func filledShape(value func(o *operation) float32) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		o.ignore("dtype", "layout")
		extents, ok := asInts(o.images(0))
		shape := nn.Shape(extents)
		if n := shape.Len(); !ok || slices.ContainsFunc(shape, func(n int) bool { return n < 1 }) || !o.bounded(n) {
			o.wrong(0, "the shape of a batch")
			return one(nil)
		}
		data := slices.Repeat([]float32{value(o)}, shape.Len())
		return one(o.add(&nn.Constant{Value: &nn.Tensor{Shape: shape, Data: data}}, o.a.entrance))
	}
}

func always(v float32) func(*operation) float32 { return func(*operation) float32 { return v } }

// forEach returns the i-th argument: a tensor, or numbers that all pictures are given,
// for which the batch's axis must be 1.
func (o *operation) forEach(i int) *nn.Node {
	if _, isTensor := o.value(i).(operand); isTensor || o.value(i) == nil {
		return o.tensor(i)
	}
	t := o.termOf(o.value(i)).array
	if t == nil || len(t.Shape) < 2 || t.Shape[0] != 1 {
		o.wrong(i, "a tensor, or numbers whose first axis is 1")
		return nil
	}
	return o.add(&nn.Constant{Value: &nn.Tensor{Shape: t.Shape[1:], Data: t.Data}}, o.a.entrance)
}

// tiledArray is tile(array, times) of numbers that are known.
func (o *operation) tiledArray(times []int) *nn.Tensor {
	t := o.numbers(o.value(0))
	if t == nil || len(times) != len(t.Shape) {
		o.wrong(1, "times for each axis")
		return nil
	}
	for a, n := range times {
		block := nn.Shape(t.Shape[a:]).Len()
		if n < 1 || n > maxBound/len(t.Data) || !o.bounded(n*len(t.Data)) {
			o.refuse("%v times an array of %v", times, t.Shape)
			return nil
		}
		out := &nn.Tensor{Shape: t.Shape.Clone(), Data: make([]float32, 0, n*len(t.Data))}
		for at := 0; at < len(t.Data); at += block {
			out.Data = append(out.Data, slices.Repeat(t.Data[at:at+block], n)...)
		}
		out.Shape[a] *= n
		t = out
	}
	return t
}
