package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// An operator is a function that a model calls outside of layers, as in
// x / 127.5 - 1. Keras 3 writes one as a class of keras.ops, with some arguments
// in its config and the others in the call; Keras 2 as a layer of class
// TFOpLambda that names a function of TensorFlow, or as a SlicingOpLambda.
type operator struct {
	compute func(o *operation) []*nn.Node
	params  string // the names of the arguments in their order; the functions here go by it
}

// operatorName returns the name that operators lists the function by.
func (l *layer) operatorName() string {
	if isOperatorClass(l.class) {
		return strings.TrimPrefix(text(l.config, "function"), "compat.v1.")
	}
	return l.class
}

// isOperatorClass reports whether Keras 2 gives the class to functions.
func isOperatorClass(class string) bool { return class == "TFOpLambda" || class == "SlicingOpLambda" }

// looksLikeOperator tells functions of Keras 3 from layers in its .h5 files, which
// lack the module of a class: all of its layers, and no function, have a field
// trainable.
func (l *layer) looksLikeOperator(nodes any) bool {
	calls, _ := list(nodes)
	if len(calls) == 0 {
		return false
	}
	_, isKeras3 := calls[0].(object)
	_, isOperator := operators[l.class]
	_, isLayer := classes[l.class]
	_, hasTrainable := l.config["trainable"]
	if !isKeras3 || l.config == nil || l.class == "InputLayer" || isModelClass(l.class) {
		return false
	}
	return !hasTrainable && (isOperator || !isLayer)
}

// operation is one call of an operator while it is made nodes of.
type operation struct {
	a        *assembler
	layer    *layer
	function string
	name     string // of the node that makes its result
	source   nn.Source
	in       []*nn.Node // the tensors among its arguments

	params []string
	args   map[string]any // by name; tensors are operands
	read   map[string]bool
	made   []*nn.Node
	typed  string // the type of its result's numbers; "": that of what it is made of
	err    error
}

// operator adds the nodes of one call of an operator.
func (a *assembler) operator(l *layer, c call, name string, in []*nn.Node) ([]*nn.Node, error) {
	function := l.operatorName()
	known, ok := operators[function]
	if r, isLayer := refusals[l.class]; !ok && isLayer { // .h5 files do not say which a class is
		return nil, r.err()
	} else if !ok {
		return nil, unsupported("the function %s, called outside of a layer", function)
	}
	o := &operation{
		a: a, layer: l, function: function, name: name, in: in, read: map[string]bool{},
		source: a.source(l), params: strings.Fields(known.params),
	}
	if err := o.bind(l, c); err != nil {
		return nil, err
	}
	out := known.compute(o)
	if o.err == nil {
		o.err = o.unread()
	}
	if err := a.builder.Err(); err != nil {
		return nil, malformed("%w", err)
	}
	if o.err != nil {
		return nil, o.err
	}
	for i, n := range out {
		out[i] = o.named(n, i)
	}
	if o.typed != "" {
		a.types[out[0]] = o.typed
	}
	if err := a.builder.Err(); err != nil {
		return nil, malformed("%w", err)
	}
	return out, nil
}

// named gives the i-th result its name: the operation's own for the first one. A
// result that another layer made becomes one of this layer.
func (o *operation) named(n *nn.Node, i int) *nn.Node {
	if n.Index < 0 { // no tensor of images
		switch v := o.a.statics[n].(type) {
		case batch:
			o.a.statics[n] = batch{o.named(v.x, i), v.at}
		case parts:
			o.a.statics[n] = parts{x: o.named(v.x, i)}
		}
		return n
	}
	name := o.name
	if i > 0 {
		name = fmt.Sprintf("%s/%d", name, i)
	}
	if !slices.Contains(o.made, n) {
		return o.a.builder.From(o.source, name, &nn.Identity{}, n)
	}
	o.a.builder.Rename(n, name)
	return n
}

// fail keeps the first error.
func (o *operation) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// refuse keeps an error that says what about the function is not supported.
func (o *operation) refuse(format string, args ...any) {
	o.fail(unsupported("the function %s, called outside of a layer: %s", o.function, fmt.Sprintf(format, args...)))
}

// add adds a node. After an error it returns one of no graph.
func (o *operation) add(op nn.Op, in ...*nn.Node) *nn.Node {
	if o.err != nil || slices.Contains(in, nil) || o.a.builder.Err() != nil {
		return nil
	}
	if o.a.steps += 1 + len(in); o.a.steps > maxSteps {
		o.fail(advise(unsupported("a model of more than %d calls of layers", maxSteps), rightFile))
		return nil
	}
	name := fmt.Sprintf("%s/%s", o.name, strings.ToLower(op.Kind()))
	if n := len(o.made); n > 0 {
		name = fmt.Sprintf("%s_%d", name, n)
	}
	n := o.a.builder.From(o.source, name, op, in...)
	o.made = append(o.made, n)
	if o.a.builder.Err() != nil {
		return nil
	}
	return n
}

// one makes the results of a function of one result.
func one(n *nn.Node) []*nn.Node { return []*nn.Node{n} }

// tensorsAlone refuses values that are no tensors, where a layer or the model's
// end reads them.
func (a *assembler) tensorsAlone(in []*nn.Node) error {
	for _, n := range in {
		if p, isParts := a.statics[n].(parts); isParts {
			return advise(unsupported("reads %q, %v", n.Name, p), "give the parts an axis of their own again, by reshape")
		}
		if n.Index < 0 {
			return unsupported("reads %q, which is no tensor of images", n.Name)
		}
	}
	return nil
}
