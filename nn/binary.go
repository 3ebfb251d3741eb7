package nn

import (
	"fmt"
	"slices"
)

// BinaryFunc is a function of two numbers.
type BinaryFunc string

// The functions of Binary. Comparisons give 1 for true and 0 for false.
const (
	Subtract          BinaryFunc = "subtract"           // a - b
	Divide            BinaryFunc = "divide"             // a / b
	Maximum           BinaryFunc = "maximum"            // the larger; NaN where one is NaN
	Minimum           BinaryFunc = "minimum"            // the smaller; NaN where one is NaN
	Power             BinaryFunc = "power"              // a to the power of b; NaN for a below 0 unless b is a whole number
	SquaredDifference BinaryFunc = "squared_difference" // (a - b)^2
	FloorDivide       BinaryFunc = "floor_divide"       // a / b, rounded down
	Remainder         BinaryFunc = "remainder"          // a - b floor(a / b): has the sign of b
	Where             BinaryFunc = "where"              // b where a is not 0, else 0
	Unless            BinaryFunc = "unless"             // b where a is 0, else 0
	Equal             BinaryFunc = "equal"              // a == b
	NotEqual          BinaryFunc = "not_equal"          // a != b
	Less              BinaryFunc = "less"               // a < b
	LessEqual         BinaryFunc = "less_equal"         // a <= b
	Greater           BinaryFunc = "greater"            // a > b
	GreaterEqual      BinaryFunc = "greater_equal"      // a >= b
)

// BinaryFuncs lists every BinaryFunc, in the order of the constants.
func BinaryFuncs() []BinaryFunc {
	return []BinaryFunc{
		Subtract, Divide, Maximum, Minimum, Power, SquaredDifference, FloorDivide, Remainder, Where, Unless,
		Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual,
	}
}

// Binary applies a function of two numbers to its two inputs, element by
// element, with broadcasting as Add: y = f(a, b), a being the first input. Sums
// and products, of two inputs or more, are Add and Multiply.
type Binary struct {
	noWeights
	Func BinaryFunc
}

// Kind returns "Binary".
func (*Binary) Kind() string { return "Binary" }

// String names the function.
func (op *Binary) String() string { return string(op.Func) }

// Infer returns the broadcast shape.
func (op *Binary) Infer(in []Shape) (Shape, error) {
	if len(in) != 2 {
		return nil, fmt.Errorf("expected two inputs, found %d", len(in))
	}
	if !slices.Contains(BinaryFuncs(), op.Func) {
		return nil, fmt.Errorf("unknown function %q", op.Func)
	}
	return broadcast(in)
}
