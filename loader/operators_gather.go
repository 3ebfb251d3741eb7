package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// gathered takes positions of an axis; -1 stands for fill.
func (o *operation) gathered(x *nn.Node, axis int, positions []int32, fill float32) *nn.Node {
	if len(positions) == 0 {
		o.refuse("nothing is left of axis %d", axis+1)
		return nil
	}
	return o.add(&nn.Gather{Axis: axis, Positions: positions, Fill: fill}, x)
}

// takenFrom is take(x, indices, axis) of indices that are known.
func takenFrom(o *operation) []*nn.Node {
	o.ignore("validate_indices")
	x := o.tensor(0)
	a, ok := o.givenAxisOf(x, 2)
	if ok && len(o.params) > 3 && o.int(3, 0) != 0 && o.int(3, 0) != a+1 {
		o.refuse("batch_dims %d", o.int(3, 0))
	}
	if !ok || o.err != nil {
		return one(nil)
	}
	if i, ok := asInt(o.value(1)); ok {
		s := whole(x.Shape)
		if i < 0 {
			i += x.Shape[a]
		}
		s.Start[a], s.Count[a] = i, 1
		return one(o.shaped(o.add(s, x), without(x.Shape, a)))
	}
	indices := o.numbers(o.value(1))
	if indices == nil {
		return one(nil)
	}
	positions := make([]int32, len(indices.Data))
	for i, v := range indices.Data {
		p := int(v)
		if p < 0 {
			p += x.Shape[a]
		}
		if p < 0 || p >= x.Shape[a] || v != float32(int(v)) {
			o.refuse("index %v of %d positions", v, x.Shape[a])
			return one(nil)
		}
		positions[i] = int32(p)
	}
	y := o.gathered(x, a, positions, 0)
	if len(indices.Shape) == 1 {
		return one(y)
	}
	return one(o.shaped(y, slices.Concat(x.Shape[:a], indices.Shape, x.Shape[a+1:])))
}

// without returns the shape without an axis.
func without(shape nn.Shape, axis int) nn.Shape {
	return append(shape[:axis:axis], shape[axis+1:]...)
}

// repeated repeats each position of an axis: repeat(x, times, axis).
func repeated(o *operation) []*nn.Node {
	if _, isTensor := o.value(0).(operand); !isTensor && o.value(1) == nil && o.has(2) && o.int(2, 0) == 0 {
		return one(o.forEach(0)) // as many times as there are pictures
	}
	x := o.tensor(0)
	a, ok := o.givenAxisOf(x, 2)
	if !ok {
		return one(nil)
	}
	if each, isList := asInts(o.value(1)); isList && len(each) == x.Shape[a] && len(each) > 1 {
		var positions []int32
		for i, n := range each {
			if n < 0 || !o.bounded(n) {
				o.wrong(1, "numbers of times")
				return one(nil)
			}
			positions = append(positions, slices.Repeat([]int32{int32(i)}, n)...)
		}
		return one(o.gathered(x, a, positions, 0))
	}
	times := o.int(1, 1)
	return one(o.copies(x, a, times, func(i, n int) int { return i / max(times, 1) }))
}

// copies makes times as many positions of an axis; from says which of the n
// positions the i-th one is.
func (o *operation) copies(x *nn.Node, axis, times int, from func(i, n int) int) *nn.Node {
	if x == nil || times == 1 {
		return x
	}
	n := x.Shape[axis]
	if times < 1 || times > maxBound/n || !o.bounded(times*n) {
		o.refuse("%d times %d positions", times, n)
		return nil
	}
	positions := make([]int32, times*n)
	for i := range positions {
		positions[i] = int32(from(i, n))
	}
	return o.gathered(x, axis, positions, 0)
}

// tiled repeats an image along its axes: tile(x, times of each axis).
func tiled(o *operation) []*nn.Node {
	times, ok := asInts(o.value(1))
	if _, isTensor := o.value(0).(operand); !isTensor && ok {
		return o.static(o.tiledArray(times))
	} else if perAxis, isList := list(o.value(1)); !isTensor && isList && len(perAxis) > 0 && perAxis[0] == nil {
		x := o.forEach(0)
		if times, ok = asInts(perAxis[1:]); x == nil || !ok || len(times) != len(x.Shape) {
			o.wrong(1, "times for each axis")
			return one(nil)
		}
		for a, n := range times {
			x = o.copies(x, a, n, func(i, n int) int { return i % n })
		}
		return one(x)
	}
	x := o.tensor(0)
	if x == nil || !ok {
		o.wrong(1, "times for each axis")
		return one(nil)
	}
	rank := len(x.Shape) + 1
	if len(times) > rank || len(times) == rank && times[0] != 1 {
		o.refuse("%v times a batch of %v", times, x.Shape)
		return one(nil)
	}
	for i, n := range times {
		if a := rank - len(times) + i - 1; a >= 0 {
			x = o.copies(x, a, n, func(i, n int) int { return i % n })
		}
	}
	return one(x)
}

