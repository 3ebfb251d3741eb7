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
	if a == nil || o.err != nil {
		return one(nil)
	}
	if b.array == nil {
		o.refuse("expected an array of numbers as %s", o.params[1])
		return one(nil)
	}
	if len(b.array.Shape) == 2 && (len(o.params) < 3 || o.onLastAndFirst(2, len(a.Shape))) {
		return one(o.dense(a, b.array, false))
	}
	return one(o.contractedOver(a, b))
}

// contractedOver is tensordot with an array over several axes, or others than the
// last and the first.
func (o *operation) contractedOver(a *nn.Node, b term) *nn.Node {
	rank := len(b.array.Shape)
	if len(o.params) < 3 || rank > nn.MaxRank {
		o.refuse("expected a matrix of numbers, found an array of %v", b.array.Shape)
		return nil
	}
	ofA, ofB, ok := o.axesOfBoth(2, len(a.Shape)+1, rank)
	if !ok {
		o.refuse("axes %s of tensors of %d and %d axes", kindOf(o.value(2)), len(a.Shape)+1, rank)
		return nil
	}
	inA, inB := []byte("ABCDEFGHIJKLM"[:len(a.Shape)]), []byte("abcdefghijklm"[:rank])
	for i := range ofA {
		if ofA[i] = o.imageAxis(ofA[i], len(a.Shape)); o.err != nil {
			return nil
		}
		inB[ofB[i]] = inA[ofA[i]]
	}
	left := func(c rune) bool {
		return !strings.ContainsRune(string(inA), c) || !strings.ContainsRune(string(inB), c)
	}
	return o.contract(a, o.nodeOf(b, a), string(inA), string(inB), keep(string(inA)+string(inB), left))
}

