package loader

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// operand stands for a tensor among a call's arguments: its place in call.inputs.
type operand int

// maxBound bounds the numbers that operators make tensors and tables of, besides
// those that the config holds.
const maxBound = 1 << 24

// bind gives each argument its name: of the call's positions first, then of its
// keywords, then of the operator's config.
func (o *operation) bind(l *layer, c call) error {
	o.args = map[string]any{}
	for i, v := range c.args {
		if i >= len(o.params) {
			return malformed("the function %s is called with %d arguments, has %d", o.function, len(c.args), len(o.params))
		}
		name, _, _ := strings.Cut(o.params[i], "|")
		o.args[name] = v
	}
	maps.Copy(o.args, c.kwargs)
	if !isOperatorClass(l.class) {
		for name, v := range l.config {
			if _, ok := o.args[name]; !ok && name != "name" {
				o.args[name] = v
			}
		}
	}
	delete(o.args, "name")
	for i, param := range o.params {
		names := strings.Split(param, "|")
		o.params[i] = names[0]
		for _, other := range names[1:] {
			if v, ok := o.args[other]; ok {
				delete(o.args, other)
				o.args[names[0]] = v
			}
		}
	}
	for name, v := range o.args {
		o.args[name] = o.resolved(v)
	}
	return nil
}

// resolved puts values that are known in the place of their operands.
func (o *operation) resolved(v any) any {
	switch v := v.(type) {
	case operand:
		if static, ok := o.a.statics[o.in[v]]; ok {
			return static
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = o.resolved(v[i])
		}
		return out
	}
	return v
}

// unread refuses an argument that nobody read, unless it is null or false, names
// the layout that all have here, or has no influence on the result.
func (o *operation) unread() error {
	for _, name := range slices.Sorted(maps.Keys(o.args)) {
		v := o.args[name]
		if v == "NHWC" || v == "channels_last" || name == "use_cudnn_on_gpu" {
			continue
		}
		if v != nil && v != false && !o.read[name] {
			return unsupported("the function %s, called outside of a layer with %s %s", o.function, name, kindOf(v))
		}
	}
	return nil
}

// ignore marks arguments that do not matter.
func (o *operation) ignore(names ...string) {
	for _, name := range names {
		o.read[name] = true
	}
}

// value returns the i-th argument, nil where it is not given.
func (o *operation) value(i int) any {
	o.read[o.params[i]] = true
	return o.args[o.params[i]]
}

// has reports whether the i-th argument is given and not null.
func (o *operation) has(i int) bool { return i < len(o.params) && o.value(i) != nil }

// wrong keeps an error about the i-th argument.
func (o *operation) wrong(i int, expected string) {
	o.refuse("%s: expected %s, found %s", o.params[i], expected, kindOf(o.args[o.params[i]]))
}

// tensor returns the i-th argument, which must be a tensor; nil after an error.
func (o *operation) tensor(i int) *nn.Node {
	t, ok := o.value(i).(operand)
	if !ok {
		if list, isList := o.value(i).([]any); isList && len(list) == 1 {
			if t, ok = list[0].(operand); ok {
				return o.in[t]
			}
		}
		o.wrong(i, "a tensor")
		return nil
	}
	return o.in[t]
}

// tensors returns the i-th argument, which must be a list of tensors.
func (o *operation) tensors(i int) []*nn.Node {
	l, ok := list(o.value(i))
	if t, isOne := o.value(i).(operand); isOne {
		l, ok = []any{t}, true
	}
	nodes := make([]*nn.Node, len(l))
	for j, v := range l {
		t, isTensor := v.(operand)
		if !isTensor {
			o.refuse("%s: expected tensors, found %s", o.params[i], kindOf(v))
			return nil
		}
		nodes[j] = o.in[t]
	}
	if !ok || len(nodes) == 0 {
		o.wrong(i, "tensors")
		return nil
	}
	return nodes
}

func (o *operation) int(i, absent int) int {
	if !o.has(i) {
		return absent
	}
	n, ok := asInt(unwrap(o.value(i)))
	if !ok {
		o.wrong(i, "an integer")
	}
	return n
}

func (o *operation) float(i int, absent float32) float32 {
	if !o.has(i) {
		return absent
	}
	x, ok := asFloat(o.value(i))
	if !ok {
		o.wrong(i, "a number")
	}
	return x
}

// images returns the i-th argument, the shape of a batch, without the batch's extent,
// which must be left open or as many pictures as the model's batches have; nil after
// an error.
func (o *operation) images(i int) []any {
	shape, ok := list(o.value(i))
	if !ok || len(shape) == 0 || !o.isBatch(shape[0]) {
		o.wrong(i, "the shape of a batch")
		return nil
	}
	return shape[1:]
}

