package reference_test

import (
	"math"
	"math/big"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// naiveBinary computes functions of two numbers by other identities.
func naiveBinary(f nn.BinaryFunc, a, b float64) float64 {
	truth := map[bool]float64{true: 1}
	switch f {
	case nn.Subtract:
		return -(b - a)
	case nn.Divide:
		return 1 / (b / a)
	case nn.Maximum:
		return (a + b + math.Abs(a-b)) / 2
	case nn.Minimum:
		return (a + b - math.Abs(a-b)) / 2
	case nn.Power:
		if a < 0 { // whole exponents alone
			return math.Exp(b*math.Log(-a)) * math.Cos(math.Pi*b)
		}
		return math.Exp(b * math.Log(a))
	case nn.SquaredDifference:
		return a*a - 2*a*b + b*b
	case nn.FloorDivide, nn.Remainder:
		// Exactly, on fractions.
		x, y := new(big.Rat).SetFloat64(a), new(big.Rat).SetFloat64(b)
		q := new(big.Rat).Quo(x, y)
		whole := new(big.Int).Div(q.Num(), q.Denom()) // Euclidean: the denominator is positive
		if f == nn.FloorDivide {
			v, _ := new(big.Float).SetInt(whole).Float64()
			return v
		}
		v, _ := x.Sub(x, y.Mul(y, new(big.Rat).SetInt(whole))).Float64()
		return v
	case nn.Where:
		return b * truth[a != 0]
	case nn.Unless:
		return b * truth[a == 0]
	case nn.Equal:
		return truth[a-b == 0]
	case nn.NotEqual:
		return truth[a-b != 0]
	case nn.Less:
		return truth[a-b < 0]
	case nn.LessEqual:
		return truth[a-b <= 0]
	case nn.Greater:
		return truth[a-b > 0]
	case nn.GreaterEqual:
		return truth[a-b >= 0]
	}
	return math.NaN()
}

// naiveUnary computes functions of one number by other identities.
func naiveUnary(f nn.UnaryFunc, x float64) float64 {
	whole := float64(int(x)) // towards 0
	switch f {
	case nn.Log:
		return math.Log2(x) * math.Ln2
	case nn.Log1p:
		return 2 * math.Atanh(x/(2+x))
	case nn.Expm1:
		return 2 * math.Sinh(x/2) * math.Exp(x/2)
	case nn.Sqrt:
		return math.Pow(x, 0.5)
	case nn.Rsqrt:
		return math.Pow(x, -0.5)
	case nn.Reciprocal:
		return math.Pow(x, -1)
	case nn.Abs:
		return math.Sqrt(x * x)
	case nn.Sign:
		return x / max(math.Abs(x), math.SmallestNonzeroFloat64)
	case nn.Floor:
		return whole - map[bool]float64{true: 1}[whole > x]
	case nn.Ceil:
		return whole + map[bool]float64{true: 1}[whole < x]
	case nn.Round:
		return x - math.Remainder(x, 1)
	case nn.Trunc:
		return whole
	case nn.Sin:
		return math.Cos(x - math.Pi/2)
	case nn.Cos:
		return math.Sin(x + math.Pi/2)
	case nn.Erf:
		return 1 - math.Erfc(x)
	case nn.Erfc:
		return 1 - math.Erf(x)
	case nn.Arctan:
		return math.Asin(x / math.Sqrt(1+x*x))
	case nn.Float8:
		nearest := 0.0 // of all numbers of the type, the even before the odd
		for _, odd := range []int{0, 1} {
			for code := odd; code < 127; code += 2 {
				v := math.Ldexp(float64(code%8), -9)
				if code >= 8 {
					v = math.Ldexp(float64(8+code%8), code/8-10)
				}
				if math.Abs(math.Abs(x)-v) < math.Abs(math.Abs(x)-nearest) {
					nearest = v
				}
			}
		}
		return math.Copysign(nearest, x)
	}
	return math.NaN()
}

// naiveMove reads the element that an operation moves to those coordinates.
func naiveMove(op nn.Op, x *nn.Tensor, at []int) float64 {
	own := slices.Clone(at)
	switch op := op.(type) {
	case *nn.Transpose:
		for i, a := range op.Axes {
			own[1+a] = at[1+i]
		}
	case *nn.Slice:
		for a := range op.Start {
			own[1+a] = op.Start[a]
			for range at[1+a] {
				own[1+a] += op.Step[a]
			}
		}
	case *nn.Gather:
		axis := 1 + op.Axis
		if op.Axis < 0 {
			axis = len(at) + op.Axis
		}
		if own[axis] = int(op.Positions[at[axis]]); own[axis] < 0 {
			return float64(op.Fill)
		}
	}
	return value(x, own)
}

// naiveReduce looks at all of x and keeps what lies above the coordinates.
func naiveReduce(op *nn.Reduce, x *nn.Tensor, at []int) float64 {
	var values []float64
	each(x.Shape, func(own []int) {
		kept := []int{}
		for a, i := range own {
			if !slices.Contains(op.Axes, a-1) {
				kept = append(kept, i)
			} else if op.KeepDims {
				kept = append(kept, 0)
			}
		}
		if slices.Equal(kept, at) {
			values = append(values, value(x, own))
		}
	})
	sum, product := 0.0, 1.0
	for _, v := range values {
		sum, product = sum+v, product*v
	}
	switch op.Func {
	case nn.ReduceSum:
		return sum
	case nn.ReduceMean:
		return sum / float64(len(values))
	case nn.ReduceProd:
		return product
	case nn.ReduceMax:
		return slices.Max(values)
	case nn.ReduceMin:
		return slices.Min(values)
	case nn.ReduceArgMax:
		return float64(slices.Index(values, slices.Max(values)))
	case nn.ReduceArgMin:
		return float64(slices.Index(values, slices.Min(values)))
	}
	return math.NaN()
}

func naiveMatMul(op *nn.MatMul, a, b *nn.Tensor, at []int) float64 {
	outer, i, j := at[:len(at)-2], at[len(at)-2], at[len(at)-1]
	element := func(x *nn.Tensor, row, column int, transposed bool) float64 {
		if transposed {
			row, column = column, row
		}
		return broadcast(x, append(slices.Clone(outer), row, column))
	}
	depth := a.Shape.Channels()
	if op.TransposeA {
		depth = a.Shape[len(a.Shape)-2]
	}
	sum := 0.0
	for k := range depth {
		sum += element(a, i, k, op.TransposeA) * element(b, k, j, op.TransposeB)
	}
	return sum
}
