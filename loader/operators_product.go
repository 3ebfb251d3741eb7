package loader

import (
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// product is matmul(a, b), with either of them transposed.
func product(o *operation) []*nn.Node {
	a, b := o.term(0), o.term(1)
	turnA, turnB := len(o.params) > 2 && o.bool(2, false), len(o.params) > 3 && o.bool(3, false)
	return one(o.multiplyMatrices(a, b, turnA, turnB))
}

func (o *operation) multiplyMatrices(a, b term, turnA, turnB bool) *nn.Node {
	if a.node != nil && b.array != nil && len(b.array.Shape) == 2 && !turnA {
		return o.dense(a.node, b.array, turnB)
	}
	if !o.aligned(&a, &b) {
		return nil
	}
	for _, t := range []term{a, b} {
		if t.node != nil && len(t.node.Shape) < 2 || t.node == nil && len(t.array.Shape) < 2 {
			o.refuse("vectors: the batch's axis would be one of the matrices'")
			return nil
		}
	}
	return o.apply(&nn.MatMul{TransposeA: turnA, TransposeB: turnB}, a, b)
}

// dense multiplies the last axis by a matrix of the config.
func (o *operation) dense(x *nn.Node, w *nn.Tensor, turned bool) *nn.Node {
	rows, columns := w.Shape[0], w.Shape[1]
	if turned {
		w = turnedMatrix(w)
		rows, columns = columns, rows
	}
	if x == nil {
		return nil
	}
	if x.Shape.Channels() != rows || len(x.Shape) == 0 {
		o.refuse("a matrix of shape (%d, %d) for a tensor of %v", rows, columns, x.Shape)
		return nil
	}
	return o.add(&nn.Dense{Units: columns, Kernel: w}, x)
}

// turnedMatrix returns a matrix with rows and columns exchanged.
func turnedMatrix(w *nn.Tensor) *nn.Tensor {
	rows, columns := w.Shape[0], w.Shape[1]
	out := nn.NewTensor(columns, rows)
	for i, v := range w.Data {
		out.Data[i%columns*rows+i/columns] = v
	}
	return out
}

// contracted is dot(a, b), and tensordot over the last axis of a and the first of
// b: matmul where b is a matrix of the config.
func contracted(o *operation) []*nn.Node {
	a, b := o.tensor(0), o.term(1)
	if len(o.params) > 2 && a != nil && !o.onLastAndFirst(2, len(a.Shape)) || b.array == nil || len(b.array.Shape) != 2 {
		o.refuse("expected a matrix of numbers and one axis")
		return one(nil)
	}
	return one(o.dense(a, b.array, false))
}

// onLastAndFirst reports whether the axes to sum over are one: the last of a tensor of
// so many axes beside the batch's, and the first of the other.
func (o *operation) onLastAndFirst(i, rank int) bool {
	pair, ok := list(o.value(i))
	if !ok {
		return o.int(i, 2) == 1
	}
	if len(pair) != 2 {
		return false
	}
	last, okLast := asInt(unwrap(alone(pair[0])))
	first, okFirst := asInt(unwrap(alone(pair[1])))
	return okLast && okFirst && (last == -1 || last == rank) && (first == 0 || first == -2)
}

// alone returns the only item of a list, or what is no list.
func alone(v any) any {
	if l, ok := list(v); ok && len(l) == 1 {
		return l[0]
	}
	return v
}

// einsum is a sum of products of two tensors by their axes' letters (Einstein's
// convention), of which the batch's must stay in front.
func einsum(o *operation) []*nn.Node {
	subscripts := strings.ReplaceAll(o.text(2, ""), " ", "")
	sources, target, ok := strings.Cut(subscripts, "->")
	letters := strings.Split(sources, ",")
	if ok && len(letters) == 1 && target != "" && !strings.Contains(subscripts, ".") {
		return one(o.einsumOfOne(letters[0], target))
	}
	if !ok || len(letters) != 2 || strings.Contains(subscripts, ".") {
		o.refuse("subscripts %q: expected those of two tensors and of the result", subscripts)
		return one(nil)
	}
	a, b := o.term(0), o.term(1)
	if a.node == nil && b.node == nil || target == "" {
		o.refuse("expected a tensor among its arguments")
		return one(nil)
	}
	batch := target[0]
	for i, t := range []*term{&a, &b} {
		switch {
		case t.rank() != len(letters[i]) || repeats(letters[i]):
			o.refuse("subscripts %q for a tensor of %d axes", letters[i], t.rank())
		case t.node != nil && letters[i][0] != batch || t.node == nil && strings.IndexByte(letters[i], batch) >= 0:
			o.refuse("subscripts %q, in which the batch is not the first axis throughout", subscripts)
		case t.node != nil:
			letters[i] = letters[i][1:]
		}
	}
	if repeats(target) || o.err != nil {
		o.refuse("subscripts %q", subscripts)
		return one(nil)
	}
	like := a.node
	if like == nil {
		like = b.node
	}
	return one(o.contract(o.nodeOf(a, like), o.nodeOf(b, like), letters[0], letters[1], target[1:]))
}

// einsumOfOne sums over the axes of a tensor that the result has not, and puts the
// others in its order.
func (o *operation) einsumOfOne(letters, target string) *nn.Node {
	x := o.tensor(0)
	if x == nil {
		return nil
	}
	missing := func(c rune) bool { return !strings.ContainsRune(letters, c) }
	if len(x.Shape)+1 != len(letters) || repeats(letters) || repeats(target) || letters[0] != target[0] || keep(target, missing) != "" {
		o.refuse("subscripts %q -> %q for a tensor of %d axes: expected the batch first in both", letters, target, len(x.Shape)+1)
		return nil
	}
	x, left := o.summedOut(x, letters[1:], target[1:])
	return o.ordered(x, left, target[1:])
}

// repeats reports whether a letter is there twice.
func repeats(s string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values([]byte(s))))) != len(s)
}

