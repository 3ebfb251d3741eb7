package loader

import (
	"maps"
	"slices"
	"strconv"
)

// ref is one tensor: an output of a call of a layer.
type ref struct {
	layer        string
	call, tensor int
	index        int // of the layer in its network; set by resolve
}

// call is one use of a layer.
type call struct {
	keras3 bool // as Keras 3 writes it
	inputs []ref
	keys   []string // of the inputs, where they are given as a dict; in order, as in Keras
	// constants are arguments that are not tensors, by name or position; null
	// and false ones are left out.
	constants object
	named     []string // names of the last inputs: those given by keyword to a layer
	// Of an operator: all arguments, in which operands stand for tensors.
	args   []any
	kwargs object
}

// maxArgumentDepth bounds the nesting of lists in a call's arguments.
const maxArgumentDepth = 8

// parseCalls reads the inbound_nodes of a layer, or of an operator: one item a
// call.
func parseCalls(v any, operator bool) ([]call, error) {
	if v == nil {
		return nil, nil
	}
	nodes, ok := list(v)
	if !ok {
		return nil, malformed("inbound_nodes: expected a list, found %s", kindOf(v))
	}
	calls := make([]call, len(nodes))
	for i, node := range nodes {
		c := &calls[i]
		o, isObject := node.(object)
		_, hasArguments := o["args"]
		*c = call{keras3: hasArguments || isObject && operator, constants: object{}, kwargs: object{}}
		var err error
		if isObject && operator {
			err = c.parseOperator3(o)
		} else if hasArguments {
			err = c.parse3(o)
		} else if isObject {
			err = c.parseDict2(o)
		} else if operator {
			err = c.parseOperator2(node)
		} else {
			err = c.parse2(node, 0)
		}
		if err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// parse3 reads a call as Keras 3 writes it: args and kwargs, with tensors as
// objects of class __keras_tensor__ at any depth of lists.
func (c *call) parse3(node object) error {
	args, ok := list(node["args"])
	if !ok {
		return malformed("args: expected a list, found %s", kindOf(node["args"]))
	}
	for i, a := range args {
		if err := c.argument(strconv.Itoa(i), a, 0); err != nil {
			return err
		}
	}
	kwargs, ok := node["kwargs"].(object)
	if !ok && node["kwargs"] != nil {
		return malformed("kwargs: expected an object, found %s", kindOf(node["kwargs"]))
	}
	c.keywords(kwargs)
	// Keras 3 notes the default of layers that have this argument, and what the
	// model is told, false in predict, overrides it. Keras 2 obeys the layer's.
	delete(c.constants, "training")
	return nil
}

// argument reads one argument, which messages call by its position.
func (c *call) argument(name string, v any, depth int) error {
	if depth > maxArgumentDepth {
		return malformed("arguments nested more than %d deep", maxArgumentDepth)
	}
	if l, ok := list(v); ok {
		for _, item := range l {
			if err := c.argument(name, item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	o, ok := v.(object)
	if ok && len(c.inputs) == 0 && text(o, "class_name") == "" {
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if r, ok := tensorRef(o[key]); ok {
				c.inputs, c.keys = append(c.inputs, r), append(c.keys, key)
			}
		}
		if len(c.keys) == len(o) {
			return nil
		}
		c.inputs, c.keys = nil, nil
	}
	if !ok || text(o, "class_name") != "__keras_tensor__" {
		c.constant(name, v)
		return nil
	}
	config, _ := o["config"].(object)
	r, ok := parseRef(config["keras_history"])
	if !ok {
		return malformed("keras_history: expected [layer, node, tensor], found %s", kindOf(config["keras_history"]))
	}
	c.inputs = append(c.inputs, r)
	return nil
}

// parse2 reads a call as Keras 1 and 2 write it: a list of [layer, node, tensor]
// or [layer, node, tensor, kwargs], or only one of those.
func (c *call) parse2(v any, depth int) error {
	l, ok := list(v)
	if !ok || depth > maxArgumentDepth {
		return malformed("inbound_nodes: expected [layer, node, tensor], found %s", kindOf(v))
	}
	if len(l) == 0 {
		return nil
	}
	if _, ok := l[0].(string); !ok {
		for _, item := range l {
			if err := c.parse2(item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	var kwargs object
	if len(l) == 4 {
		if kwargs, ok = l[3].(object); !ok {
			return malformed("inbound_nodes: expected keyword arguments, found %s", kindOf(l[3]))
		}
		l = l[:3]
	}
	r, ok := parseRef(l)
	if !ok {
		return malformed("inbound_nodes: expected [layer, node, tensor], found %s", kindOf(v))
	}
	c.inputs = append(c.inputs, r)
	c.keywords(kwargs)
	return nil
}

// parseDict2 reads the call of a model with a dict of inputs, as Keras 2 writes it.
func (c *call) parseDict2(o object) error {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		c.keys = append(c.keys, key)
		if err := c.parse2(o[key], 0); err != nil {
			return err
		}
	}
	if len(c.inputs) != len(c.keys) {
		return malformed("inbound_nodes: expected a tensor for each of %q", c.keys)
	}
	return nil
}

// keywords reads keyword arguments; of tensors among them those that attention
// layers are called with.
func (c *call) keywords(kwargs object) {
	for _, name := range attended {
		v, given := kwargs[name]
		if !given {
			continue
		}
		if r, ok := tensorRef(v); ok {
			c.inputs, c.named = append(c.inputs, r), append(c.named, name)
		} else if name != "mask" || !c.maskList(v) {
			c.constant(name, v)
		}
	}
	for name, v := range kwargs {
		if !slices.Contains(attended, name) {
			c.constant(name, v)
		}
	}
}

// tensorRef reads a tensor among keyword arguments.
func tensorRef(v any) (ref, bool) {
	if o, isObject := v.(object); isObject && text(o, "class_name") == "__keras_tensor__" {
		config, _ := o["config"].(object)
		v = config["keras_history"]
	}
	return parseRef(v)
}

// maskList reads the masks of several inputs, null for those that have none.
func (c *call) maskList(v any) bool {
	l, ok := list(v)
	if dict, isDict := v.(object); isDict && len(c.keys) > 0 {
		for _, key := range c.keys {
			l = append(l, dict[key])
		}
		ok = len(dict) == len(l)
	}
	if !ok || len(l) == 0 {
		return false
	}
	refs, names := c.inputs, c.named
	for i, item := range l {
		r, ok := tensorRef(item)
		if !ok && item != nil {
			return false
		}
		if ok {
			refs, names = append(refs, r), append(names, maskOfInput(i))
		}
	}
	c.inputs, c.named = refs, names
	return true
}

// maskOfInput is the name of one of several masks.
func maskOfInput(i int) string { return "mask[" + strconv.Itoa(i) + "]" }

// constant notes an argument that is not a tensor of the call's inputs.
func (c *call) constant(name string, v any) {
	if v != nil && v != false {
		c.constants[name] = v
	}
}

// parseEnds reads input_layers or output_layers: one ref, a list of such, or a dict
// of such, whose keys are then names and give the order, as in Keras. name is that of
// the dict's entry which v is, "" for none.
func parseEnds(v any, name string, depth int, refs *[]ref, names *[]string) error {
	if depth > maxArgumentDepth {
		return malformed("inputs or outputs nested more than %d deep", maxArgumentDepth)
	}
	if dict, ok := v.(object); ok && text(dict, "class_name") == "" {
		for _, key := range slices.Sorted(maps.Keys(dict)) {
			if err := parseEnds(dict[key], key, depth+1, refs, names); err != nil {
				return err
			}
		}
		return nil
	}
	l, ok := list(v)
	if !ok {
		return malformed("expected [layer, node, tensor], a list or a dict of such, found %s", kindOf(v))
	}
	if r, ok := parseRef(l); ok {
		*refs, *names = append(*refs, r), append(*names, name)
		return nil
	}
	for _, item := range l {
		if err := parseEnds(item, name, depth+1, refs, names); err != nil {
			return err
		}
	}
	return nil
}

// parseRef reads [layer, node, tensor].
func parseRef(v any) (ref, bool) {
	l, ok := list(v)
	if !ok || len(l) != 3 {
		return ref{}, false
	}
	name, isName := l[0].(string)
	call, isCall := asInt(l[1])
	tensor, isTensor := asInt(l[2])
	return ref{layer: name, call: call, tensor: tensor}, isName && isCall && isTensor
}
