package reference

import (
	"context"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// unary applies a function to every element.
func unary(ctx context.Context, op *nn.Unary, x, y *nn.Tensor) error {
	f, err := unaryFunction(op.Func)
	if err != nil {
		return err
	}
	return parallel(ctx, x.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			y.Data[e] = float32(f(float64(x.Data[e])))
		}
	})
}

// unaryFunction returns what the function makes of a number.
func unaryFunction(f nn.UnaryFunc) (func(x float64) float64, error) {
	switch f {
	case nn.Log:
		return math.Log, nil
	case nn.Log1p:
		return math.Log1p, nil
	case nn.Expm1:
		return math.Expm1, nil
	case nn.Sqrt:
		return math.Sqrt, nil
	case nn.Rsqrt:
		return func(x float64) float64 { return 1 / math.Sqrt(x) }, nil
	case nn.Reciprocal:
		return func(x float64) float64 { return 1 / x }, nil
	case nn.Abs:
		return math.Abs, nil
	case nn.Sign:
		return sign, nil
	case nn.Floor:
		return math.Floor, nil
	case nn.Ceil:
		return math.Ceil, nil
	case nn.Round:
		return math.RoundToEven, nil
	case nn.Trunc:
		return math.Trunc, nil
	case nn.Sin:
		return math.Sin, nil
	case nn.Cos:
		return math.Cos, nil
	case nn.Erf:
		return math.Erf, nil
	case nn.Erfc:
		return math.Erfc, nil
	case nn.Arctan:
		return math.Atan, nil
	case nn.Float8:
		return float8, nil
	}
	return nil, fmt.Errorf("function %q of one number: %w", f, ErrUnsupported)
}

// float8 has three bits of a mantissa; numbers below 2^-6 are whole multiples of 2^-9.
func float8(x float64) float64 {
	_, exponent := math.Frexp(x) // of a mantissa below 1
	step := math.Ldexp(1, max(exponent-1, -6)-3)
	return max(-448, min(448, math.RoundToEven(x/step)*step))
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 and NaN
}