// contract makes the sum one product of matrices: axes of both tensors and the
// result count matrices, axes of one tensor and the result are rows or columns,
// the others are summed over.
func (o *operation) contract(a, b *nn.Node, inA, inB, out string) *nn.Node {
	if a == nil || b == nil {
		return nil
	}
	extent := map[byte]int{}
	for i := range inA {
		extent[inA[i]] = a.Shape[i]
	}
	for i := range inB {
		if n, ok := extent[inB[i]]; ok && n != b.Shape[i] {
			o.refuse("axis %q has %d positions and %d", inB[i], n, b.Shape[i])
			return nil
		}
		extent[inB[i]] = b.Shape[i]
	}
	a, inA = o.summedOut(a, inA, inB+out)
	b, inB = o.summedOut(b, inB, inA+out)
	both := func(c rune) bool { return strings.ContainsRune(inA, c) && strings.ContainsRune(inB, c) }
	outer := keep(out, both)
	depth := keep(inA, func(c rune) bool { return both(c) && !strings.ContainsRune(out, c) })
	rows := keep(inA, func(c rune) bool { return !strings.ContainsRune(inB, c) })
	columns := keep(inB, func(c rune) bool { return !strings.ContainsRune(inA, c) })
	if len(outer)+len(rows)+len(columns) != len(out) {
		o.refuse("an axis of the result that no tensor has")
		return nil
	}
	matrices := func(x *nn.Node, letters, rows, columns string) *nn.Node {
		shape := nn.Shape{}
		for _, c := range []byte(outer) {
			shape = append(shape, extent[c])
		}
		return o.shaped(o.ordered(x, letters, outer+rows+columns), append(shape, volume(extent, rows), volume(extent, columns)))
	}
	y := o.add(&nn.MatMul{}, matrices(a, inA, rows, depth), matrices(b, inB, depth, columns))
	shape := nn.Shape{}
	for _, c := range []byte(outer + rows + columns) {
		shape = append(shape, extent[c])
	}
	return o.ordered(o.shaped(y, shape), outer+rows+columns, out)
}

// summedOut sums over the axes that nobody else has.
func (o *operation) summedOut(x *nn.Node, letters, others string) (*nn.Node, string) {
	var axes []int
	for i, c := range letters {
		if !strings.ContainsRune(others, c) {
			axes = append(axes, i)
		}
	}
	if axes == nil {
		return x, letters
	}
	return o.reduced(nn.ReduceSum, x, axes, false), keep(letters, func(c rune) bool { return strings.ContainsRune(others, c) })
}

