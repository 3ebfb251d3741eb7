package loader

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// shaped gives a tensor's images another shape.
func (o *operation) shaped(x *nn.Node, shape nn.Shape) *nn.Node {
	if x == nil || x.Shape.Equal(shape) {
		return x
	}
	return o.add(&nn.Reshape{Target: shape}, x)
}

// reshaped is reshape(x, shape): the shape has the batch axis, as null or -1.
func reshaped(o *operation) []*nn.Node {
	p, isParts := o.value(0).(parts)
	x := p.x
	if !isParts || p.at > 0 {
		x = o.tensor(0)
	}
	target, ok := list(o.value(1))
	if !ok {
		target = []any{o.value(1)}
	}
	if x == nil {
		return one(nil)
	}
	if len(target) == 0 {
		o.refuse("the batch to a single number")
		return one(nil)
	}
	shape, free := make(nn.Shape, len(target)-1), -1
	for i, v := range target[1:] {
		n, isInt := asInt(v)
		switch {
		case !isInt || n == 0 || n < -1 || n == -1 && free >= 0:
			o.refuse("to the shape %s of %v", kindOf(target), x.Shape)
			return one(nil)
		case n == -1:
			free = i
		}
		shape[i] = n
	}
	// The batch keeps its place where it is left open and the images' elements
	// are those of the other axes.
	batch, isInt := asInt(target[0])
	keeps := o.isBatch(target[0]) || isInt && batch == -1
	if keeps && free < 0 && (isInt && batch == -1 || isParts) {
		if folded := o.foldedTo(x, shape); folded != nil {
			return folded
		}
	} else if isParts {
		o.refuse("of parts of pictures to the shape %s: say all extents but the batch's", kindOf(target))
		return one(nil)
	}
	if fits, err := (&nn.Reshape{Target: shape}).Infer([]nn.Shape{x.Shape}); !keeps || err != nil || isInt && batch == -1 && free >= 0 {
		o.refuse("to the shape %s, which mixes the images of a batch of %v", kindOf(target), x.Shape)
		return one(nil)
	} else {
		return one(o.shaped(x, fits))
	}
}

// flattened makes a vector of each image.
func flattened(o *operation) []*nn.Node { return one(o.add(&nn.Flatten{}, o.tensor(0))) }

// transposed exchanges axes: transpose(x, axes).
func transposed(o *operation) []*nn.Node {
	b := o.batch(0)
	perm, ok := asInts(o.value(1))
	if b.x == nil || !ok {
		o.refuse("axes %s: all in reverse, the batch's among them", kindOf(o.value(1)))
		return one(nil)
	}
	to, axes := 0, []int{}
	for i, a := range perm {
		if a < 0 {
			a += len(b.x.Shape) + 1
		}
		switch {
		case a == b.at:
			to = i
		case a > b.at:
			axes = append(axes, a-1)
		default:
			axes = append(axes, a)
		}
	}
	if len(axes) != len(perm)-1 {
		o.refuse("axes %v of %d", perm, len(b.x.Shape)+1)
		return one(nil)
	}
	return o.batched(o.turned(b.x, axes), to)
}

// batch is a tensor whose batch axis may not be the first, as where queries, keys and
// values are cut from one tensor: x has the other axes in their order. Functions that
// do not know of it refuse it.
type batch struct {
	x  *nn.Node
	at int
}

func (b batch) String() string { return fmt.Sprintf("a tensor whose batch is axis %d", b.at) }

// batch returns the i-th argument, which must be a tensor; its x is nil after an error.
func (o *operation) batch(i int) batch {
	if b, ok := o.value(i).(batch); ok {
		return b
	}
	return batch{x: o.tensor(i)}
}

// batched gives the batch its place among a result's axes.
func (o *operation) batched(x *nn.Node, at int) []*nn.Node {
	if at == 0 || x == nil {
		return one(x)
	}
	return o.static(batch{x, at})
}

// turned exchanges the axes of images.
func (o *operation) turned(x *nn.Node, axes []int) *nn.Node {
	if x == nil || slices.IsSorted(axes) && len(axes) == len(x.Shape) {
		return x
	}
	return o.add(&nn.Transpose{Axes: axes}, x)
}

// swapped exchanges two axes.
func swapped(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	axes := upTo(len(x.Shape))
	a, b := o.axis(1, 0, len(x.Shape)), o.axis(2, 0, len(x.Shape))
	if o.err != nil {
		return one(nil)
	}
	axes[a], axes[b] = b, a
	return one(o.turned(x, axes))
}

// matrixTurned exchanges the last two axes.
func matrixTurned(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	n := len(x.Shape)
	if n < 2 {
		o.refuse("of a tensor of %v, whose matrices have the batch's axis", x.Shape)
		return one(nil)
	}
	axes := upTo(n)
	axes[n-2], axes[n-1] = n-1, n-2
	return one(o.turned(x, axes))
}

