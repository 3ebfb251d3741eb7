package loader

import (
	"slices"
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

// activation reads an activation of what has the shape in, and names it. It is a
// function's name, a serialized function, or a layer such as LeakyReLU; no stages
// are returned for linear ones.
func (f *fields) activation(name string, in []nn.Shape) (stages []stage, suffix string) {
	f.seen[name] = true
	v, ok := f.config[name]
	if !ok {
		f.wrong(name, "an activation")
	}
	if o, ok := v.(object); ok {
		_, isLayer := o["config"].(object)
		_, isName := o["config"].(string)
		switch {
		case !isLayer && !isName, o["class_name"] == "__lambda__": // Keras writes a lambda's code
			f.fail(advise(unsupported("%s: a function that is code, which does not run here", name), ownCode))
			return nil, ""
		case isLayer:
			return f.activationLayer(o, in)
		}
		if registered := text(o, "registered_name"); strings.Contains(registered, ">") {
			f.refuse(name, registered)
		}
		v = o["config"]
	}
	suffix, _ = v.(string)
	distribution, isDistribution := distributions[suffix]
	function, isFunction := functions[suffix]
	switch {
	case v == nil || v == "linear":
		return nil, ""
	case isDistribution:
		return single(distribution()), suffix
	case suffix == "glu":
		return f.gatedLinear(in), suffix
	case !isFunction && suffix != "":
		f.fail(advise(unsupported("%s %q, a function of the user's or with arguments, which are not in the file", name, suffix), ownCode))
	case !isFunction:
		f.refuse(name, v)
	}
	if suffix == "hard_sigmoid" && f.before3 {
		function.Slope = 0.2
	}
	return single(&function), suffix
}

// gatedLinear is the first half of the last axis times the sigmoid of the second
// (Dauphin et al. 2017).
func (f *fields) gatedLinear(in []nn.Shape) []stage {
	s := first(in)
	if c := s.Channels(); c%2 != 0 || len(s) == 0 {
		f.fail(malformed("glu halves the last axis of %v", s))
		return nil
	}
	half := func(from int) *nn.Slice {
		op := &nn.Slice{Start: make([]int, len(s)), Count: s.Clone(), Step: make([]int, len(s))}
		for a := range s {
			op.Step[a] = 1
		}
		last := len(s) - 1
		op.Start[last], op.Count[last] = from, s[last]/2
		return op
	}
	return []stage{
		{suffix: "/linear", op: half(0), reads: []int{input(0)}},
		{suffix: "/half", op: half(s.Channels() / 2), reads: []int{input(0)}},
		{suffix: "/gate", op: &nn.Activation{Func: nn.Sigmoid}},
		{op: &nn.Multiply{}, reads: []int{0, 2}},
	}
}

// activationLayer reads a layer that stands where a function's name may. Its
// weights are its own, in the group of the layer that it is the activation of.
func (f *fields) activationLayer(o object, in []nn.Shape) (stages []stage, suffix string) {
	stages, name := f.inner(o, in)
	for i := range stages {
		stages[i].parts = append([]part{{name: name, group: activationGroup}}, stages[i].parts...)
	}
	return stages, text(o, "class_name")
}

func activationLayer(f *fields, in []nn.Shape) []stage {
	stages, _ := f.activation("activation", in)
	if stages == nil {
		return single(&nn.Identity{})
	}
	return stages
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

// softmax is computed among the positions that the mask of its call leaves, unless
// it has none; the others become 0.
func softmax(f *fields, in []nn.Shape) []stage {
	if f.ignore("robust_masking"); len(f.named) == 0 {
		return f.softmaxOver(in)
	}
	if len(in) != 2 || len(in[1]) > len(in[0]) {
		f.fail(malformed("expected one input and a mask that fits it, found %v", in))
		return nil
	}
	m := composer{in: in}
	half := m.add("/half", &nn.Constant{Value: &nn.Tensor{Shape: nn.Shape{}, Data: []float32{0.5}}}, input(0))
	mask := m.add("/mask", &nn.Binary{Func: nn.Greater}, input(1), half)
	kept := input(0)
	if !f.before3 || f.boolOr("robust_masking", false) {
		kept = m.add("/kept", &nn.Binary{Func: nn.Where}, mask, input(0))
	}
	rest := m.add("/rest", &nn.Rescale{Scale: []float32{-masked}, Offset: []float32{masked}}, mask)
	m.add("/masked", &nn.Add{}, kept, rest)
	stages := behind(m.stages, "/softmax", f.softmaxOver(in[:1]))
	if f.before3 { // which leaves what it makes of a mask of nothing
		return stages
	}
	return append(stages, stage{op: &nn.Binary{Func: nn.Where}, reads: []int{mask, len(stages) - 1}})
}

// softmaxOver puts axes that do not lie side by side at the end, and back.
func (f *fields) softmaxOver(in []nn.Shape) []stage {
	op, s := &nn.Softmax{Axes: f.axesBut("axis", in)}, first(in)
	if _, err := op.Infer(in); err == nil || len(s) > nn.MaxRank {
		return single(op)
	}
	var apart, together []int
	for a := range s {
		if slices.Contains(op.Axes, a) || slices.Contains(op.Axes, a-len(s)) {
			together = append(together, a)
		} else {
			apart = append(apart, a)
		}
	}
	if len(together) != len(op.Axes) {
		return single(op) // an axis that there is not, or one twice
	}
	there := append(apart, together...)
	back, last := make([]int, len(s)), make([]int, len(together))
	for to, from := range there {
		back[from] = to
	}
	for i := range last {
		last[i] = len(apart) + i
	}
	return []stage{
		{suffix: "/apart", op: &nn.Transpose{Axes: there}},
		{suffix: "/softmax", op: &nn.Softmax{Axes: last}},
		{op: &nn.Transpose{Axes: back}},
	}
}

// thresholdedReLU is x above theta, else 0.
func thresholdedReLU(f *fields, _ []nn.Shape) []stage {
	return single(&nn.Activation{Func: nn.ReLU, Threshold: f.positive("theta")})
}
