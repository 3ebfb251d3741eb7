package cpu

import (
	"fmt"
	"math"
	"unsafe"

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
	f := rowsOf(a.op, s.Lowest, s.Highest)
	if f == nil {
		return fmt.Errorf("no activation %q", a.op.Func)
	}
	elements := l.batch * s.Out.Shape.Len()
	const cost = 16 // of an exponential function
	x, y := l.at(s.In[0]), l.at(s.Out)
	if _, ok := activationKernels[a.op.Func]; ok {
		m := mapOf(a.op, s.Lowest, s.Highest)
		l.callEach(s, "map", elements, cost, func(from, to int) simd.Call {
			m := m
			m.X, m.Y, m.Rows, m.Columns = offset(x, from), offset(y, from), 1, int64(to-from)
			return &m
		})
		return nil
	}
	tiles := l.tilesOf(elements, cost)
	l.emit(s, inGo, tiles, func(tile, _ int) {
		from, to := cut(elements, tiles, tile)
		f(l.net, offset(x, from), offset(y, from), 1, to-from, to-from)
	})
	return nil
}

// rowsFunction applies a function to rows of so many columns, which begin step
// floats behind one another, in x as in y.
type rowsFunction func(n *Net, x, y *float32, rows, columns, step int)

// behindOf returns what follows a kernel's own sums: bounds, or the activation that a
// step has, with the step's bounds behind it. It is one that the kernel computes, with
// Linear for none, or else the function after, nil for none.
func behindOf(s *plan.Step) (kernel simd.Map, after rowsFunction, lowest, highest float32) {
	if s.Activation == nil {
		return simd.Map{}, nil, s.Lowest, s.Highest
	}
	lowest, highest = unbounded()
	if _, ok := activationKernels[s.Activation.Func]; ok {
		return mapOf(s.Activation, s.Lowest, s.Highest), nil, lowest, highest
	}
	return simd.Map{}, activationOf(s), lowest, highest
}

// activationOf returns the activation behind a step, with its bounds; nil: none.
func activationOf(s *plan.Step) rowsFunction {
	if s.Activation == nil {
		return nil
	}
	return rowsOf(s.Activation, s.Lowest, s.Highest)
}

// rowsOf returns an activation with the bounds behind it: by a kernel, or, where
// none computes it, by package math; nil: it is unknown.
func rowsOf(op *nn.Activation, lowest, highest float32) rowsFunction {
	if _, ok := activationKernels[op.Func]; !ok {
		f := function(op)
		if f == nil {
			return nil
		}
		return func(_ *Net, x, y *float32, rows, columns, step int) {
			for r := range rows {
				in, out := unsafe.Slice(offset(x, r*step), columns), unsafe.Slice(offset(y, r*step), columns)
				for i, v := range in {
					out[i] = min(max(float32(f(float64(v))), lowest), highest)
				}
			}
		}
	}
	m := mapOf(op, lowest, highest)
	return func(n *Net, x, y *float32, rows, columns, step int) {
		m := m
		m.X, m.Y, m.Rows, m.Columns, m.XStep, m.YStep = x, y, int64(rows), int64(columns), int64(step), int64(step)
		n.set.Map(&m)
	}
}

// mapOf returns an activation that a kernel computes.
func mapOf(op *nn.Activation, lowest, highest float32) simd.Map {
	m := simd.Map{
		Func: activationKernels[op.Func], Lowest: lowest, Highest: highest,
		Slope: op.Slope, Threshold: op.Threshold, Limit: op.Max, Alpha: op.Alpha,
	}
	if op.Max == 0 {
		m.Limit = float32(math.Inf(1))
	}
	return m
}

// activationKernels are the functions that a kernel computes.
var activationKernels = map[nn.Func]simd.Func{
	nn.Linear: simd.Linear, nn.ReLU: simd.ReLU, nn.Sigmoid: simd.Sigmoid, nn.Tanh: simd.Tanh, nn.ELU: simd.ELU,
	nn.Swish: simd.Swish, nn.GELU: simd.GELU, nn.GELUTanh: simd.GELUTanh,
	nn.HardSigmoid: simd.HardSigmoid, nn.HardSwish: simd.HardSwish, nn.Exponential: simd.Exponential,
}

// function returns the other functions, as nn defines them; nil: it is unknown.
func function(op *nn.Activation) func(x float64) float64 {
	threshold, alpha := float64(op.Threshold), float64(op.Alpha)
	softplus := func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	elu := func(scale, alpha, width float64) func(x float64) float64 {
		return func(x float64) float64 {
			if x > 0 {
				return scale * x
			}
			return scale * alpha * math.Expm1(x/width)
		}
	}
	switch op.Func {
	case nn.HardTanh:
		return func(x float64) float64 { return min(max(x, -1), 1) }
	case nn.SELU:
		return elu(nn.SELUScale, nn.SELUAlpha, 1)
	case nn.CELU:
		return elu(1, alpha, alpha)
	case nn.Softplus:
		return softplus
	case nn.Softsign:
		return func(x float64) float64 { return x / (1 + math.Abs(x)) }
	case nn.Mish:
		return func(x float64) float64 { return x * math.Tanh(softplus(x)) }
	case nn.LogSigmoid:
		return func(x float64) float64 { return -softplus(-x) }
	case nn.HardShrink:
		return func(x float64) float64 {
			if math.Abs(x) <= threshold {
				return 0
			}
			return x
		}
	case nn.SoftShrink:
		return func(x float64) float64 { return x - min(max(x, -threshold), threshold) }
	case nn.TanhShrink:
		return func(x float64) float64 { return x - math.Tanh(x) }
	case nn.Threshold:
		return func(x float64) float64 {
			if x > threshold {
				return x
			}
			return alpha
		}
	case nn.SquarePlus:
		return func(x float64) float64 { return (x + math.Sqrt(x*x+alpha)) / 2 }
	case nn.SparsePlus:
		return func(x float64) float64 {
			switch {
			case x <= -1:
				return 0
			case x < 1:
				return (x + 1) * (x + 1) / 4
			}
			return x
		}
	}
	return nil
}

// unbounded returns the bounds of what has none.
func unbounded() (lowest, highest float32) { return float32(math.Inf(-1)), float32(math.Inf(1)) }
