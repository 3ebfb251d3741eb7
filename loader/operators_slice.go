package loader

import (
	"encoding/json"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// part takes count positions of an axis, from one on.
func (o *operation) part(x *nn.Node, axis, from, count int) *nn.Node {
	if x == nil || count == x.Shape[axis] {
		return x
	}
	s := whole(x.Shape)
	s.Start[axis], s.Count[axis] = from, count
	return o.add(s, x)
}

// whole is the slice that takes all.
func whole(shape nn.Shape) *nn.Slice {
	s := &nn.Slice{Start: make([]int, len(shape)), Count: slices.Clone(shape), Step: make([]int, len(shape))}
	for a := range s.Step {
		s.Step[a] = 1
	}
	return s
}

// cutBy returns the operator that cuts an axis into parts: so many equal ones, or
// parts of a list, which holds the places of the cuts or, with sizes, the sizes of
// the parts.
func cutBy(sizes bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil {
			return one(nil)
		}
		a := o.axis(2, 0, len(x.Shape))
		ends := o.cuts(sizes, x.Shape[min(a, len(x.Shape)-1)])
		return o.partsTo(x, a, ends)
	}
}

// partsTo cuts an axis where the parts end.
func (o *operation) partsTo(x *nn.Node, axis int, ends []int) []*nn.Node {
	if o.err != nil {
		return one(nil)
	}
	var out []*nn.Node
	from := 0
	for _, to := range ends {
		if to <= from || to > x.Shape[axis] {
			o.refuse("parts that end at %v of %d positions", ends, x.Shape[axis])
			return one(nil)
		}
		out = append(out, o.part(x, axis, from, to-from))
		from = to
	}
	return out
}

// cuts returns where the parts of an axis of n positions end.
func (o *operation) cuts(sizes bool, n int) []int {
	if count, ok := asInt(o.value(1)); ok {
		if count < 1 || n%count != 0 || n/count == 0 {
			o.refuse("%d positions into %d equal parts", n, count)
			return nil
		}
		ends := upTo(count)
		for i := range ends {
			ends[i] = (i + 1) * (n / count)
		}
		return ends
	}
	l, ok := asInts(o.value(1))
	if !ok || len(l) == 0 {
		o.wrong(1, "a number of parts or a list")
		return nil
	}
	if !sizes {
		for i := range l {
			if l[i] < 0 {
				l[i] += n
			}
		}
		return append(l, n)
	}
	end, open := 0, slices.Index(l, -1)
	if open >= 0 {
		rest := n + l[open]
		for _, size := range l {
			rest -= size
		}
		l[open] = rest
	}
	for i, size := range l {
		end += size
		l[i] = end
	}
	if end != n {
		o.refuse("parts of %d positions in all, of %d", end, n)
	}
	return l
}

// unstacked makes a tensor of each position of an axis.
func unstacked(o *operation) []*nn.Node {
	if extents, ok := o.extents(0); ok {
		o.ignore("num", "axis")
		var out []*nn.Node
		for _, v := range extents {
			out = append(out, o.static(v)...)
		}
		return out
	}
	b := o.batch(0)
	x := b.x
	if x == nil {
		return one(nil)
	}
	a, at := o.int(2, 0), b.at
	if a < 0 {
		a += len(x.Shape) + 1
	}
	if a >= 0 && a < at {
		at--
	} else if a = o.imageAxis(a-at, len(x.Shape)-at) + at; o.err != nil {
		return one(nil)
	}
	if n := o.int(1, x.Shape[a]); n != x.Shape[a] {
		o.refuse("%d positions as %d tensors", x.Shape[a], n)
		return one(nil)
	}
	out := make([]*nn.Node, 0, 8)
	for i := range x.Shape[a] {
		if o.err != nil {
			return one(nil)
		}
		out = append(out, o.batched(o.shaped(o.part(x, a, i, 1), slices.Delete(x.Shape.Clone(), a, a+1)), at)...)
	}
	return out
}

// differences are those of neighbours on an axis, n times over.
func differences(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	a := o.axis(2, -1, len(x.Shape))
	for range min(o.int(1, 1), nn.MaxRank) {
		if x == nil || o.err != nil || x.Shape[a] < 2 {
			o.refuse("too few positions")
			return one(nil)
		}
		n := x.Shape[a] - 1
		x = o.add(&nn.Binary{Func: nn.Subtract}, o.part(x, a, 1, n), o.part(x, a, 0, n))
	}
	return one(x)
}