// axesOfBoth reads the axes to sum over, a pair of lists or how many: so many last ones
// of a tensor of rankA and first ones of one of rankB.
func (o *operation) axesOfBoth(i, rankA, rankB int) (a, b []int, ok bool) {
	if n, isInt := asInt(unwrap(o.value(i))); isInt {
		if n < 1 || n >= rankA || n > rankB {
			return nil, nil, false
		}
		for k := range n {
			a, b = append(a, rankA-n+k), append(b, k)
		}
		return a, b, true
	}
	pair, isList := list(o.value(i))
	if !isList || len(pair) != 2 {
		return nil, nil, false
	}
	read := func(v any, rank int) []int {
		if n, isInt := asInt(unwrap(v)); isInt {
			v = []any{number(n)}
		}
		axes, _ := asInts(v)
		for k := range axes {
			if axes[k] < 0 {
				axes[k] += rank
			}
			if axes[k] < 0 || axes[k] >= rank || slices.Contains(axes[:k], axes[k]) {
				return nil
			}
		}
		return axes
	}
	a, b = read(pair[0], rankA), read(pair[1], rankB)
	return a, b, len(a) > 0 && len(a) == len(b)
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

// denseOf is x times a matrix of the config and a bias: (x, matrix, bias).
func denseOf(o *operation) []*nn.Node {
	w := o.term(1).array
	if w == nil || len(w.Shape) != 2 {
		o.wrong(1, "a matrix of numbers")
		return one(nil)
	}
	return one(o.plus(term{node: o.dense(o.tensor(0), w, false)}, o.term(2)))
}

// denseRectified is a rectifier of the same.
func denseRectified(o *operation) []*nn.Node {
	return one(o.add(&nn.Activation{Func: nn.ReLU}, denseOf(o)[0]))
}

// einsum is a sum of products of two tensors by their axes' letters (Einstein's
// convention), of which the batch's must stay in front.
func einsum(o *operation) []*nn.Node {
	subscripts := o.spelledOut(strings.ReplaceAll(o.text(2, ""), " ", ""))
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
	if a.node == nil && b.node == nil || target == "" || o.err != nil {
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

// spelledOut puts letters in the place of "...", as many as the tensor with most axes
// there has; where one has fewer, they are the last of them, as in broadcasting.
func (o *operation) spelledOut(subscripts string) string {
	const dots = "..."
	sources, target, ok := strings.Cut(subscripts, "->")
	letters := strings.Split(sources, ",")
	if !ok || !strings.Contains(subscripts, dots) || len(letters) > 2 {
		return subscripts
	}
	var free []byte // letters that stand for no axis yet, the last axis's first
	for c := byte('z'); c >= 'A' && len(free) < nn.MaxRank; c-- {
		if (c >= 'a' || c <= 'Z') && strings.IndexByte(subscripts, c) < 0 {
			free = append(free, c)
		}
	}
	spell := func(letters string, axes int) string {
		if axes < 0 || axes > len(free) {
			return letters // of which einsum says that they do not fit
		}
		names := slices.Clone(free[:axes])
		slices.Reverse(names)
		return strings.Replace(letters, dots, string(names), 1)
	}
	most := 0
	for i := range letters {
		if t, own := o.term(i), strings.Replace(letters[i], dots, "", 1); own != letters[i] && o.err == nil {
			letters[i] = spell(letters[i], t.rank()-len(own))
			most = max(most, t.rank()-len(own))
		}
	}
	return strings.Join(letters, ",") + "->" + spell(target, most)
}

// einsumWithoutTensors is tf.einsum, called outside of a layer.
func einsumWithoutTensors(o *operation) []*nn.Node {
	o.refuse("Keras 2 writes the equation alone to its files, and not which tensors it is of, so that it cannot read them again either")
	return one(nil)
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

// convolution returns a convolution of images of a shape with a kernel, in groups where
// the kernel has less channels; nil after an error.
func (o *operation) convolution(kernel *nn.Tensor, images nn.Shape) func(w nn.Window) nn.Op {
	channels, filters := images[2], kernel.Shape[3]
	groups := channels / kernel.Shape[2]
	if kernel.Shape[2]*groups != channels || groups == 0 || filters%groups != 0 {
		o.refuse("a kernel of shape %v for images of shape %v", kernel.Shape, images)
		return nil
	}
	return func(w nn.Window) nn.Op {
		switch groups {
		case 1:
			return &nn.Conv2D{Window: w, Filters: filters, Kernel: kernel}
		case channels: // a channel a group: the same numbers in the same order
			shape := nn.Shape{kernel.Shape[0], kernel.Shape[1], groups, filters / groups}
			return &nn.DepthwiseConv2D{Window: w, Multiplier: filters / groups, Kernel: &nn.Tensor{Shape: shape, Data: kernel.Data}}
		}
		return &nn.GroupedConv2D{Window: w, Groups: groups, Filters: filters, Kernel: kernel}
	}
}

// depthwise returns a depthwise convolution of images of a shape with a kernel; nil
// after an error.
func (o *operation) depthwise(kernel *nn.Tensor, images nn.Shape) func(w nn.Window) nn.Op {
	if kernel.Shape[2] != images[2] {
		o.refuse("a kernel of shape %v for images of shape %v", kernel.Shape, images)
		return nil
	}
	return func(w nn.Window) nn.Op {
		return &nn.DepthwiseConv2D{Window: w, Multiplier: kernel.Shape[3], Kernel: kernel}
	}
}

// convolved is a convolution with a kernel of the config.
func convolved(o *operation) []*nn.Node { return o.convolved((*operation).convolution) }

// convolvedDepthwise is a depthwise convolution with a kernel of the config.
func convolvedDepthwise(o *operation) []*nn.Node { return o.convolved((*operation).depthwise) }

// convolved is a convolution that of makes for a kernel and images of a shape.
func (o *operation) convolved(of func(o *operation, kernel *nn.Tensor, images nn.Shape) func(w nn.Window) nn.Op) []*nn.Node {
	phases, apart := o.value(0).(phases)
	x := phases.x
	if !apart {
		x = o.tensor(0)
	}
	kernel := o.term(1).array
	x, kernel, isRows := o.asMap(x, kernel)
	if x == nil || kernel == nil || len(kernel.Shape) != 4 || len(x.Shape) != 3 {
		o.refuse("expected images and a kernel of numbers")
		return one(nil)
	}
	op := of(o, kernel, x.Shape)
	w := o.window(2, x.Shape, [2]int{kernel.Shape[0], kernel.Shape[1]}, [2]int{1, 1})
	switch {
	case op == nil:
		return one(nil)
	case !apart:
		return one(o.asRows(o.add(op(w), x), isRows))
	case phases.op != nil || w.Stride != [2]int{1, 1} || w.Dilation != [2]int{1, 1} || w.Pad != (nn.Pad{}):
		o.refuse("padded, dilated, at strides or twice over images taken apart for a dilated one")
		return one(nil)
	}
	w.Pad, w.Dilation = phases.pad, phases.step
	phases.op = op(w)
	return o.static(phases)
}

// asMap makes feature maps of one column of rows of vectors, and of their kernel.
func (o *operation) asMap(x *nn.Node, kernel *nn.Tensor) (image *nn.Node, of *nn.Tensor, isRows bool) {
	if x == nil || len(x.Shape) != 2 || kernel != nil && len(kernel.Shape) != 3 {
		return x, kernel, false
	}
	if kernel != nil {
		kernel = &nn.Tensor{Shape: nn.Shape{kernel.Shape[0], 1, kernel.Shape[1], kernel.Shape[2]}, Data: kernel.Data}
	}
	return o.shaped(x, nn.Shape{x.Shape[0], 1, x.Shape[1]}), kernel, true
}

// asRows takes the column away again, if there is one.
func (o *operation) asRows(x *nn.Node, isRows bool) *nn.Node {
	if x == nil || !isRows {
		return x
	}
	return o.shaped(x, nn.Shape{x.Shape[0], x.Shape[2]})
}

// phases are images whose positions TensorFlow took apart into those of several
// batches, each as many positions from the next as step says, for a convolution that
// is dilated so: space_to_batch, a plain convolution and batch_to_space.
type phases struct {
	x    *nn.Node
	step [2]int
	pad  nn.Pad
	op   nn.Op // the dilated convolution; nil before there is one
}

func (p phases) String() string { return "images taken apart by space_to_batch" }

// takenApart is space_to_batch(x, steps, zeros around).
func takenApart(o *operation) []*nn.Node {
	p := phases{x: o.feature(), step: o.pair(1, [2]int{})}
	p.pad = o.margins(2)
	if p.x == nil || o.err != nil {
		return one(nil)
	}
	h, w := p.x.Shape[0]+p.pad.Top+p.pad.Bottom, p.x.Shape[1]+p.pad.Left+p.pad.Right
	if min(p.step[0], p.step[1]) < 1 || h%p.step[0] != 0 || w%p.step[1] != 0 {
		o.refuse("%d x %d positions at steps of %v", h, w, p.step)
	}
	return o.static(p)
}

// putTogether is batch_to_space(x, steps, what to cut off around).
func putTogether(o *operation) []*nn.Node {
	p, ok := o.value(0).(phases)
	step, crop := o.pair(1, [2]int{}), o.margins(2)
	if !ok || p.op == nil || step != p.step {
		o.refuse("of other images than a convolution of those that space_to_batch took apart")
		return one(nil)
	}
	y := o.add(p.op, p.x)
	if crop != (nn.Pad{}) {
		y = o.add(&nn.Crop{Pad: crop}, y)
	}
	return one(y)
}

// margins reads two widths for rows and two for columns.
func (o *operation) margins(i int) nn.Pad {
	sides, ok := list(o.value(i))
	var pairs [2][2]int
	ok = ok && len(sides) == len(pairs)
	for a := range sides {
		if ok {
			pairs[a], ok = asPair(sides[a])
		}
	}
	if !ok {
		o.wrong(i, "two widths for rows and for columns")
	}
	return nn.Pad{Top: pairs[0][0], Bottom: pairs[0][1], Left: pairs[1][0], Right: pairs[1][1]}
}

// convolvedBack is conv2d_transpose(x, kernel, shape, strides, padding, data_format,
// dilations) of TensorFlow: the gradient of the convolution that makes the shape of x
// of a batch of the shape given.
func convolvedBack(o *operation) []*nn.Node {
	x, kernel, isRows := o.asMap(o.tensor(0), o.term(1).array)
	extents, ok := asInts(o.images(2))
	if isRows && len(extents) == 2 {
		extents = slices.Insert(extents, 1, 1)
	}
	if x == nil || len(x.Shape) != 3 || kernel == nil || len(kernel.Shape) != 4 || kernel.Shape[3] != x.Shape[2] || !ok || len(extents) != 3 || extents[2] != kernel.Shape[2] {
		o.refuse("expected images, a kernel of numbers and a shape that fit each other")
		return one(nil)
	}
	if !o.has(4) {
		o.args[o.params[4]] = "SAME"
	}
	size := [2]int{kernel.Shape[0], kernel.Shape[1]}
	w := o.window(3, extents, size, [2]int{1, 1})
	h, width, err := w.Output(extents[0], extents[1])
	if o.err == nil && (err != nil || h != x.Shape[0] || width != x.Shape[1]) {
		o.refuse("a convolution of %v makes no images of %v", nn.Shape(extents), x.Shape)
	}
	return one(o.asRows(o.add(&nn.Conv2DTranspose{
		Size: size, Stride: w.Stride, Dilation: w.Dilation, Top: w.Pad.Top, Left: w.Pad.Left,
		Height: extents[0], Width: extents[1], Filters: extents[2], Kernel: kernel,
	}, x), isRows))
}

// window reads strides, padding, data_format and dilation of a window of a size over
// images of a shape, from the i-th argument on; stride is what it has without any.
func (o *operation) window(i int, shape nn.Shape, size, stride [2]int) nn.Window {
	w := nn.Window{Size: size, Stride: o.pair(i, stride), Dilation: [2]int{1, 1}}
	if len(o.params) > i+3 {
		w.Dilation = o.pair(i+3, [2]int{1, 1})
	}
	if f := o.text(i+2, "channels_last"); f != "channels_last" && f != "NHWC" && f != "NWC" {
		o.refuse("data_format %q", f)
	}
	if len(shape) != 3 {
		o.refuse("of images of shape %v", shape)
		return w
	}
	if widths, isList := list(o.value(i + 1)); isList {
		w.Pad = o.widths(i+1, widths)
		return w
	}
	switch padding := lower(o.text(i+1, "valid")); padding {
	case "same":
		return w.Same(shape[0], shape[1])
	case "valid":
	default:
		o.refuse("padding %q", padding)
	}
	return w
}

// widths reads the i-th argument, two widths of zeros for each axis of a batch, of
// which rows and columns alone have any.
func (o *operation) widths(i int, axes []any) nn.Pad {
	var pairs [4][2]int
	ok := len(axes) == len(pairs)
	for a := range axes {
		if ok {
			pairs[a], ok = asPair(axes[a])
		}
	}
	if !ok || pairs[0] != [2]int{} || pairs[3] != [2]int{} {
		o.wrong(i, "two widths for rows and for columns")
		return nn.Pad{}
	}
	return nn.Pad{Top: pairs[1][0], Bottom: pairs[1][1], Left: pairs[2][0], Right: pairs[2][1]}
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
	if l, ok := asInts(o.value(i)); ok && len(l) == 3 && l[0] == 1 && l[2] == 1 {
		return [2]int{l[1], l[1]} // of rows
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
		size := o.pair(1, [2]int{1, 1})
		x, _, isRows := o.asMap(x, nil)
		if x == nil {
			return one(nil)
		}
		if isRows {
			size[1] = 1
		}
		return one(o.asRows(o.add(of(o.window(2, x.Shape, size, size)), x), isRows))
	}
}

// pooledBy is pool(x, size, type, strides, padding, data_format, dilations).
func pooledBy(o *operation) []*nn.Node {
	x, size, kind := o.tensor(0), o.pair(1, [2]int{1, 1}), lower(o.text(2, ""))
	if x == nil {
		return one(nil)
	}
	w := o.window(3, x.Shape, size, [2]int{1, 1})
	switch kind {
	case "max":
		return one(o.add(maxPool(w), x))
	case "avg":
		return one(o.add(averagePool(w), x))
	}
	o.wrong(2, `"MAX" or "AVG"`)
	return one(nil)
}
