package loader

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// maxSteps bounds the calls of layers and the tensors that they read, in all:
// a nested model that is called twice counts twice.
const maxSteps = 1 << 14

// maxConstants bounds the numbers that layers make tensors of.
const maxConstants = 1 << 25

// assembler makes an nn.Graph of a network.
type assembler struct {
	builder   *nn.Builder
	input     nn.Shape // for inputs whose config leaves extents open; nil for none
	used      bool     // some input took its shape from input, or has it anyway
	steps     int
	names     int            // bytes of the nodes' names so far
	calls     map[string]int // by name of a layer's nodes
	masks     masks
	constants int                 // numbers of which layers made tensors
	statics   map[*nn.Node]any    // values that are no tensors, by what stands for them
	types     map[*nn.Node]string // of the numbers of tensors, as far as they are known
	outer     *nn.Source          // of the TimeDistributed that is assembled; nil outside of one
	bound     int                 // numbers that operators made constants and tables of
	pictures  int                 // of a batch, where the model fixes it; 0: any number
	entrance  *nn.Node            // the model's first input
}

// assemble makes the graph of a config; its weights are not set.
func assemble(n *network, input nn.Shape) (*nn.Graph, error) {
	a := &assembler{builder: nn.NewBuilder(n.name), input: input, calls: map[string]int{}, masks: newMasks(), statics: map[*nn.Node]any{}, types: map[*nn.Node]string{}}
	var inputs []*nn.Node
	for _, r := range n.inputs {
		node, err := a.enter(n.layers[r.index])
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, node)
	}
	if len(inputs) > 0 {
		a.entrance = inputs[0]
	}
	if input != nil && !a.used {
		return nil, advise(unsupported("input shape %s: the model's own is %v", givenShape(input), inputs[0].Shape), "give no input size, for the model fixes it")
	}
	outputs, err := a.network(n, "", inputs)
	if err != nil {
		return nil, err
	}
	g, err := a.builder.Graph(outputs...)
	if err != nil {
		return nil, misfit{err}
	}
	g.InputNames, g.OutputNames = n.endNames()
	return g, nil
}

// enter adds an input of the graph.
func (a *assembler) enter(l *layer) (*nn.Node, error) {
	shape, err := a.inputShape(l)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	node := a.builder.Input(l.fullName, shape)
	if dtype := text(l.config, "dtype"); slices.Contains(wholeTypes, dtype) {
		// Keras makes whole numbers of what it is given.
		node = a.builder.From(nn.Source{Layer: l.fullName, Class: l.class}, l.fullName+"/whole", &nn.Unary{Func: nn.Trunc}, node)
		a.types[node] = dtype
	}
	if err := a.builder.Err(); err != nil {
		return nil, misfit{err}
	}
	return node, nil
}

// inputShape returns the shape of one image, without open extents.
func (a *assembler) inputShape(l *layer) (nn.Shape, error) {
	f := newFields(l.config)
	f.inputType()
	if err := f.done(); err != nil {
		return nil, err
	}
	declared, ok := list(inputShape(l.config))
	if inputShape(l.config) == nil {
		return nil, advise(unsupported("the model was saved before its input's shape was known"), "call it in Keras once, and save it again")
	}
	if !ok || len(declared) == 0 {
		return nil, malformed("the model's input shape: expected a list, found %s", kindOf(inputShape(l.config)))
	}
	a.pictures, _ = asInt(declared[0])
	shape := make(nn.Shape, len(declared)-1)
	open, agrees := false, len(a.input) == len(shape)
	for i, v := range declared[1:] {
		d, ok := asInt(v)
		switch {
		case v == nil:
			open = true
			if agrees = agrees && a.input[i] != 0; agrees {
				d = a.input[i]
			}
		case !ok:
			return nil, malformed("the model's input shape: expected an integer, found %s", kindOf(v))
		default:
			agrees = agrees && (a.input[i] == d || a.input[i] == 0)
		}
		shape[i] = d
	}
	switch {
	case agrees:
		a.used = true
	case open && a.input == nil:
		return nil, fmt.Errorf("%w, %s", ErrInputSize, openShape(declared[1:]))
	case open:
		return nil, advise(unsupported("input shape %s for an input of %s", givenShape(a.input), openShape(declared[1:])), "give only what is open")
	}
	return shape, nil
}

