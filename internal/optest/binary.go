package optest

import (
	"math"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Binary returns every function on equal shapes and on each form of broadcasting,
// of up to six axes. Divisors and bases stay away from 0; bases below 0 come with
// whole exponents; half of the pairs that are compared are equal.
func Binary(rng *rand.Rand) []Case {
	var cases []Case
	for i, f := range nn.BinaryFuncs() {
		for j, images := range [][]nn.Shape{
			{{7, 15, 5}, {7, 15, 5}},
			{{7, 15, 5}, {5}},
			{{1}, {2, 3, 4}},
			{{7, 1, 65}, {1, 15, 1}},
			{{3, 1, 2, 1, 3, 2}, {4, 1, 5, 1, 2}},
		} {
			c := newCase(rng, &nn.Binary{Func: f}, 1+(i+j)%3, images, string(f))
			c.Inputs[0], c.Inputs[1] = operands(rng, f, c.Inputs[0], c.Inputs[1])
			cases = append(cases, c)
		}
	}
	for _, exponent := range []float32{-2, -1, 0, 1, 2, 3, 7, 0.5, -0.5, 2.5} {
		c := newCase(rng, &nn.Binary{Func: nn.Power}, 2, []nn.Shape{{7, 5}, {1}}, "to", exponentName(exponent))
		for i, v := range c.Inputs[0].Data {
			c.Inputs[0].Data[i] = float32(math.Abs(float64(v))) + 0.25
			if exponent == float32(int(exponent)) && i%2 == 0 {
				c.Inputs[0].Data[i] *= -1
			}
		}
		for i := range c.Inputs[1].Data {
			c.Inputs[1].Data[i] = exponent
		}
		cases = append(cases, c)
	}
	return cases
}

func exponentName(x float32) string {
	name := map[float32]string{0.5: "half", -0.5: "minus_half", 2.5: "two_and_a_half"}[x]
	if name == "" {
		name = "whole" + extentsOf(nn.Shape{int(x)})
	}
	return name
}

// operands changes inputs to those that the function is made for.
func operands(rng *rand.Rand, f nn.BinaryFunc, a, b *nn.Tensor) (*nn.Tensor, *nn.Tensor) {
	switch f {
	case nn.Divide, nn.FloorDivide, nn.Remainder:
		for i, v := range b.Data {
			b.Data[i] = v + float32(math.Copysign(0.5, float64(v)))
		}
	case nn.Power:
		a, b = uniform(rng, 0.25, 3, a.Shape...), uniform(rng, -2, 2, b.Shape...)
	case nn.Where, nn.Unless:
		for i := range a.Data {
			a.Data[i] = float32(i % 2)
		}
	case nn.Equal, nn.NotEqual, nn.Less, nn.LessEqual, nn.Greater, nn.GreaterEqual:
		for _, x := range []*nn.Tensor{a, b} {
			for i := range x.Data {
				x.Data[i] = float32(rng.IntN(2))
			}
		}
		a.Data[0], b.Data[0] = 1, 1 // no relation fails throughout
		a.Data[len(a.Data)-1], b.Data[len(b.Data)-1] = 1, 0
	}
	return a, b
}
