package loader

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// mostSorted bounds the numbers that are sorted together: kernels compare each with
// each.
const mostSorted = 1 << 14

// sortOf adds the numbers along an axis in order, or their places.
func (o *operation) sortOf(x *nn.Node, axis int, descending, positions bool) *nn.Node {
	if x == nil || o.err != nil {
		return nil
	}
	if x.Shape[axis] > mostSorted {
		o.refuse("of %d numbers together; up to %d are sorted", x.Shape[axis], mostSorted)
		return nil
	}
	return o.add(&nn.Sort{Axis: axis, Descending: descending, Positions: positions}, x)
}

// ordered returns the operator of sort(x, axis) or of argsort(x, axis); TensorFlow's
// have a direction, too.
func ordered(positions bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		o.ignore("stable")
		x := o.tensor(0)
		if _, given := o.args[o.params[1]]; given && !o.has(1) || x == nil {
			o.refuse("without an axis, the batch becomes one list")
			return one(nil)
		}
		descending := false
		if len(o.params) > 2 {
			direction := o.text(2, "ASCENDING")
			if descending = direction == "DESCENDING"; !descending && direction != "ASCENDING" {
				o.wrong(2, "ASCENDING or DESCENDING")
			}
		}
		a, ok := o.axisOf(x, 1, -1)
		if !ok {
			return one(nil)
		}
		return one(o.sortOf(x, a, descending, positions))
	}
}

// largestOf is top_k(x, k): the k largest numbers along the last axis, the largest
// first, and their places.
func largestOf(o *operation) []*nn.Node {
	o.ignore("sorted", "index_type") // one that need not be sorted may be
	x, k := o.tensor(0), o.int(1, 1)
	if x == nil || len(x.Shape) == 0 {
		o.refuse("of one number a picture")
		return one(nil)
	}
	last := len(x.Shape) - 1
	if k < 1 || k > x.Shape[last] {
		o.refuse("the %d largest of %d", k, x.Shape[last])
		return one(nil)
	}
	return []*nn.Node{
		o.part(o.sortOf(x, last, true, false), last, 0, k),
		o.part(o.sortOf(x, last, true, true), last, 0, k),
	}
}

// median is median(x, axis, keepdims).
func median(o *operation) []*nn.Node { return one(o.quantileOf(0.5, "linear", 1, 2)) }

// quantile returns the operator of quantile(x, q, axis, method, keepdims), q being in
// units. Keras 3.15 hands no method on from a model to quantile, which is linear then;
// to percentile it does.
func quantile(unit float32, methods bool) func(o *operation) []*nn.Node {
	return func(o *operation) []*nn.Node {
		q, method := o.float(1, 0)/unit, o.text(3, "linear")
		if !methods {
			method = "linear"
		}
		return one(o.quantileOf(q, method, 2, 4))
	}
}

// quantileOf is the number below which a part q of those along the axes lies, between
// two of them as Keras interpolates.
func (o *operation) quantileOf(q float32, method string, axes, keep int) *nn.Node {
	r := reduction{x: o.tensor(0)}
	if r.x == nil {
		return nil
	}
	r.axes, r.keep = o.axes(axes, len(r.x.Shape)), o.bool(keep, false)
	if o.err != nil {
		return nil
	}
	if !(q >= 0 && q <= 1) {
		o.refuse("a part of %v", q)
		return nil
	}
	var kept, order []int
	outer, shape, n := nn.Shape{}, nn.Shape{}, 1
	for a, extent := range r.x.Shape {
		switch {
		case !slices.Contains(r.axes, a):
			kept, outer, shape = append(kept, a), append(outer, extent), append(shape, extent)
		default:
			order, n = append(order, a), n*extent
			if r.keep {
				shape = append(shape, 1)
			}
		}
	}
	last := len(outer)
	x := o.sortOf(o.shaped(o.turned(r.x, append(kept, order...)), append(outer, n)), last, false, false)
	at := func(i float64) *nn.Node { return o.part(x, last, min(max(int(i), 0), n-1), 1) }
	exact := float64(n-1) * float64(q)
	var y *nn.Node
	switch method {
	case "lower":
		y = at(math.Floor(exact))
	case "higher":
		y = at(math.Ceil(exact))
	case "nearest":
		y = at(math.RoundToEven(exact))
	case "midpoint":
		y = o.between(at(math.Floor(exact)), at(math.Ceil(exact)), 0.5)
	case "linear":
		below := max(math.Ceil(exact)-1, 0)
		above := min(below+1, float64(n-1))
		y = o.between(at(below), at(above), float32(above-exact))
	default:
		o.refuse("method %q", method)
		return nil
	}
	return o.shaped(y, shape)
}

// between is a part of one tensor and the rest of another.
func (o *operation) between(a, b *nn.Node, part float32) *nn.Node {
	if part == 0 || a == b {
		return b
	}
	return o.add(&nn.Add{}, o.affine(a, part, 0), o.affine(b, 1-part, 0))
}

// takenAlong is take_along_axis(x, indices, axis) of indices that are computed: of the
// numbers along the axis all are left out but the one whose place is the index.
func takenAlong(o *operation) []*nn.Node {
	x, at := o.tensor(0), o.tensor(1)
	if x == nil || at == nil || len(at.Shape) != len(x.Shape) {
		o.refuse("expected indices with as many axes")
		return one(nil)
	}
	a, ok := o.givenAxisOf(x, 2)
	if !ok {
		return one(nil)
	}
	n := x.Shape[a]
	own := slices.Insert(x.Shape.Clone(), a, 1)
	asked := slices.Insert(at.Shape.Clone(), a+1, 1)
	all := x.Shape.Len()
	if k := at.Shape[a]; all > maxBound/k || !o.bounded(n) {
		o.refuse("%d positions of %v", k, x.Shape)
		return one(nil)
	}
	behind := o.add(&nn.Multiply{}, o.of(nn.Less, term{node: at}, constant(0)).node, o.nodeOf(constant(float32(n)), at))
	index := o.shaped(o.add(&nn.Add{}, at, behind), asked)
	is := o.of(nn.Equal, term{node: index}, term{array: placesOf(n, len(x.Shape)-a-1)}).node
	chosen := o.add(&nn.Binary{Func: nn.Where}, is, o.shaped(x, own))
	return one(o.reduced(nn.ReduceSum, chosen, []int{a + 1}, false))
}
