package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Activation returns every function with and without its parameters, on values
// around its bends and on the tails, where a careless exp overflows.
func Activation(rng *rand.Rand) []Case {
	ops := []*nn.Activation{
		{Func: nn.ReLU, Max: 6},
		{Func: nn.ReLU, Slope: 0.01},
		{Func: nn.ReLU, Slope: 0.3, Threshold: 0.5, Max: 2},
		{Func: nn.ReLU, Threshold: 1},
		{Func: nn.ReLU, Threshold: -0.5},
		{Func: nn.ELU, Alpha: 0.5},
		{Func: nn.CELU, Alpha: 0.5},
		{Func: nn.HardSigmoid, Slope: 0.2}, // Keras 2's
		{Func: nn.HardSigmoid, Slope: 0.5}, // sparse_sigmoid
		{Func: nn.HardShrink, Threshold: 1},
		{Func: nn.SoftShrink, Threshold: 1},
		{Func: nn.Threshold, Threshold: 0.5, Alpha: -2},
		{Func: nn.SquarePlus, Alpha: 0.25},
	}
	for _, f := range nn.Funcs() {
		op := nn.Default(f)
		ops = append(ops, &op)
	}
	var cases []Case
	for i, op := range ops {
		name := fmt.Sprintf("%s_slope%g_threshold%g_max%g_alpha%g", op.Func, op.Slope, op.Threshold, op.Max, op.Alpha)
		for _, image := range []nn.Shape{{7, 15, 5}, {65}} {
			c := newCase(rng, op, 1+i%3, []nn.Shape{image}, name)
			copy(c.Inputs[0].Data, []float32{0, 1, 0.5, -0.5, 2, 6, -1, 1e-6, -1e-6})
			cases = append(cases, c)
		}
		tails := newCase(rng, op, 1, []nn.Shape{{3, 4}}, name, "tails")
		copy(tails.Inputs[0].Data, []float32{10, -10, 20, -20, 50, -50, 90, -90, 100, -100, 1000, -1000})
		if op.Func == nn.Exponential { // whose result must be finite, as float16 too
			copy(tails.Inputs[0].Data, []float32{10, -10, 9, -9, 5, -20, 0, -50, 1, -90, 2, -1000})
		}
		cases = append(cases, tails)
	}
	large := newCase(rng, &nn.Activation{Func: nn.ReLU}, 2, []nn.Shape{{33, 33, 65}})
	return append(cases, large)
}
