package cpu

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// binary runs nn.Binary.
type binary struct {
	weightless
	frugal
	op *nn.Binary
}

func (b binary) lower(l *lowered, s *plan.Step) error {
	f := binaryFunction(b.op.Func)
	if f == nil {
		return fmt.Errorf("no function %q", b.op.Func)
	}
	x, r, y := l.floats(s.In[0]), l.floats(s.In[1]), l.floats(s.Out)
	tiles, each := l.pairs(s.In[0].Shape, s.In[1].Shape, s.Out.Shape)
	l.emit(s, inGo, tiles, func(tile, _ int) {
		each(tile, func(p pair) {
			for row := range p.each {
				for i := range row.n {
					y[row.out+i] = f(x[row.left+i*row.leftStep], r[row.right+i*row.rightStep])
				}
			}
		})
	})
	return nil
}

// binaryFunction returns what a function makes of two numbers; nil: it is unknown.
func binaryFunction(f nn.BinaryFunc) func(a, b float32) float32 {
	switch f {
	case nn.Subtract:
		return func(a, b float32) float32 { return a - b }
	case nn.Divide:
		return func(a, b float32) float32 { return a / b }
	case nn.Maximum:
		return func(a, b float32) float32 { return max(a, b) }
	case nn.Minimum:
		return func(a, b float32) float32 { return min(a, b) }
	case nn.Power:
		return func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }
	case nn.SquaredDifference:
		return func(a, b float32) float32 { return (a - b) * (a - b) }
	case nn.FloorDivide:
		return func(a, b float32) float32 { return float32(math.Floor(float64(a) / float64(b))) }
	case nn.Remainder:
		return remainder
	case nn.Where:
		return func(a, b float32) float32 { return chosen(a != 0, b) }
	case nn.Unless:
		return func(a, b float32) float32 { return chosen(a == 0, b) }
	case nn.Equal:
		return func(a, b float32) float32 { return chosen(a == b, 1) }
	case nn.NotEqual:
		return func(a, b float32) float32 { return chosen(a != b, 1) }
	case nn.Less:
		return func(a, b float32) float32 { return chosen(a < b, 1) }
	case nn.LessEqual:
		return func(a, b float32) float32 { return chosen(a <= b, 1) }
	case nn.Greater:
		return func(a, b float32) float32 { return chosen(a > b, 1) }
	case nn.GreaterEqual:
		return func(a, b float32) float32 { return chosen(a >= b, 1) }
	}
	return nil
}

// chosen returns x where it is wanted, else 0.
func chosen(wanted bool, x float32) float32 {
	if wanted {
		return x
	}
	return 0
}

// remainder has the sign of b, and is exact: float64 holds what math.Mod leaves.
func remainder(a, b float32) float32 {
	r := math.Mod(float64(a), float64(b))
	if r != 0 && (r < 0) != (b < 0) {
		r += float64(b)
	}
	return float32(r)
}
