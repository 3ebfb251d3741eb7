package nn

import "fmt"

// Func is an element-wise function.
type Func string

// The functions of Activation, with the parameters that each one reads. They are
// keras.activations' but for those that are the others with other parameters
// (relu6 and leaky_relu are ReLU, sparse_sigmoid is HardSigmoid), or no function
// of single elements (softmax, log_softmax, sparsemax, glu).
const (
	Linear      Func = "linear"       // x
	ReLU        Func = "relu"         // x above Threshold, else Slope (x - Threshold); at most Max
	Sigmoid     Func = "sigmoid"      // 1 / (1 + exp(-x))
	Tanh        Func = "tanh"         // tanh x
	ELU         Func = "elu"          // x above 0, else Alpha (exp(x) - 1)
	Swish       Func = "swish"        // x sigmoid(x), also called SiLU
	GELU        Func = "gelu"         // x Phi(x), Phi being the normal distribution function
	GELUTanh    Func = "gelu_tanh"    // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
	HardSigmoid Func = "hard_sigmoid" // Slope x + 1/2, between 0 and 1
	HardSwish   Func = "hard_swish"   // x hard_sigmoid(x), also called hard SiLU
	HardTanh    Func = "hard_tanh"    // x between -1 and 1
	SELU        Func = "selu"         // 1.0507 times elu(x) with Alpha 1.67326: see SELUScale
	CELU        Func = "celu"         // x above 0, else Alpha (exp(x / Alpha) - 1)
	Exponential Func = "exponential"  // exp x
	Softplus    Func = "softplus"     // log(1 + exp x)
	Softsign    Func = "softsign"     // x / (1 + |x|)
	Mish        Func = "mish"         // x tanh(softplus(x))
	LogSigmoid  Func = "log_sigmoid"  // log(sigmoid(x))
	HardShrink  Func = "hard_shrink"  // x where |x| is above Threshold, else 0
	SoftShrink  Func = "soft_shrink"  // x moved towards 0 by Threshold, at most to 0
	TanhShrink  Func = "tanh_shrink"  // x - tanh x
	Threshold   Func = "threshold"    // x above Threshold, else Alpha
	SquarePlus  Func = "squareplus"   // (x + sqrt(x^2 + Alpha)) / 2
	SparsePlus  Func = "sparse_plus"  // 0 up to -1, x from 1 on, between them (x + 1)^2 / 4
)

// The constants of SELU (Klambauer et al. 2017, appendix).
const (
	SELUScale = 1.05070098735548049342
	SELUAlpha = 1.67326324235437728481
)

// Funcs lists every Func, in the order of the constants. Shaders know a function
// by its place in the list: shaders/include/activation.glsl.
func Funcs() []Func {
	return []Func{
		Linear, ReLU, Sigmoid, Tanh, ELU, Swish, GELU, GELUTanh, HardSigmoid, HardSwish, HardTanh, SELU, CELU, Exponential,
		Softplus, Softsign, Mish, LogSigmoid, HardShrink, SoftShrink, TanhShrink, Threshold, SquarePlus, SparsePlus,
	}
}

// Default returns the function with the parameters that Keras 3 gives it where a
// name is all that is said.
func Default(f Func) Activation {
	op := Activation{Func: f}
	switch f {
	case ELU, CELU:
		op.Alpha = 1
	case HardSigmoid, HardSwish: // in Keras 2 the slope is 0.2
		op.Slope = 1. / 6
	case HardShrink, SoftShrink:
		op.Threshold = 0.5
	case SquarePlus:
		op.Alpha = 4
	}
	return op
}

// Activation applies a function to every element. relu6 is ReLU with Max 6,
// leaky ReLU is ReLU with a Slope.
type Activation struct {
	noWeights
	sameShape
	Func      Func
	Slope     float32 // ReLU: slope below Threshold; HardSigmoid, HardSwish
	Threshold float32 // ReLU, HardShrink, SoftShrink, Threshold
	Max       float32 // ReLU: upper bound; 0 means none
	Alpha     float32 // ELU, CELU, Threshold, SquarePlus
}

// Kind returns "Activation".
func (*Activation) Kind() string { return "Activation" }

// String names the function with the parameters that are not Keras's defaults.
func (op *Activation) String() string {
	s, rest := string(op.Func), Default(op.Func)
	for _, p := range []struct {
		name        string
		value, rest float32
	}{{"slope", op.Slope, rest.Slope}, {"threshold", op.Threshold, rest.Threshold}, {"max", op.Max, rest.Max}, {"alpha", op.Alpha, rest.Alpha}} {
		if p.value != p.rest {
			s += fmt.Sprintf(" %s %g", p.name, p.value)
		}
	}
	return s
}

// Rectifier reports whether the function is max(x, 0) and nothing else.
func (op *Activation) Rectifier() bool { return *op == Activation{Func: ReLU} }
