package simd

import "math"

// MapKind says what a Map does before its function.
type MapKind int32

// The kinds.
const (
	Copy     MapKind = iota // x
	Add                     // x + other
	Multiply                // x other
	Affine                  // (x - center) scale + other
)

// Func is an activation function of package nn that a Map of kind Copy computes.
type Func int32

// The functions; their parameters are fields of Map.
const (
	Linear Func = iota
	ReLU        // x above Threshold, else Slope (x - Threshold); at most Limit
	Sigmoid
	Tanh
	ELU // x above 0, else Alpha (exp(x) - 1)
	Swish
	GELU
	GELUTanh
	HardSigmoid // Slope x + 1/2, between 0 and 1
	HardSwish   // x times that
	Exponential
)

// Map is y[r, c] = bound(f(x[r, c], other[r, c])). Kinds other than Copy have no
// function. Rows begin XStep, OtherStep and YStep floats behind one another: 0
// repeats a row.
type Map struct {
	X             *float32
	Other         *float32 // nil with Copy
	Center, Scale *float32 // (Columns), with Affine
	Y             *float32 // it may be X, or Other

	Rows, Columns, XStep, OtherStep, YStep int64
	Lowest, Highest                        float32
	Slope, Threshold, Limit, Alpha         float32
	Kind                                   MapKind
	Func                                   Func
}

// mapped is Map.
func mapped(m *Map) {
	f := m.function()
	for r := range m.Rows {
		x, y := floats(at(m.X, r*m.XStep), m.Columns), floats(at(m.Y, r*m.YStep), m.Columns)
		var other []float32
		if m.Kind != Copy {
			other = floats(at(m.Other, r*m.OtherStep), m.Columns)
		}
		for c, v := range x {
			switch m.Kind {
			case Add:
				v += other[c]
			case Multiply:
				v *= other[c]
			case Affine:
				v = (v-*at(m.Center, int64(c)))**at(m.Scale, int64(c)) + other[c]
			}
			if f != nil {
				v = float32(f(float64(v)))
			}
			y[c] = bound(v, m.Lowest, m.Highest)
		}
	}
}

// activate applies the function behind a kernel, if there is one, to what that
// has just written.
func (m Map) activate(y []float32) {
	if m.Func == Linear || len(y) == 0 {
		return
	}
	m.X, m.Y, m.Rows, m.Columns = &y[0], &y[0], 1, int64(len(y))
	mapped(&m)
}

// function returns the function, nil for Linear.
func (m *Map) function() func(float64) float64 {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	switch m.Func {
	case ReLU:
		return func(x float64) float64 {
			switch slope, threshold := float64(m.Slope), float64(m.Threshold); {
			case x > threshold || x != x:
			case slope == 0:
				x = 0 // no product: 0 times an infinity is NaN
			default:
				x = slope * (x - threshold)
			}
			return min(x, float64(m.Limit))
		}
	case Sigmoid:
		return sigmoid
	case Tanh:
		return math.Tanh
	case ELU:
		return func(x float64) float64 {
			if x > 0 {
				return x
			}
			return float64(m.Alpha) * math.Expm1(x)
		}
	case Swish:
		return func(x float64) float64 { return x * sigmoid(x) }
	case GELU:
		return func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }
	case GELUTanh:
		return func(x float64) float64 {
			return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) / 2
		}
	case HardSigmoid:
		return m.hardSigmoid
	case HardSwish:
		return func(x float64) float64 { return x * m.hardSigmoid(x) }
	case Exponential:
		return math.Exp
	}
	return nil
}

func (m *Map) hardSigmoid(x float64) float64 { return min(max(float64(m.Slope)*x+0.5, 0), 1) }