// ordered transposes axes of some letters to the order of others.
func (o *operation) ordered(x *nn.Node, from, to string) *nn.Node {
	axes := make([]int, len(to))
	for i := range to {
		axes[i] = strings.IndexByte(from, to[i])
	}
	return o.turned(x, axes)
}

// keep returns the letters for which wanted is true.
func keep(letters string, wanted func(rune) bool) string {
	return strings.Map(func(c rune) rune {
		if wanted(c) {
			return c
		}
		return -1
	}, letters)
}

// volume returns how many positions the axes have together.
func volume(extent map[byte]int, letters string) int {
	n := 1
	for _, c := range []byte(letters) {
		n *= extent[c]
	}
	return n
}

// convolved is a convolution with a kernel of the config.
func convolved(o *operation) []*nn.Node {
	x, kernel := o.tensor(0), o.term(1).array
	if x == nil || kernel == nil || len(kernel.Shape) != 4 || len(x.Shape) != 3 {
		o.refuse("expected images and a kernel of numbers")
		return one(nil)
	}
	if kernel.Shape[2] != x.Shape[2] {
		o.refuse("a kernel of shape %v for images of shape %v", kernel.Shape, x.Shape)
		return one(nil)
	}
	w := o.window(x, [2]int{kernel.Shape[0], kernel.Shape[1]})
	return one(o.add(&nn.Conv2D{Window: w, Filters: kernel.Shape[3], Kernel: kernel}, x))
}

// convolvedDepthwise is a depthwise convolution with a kernel of the config.
func convolvedDepthwise(o *operation) []*nn.Node {
	x, kernel := o.tensor(0), o.term(1).array
	if x == nil || kernel == nil || len(kernel.Shape) != 4 || len(x.Shape) != 3 || kernel.Shape[2] != x.Shape[2] {
		o.refuse("expected images and a kernel of numbers")
		return one(nil)
	}
	w := o.window(x, [2]int{kernel.Shape[0], kernel.Shape[1]})
	return one(o.add(&nn.DepthwiseConv2D{Window: w, Multiplier: kernel.Shape[3], Kernel: kernel}, x))
}

// window reads (x, size or kernel, strides, padding, data_format, dilation) of
// images.
func (o *operation) window(x *nn.Node, size [2]int) nn.Window { return o.windowFrom(2, x, size) }

// windowFrom reads them from the strides on, which are the i-th argument.
func (o *operation) windowFrom(i int, x *nn.Node, size [2]int) nn.Window {
	w := nn.Window{Size: size, Stride: o.pair(i, size), Dilation: [2]int{1, 1}}
	if len(o.params) > i+3 {
		w.Dilation = o.pair(i+3, [2]int{1, 1})
	}
	if f := o.text(i+2, "channels_last"); f != "channels_last" && f != "NHWC" {
		o.refuse("data_format %q", f)
	}
	switch padding := lower(o.text(i+1, "valid")); {
	case len(x.Shape) != 3:
		o.refuse("of images of shape %v", x.Shape)
	case padding == "same":
		return w.Same(x.Shape[0], x.Shape[1])
	case padding != "valid":
		o.refuse("padding %q", padding)
	}
	return w
}

// pair reads (height, width), one number for both, or, of TensorFlow, one for
// each axis of a batch.
func (o *operation) pair(i int, absent [2]int) [2]int {
	if !o.has(i) {
		return absent
	}
	if l, ok := asInts(o.value(i)); ok && len(l) == 4 && l[0] == 1 && l[3] == 1 {
		return [2]int{l[1], l[2]}
	}
	if l, ok := asInts(o.value(i)); ok && len(l) == 1 {
		return [2]int{l[0], l[0]}
	}
	p, ok := asPair(o.value(i))
	if !ok {
		o.wrong(i, "two integers")
	}
	return p
}

func lower(s string) string { return strings.ToLower(s) }

// pooled returns the operator of a pool.
func pooled(of func(w nn.Window) nn.Op) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		w := o.window(x, o.pair(1, [2]int{1, 1}))
		return one(o.add(of(w), x))
	}
}
