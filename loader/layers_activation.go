package loader

import (
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// functions are Keras's activations by name, with the parameters that they have
// when a name is all that is given. Those that are no function of single elements
// are distributions. What an image classifier cannot be told by a name alone, such
// as threshold, is not among them.
var functions = map[string]nn.Activation{
	"celu":           nn.Default(nn.CELU),
	"elu":            nn.Default(nn.ELU),
	"exponential":    {Func: nn.Exponential},
	"gelu":           {Func: nn.GELU},
	"hard_shrink":    nn.Default(nn.HardShrink),
	"hard_sigmoid":   nn.Default(nn.HardSigmoid),
	"hard_silu":      nn.Default(nn.HardSwish),
	"hard_swish":     nn.Default(nn.HardSwish),
	"hard_tanh":      {Func: nn.HardTanh},
	"leaky_relu":     {Func: nn.ReLU, Slope: 0.2},
	"linear":         {Func: nn.Linear},
	"log_sigmoid":    {Func: nn.LogSigmoid},
	"mish":           {Func: nn.Mish},
	"relu":           {Func: nn.ReLU},
	"relu6":          {Func: nn.ReLU, Max: 6},
	"selu":           {Func: nn.SELU},
	"sigmoid":        {Func: nn.Sigmoid},
	"silu":           {Func: nn.Swish},
	"soft_shrink":    nn.Default(nn.SoftShrink),
	"softplus":       {Func: nn.Softplus},
	"softsign":       {Func: nn.Softsign},
	"sparse_plus":    {Func: nn.SparsePlus},
	"sparse_sigmoid": {Func: nn.HardSigmoid, Slope: 0.5},
	"squareplus":     nn.Default(nn.SquarePlus),
	"swish":          {Func: nn.Swish},
	"tanh":           {Func: nn.Tanh},
	"tanh_shrink":    {Func: nn.TanhShrink},
}

// distributions are Keras's activations over the last axis.
var distributions = map[string]func() nn.Op{
	"log_softmax": func() nn.Op { return &nn.LogSoftmax{} },
	"softmax":     func() nn.Op { return &nn.Softmax{} },
	"sparsemax":   func() nn.Op { return &nn.Sparsemax{} },
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
	suffix, _ = v.(string)
	if distribution, ok := distributions[suffix]; ok {
		return distribution(), suffix
	}
	function, ok := functions[suffix]
	if !ok {
		f.refuse(name, v)
	}
	if suffix == "hard_sigmoid" && f.before3 {
		function.Slope = 0.2
	}
	return &function, suffix
}

// activationObject reads a layer that stands where a function's name may.
func (f *fields) activationObject(o, config object) (nn.Op, string) {
	inner := newFields(config)
	inner.before3 = f.before3
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
	bounded := f.has("max_value")
	if bounded {
		op.Max = f.float("max_value")
	}
	if op.Slope < 0 || op.Threshold < 0 || op.Max < 0 {
		f.fail(malformed("negative_slope %g, threshold %g and max_value %g must not be negative", op.Slope, op.Threshold, op.Max))
	}
	if bounded && op.Max == 0 {
		return atMostZero(op.Slope, op.Threshold)
	}
	return single(op)
}

// atMostZero is a ReLU with a bound of 0, which an Activation takes for none: only
// what is below the threshold is left, -slope relu(threshold - x).
func atMostZero(slope, threshold float32) []stage {
	return []stage{
		{suffix: "/mirror", op: &nn.Rescale{Scale: []float32{-1}, Offset: []float32{threshold}}},
		{suffix: "/below", op: &nn.Activation{Func: nn.ReLU}},
		{op: &nn.Rescale{Scale: []float32{-slope}, Offset: []float32{0}}},
	}
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
	axes := f.axes("axis")
	if len(axes) == 1 && (axes[0] == -1 || axes[0] == len(first(in))-1) {
		axes = nil
	}
	return single(&nn.Softmax{Axes: axes})
}
