package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Unary returns every function where it is defined, near 0 and at halves.
func Unary(rng *rand.Rand) []Case {
	var cases []Case
	for i, f := range nn.UnaryFuncs() {
		for j, image := range []nn.Shape{{7, 15, 5}, {65}, {2, 3, 2, 3}} {
			c := newCase(rng, &nn.Unary{Func: f}, 1+(i+j)%3, []nn.Shape{image}, string(f))
			switch f {
			case nn.Log, nn.Sqrt, nn.Rsqrt, nn.Reciprocal:
				c.Inputs[0] = uniform(rng, 0.1, 8, c.Inputs[0].Shape...)
			case nn.Log1p:
				c.Inputs[0] = uniform(rng, -0.9, 8, c.Inputs[0].Shape...)
				copy(c.Inputs[0].Data, []float32{1e-3, -1e-3, 0})
			case nn.Sign, nn.Floor, nn.Ceil, nn.Round, nn.Trunc:
				c.Inputs[0] = uniform(rng, -4, 4, c.Inputs[0].Shape...)
				copy(c.Inputs[0].Data, []float32{0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0, 3, -3})
			case nn.Float8: // its least numbers, halves between them, and beyond its greatest
				c.Inputs[0] = uniform(rng, -4, 4, c.Inputs[0].Shape...)
				copy(c.Inputs[0].Data, []float32{0x1p-9, 0x1p-10, 0x3p-10, 0, 1.0625, -1.1875, 3.875, -440, 500})
			case nn.Sin, nn.Cos: // turns away, too
				copy(c.Inputs[0].Data, []float32{1e-3, -1e-3, 0, 3, -3, 20, -100, 1000})
			default:
				copy(c.Inputs[0].Data, []float32{1e-3, -1e-3, 0, 3, -3})
			}
			cases = append(cases, c)
		}
	}
	return cases
}
