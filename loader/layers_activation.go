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

// activation reads an activation, whose name is the stage's suffix. It is a
// function's name, a serialized function, or a layer such as LeakyReLU; nil is
// returned for linear ones.
func (f *fields) activation(name string, in []nn.Shape) *stage {
	f.seen[name] = true
	v, ok := f.config[name]
	if !ok {
		f.wrong(name, "an activation")
	}
	if o, ok := v.(object); ok {
		if _, ok := o["config"].(object); ok {
			return f.activationLayer(o, in)
		}
		if registered := text(o, "registered_name"); strings.Contains(registered, ">") {
			f.refuse(name, registered)
		}
		v = o["config"]
	}
	if v == nil || v == "linear" {
		return nil
	}
	suffix, _ := v.(string)
	if distribution, ok := distributions[suffix]; ok {
		return &stage{suffix: suffix, op: distribution()}
	}
	function, ok := functions[suffix]
	if !ok {
		f.refuse(name, v)
	}
	if suffix == "hard_sigmoid" && f.before3 {
		function.Slope = 0.2
	}
	return &stage{suffix: suffix, op: &function}
}

// activationLayer reads a layer that stands where a function's name may. Its
// weights are its own, in the group of the layer that it is the activation of.
func (f *fields) activationLayer(o object, in []nn.Shape) *stage {
	stages, name := f.inner(o, in)
	if len(stages) != 1 {
		f.fail(unsupported("activation %q", text(o, "class_name")))
		return nil
	}
	s := stages[0]
	s.suffix, s.part = text(o, "class_name"), part{name, activationGroup}
	return &s
}

func activationLayer(f *fields, in []nn.Shape) []stage {
	activation := f.activation("activation", in)
	if activation == nil {
		return single(&nn.Identity{})
	}
	activation.suffix = ""
	return []stage{*activation}
}

// pReLU counts shared axes from that behind the batch, as Python counts: Keras 3
// and 2 take 0 for the last and -1 for the last but one.
func pReLU(f *fields, _ []nn.Shape) []stage {
	op := &nn.PReLU{}
	if f.has("shared_axes") {
		for _, a := range f.ints("shared_axes") {
			op.SharedAxes = append(op.SharedAxes, a-1)
		}
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
	return single(&nn.Softmax{Axes: f.axesBut("axis", in)})
}
