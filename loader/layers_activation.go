package loader

import (
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// functions are Keras's activations by name, with the parameters that they have
// when a name is all that is given. Softmax is an operation of its own.
var functions = map[string]nn.Activation{
	"linear":     {Func: nn.Linear},
	"relu":       {Func: nn.ReLU},
	"relu6":      {Func: nn.ReLU, Max: 6},
	"leaky_relu": {Func: nn.ReLU, Slope: 0.2},
	"elu":        {Func: nn.ELU, Alpha: 1},
	"gelu":       {Func: nn.GELU},
	"sigmoid":    {Func: nn.Sigmoid},
	"silu":       {Func: nn.Swish},
	"swish":      {Func: nn.Swish},
	"tanh":       {Func: nn.Tanh},
}

// activation reads an activation and names it. It is a function's name, a
// serialized function, or a layer such as LeakyReLU; nil is returned for
// linear ones.
func (f *fields) activation(name string) (op nn.Op, suffix string) {
	f.seen[name] = true
	v, ok := f.config[name]
	if !ok {
		f.wrong(name, "an activation")
	}
	if o, ok := v.(object); ok {
		if config, ok := o["config"].(object); ok {
			return f.activationObject(o, config)
		}
		if registered := text(o, "registered_name"); strings.Contains(registered, ">") {
			f.refuse(name, registered)
		}
		v = o["config"]
	}
	if v == nil || v == "linear" {
		return nil, ""
	}
	if v == "softmax" {
		return &nn.Softmax{}, "softmax"
	}
	suffix, _ = v.(string)
	function, ok := functions[suffix]
	if !ok {
		f.refuse(name, v)
	}
	return &function, suffix
}

// activationObject reads a layer that stands where a function's name may.
func (f *fields) activationObject(o, config object) (nn.Op, string) {
	inner := newFields(config)
	var stages []stage
	name := text(o, "class_name")
	switch name {
	case "ReLU":
		stages = reLU(inner, nil)
	case "LeakyReLU":
		stages = leakyReLU(inner, nil)
	case "ELU":
		stages = eLU(inner, nil)
	case "Softmax":
		stages = softmax(inner, nil)
	default:
		f.fail(unsupported("activation %q", name))
		return nil, ""
	}
	f.fail(inner.done())
	return stages[0].op, name
}

func activationLayer(f *fields, _ []nn.Shape) []stage {
	op, _ := f.activation("activation")
	if op == nil {
		op = &nn.Identity{}
	}
	return single(op)
}

func reLU(f *fields, _ []nn.Shape) []stage {
	op := &nn.Activation{Func: nn.ReLU, Slope: f.floatOr("negative_slope", 0), Threshold: f.floatOr("threshold", 0)}
	if f.has("max_value") {
		// An Activation has no bound where Max is 0.
		if op.Max = f.float("max_value"); op.Max <= 0 {
			f.refuse("max_value", f.config["max_value"])
		}
	}
	if op.Slope < 0 || op.Threshold < 0 {
		f.fail(malformed("negative_slope %g and threshold %g must not be negative", op.Slope, op.Threshold))
	}
	return single(op)
}

// leakyReLU has its slope in alpha before Keras 3.
func leakyReLU(f *fields, _ []nn.Shape) []stage {
	name := "negative_slope"
	if f.has("alpha") {
		name = "alpha"
	}
	return single(&nn.Activation{Func: nn.ReLU, Slope: f.float(name)})
}

func eLU(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Activation{Func: nn.ELU, Alpha: f.float("alpha")})
}

func softmax(f *fields, in []nn.Shape) []stage {
	f.lastAxis("axis", in)
	return single(&nn.Softmax{})
}
