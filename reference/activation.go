package reference

import (
	"context"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// activation applies a function to every element.
func activation(ctx context.Context, op *nn.Activation, x, y *nn.Tensor) error {
	f, err := function(op)
	if err != nil {
		return err
	}
	return parallel(ctx, x.Len(), chunk, func(from, to int) {
		for e := from; e < to; e++ {
			y.Data[e] = float32(f(float64(x.Data[e])))
		}
	})
}

// function returns what the activation does to one element.
func function(op *nn.Activation) (func(x float64) float64, error) {
	slope, threshold, alpha := float64(op.Slope), float64(op.Threshold), float64(op.Alpha)
	switch op.Func {
	case nn.Linear:
		return func(x float64) float64 { return x }, nil
	case nn.ReLU:
		return rectifier(op), nil
	case nn.Sigmoid:
		return sigmoid, nil
	case nn.Tanh:
		return math.Tanh, nil
	case nn.ELU:
		return elu(1, alpha), nil
	case nn.Swish:
		return func(x float64) float64 { return x * sigmoid(x) }, nil
	case nn.GELU:
		return gelu, nil
	case nn.GELUTanh:
		return geluTanh, nil
	case nn.HardSigmoid:
		return func(x float64) float64 { return hardSigmoid(slope, x) }, nil
	case nn.HardSwish:
		return func(x float64) float64 { return x * hardSigmoid(slope, x) }, nil
	case nn.HardTanh:
		return func(x float64) float64 { return min(max(x, -1), 1) }, nil
	case nn.SELU:
		return elu(nn.SELUScale, nn.SELUAlpha), nil
	case nn.CELU:
		return celu(alpha), nil
	case nn.Exponential:
		return math.Exp, nil
	case nn.Softplus:
		return softplus, nil
	case nn.Softsign:
		return func(x float64) float64 { return x / (1 + math.Abs(x)) }, nil
	case nn.Mish:
		return func(x float64) float64 { return x * math.Tanh(softplus(x)) }, nil
	case nn.LogSigmoid:
		return func(x float64) float64 { return -softplus(-x) }, nil
	case nn.HardShrink:
		return hardShrink(threshold), nil
	case nn.SoftShrink:
		return softShrink(threshold), nil
	case nn.TanhShrink:
		return func(x float64) float64 { return x - math.Tanh(x) }, nil
	case nn.Threshold:
		return aboveThreshold(threshold, alpha), nil
	case nn.SquarePlus:
		return func(x float64) float64 { return (x + math.Sqrt(x*x+alpha)) / 2 }, nil
	case nn.SparsePlus:
		return sparsePlus, nil
	default:
		return nil, fmt.Errorf("activation %q: %w", op.Func, ErrUnsupported)
	}
}

// rectifier is x above threshold, else slope (x - threshold); at most max. At a
// threshold other than 0 Keras's code gives 0, where its documentation says x.
// NaN stays NaN.
func rectifier(op *nn.Activation) func(x float64) float64 {
	slope, threshold, limit := float64(op.Slope), float64(op.Threshold), math.Inf(1)
	if op.Max != 0 {
		limit = float64(op.Max)
	}
	return func(x float64) float64 {
		switch {
		case x <= threshold && slope == 0:
			return 0 // no product: 0 times -Inf would be NaN
		case x <= threshold:
			return min(slope*(x-threshold), limit)
		default:
			return min(x, limit)
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// elu is scale times: x above 0, else alpha (exp(x) - 1).
func elu(scale, alpha float64) func(x float64) float64 {
	return func(x float64) float64 {
		if x > 0 {
			return scale * x
		}
		return scale * alpha * math.Expm1(x)
	}
}

// celu is x above 0, else alpha (exp(x / alpha) - 1): elu with a slope of 1 at 0.
func celu(alpha float64) func(x float64) float64 {
	return func(x float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * math.Expm1(x/alpha)
	}
}

func hardSigmoid(slope, x float64) float64 { return min(max(slope*x+0.5, 0), 1) }

// softplus is log(1 + exp x), in a form in which no exponential overflows.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func hardShrink(threshold float64) func(x float64) float64 {
	return func(x float64) float64 {
		if math.Abs(x) <= threshold {
			return 0
		}
		return x
	}
}

func softShrink(threshold float64) func(x float64) float64 {
	return func(x float64) float64 {
		switch {
		case x > threshold:
			return x - threshold
		case x < -threshold:
			return x + threshold
		case math.IsNaN(x):
			return x
		}
		return 0
	}
}

func aboveThreshold(threshold, otherwise float64) func(x float64) float64 {
	return func(x float64) float64 {
		if x > threshold {
			return x
		}
		return otherwise
	}
}

func sparsePlus(x float64) float64 {
	switch {
	case x <= -1:
		return 0
	case x < 1:
		return (x + 1) * (x + 1) / 4
	}
	return x
}

// gelu is x Phi(x) with Phi(x) = (1 + erf(x / sqrt 2)) / 2, in the form that
// keeps its digits where Phi is close to 0 (Hendrycks and Gimpel 2016).
func gelu(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }

// geluTanh is the approximation of gelu in section 2 of the same paper.
func geluTanh(x float64) float64 {
	return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) / 2
}
