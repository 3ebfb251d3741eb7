package nn

import "fmt"

// Func is an element-wise function.
type Func string

// The functions of Activation, with the parameters that each one reads.
const (
	Linear   Func = "linear"    // x
	ReLU     Func = "relu"      // x above Threshold, else Slope (x - Threshold); at most Max
	Sigmoid  Func = "sigmoid"   // 1 / (1 + exp(-x))
	Tanh     Func = "tanh"      // tanh x
	ELU      Func = "elu"       // x above 0, else Alpha (exp(x) - 1)
	Swish    Func = "swish"     // x sigmoid(x), also called SiLU
	GELU     Func = "gelu"      // x Phi(x), Phi being the normal distribution function
	GELUTanh Func = "gelu_tanh" // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
)

// Funcs lists every Func, in the order of the constants.
func Funcs() []Func { return []Func{Linear, ReLU, Sigmoid, Tanh, ELU, Swish, GELU, GELUTanh} }

// Activation applies a function to every element. relu6 is ReLU with Max 6,
// leaky ReLU is ReLU with a Slope.
type Activation struct {
	noWeights
	sameShape
	Func      Func
	Slope     float32 // ReLU: slope below Threshold
	Threshold float32 // ReLU
	Max       float32 // ReLU: upper bound; 0 means none
	Alpha     float32 // ELU
}

// Kind returns "Activation".
func (*Activation) Kind() string { return "Activation" }

// String names the function with the parameters that are not at rest.
func (op *Activation) String() string {
	s := string(op.Func)
	for _, p := range []struct {
		name  string
		value float32
	}{{"slope", op.Slope}, {"threshold", op.Threshold}, {"max", op.Max}, {"alpha", op.Alpha}} {
		if p.value != 0 && !(p.name == "alpha" && p.value == 1) {
			s += fmt.Sprintf(" %s %g", p.name, p.value)
		}
	}
	return s
}

// Rectifier reports whether the function is max(x, 0) and nothing else.
func (op *Activation) Rectifier() bool { return *op == Activation{Func: ReLU} }