// upTo returns 0, 1, ... n-1.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// moved takes axes to other places.
func moved(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	ends := [2][]int{}
	for i := range ends {
		l, ok := list(o.value(i + 1))
		if !ok {
			l = []any{o.value(i + 1)}
		}
		for _, v := range l {
			a, ok := asInt(v)
			if !ok {
				o.wrong(i+1, "axes")
				return one(nil)
			}
			ends[i] = append(ends[i], o.imageAxis(a, len(x.Shape)))
		}
	}
	if o.err != nil {
		return one(nil)
	}
	if len(ends[0]) != len(ends[1]) || len(slices.Compact(slices.Sorted(slices.Values(ends[1])))) != len(ends[1]) {
		o.refuse("axes %v to the places of axes %v", ends[0], ends[1])
		return one(nil)
	}
	axes := make([]int, len(x.Shape))
	rest := slices.DeleteFunc(upTo(len(x.Shape)), func(a int) bool { return slices.Contains(ends[0], a) })
	if len(rest)+len(ends[0]) != len(axes) {
		o.refuse("axes %v to the places of axes %v", ends[0], ends[1])
		return one(nil)
	}
	for i := range axes {
		if to := slices.Index(ends[1], i); to >= 0 {
			axes[i] = ends[0][to]
		} else {
			axes[i], rest = rest[0], rest[1:]
		}
	}
	return one(o.turned(x, axes))
}

// expanded adds axes of extent 1.
func expanded(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	l, ok := list(o.value(1))
	if !ok {
		l = []any{o.value(1)}
	}
	rank := len(x.Shape) + len(l)
	var places []int
	for _, v := range l {
		a, ok := asInt(v)
		if !ok {
			o.wrong(1, "an axis")
			return one(nil)
		}
		places = append(places, o.imageAxis(a, rank))
	}
	if o.err != nil {
		return one(nil)
	}
	shape := x.Shape.Clone()
	slices.Sort(places)
	for _, a := range places {
		shape = slices.Insert(shape, min(a, len(shape)), 1)
	}
	return one(o.shaped(x, shape))
}

// squeezed drops axes of extent 1: those named, or all of an image.
func squeezed(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	named := o.has(1)
	if l, ok := list(o.value(1)); ok && len(l) == 0 {
		named = false
	}
	var axes []int
	if named {
		axes = o.axes(1, len(x.Shape))
	}
	shape := nn.Shape{}
	for a, n := range x.Shape {
		switch drop := slices.Contains(axes, a); {
		case drop && n != 1:
			o.refuse("axis %d of %v, which is not 1", a+1, x.Shape)
			return one(nil)
		case drop || !named && n == 1:
		default:
			shape = append(shape, n)
		}
	}
	return one(o.shaped(x, shape))
}

// joined is concatenate(tensors, axis).
func joined(o *operation) []*nn.Node {
	if known, ok := o.known(0); ok { // of a shape and numbers
		o.ignore("axis")
		return o.static(known)
	}
	in := o.tensors(0)
	if len(in) == 0 {
		return one(nil)
	}
	a := o.axis(1, 0, len(in[0].Shape))
	if o.err != nil || len(in) == 1 {
		return one(in[0])
	}
	return one(o.add(&nn.Concat{Axis: a}, in...))
}

// appended joins two tensors.
func appended(o *operation) []*nn.Node {
	a, b := o.tensor(0), o.tensor(1)
	if a == nil || !o.has(2) {
		o.refuse("without an axis, the batch becomes one list")
		return one(nil)
	}
	return one(o.add(&nn.Concat{Axis: o.axis(2, 0, len(a.Shape))}, a, b))
}

// stacked joins tensors along a new axis.
func stacked(o *operation) []*nn.Node {
	if extents, ok := o.extents(0); ok {
		o.ignore("axis")
		return o.static(extents)
	}
	in := o.tensors(0)
	if len(in) == 0 {
		return one(nil)
	}
	a := o.axis(1, 0, len(in[0].Shape)+1)
	if o.err != nil {
		return one(nil)
	}
	parts := make([]*nn.Node, len(in))
	for i, x := range in {
		if len(x.Shape) != len(in[0].Shape) {
			o.refuse("tensors of shapes %v and %v", in[0].Shape, x.Shape)
			return one(nil)
		}
		parts[i] = o.shaped(x, slices.Insert(x.Shape.Clone(), a, 1))
	}
	return one(o.add(&nn.Concat{Axis: a}, parts...))
}

// blocks returns the operator depth_to_space or, back, space_to_depth: blocks of
// size x size positions are the channels of one, first by row, then by column.
func blocks(toSpace bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x, n := o.tensor(0), o.int(1, 0)
		if f := o.text(2, "channels_last"); f != "channels_last" && f != "NHWC" {
			o.refuse("data_format %q", f)
		}
		if x == nil || o.err != nil {
			return one(nil)
		}
		s := x.Shape
		if len(s) != 3 || n < 1 || n > 1<<10 || toSpace && s[2]%(n*n) != 0 || !toSpace && (s[0]%n != 0 || s[1]%n != 0) {
			o.refuse("blocks of %d of images of shape %v", n, s)
			return one(nil)
		}
		if toSpace {
			h, w, c := s[0], s[1], s[2]/(n*n)
			y := o.turned(o.shaped(x, nn.Shape{h, w, n, n, c}), []int{0, 2, 1, 3, 4})
			return one(o.shaped(y, nn.Shape{h * n, w * n, c}))
		}
		h, w, c := s[0]/n, s[1]/n, s[2]
		y := o.turned(o.shaped(x, nn.Shape{h, n, w, n, c}), []int{0, 2, 1, 3, 4})
		return one(o.shaped(y, nn.Shape{h, w, n * n * c}))
	}
}
