package loader

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// joinedOn returns the operator that joins tensors along an axis of the batch, to
// which those of fewer axes are given axes of 1 behind.
func joinedOn(axis int) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		in := slices.Clone(o.tensors(0))
		for i, x := range in {
			if len(x.Shape) == 0 {
				o.refuse("of one number a picture: the batch's axis would be another's")
				return one(nil)
			}
			if n := axis - len(x.Shape); n > 0 {
				in[i] = o.shaped(x, append(x.Shape.Clone(), ones(n)...))
			}
		}
		if len(in) < 2 {
			return in
		}
		return one(o.add(&nn.Concat{Axis: axis - 1}, in...))
	}
}

// cutOn returns the operator that cuts an axis of the batch into parts.
func cutOn(axis int) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		x := o.tensor(0)
		if x == nil || len(x.Shape) < axis {
			o.refuse("expected %d axes or more", axis+1)
			return one(nil)
		}
		return o.partsTo(x, axis-1, o.cuts(false, x.Shape[axis-1]))
	}
}

// cutUnevenly is array_split(x, parts or places, axis): the first parts are one
// longer than the last where they cannot be equal.
func cutUnevenly(o *operation) []*nn.Node {
	x := o.tensor(0)
	a, ok := o.axisOf(x, 2, 0)
	if !ok {
		return one(nil)
	}
	count, ok := asInt(o.value(1))
	if !ok {
		return o.partsTo(x, a, o.cuts(false, x.Shape[a]))
	}
	if count < 1 || count > x.Shape[a] {
		o.refuse("%d positions into %d parts", x.Shape[a], count)
		return one(nil)
	}
	ends, from := make([]int, count), 0
	for i := range ends {
		from += x.Shape[a] / count
		if i < x.Shape[a]%count {
			from++
		}
		ends[i] = from
	}
	return o.partsTo(x, a, ends)
}

// mirrored reverses the rows: the second axis of the batch.
func mirrored(o *operation) []*nn.Node {
	x := o.tensor(0)
	if x == nil || len(x.Shape) == 0 {
		o.refuse("expected two axes or more")
		return one(nil)
	}
	return one(o.reversed(x, 0))
}

// quarterTurned is rot90(x, times, axes): from the first axis towards the second.
func quarterTurned(o *operation) []*nn.Node {
	x, times := o.tensor(0), o.int(1, 1)
	axes := []int{0, 1}
	if o.has(2) {
		axes = o.listed(2)
	}
	if x == nil || len(axes) != 2 {
		o.refuse("expected two axes")
		return one(nil)
	}
	from, to := o.imageAxis(axes[0], len(x.Shape)), o.imageAxis(axes[1], len(x.Shape))
	if o.err != nil {
		return one(nil)
	}
	exchanged := upTo(len(x.Shape))
	exchanged[from], exchanged[to] = to, from
	switch (times%4 + 4) % 4 {
	case 1:
		x = o.turned(o.reversed(x, to), exchanged)
	case 2:
		if x.Shape[from] != x.Shape[to] {
			o.refuse("half a turn of %v: Keras's backends disagree where the axes are not of one length; flip both", x.Shape)
			return one(nil)
		}
		x = o.reversed(x, from, to)
	case 3:
		x = o.reversed(o.turned(x, exchanged), to)
	}
	return one(x)
}

var (
	patternAxes  = regexp.MustCompile(`\w+|\([^)]*\)`)
	patternNames = regexp.MustCompile(`\w+`)
)

// rearranged is rearrange(x, pattern, lengths of axes): axes are taken apart, put
// into another order, and put together, as in "b (h p) c -> b h (p c)".
func rearranged(o *operation) []*nn.Node {
	x := o.tensor(0)
	from, to, ok := strings.Cut(o.text(1, ""), "->")
	extents := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(o.args)) {
		if n, isInt := asInt(o.args[name]); isInt && !slices.Contains(o.params, name) {
			o.ignore(name)
			extents[name] = n
		}
	}
	sources, targets := patternAxes.FindAllString(from, -1), patternAxes.FindAllString(to, -1)
	if x == nil || !ok || len(sources) != len(x.Shape)+1 || len(targets) == 0 || sources[0] != targets[0] || strings.HasPrefix(sources[0], "(") {
		o.refuse("%q: expected the axes of a batch, the batch's in front on both sides", o.text(1, ""))
		return one(nil)
	}
	var names []string // of the axes taken apart
	shape := nn.Shape{}
	for i, group := range sources[1:] {
		own := patternNames.FindAllString(group, -1)
		open, rest := "", x.Shape[i]
		for _, name := range own {
			n, known := extents[name]
			switch {
			case !known && open == "":
				open = name
			case !known || n < 1 || rest%n != 0:
				o.refuse("%q: %d positions do not fall into the axes of %q", o.text(1, ""), x.Shape[i], group)
				return one(nil)
			default:
				rest /= n
			}
		}
		if open == "" && rest != 1 {
			o.refuse("%q: %d positions are more than the axes of %q have", o.text(1, ""), x.Shape[i], group)
			return one(nil)
		}
		if open != "" {
			extents[open] = rest
		}
		for _, name := range own {
			names, shape = append(names, name), append(shape, extents[name])
		}
	}
	var order []int
	target := nn.Shape{}
	for _, group := range targets[1:] {
		n := 1
		for _, name := range patternNames.FindAllString(group, -1) {
			a := slices.Index(names, name)
			if a < 0 || slices.Contains(order, a) {
				o.refuse("%q: the axis %q is not there once on either side", o.text(1, ""), name)
				return one(nil)
			}
			order, n = append(order, a), n*shape[a]
		}
		target = append(target, n)
	}
	if len(order) != len(names) || len(names) > nn.MaxRank {
		o.refuse("%q: an axis is lost, or there are more than %d", o.text(1, ""), nn.MaxRank)
		return one(nil)
	}
	return one(o.shaped(o.turned(o.shaped(x, shape), order), target))
}