// flipped reverses the order on axes.
func flipped(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil {
		return one(nil)
	}
	return one(o.reversed(x, o.axes(1, len(x.Shape))...))
}

// flippedOn returns the operator that reverses one axis of feature maps.
func flippedOn(axis int) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x != nil && len(x.Shape) != 3 {
			o.refuse("of images of shape %v", x.Shape)
		}
		return one(o.reversed(x, axis))
	}
}

func (o *operation) reversed(x *nn.Node, axes ...int) *nn.Node {
	if x == nil || o.err != nil {
		return nil
	}
	s := whole(x.Shape)
	for _, a := range axes {
		s.Start[a], s.Step[a] = x.Shape[a]-1, -1
	}
	return o.add(s, x)
}

// sliced is x[key].
func sliced(o *operation) []*nn.Node {
	key, ok := list(o.value(1))
	if !ok {
		key = []any{o.value(1)}
	}
	if _, isTensor := o.value(0).(operand); !isTensor {
		if extents, ok := o.value(0).([]any); ok { // a shape
			return o.slicedShape(extents, key)
		}
	}
	if b := o.batch(0); b.x != nil {
		return o.batched(o.slicedTensor(b, key))
	}
	return one(nil)
}

// slicedShape is shape(x)[key].
func (o *operation) slicedShape(extents, key []any) []*nn.Node {
	if len(key) != 1 {
		o.refuse("%d positions of a shape", len(key))
		return one(nil)
	}
	if i, ok := asInt(key[0]); ok {
		if i < 0 {
			i += len(extents)
		}
		if i < 0 || i >= len(extents) {
			o.refuse("position %d of a shape of %d extents", i, len(extents))
			return one(nil)
		}
		return o.static(extents[i])
	}
	first, count, step, ok := positions(key[0], len(extents))
	if !ok {
		o.refuse("%s of a shape", kindOf(key[0]))
		return one(nil)
	}
	out := make([]any, count)
	for i := range out {
		out[i] = extents[first+i*step]
	}
	return o.static(out)
}

