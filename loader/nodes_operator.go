package loader

// parseOperator3 reads the call of a function as Keras 3 writes it.
func (c *call) parseOperator3(node object) error {
	args, ok := list(node["args"])
	if !ok {
		return malformed("args: expected a list, found %s", kindOf(node["args"]))
	}
	kwargs, ok := node["kwargs"].(object)
	if !ok && node["kwargs"] != nil {
		return malformed("kwargs: expected an object, found %s", kindOf(node["kwargs"]))
	}
	for _, v := range args {
		arg, err := c.withOperands(v, 0)
		if err != nil {
			return err
		}
		c.args = append(c.args, arg)
	}
	return c.operatorKeywords(kwargs)
}

// parseOperator2 reads the call of a function as Keras 2 writes it: the first
// argument, a tensor as [layer, node, tensor, keywords], an array as
// [_CONSTANT_VALUE, -1, array, keywords], or a list of such.
func (c *call) parseOperator2(v any) error {
	l, ok := list(v)
	if !ok || len(l) == 0 {
		return malformed("inbound_nodes: expected [layer, node, tensor, keywords], found %s", kindOf(v))
	}
	if _, isName := l[0].(string); isName {
		arg, err := c.firstArgument(l)
		c.args = []any{arg}
		return err
	}
	items, err := c.firstArguments(l, 0)
	c.args = []any{items}
	return err
}

// firstArguments reads a list of arguments, which may be in lists themselves.
func (c *call) firstArguments(l []any, depth int) ([]any, error) {
	if depth > maxArgumentDepth {
		return nil, malformed("arguments nested more than %d deep", maxArgumentDepth)
	}
	items := make([]any, len(l))
	for i := range l {
		item, isList := list(l[i])
		inner := isList && len(item) > 0
		if inner {
			_, inner = list(item[0])
		}
		var err error
		if inner || isList && len(item) == 0 {
			items[i], err = c.firstArguments(item, depth+1)
		} else {
			items[i], err = c.firstArgument(item)
		}
		if err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (c *call) firstArgument(l []any) (any, error) {
	if len(l) < 3 || len(l) > 4 {
		return nil, malformed("inbound_nodes: expected [layer, node, tensor, keywords], found a list of %d", len(l))
	}
	if len(l) == 4 {
		kwargs, ok := l[3].(object)
		if !ok {
			return nil, malformed("inbound_nodes: expected keyword arguments, found %s", kindOf(l[3]))
		}
		if err := c.operatorKeywords(kwargs); err != nil {
			return nil, err
		}
	}
	if l[0] == "_CONSTANT_VALUE" {
		return l[2], nil
	}
	r, ok := parseRef(l[:3])
	if !ok {
		return nil, malformed("inbound_nodes: expected [layer, node, tensor], found %s", kindOf(l))
	}
	return c.operand(r), nil
}

func (c *call) operatorKeywords(kwargs object) error {
	for name, v := range kwargs {
		arg, err := c.withOperands(v, 0)
		if err != nil {
			return err
		}
		c.kwargs[name] = arg
	}
	return nil
}

// operand notes a tensor that the call reads.
func (c *call) operand(r ref) operand {
	c.inputs = append(c.inputs, r)
	return operand(len(c.inputs) - 1)
}

// withOperands returns an argument with operands in the place of tensors, at any
// depth of lists.
func (c *call) withOperands(v any, depth int) (any, error) {
	if depth > maxArgumentDepth {
		return nil, malformed("arguments nested more than %d deep", maxArgumentDepth)
	}
	if r, ok := parseRef(v); ok {
		return c.operand(r), nil
	}
	if l, ok := list(v); ok {
		out := make([]any, len(l))
		for i := range l {
			var err error
			if out[i], err = c.withOperands(l[i], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	o, ok := v.(object)
	if !ok || text(o, "class_name") != "__keras_tensor__" {
		return unwrap(v), nil
	}
	config, _ := o["config"].(object)
	r, ok := parseRef(config["keras_history"])
	if !ok {
		return nil, malformed("keras_history: expected [layer, node, tensor], found %s", kindOf(config["keras_history"]))
	}
	return c.operand(r), nil
}
