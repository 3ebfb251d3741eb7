package cpu

import (
	"math"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// activation runs nn.Activation.
type activation struct {
	weightless
	frugal
	op *nn.Activation
}

func (a activation) lower(l *lowered, s *plan.Step) error {
	elements := l.batch * s.Out.Shape.Len()
	const cost = 16 // of an exponential function
	tiles := l.tilesOf(elements, cost)
	f, x, y := function(a.op, s.Lowest, s.Highest), l.at(s.In[0]), l.at(s.Out)
	l.emit(s, tiles, func(tile, _ int) {
		from, to := cut(elements, tiles, tile)
		f(l.net, offset(x, from), offset(y, from), 1, to-from, to-from)
	})
	return nil
}

// rowsFunction applies a function to rows of so many columns, which begin step
// floats behind one another, in x as in y.
type rowsFunction func(n *Net, x, y *float32, rows, columns, step int)

// activationOf returns the activation behind a step, with its bounds; nil: none.
func activationOf(s *plan.Step) rowsFunction {
	if s.Activation == nil {
		return nil
	}
	return function(s.Activation, s.Lowest, s.Highest)
}

// function returns an activation, with the bounds behind it.
func function(op *nn.Activation, lowest, highest float32) rowsFunction {
	m := simd.Map{
		Func: simd.Func(funcs[op.Func]), Lowest: lowest, Highest: highest,
		Slope: op.Slope, Threshold: op.Threshold, Limit: op.Max, Alpha: op.Alpha,
	}
	if op.Max == 0 {
		m.Limit = float32(math.Inf(1))
	}
	return func(n *Net, x, y *float32, rows, columns, step int) {
		m := m
		m.X, m.Y, m.Rows, m.Columns, m.XStep, m.YStep = x, y, int64(rows), int64(columns), int64(step), int64(step)
		n.set.Map(&m)
	}
}

// funcs are the functions that a kernel computes.
var funcs = map[nn.Func]simd.Func{
	nn.Linear: simd.Linear, nn.ReLU: simd.ReLU, nn.Sigmoid: simd.Sigmoid, nn.Tanh: simd.Tanh, nn.ELU: simd.ELU,
	nn.Swish: simd.Swish, nn.GELU: simd.GELU, nn.GELUTanh: simd.GELUTanh,
}

// unbounded returns the bounds of what has none.
func unbounded() (lowest, highest float32) { return float32(math.Inf(-1)), float32(math.Inf(1)) }
