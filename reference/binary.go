package reference

import (
	"context"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// binary computes y = f(in[0], in[1]), with broadcasting.
func binary(ctx context.Context, op *nn.Binary, in []*nn.Tensor, y *nn.Tensor) error {
	f, err := binaryFunction(op.Func)
	if err != nil {
		return err
	}
	return merge(ctx, in, y, f)
}

// binaryFunction returns what the function makes of two numbers.
func binaryFunction(f nn.BinaryFunc) (func(a, b float64) float64, error) {
	switch f {
	case nn.Subtract:
		return func(a, b float64) float64 { return a - b }, nil
	case nn.Divide:
		return func(a, b float64) float64 { return a / b }, nil
	case nn.Maximum:
		return func(a, b float64) float64 { return max(a, b) }, nil
	case nn.Minimum:
		return func(a, b float64) float64 { return min(a, b) }, nil
	case nn.Power:
		return math.Pow, nil
	case nn.SquaredDifference:
		return func(a, b float64) float64 { return (a - b) * (a - b) }, nil
	case nn.FloorDivide:
		return func(a, b float64) float64 { return math.Floor(a / b) }, nil
	case nn.Remainder:
		return remainder, nil
	case nn.Where:
		return func(a, b float64) float64 { return choose(a != 0, b) }, nil
	case nn.Unless:
		return func(a, b float64) float64 { return choose(a == 0, b) }, nil
	}
	if holds := comparison(f); holds != nil {
		return func(a, b float64) float64 { return choose(holds(a, b), 1) }, nil
	}
	return nil, fmt.Errorf("function %q of two numbers: %w", f, ErrUnsupported)
}

// choose returns x if it is wanted, else 0.
func choose(wanted bool, x float64) float64 {
	if wanted {
		return x
	}
	return 0
}

// comparison returns the relation that the function tests, or nil.
func comparison(f nn.BinaryFunc) func(a, b float64) bool {
	switch f {
	case nn.Equal:
		return func(a, b float64) bool { return a == b }
	case nn.NotEqual:
		return func(a, b float64) bool { return a != b }
	case nn.Less:
		return func(a, b float64) bool { return a < b }
	case nn.LessEqual:
		return func(a, b float64) bool { return a <= b }
	case nn.Greater:
		return func(a, b float64) bool { return a > b }
	case nn.GreaterEqual:
		return func(a, b float64) bool { return a >= b }
	}
	return nil
}

// remainder is a - b floor(a / b), without that difference's rounding.
func remainder(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}