// positions returns which of n positions a slice takes, as Python does.
func positions(v any, n int) (first, count, step int, ok bool) {
	o, isObject := v.(object)
	if config, isWrapped := o["config"].(object); isWrapped && text(o, "class_name") == "__slice__" {
		o = config
	}
	bound := func(name string, absent, low, high int) int {
		if o[name] == nil {
			return absent
		}
		i, isInt := asInt(o[name])
		ok = ok && isInt
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	if _, known := o["step"]; !isObject || !known {
		return 0, 0, 0, false
	}
	ok, step = true, 1
	if o["step"] != nil {
		step, ok = asInt(o["step"])
	}
	switch {
	case !ok || step == 0:
		return 0, 0, 0, false
	case step > 0:
		first = bound("start", 0, 0, n)
		count = (bound("stop", n, 0, n) - first + step - 1) / step
	default:
		first = bound("start", n-1, -1, n-1)
		count = (first - bound("stop", -1, -1, n-1) - step - 1) / -step
	}
	return first, max(count, 0), step, ok
}

// slicedTensor is x[key], whose entry for the batch takes all of it, and the place of
// the batch in it.
func (o *operation) slicedTensor(b batch, key []any) (y *nn.Node, at int) {
	x := b.x
	key, ok := withoutEllipsis(key, len(x.Shape)+1)
	if !ok {
		o.refuse("%d entries for a batch of %v", len(key), x.Shape)
		return nil, 0
	}
	s, shape, a, passed := whole(x.Shape), nn.Shape{}, 0, false
	for _, v := range key {
		if v == nil {
			shape = append(shape, 1)
			continue
		}
		if a == b.at && !passed {
			if _, count, step, ok := positions(v, 2); !ok || count != 2 || step != 1 {
				o.refuse("a choice among the images of a batch, %s", kindOf(v))
				return nil, 0
			}
			passed, at = true, len(shape)
			continue
		}
		n := x.Shape[a]
		if i, isInt := asInt(v); isInt {
			if i < 0 {
				i += n
			}
			s.Start[a], s.Count[a] = i, 1
		} else {
			var ok bool
			if s.Start[a], s.Count[a], s.Step[a], ok = positions(v, n); !ok || s.Count[a] == 0 {
				o.refuse("%s of %d positions", kindOf(v), n)
				return nil, 0
			}
			shape = append(shape, s.Count[a])
		}
		a++
	}
	if !slices.Equal(s.Count, x.Shape) || slices.ContainsFunc(s.Step, func(step int) bool { return step != 1 }) {
		x = o.add(s, x)
	}
	return o.shaped(x, shape), at
}

// withoutEllipsis puts whole slices in the place of an ellipsis, or behind the
// key, until it has an entry for each axis.
func withoutEllipsis(key []any, axes int) ([]any, bool) {
	all := object{"start": nil, "stop": nil, "step": nil}
	used, at := 0, len(key)
	for i, v := range key {
		o, _ := v.(object)
		switch {
		case text(o, "class_name") == "__ellipsis__":
			if at != len(key) {
				return key, false
			}
			at = i
		case v != nil:
			used++
		}
	}
	if used > axes || axes > len(key)+nn.MaxRank+1 {
		return key, false
	}
	out := slices.Clone(key[:at])
	for range axes - used {
		out = append(out, all)
	}
	if at < len(key) {
		out = append(out, key[at+1:]...)
	}
	if len(out) == 0 || out[0] == nil {
		return key, false
	}
	return out, true
}

// sliceStrided is strided_slice(x, begin, end, strides, masks), whose masks say by a bit
// for each entry: it begins with the first position, it ends with the last, it stands
// for all axes between, for a new one, for a single position.
func sliceStrided(o *operation) []*nn.Node {
	x := o.tensor(0)
	begin, okBegin := asInts(o.value(1))
	end, okEnd := list(o.value(2))
	step, okStep := slices.Repeat([]int{1}, len(begin)), true
	if o.has(3) {
		step, okStep = asInts(o.value(3))
	}
	if x == nil || !okBegin || !okEnd || !okStep || len(end) != len(begin) || len(step) != len(begin) {
		o.refuse("expected begin, end and strides of as many entries")
		return one(nil)
	}
	has := func(mask, i int) bool { return o.int(4+mask, 0)>>i&1 == 1 }
	key := make([]any, len(begin))
	for i := range key {
		entry := object{"start": number(begin[i]), "stop": end[i], "step": number(step[i])}
		if i == 0 && begin[0] == 0 && o.isBatch(end[0]) {
			entry["start"], entry["stop"] = nil, nil
		}
		if has(0, i) {
			entry["start"] = nil
		}
		if has(1, i) {
			entry["stop"] = nil
		}
		switch key[i] = entry; {
		case has(2, i):
			key[i] = object{"class_name": "__ellipsis__"}
		case has(3, i):
			key[i] = nil
		case has(4, i):
			key[i] = number(begin[i])
		}
	}
	y, _ := o.slicedTensor(batch{x: x}, key)
	return one(y)
}

// keptWhere takes the positions of an axis for which a list says so.
func keptWhere(o *operation) []*nn.Node {
	x := o.tensor(0)
	kept, isList := list(o.value(1))
	a, ok := o.givenAxisOf(x, 2)
	if !ok || !isList || len(kept) != x.Shape[a] {
		o.wrong(1, "a truth value for each position of an axis")
		return one(nil)
	}
	var positions []int32
	for i, v := range kept {
		if keep, isBool := v.(bool); !isBool {
			o.wrong(1, "truth values")
			return one(nil)
		} else if keep {
			positions = append(positions, int32(i))
		}
	}
	return one(o.gathered(x, a, positions, 0))
}

// slicedFrom is slice(x, begin, size); a size of -1 is what is left.
func slicedFrom(o *operation) []*nn.Node {
	x := o.tensor(0)
	begin, okBegin := asInts(o.value(1))
	size, okSize := list(o.value(2))
	if x == nil || !okBegin || !okSize || len(begin) != len(x.Shape)+1 || len(size) != len(begin) {
		o.refuse("expected begin and size for each axis")
		return one(nil)
	}
	if n, ok := asInt(size[0]); begin[0] != 0 || !o.isBatch(size[0]) && (!ok || n != -1) {
		o.refuse("a choice among the images of a batch")
		return one(nil)
	}
	key := []any{object{"start": nil, "stop": nil, "step": nil}}
	for a, from := range begin[1:] {
		n, ok := asInt(size[a+1])
		if n == -1 {
			n = x.Shape[a] - from
		}
		if !ok || from < 0 || n < 1 || from > x.Shape[a]-n {
			o.refuse("%s positions from %d of %d", kindOf(size[a+1]), from, x.Shape[a])
			return one(nil)
		}
		key = append(key, object{"start": number(from), "stop": number(from + n), "step": json.Number("1")})
	}
	y, _ := o.slicedTensor(batch{x: x}, key)
	return one(y)
}