// givenShape writes a shape of WithInputShape.
func givenShape(shape nn.Shape) string {
	extents := make([]any, len(shape))
	for i, n := range shape {
		if n != 0 {
			extents[i] = json.Number(strconv.Itoa(n))
		}
	}
	return openShape(extents)
}

// openShape writes a shape as Keras does: (None, None, 3).
func openShape(extents []any) string {
	parts := make([]string, len(extents))
	for i, v := range extents {
		parts[i] = "None"
		if n, ok := asInt(v); ok {
			parts[i] = strconv.Itoa(n)
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// network adds the nodes of one call of a model on these inputs, and returns
// its outputs. The nodes' names begin with prefix.
func (a *assembler) network(n *network, prefix string, inputs []*nn.Node) ([]*nn.Node, error) {
	if len(inputs) != len(n.inputs) {
		return nil, malformed("model %q has %d inputs, is called with %d", n.name, len(n.inputs), len(inputs))
	}
	values := newValues(n)
	for i, r := range n.inputs {
		values.set(task{r.index, 0}, []*nn.Node{inputs[i]})
	}
	order, err := n.order()
	if err != nil {
		return nil, err
	}
	for _, t := range order {
		l := n.layers[t.layer]
		if values.of(t) != nil {
			continue
		}
		out, err := a.call(l, t.call, prefix, values)
		if err != nil {
			return nil, err
		}
		values.set(t, out)
	}
	outputs := make([]*nn.Node, len(n.outputs))
	for i, r := range n.outputs {
		if outputs[i], err = values.get(r); err != nil {
			return nil, fmt.Errorf("model %q: %w", n.name, err)
		}
	}
	for _, y := range outputs {
		if _, isParts := a.statics[y].(parts); isParts && prefix != "" {
			continue // which the model around this one may put together
		}
		if err := a.tensorsAlone([]*nn.Node{y}); err != nil {
			return nil, fmt.Errorf("model %q: %w", n.name, err)
		}
	}
	return outputs, nil
}

// call adds the nodes of one call of a layer.
func (a *assembler) call(l *layer, number int, prefix string, values values) (out []*nn.Node, err error) {
	if l.class == "InputLayer" {
		return nil, layerError(l.class, l.fullName, malformed("it is not among the model's inputs"))
	}
	c := l.calls[number]
	if a.steps += 1 + len(c.inputs); a.steps > maxSteps {
		return nil, advise(unsupported("a model of more than %d calls of layers", maxSteps), rightFile)
	}
	in := make([]*nn.Node, len(c.inputs))
	for i, r := range c.inputs {
		if in[i], err = values.get(r); err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
	}
	if a.names += len(prefix) + len(l.name); a.names > maxNamesBytes {
		return nil, advise(unsupported("names of layers of more than %d bytes in all", maxNamesBytes), "give the layers shorter names")
	}
	return a.apply(l, c, a.callName(prefix+l.name), in)
}

// apply adds the nodes of one call of a layer on these inputs.
func (a *assembler) apply(l *layer, c call, name string, in []*nn.Node) (out []*nn.Node, err error) {
	if l.takesStacks(in) {
		return a.onStack(l, c, name, in[0])
	}
	times, err := a.partsIn(in)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	if times > 0 && !l.takesParts() {
		return a.onParts(l, c, name, in, times)
	}
	if l.operator {
		out, err := a.operator(l, c, name, in)
		if err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		return out, nil
	}
	if times == 0 {
		if err := a.tensorsAlone(in); err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
	}
	if c.keys != nil && l.nested == nil {
		return nil, layerError(l.class, l.fullName, unsupported("called with a dict of tensors"))
	}
	if l.nested != nil {
		if err := c.refuseConstants(l.class); err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		if in, err = a.maskInputs(c, in); err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		in = l.nested.inOrder(c.keys, in)
		if axes := l.wrappers(); axes > 0 {
			return a.timed(l, name, in, axes)
		}
		return a.network(l.nested, name+"/", in)
	}
	return a.layer(l, c, name, in, nil)
}

// inOrder returns tensors that a model is called with by these keys in the order of
// its inputs: by its own keys, or by the names of its input layers.
func (n *network) inOrder(keys []string, in []*nn.Node) []*nn.Node {
	names, _ := n.endNames()
	if len(keys) != len(in) || len(names) != len(in) {
		return in
	}
	ordered := make([]*nn.Node, len(in))
	for i, name := range names {
		at := slices.Index(keys, name)
		if at < 0 {
			return in
		}
		ordered[i] = in[at]
	}
	return ordered
}

// callName names a call of a layer: "conv1", then "conv1:1", "conv1:2"; inside
// of the second call of a model, "base:1/conv1".
func (a *assembler) callName(name string) string {
	count := a.calls[name]
	a.calls[name]++
	if count == 0 {
		return name
	}
	return name + ":" + strconv.Itoa(count)
}

// layer adds the nodes of one call of a layer that is not a model, and returns its
// results. shapes are those that the layer knows its inputs by; nil: their own.
func (a *assembler) layer(l *layer, c call, name string, in []*nn.Node, shapes []nn.Shape) ([]*nn.Node, error) {
	own, given := in, c.mask(in)
	if l.class == "TimeDistributed" && l.takes() == nil && given != nil {
		c.named, in = nil, in[:1] // no one reads it
	}
	source := a.source(l)
	c, in = c.ofAttention(l, in)
	c, in, err := a.with(l, c, in, name, source)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	if shapes == nil {
		shapes = (&nn.Node{Inputs: in}).InputShapes()
	}
	stages, err := l.stages(c, shapes)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	filled, all, err := a.fills(l, in, name, source)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	if filled != nil {
		stages, in = filled, all
	}
	stages, whole, err := a.ofWholeNumbers(l, stages, in)
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	for _, s := range stages {
		if op, ok := s.op.(*nn.Constant); ok {
			a.constants += len(op.Value.Data)
		}
	}
	if a.constants > maxConstants {
		return nil, layerError(l.class, l.fullName, unsupported("masks and other constants of more than %d numbers", maxConstants))
	}
	nodes := make([]*nn.Node, len(stages))
	for i, s := range stages {
		read, err := s.inputs(i, nodes, in)
		if err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
		nodes[i] = a.builder.From(source, name+s.suffix, l.share(i, s.op), read...)
		if err := a.builder.Err(); err != nil {
			return nil, misfit{err}
		}
		if err := l.addVariables(nodes[i], s); err != nil {
			return nil, layerError(l.class, l.fullName, err)
		}
	}
	result := nodes[len(nodes)-1]
	if whole != "" {
		a.types[result] = whole
	}
	if a.masks.result(l, own, given, result); l.class == "Masking" {
		a.masks.of[result] = maskAt(nodes[maskStage])
	}
	results := []*nn.Node{result}
	for i, s := range stages {
		if s.further {
			results = append(results, nodes[i])
		}
	}
	return results, nil
}

// maskInputs gives the inputs of a model the masks that its call has, and returns
// them without those.
func (a *assembler) maskInputs(c call, in []*nn.Node) ([]*nn.Node, error) {
	own := in[:len(in)-len(c.named)]
	for i, name := range c.named {
		if name == "mask" && len(own) == 1 {
			name = maskOfInput(0)
		}
		to := slices.IndexFunc(upTo(len(own)), func(k int) bool { return name == maskOfInput(k) })
		if to < 0 {
			return nil, unsupported("called with the argument %s=a tensor", name)
		}
		a.masks.of[own[to]] = asPositions(in[len(own)+i], len(own[to].Shape))
	}
	return own, nil
}

// mask returns the mask of the first input that the call has among all of them, nil
// for none.
func (c call) mask(in []*nn.Node) *nn.Node {
	for i, name := range c.named {
		if name == "mask" || name == maskOfInput(0) {
			return in[len(in)-len(c.named)+i]
		}
	}
	return nil
}

// source says of whose layer nodes are: of one inside of a TimeDistributed, which
// Keras does not list, of that.
func (a *assembler) source(l *layer) nn.Source {
	if a.outer != nil {
		return *a.outer
	}
	source := nn.Source{Layer: l.fullName, Class: l.class, Call: l.uses}
	l.uses++
	return source
}

// timed applies the model that is in a TimeDistributed to every position of the
// first axis, one after the other.
func (a *assembler) timed(l *layer, name string, in []*nn.Node, axes int) ([]*nn.Node, error) {
	if len(in) != 1 {
		return nil, layerError(l.class, l.fullName, malformed("expected one input, found %d", len(in)))
	}
	source := a.source(l)
	if a.outer == nil {
		a.outer = &source
		defer func() { a.outer = nil }()
	}
	y, err := a.positions(l, name, in[0], axes, source)
	if err != nil {
		return nil, err
	}
	a.masks.result(l, in, nil, y)
	return []*nn.Node{y}, nil
}

// positions applies a layer's model to every position of the first axes.
func (a *assembler) positions(l *layer, name string, in *nn.Node, axes int, source nn.Source) (*nn.Node, error) {
	s := in.Shape
	if len(s) < 2 {
		return nil, layerError(l.class, l.fullName, malformed("expected an input of two axes or more, found %v", s))
	}
	if s[0] > maxTimes {
		return nil, layerError(l.class, l.fullName, unsupported("%d positions of a model that is computed for each: at most %d", s[0], maxTimes))
	}
	rows := make([]*nn.Node, s[0])
	for t := range rows {
		prefix, err := a.position(name, t)
		if err != nil {
			return nil, err
		}
		x, err := a.taken(in, t, prefix, source)
		if err != nil {
			return nil, err
		}
		if axes > 1 {
			rows[t], err = a.positions(l, prefix, x, axes-1, source)
		} else {
			rows[t], err = a.model(l, prefix, x)
		}
		if err != nil {
			return nil, err
		}
	}
	return a.stack(rows, name, source)
}

// position names what is computed at a position, and counts it.
func (a *assembler) position(name string, t int) (string, error) {
	prefix := fmt.Sprintf("%s/%d", name, t)
	if a.names += len(prefix); a.names > maxNamesBytes {
		return "", advise(unsupported("names of layers of more than %d bytes in all", maxNamesBytes), "give the layers shorter names")
	}
	if a.steps++; a.steps > maxSteps {
		return "", advise(unsupported("a model of more than %d calls of layers", maxSteps), rightFile)
	}
	return prefix, nil
}

// taken takes a position of the first axis.
func (a *assembler) taken(in *nn.Node, t int, prefix string, source nn.Source) (*nn.Node, error) {
	cut := whole(in.Shape)
	cut.Start[0], cut.Count[0] = t, 1
	x := a.builder.From(source, prefix+"/take", cut, in)
	x = a.builder.From(source, prefix+"/position", &nn.Reshape{Target: in.Shape[1:].Clone()}, x)
	if err := a.builder.Err(); err != nil {
		return nil, misfit{err}
	}
	a.masks.position(in, t, x)
	return x, nil
}

// stack puts tensors behind one another on an axis of their own, the first.
func (a *assembler) stack(of []*nn.Node, name string, source nn.Source) (*nn.Node, error) {
	rows := make([]*nn.Node, len(of))
	for t, y := range of {
		rows[t] = a.builder.From(source, fmt.Sprintf("%s/%d/row", name, t), &nn.Reshape{Target: append(nn.Shape{1}, y.Shape...)}, y)
	}
	y := a.builder.From(source, name, &nn.Concat{Axis: 0}, rows...)
	if err := a.builder.Err(); err != nil {
		return nil, misfit{err}
	}
	return y, nil
}

// model applies a layer's model to one position.
func (a *assembler) model(l *layer, prefix string, x *nn.Node) (*nn.Node, error) {
	out, err := a.network(l.nested, prefix+"/", []*nn.Node{x})
	if err != nil {
		return nil, err
	}
	if len(out) != 1 {
		return nil, layerError(l.class, l.fullName, unsupported("a model of %d outputs inside of it", len(out)))
	}
	if err := a.tensorsAlone(out); err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	return out[0], nil
}

// inputs returns what the stage at place i reads of those before it and of the
// layer's inputs.
func (s stage) inputs(i int, before, in []*nn.Node) ([]*nn.Node, error) {
	switch {
	case s.reads == nil && i == 0:
		return in, nil
	case s.reads == nil:
		return before[i-1 : i], nil
	}
	read := make([]*nn.Node, len(s.reads))
	for k, from := range s.reads {
		switch {
		case from >= 0:
			read[k] = before[from]
		case ^from < len(in):
			read[k] = in[^from]
		default:
			return nil, malformed("it needs %d inputs or more, and has %d", ^from+1, len(in))
		}
	}
	return read, nil
}

// share returns the operation of an earlier call that is equal to op, or op: a
// layer that is called twice is one operation, unless the padding of its inputs
// differs.
func (l *layer) share(stage int, op nn.Op) nn.Op {
	for len(l.ops) <= stage {
		l.ops = append(l.ops, nil)
	}
	for _, earlier := range l.ops[stage] {
		if reflect.DeepEqual(earlier, op) {
			return earlier
		}
	}
	l.ops[stage] = append(l.ops[stage], op)
	return op
}

// refuseConstants refuses arguments that nobody reads, such as training=True.
func (c *call) refuseConstants(class string) error {
	if c.constants["training"] == true && strings.HasPrefix(class, "BatchNormalization") {
		return advise(unsupported("called with training=True, so that Keras 2 normalises by the statistics of the batch at hand: what it says of a picture depends on the others beside it"),
			"build the model without training=True, and give it these weights (set_weights)")
	}
	if c.constants["training"] == true {
		return advise(unsupported("called with training=true, so that it acts at inference too"), "build the model without, and give it these weights")
	}
	for _, name := range slices.Sorted(maps.Keys(c.constants)) {
		return unsupported("called with the argument %s=%s", name, kindOf(c.constants[name]))
	}
	return nil
}

// task is one call of a layer, by its position in the network.
type task struct{ layer, call int }

// values are the tensors that the calls of one network made.
type values [][][]*nn.Node // by layer and call

func newValues(n *network) values {
	v := make(values, len(n.layers))
	for i, l := range n.layers {
		v[i] = make([][]*nn.Node, max(len(l.calls), 1))
	}
	return v
}

func (v values) of(t task) []*nn.Node { return v[t.layer][t.call] }

func (v values) set(t task, out []*nn.Node) { v[t.layer][t.call] = out }

func (v values) get(r ref) (*nn.Node, error) {
	out := v.of(task{r.index, r.call})
	if r.tensor < 0 || r.tensor >= len(out) {
		return nil, malformed("reads output %d of %q, which has %d", r.tensor, r.layer, len(out))
	}
	return out[r.tensor], nil
}

// order returns the calls of a network, each behind those that it reads,
// otherwise in the order of the config. It walks with a stack of its own,
// because a config may be as deep as it likes.
func (n *network) order() ([]task, error) {
	const (
		unseen = iota
		waiting
		ordered
	)
	state := make([][]int, len(n.layers))
	for i, l := range n.layers {
		state[i] = make([]int, max(len(l.calls), 1))
	}
	var order, stack []task
	for i := range n.layers {
		for c := range state[i] {
			stack = append(stack, task{i, c})
			for len(stack) > 0 {
				t := stack[len(stack)-1]
				switch s := &state[t.layer][t.call]; *s {
				case unseen:
					*s = waiting
					for _, r := range slices.Backward(n.reads(t)) {
						switch state[r.index][r.call] {
						case waiting:
							return nil, malformed("the layer %q reads its own output", n.layers[r.index].fullName)
						case unseen:
							stack = append(stack, task{r.index, r.call})
						}
					}
				case waiting:
					*s = ordered
					order = append(order, t)
					stack = stack[:len(stack)-1]
				case ordered:
					stack = stack[:len(stack)-1]
				}
			}
		}
	}
	return order, nil
}

// reads returns what a call reads.
func (n *network) reads(t task) []ref {
	if calls := n.layers[t.layer].calls; len(calls) > 0 {
		return calls[t.call].inputs
	}
	return nil
}