// isBatch reports whether an extent is that of a batch: null, or the number of
// pictures where the model fixes it.
func (o *operation) isBatch(extent any) bool {
	n, isInt := asInt(extent)
	return extent == nil || isInt && n == o.a.pictures && n > 0
}

func (o *operation) bool(i int, absent bool) bool {
	if !o.has(i) {
		return absent
	}
	b, ok := o.value(i).(bool)
	if !ok {
		o.wrong(i, "true or false")
	}
	return b
}

func (o *operation) text(i int, absent string) string {
	if !o.has(i) {
		return absent
	}
	s, ok := o.value(i).(string)
	if !ok {
		o.wrong(i, "a string")
	}
	return s
}

// axis reads an axis of a batch, as Keras counts them, and returns that of one
// image of so many axes: 3 of (N, H, W, C) becomes 2.
func (o *operation) axis(i, absent, rank int) int { return o.imageAxis(o.int(i, absent), rank) }

// axisOf returns the axis of x that an argument names; false after an error.
func (o *operation) axisOf(x *nn.Node, i, absent int) (int, bool) {
	if x == nil {
		return 0, false
	}
	a := o.axis(i, absent, len(x.Shape))
	return a, o.err == nil
}

// givenAxisOf is axisOf of functions that take all axes, the batch's too, where no
// axis is given.
func (o *operation) givenAxisOf(x *nn.Node, i int) (int, bool) {
	if x == nil || !o.has(i) {
		o.refuse("without an axis, the batch becomes one list")
		return 0, false
	}
	return o.axisOf(x, i, 0)
}

// channelsLast refuses another order of axes.
func (o *operation) channelsLast(i int) {
	if f := o.text(i, "channels_last"); f != "channels_last" {
		o.refuse("data_format %q", f)
	}
}

func (o *operation) imageAxis(a, rank int) int {
	if a < 0 {
		a += rank + 1
	}
	switch {
	case a == 0:
		o.refuse("axis 0 is the batch's, whose images are independent of each other")
		return 0
	case a < 0 || a > rank:
		o.refuse("axis %d of a tensor of %d axes", a, rank+1)
		return 0
	}
	return a - 1
}

// axes reads an axis or several, in ascending order; none stands for all, the
// batch's among them.
func (o *operation) axes(i, rank int) []int {
	if !o.has(i) {
		o.refuse("over all axes, the batch's among them, whose images are independent of each other")
		return nil
	}
	l, ok := list(o.value(i))
	if !ok {
		return []int{o.axis(i, 0, rank)}
	}
	var axes []int
	for _, v := range l {
		a, ok := asInt(v)
		if !ok {
			o.wrong(i, "axes")
			return nil
		}
		axes = append(axes, o.imageAxis(a, rank))
	}
	slices.Sort(axes)
	return slices.Compact(axes)
}

// numbers makes a tensor of a number or of lists of numbers.
func (o *operation) numbers(v any) *nn.Tensor {
	t := &nn.Tensor{Shape: nn.Shape{}}
	for inner := unwrap(v); ; inner = unwrap(inner.([]any)[0]) {
		l, ok := inner.([]any)
		if !ok {
			break
		}
		if t.Shape = append(t.Shape, len(l)); len(l) == 0 || len(t.Shape) > maxArgumentDepth {
			o.refuse("an array of shape %v", t.Shape)
			return nil
		}
	}
	if !fill(t, unwrap(v), 0) {
		o.refuse("expected numbers, found %s", kindOf(v))
		return nil
	}
	return t
}

// fill appends the numbers of lists that are nested as the shape says.
func fill(t *nn.Tensor, v any, depth int) bool {
	if depth == len(t.Shape) {
		x, ok := asBound(v)
		if x > math.MaxFloat32 { // or NaN, which JSON has the same word for
			ok = false
		}
		if b, isBool := v.(bool); isBool {
			x, ok = float32(map[bool]int{true: 1}[b]), true
		}
		t.Data = append(t.Data, x)
		return ok
	}
	l, ok := list(v)
	if !ok || len(l) != t.Shape[depth] {
		return false
	}
	for _, inner := range l {
		if !fill(t, inner, depth+1) {
			return false
		}
	}
	return true
}

// bounded counts numbers of which a tensor or a table is made, and refuses too
// many.
func (o *operation) bounded(n int) bool {
	if n < 0 || n > maxBound-o.a.bound {
		o.refuse("constants of more than %d numbers", maxBound)
		return false
	}
	o.a.bound += n
	return true
}

// number makes a JSON number of an integer.
func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