// broadcastTo repeats axes of extent 1 up to a shape with the batch axis.
func broadcastTo(o *operation) []*nn.Node {
	x := o.forEach(0)
	target, ok := list(o.value(1))
	if x == nil || !ok || len(target) != len(x.Shape)+1 {
		o.wrong(1, "a shape of as many axes as the tensor's")
		return one(nil)
	}
	if n, isInt := asInt(target[0]); !o.isBatch(target[0]) && (!isInt || n != -1) {
		o.refuse("a batch of %s", kindOf(target[0]))
		return one(nil)
	}
	for a, v := range target[1:] {
		n, ok := asInt(v)
		switch {
		case x == nil:
			return one(nil)
		case !ok || n < 1 || x.Shape[a] != n && x.Shape[a] != 1:
			o.refuse("%v to the shape %s", x.Shape, kindOf(target))
			return one(nil)
		case x.Shape[a] != n:
			x = o.copies(x, a, n, func(int, int) int { return 0 })
		}
	}
	return one(x)
}

// grayscaleToRGB repeats the one channel of images.
func grayscaleToRGB(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil || len(x.Shape) != 3 || x.Shape[2] != 1 {
		o.refuse("expected images of one channel")
		return one(nil)
	}
	return one(o.copies(x, 2, 3, func(int, int) int { return 0 }))
}

// rolled moves positions along axes, the last ones to the front.
func rolled(o *operation) []*nn.Node {
	x := o.tensor(0)
	shifts, axes := o.listed(1), o.listed(2)
	if x == nil || len(shifts) != len(axes) || len(axes) == 0 {
		o.refuse("expected a shift for each axis")
		return one(nil)
	}
	for i, shift := range shifts {
		a := o.imageAxis(axes[i], len(x.Shape))
		if o.err != nil {
			return one(nil)
		}
		x = o.circled(x, a, shift)
	}
	return one(x)
}

// circled moves positions of one axis.
func (o *operation) circled(x *nn.Node, axis, shift int) *nn.Node {
	if x == nil || !o.bounded(x.Shape[axis]) {
		return nil
	}
	n := x.Shape[axis]
	positions := make([]int32, n)
	for p := range positions {
		positions[p] = int32(((p-shift)%n + n) % n)
	}
	return o.gathered(x, axis, positions, 0)
}

// listed returns the i-th argument, an integer or a list of them, as a list.
func (o *operation) listed(i int) []int {
	if n, ok := asInt(o.value(i)); ok {
		return []int{n}
	}
	l, ok := asInts(o.value(i))
	if !ok {
		o.wrong(i, "integers")
	}
	return l
}

// paddings are what padded adds before and behind one axis, by mode: the place of
// position i of an axis of n positions, where i is below 0 or beyond n - 1.
var paddings = map[string]func(i, n int) int{
	"constant": func(int, int) int { return -1 },
	"edge":     func(i, n int) int { return min(max(i, 0), n-1) },
	"reflect": func(i, n int) int {
		if i < 0 {
			return -i
		}
		return 2*(n-1) - i
	},
	"symmetric": func(i, n int) int {
		if i < 0 {
			return -i - 1
		}
		return 2*n - 1 - i
	},
}

// padded is pad(x, widths, mode, constant).
func padded(o *operation) []*nn.Node {
	x := o.tensor(0)
	widths, ok := list(o.value(1))
	if x == nil || !ok || len(widths) != len(x.Shape)+1 {
		o.wrong(1, "two widths for each axis")
		return one(nil)
	}
	pairs := make([][2]int, len(widths))
	for i, v := range widths {
		if pairs[i], ok = asPair(v); !ok || pairs[i][0] < 0 || pairs[i][1] < 0 {
			o.refuse("widths %s", kindOf(v))
			return one(nil)
		}
	}
	if pairs[0] != [2]int{} {
		o.refuse("padding of the batch")
		return one(nil)
	}
	mode, value := lower(o.text(2, "constant")), o.float(3, 0)
	place, known := paddings[mode]
	if !known {
		o.refuse("mode %q", mode)
	}
	if o.err != nil {
		return one(nil)
	}
	if len(x.Shape) == 3 && pairs[3] == [2]int{} && mode == "constant" && value == 0 {
		return one(o.add(&nn.ZeroPad{Pad: nn.Pad{Top: pairs[1][0], Bottom: pairs[1][1], Left: pairs[2][0], Right: pairs[2][1]}}, x))
	}
	for a, p := range pairs[1:] {
		if p != [2]int{} {
			x = o.extended(x, a, p, place, value)
		}
	}
	return one(x)
}

// extended pads one axis.
func (o *operation) extended(x *nn.Node, axis int, widths [2]int, place func(i, n int) int, value float32) *nn.Node {
	if x == nil {
		return nil
	}
	n := x.Shape[axis]
	if !o.bounded(widths[0]) || !o.bounded(widths[1]) || !o.bounded(n) {
		return nil
	}
	positions := make([]int32, 0, widths[0]+n+widths[1])
	for i := -widths[0]; i < n+widths[1]; i++ {
		p := i
		if i < 0 || i >= n {
			if p = place(i, n); p < -1 || p >= n {
				o.refuse("padding of %v for %d positions", widths, n)
				return nil
			}
		}
		positions = append(positions, int32(p))
	}
	return o.gathered(x, axis, positions, value)
}
