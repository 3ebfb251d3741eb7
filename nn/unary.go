package nn

import (
	"fmt"
	"slices"
)

// UnaryFunc is a function of one number that no network calls an activation.
type UnaryFunc string

// The functions of Unary. Exponentials are Activation's, squares are Multiply's.
const (
	Log        UnaryFunc = "log"        // natural logarithm: NaN below 0
	Log1p      UnaryFunc = "log1p"      // log(1 + x), exact near 0
	Expm1      UnaryFunc = "expm1"      // exp(x) - 1, exact near 0
	Sqrt       UnaryFunc = "sqrt"       // square root: NaN below 0
	Rsqrt      UnaryFunc = "rsqrt"      // 1 / sqrt(x)
	Reciprocal UnaryFunc = "reciprocal" // 1 / x
	Abs        UnaryFunc = "abs"        // |x|
	Sign       UnaryFunc = "sign"       // 1 above 0, -1 below, 0 at 0
	Floor      UnaryFunc = "floor"      // rounded down
	Ceil       UnaryFunc = "ceil"       // rounded up
	Round      UnaryFunc = "round"      // rounded to the nearest whole number, halves to the even one
	Trunc      UnaryFunc = "trunc"      // rounded towards 0
	Sin        UnaryFunc = "sin"        // sine, of radians
	Cos        UnaryFunc = "cos"        // cosine, of radians
	Erf        UnaryFunc = "erf"        // the error function
	Erfc       UnaryFunc = "erfc"       // 1 - erf(x), exact where that is small
	Arctan     UnaryFunc = "arctan"     // the angle between -pi/2 and pi/2 of that tangent
	Float8     UnaryFunc = "float8"     // rounded to a number of float8 (e4m3fn), halves to the even one, and to +-448 beyond
)

// UnaryFuncs lists every UnaryFunc, in the order of the constants.
func UnaryFuncs() []UnaryFunc {
	return []UnaryFunc{Log, Log1p, Expm1, Sqrt, Rsqrt, Reciprocal, Abs, Sign, Floor, Ceil, Round, Trunc, Sin, Cos, Erf, Erfc, Arctan, Float8}
}

// Unary applies a function of one number to every element.
type Unary struct {
	noWeights
	Func UnaryFunc
}

// Kind returns "Unary".
func (*Unary) Kind() string { return "Unary" }

// String names the function.
func (op *Unary) String() string { return string(op.Func) }

// Infer returns the input's shape.
func (op *Unary) Infer(in []Shape) (Shape, error) {
	if !slices.Contains(UnaryFuncs(), op.Func) {
		return nil, fmt.Errorf("unknown function %q", op.Func)
	}
	return one(in)
}
