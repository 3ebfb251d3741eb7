package cpu

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// unary runs nn.Unary.
type unary struct {
	weightless
	frugal
	op *nn.Unary
}

func (u unary) lower(l *lowered, s *plan.Step) error {
	f, ok := unaryFunctions[u.op.Func]
	if !ok {
		return fmt.Errorf("no function %q", u.op.Func)
	}
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	const cost = 30 // of a function of package math
	tiles := l.tilesOf(len(y), cost)
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(len(y), tiles, tile)
		for i := from; i < to; i++ {
			y[i] = float32(f(float64(x[i])))
		}
	})
	return nil
}

var unaryFunctions = map[nn.UnaryFunc]func(float64) float64{
	nn.Log: math.Log, nn.Log1p: math.Log1p, nn.Expm1: math.Expm1, nn.Sqrt: math.Sqrt,
	nn.Rsqrt:      func(x float64) float64 { return 1 / math.Sqrt(x) },
	nn.Reciprocal: func(x float64) float64 { return 1 / x },
	nn.Abs:        math.Abs,
	nn.Sign: func(x float64) float64 {
		if x == 0 || x != x {
			return x
		}
		return math.Copysign(1, x)
	},
	nn.Floor: math.Floor, nn.Ceil: math.Ceil, nn.Round: math.RoundToEven, nn.Trunc: math.Trunc,
	nn.Sin: math.Sin, nn.Cos: math.Cos, nn.Erf: math.Erf, nn.Erfc: math.Erfc, nn.Arctan: math.Atan,
	nn.Float8: float8,
}

// float8 is cut from a number's bits: 2^52 of the last place that it keeps pushes out
// those behind.
func float8(x float64) float64 {
	least := math.Ldexp(1, -6)
	exponent := math.Float64bits(max(min(math.Abs(x), 448), least)) >> 52
	push := math.Float64frombits((exponent - 3 + 52) << 52)
	if x != x {
		return x
	}
	return math.Copysign(min(math.Abs(x), 448)+push-push, x)
}
