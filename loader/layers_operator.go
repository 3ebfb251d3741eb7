package loader

import "github.com/vkeras/vkeras/nn"

// operators are the functions that a model may call outside of layers, as in
// x / 127.5 - 1, by the class that Keras 3 gives them or by the function that
// the TFOpLambda layers of Keras 2 name.
var operators = map[string]rune{
	"Add": '+', "math.add": '+', "__operators__.add": '+',
	"Subtract": '-', "math.subtract": '-', "__operators__.sub": '-',
	"Multiply": '*', "math.multiply": '*', "__operators__.mul": '*',
	"TrueDivide": '/', "Divide": '/', "math.truediv": '/', "math.divide": '/', "__operators__.truediv": '/',
}

// operatorStages returns the operation of one call of a function.
func (l *layer) operatorStages(c call) ([]stage, error) {
	f := newFields(l.config)
	name := l.class
	if name == "TFOpLambda" {
		name = f.string("function")
	}
	operator, ok := operators[name]
	if !ok {
		return nil, unsupported("the function %s, called outside of a layer", name)
	}
	if err := f.done(); err != nil {
		return nil, err
	}
	switch {
	case len(c.inputs) == 2 && len(c.constants) == 0 && operator == '+':
		return single(&nn.Add{}), nil
	case len(c.inputs) == 2 && len(c.constants) == 0 && operator == '*':
		return single(&nn.Multiply{}), nil
	case len(c.inputs) == 1 && len(c.constants) == 1:
		if op := c.withConstant(operator); op != nil {
			return single(op), nil
		}
	}
	return nil, unsupported("the function %s with these arguments, called outside of a layer", name)
}

// withConstant returns the arithmetic of a tensor and a number, or nil.
func (c call) withConstant(operator rune) nn.Op {
	var k float32
	var left bool
	for name, v := range c.constants {
		var ok bool
		if k, ok = asFloat(v); !ok {
			return nil
		}
		switch name {
		case "0", "x", "x1":
			left = true
		case "1", "y", "x2":
		default:
			return nil
		}
	}
	scale, offset := float32(1), float32(0)
	switch {
	case operator == '+':
		offset = k
	case operator == '*':
		scale = k
	case operator == '-' && left:
		scale, offset = -1, k
	case operator == '-':
		offset = -k
	case operator == '/' && !left && k != 0:
		scale = float32(1 / float64(k))
	default:
		return nil
	}
	return &nn.Rescale{Scale: []float32{scale}, Offset: []float32{offset}}
}
