package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Constant returns cases of one value and of many, larger and smaller than the
// input.
func Constant(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct{ in, value nn.Shape }{
		{nn.Shape{7, 15, 4}, nn.Shape{1}},
		{nn.Shape{5}, nn.Shape{7, 15, 65}},
		{nn.Shape{2, 2, 3}, nn.Shape{3}},
		{nn.Shape{1}, nn.Shape{2, 1, 2, 1, 3}},
	} {
		op := &nn.Constant{Value: Normal(rng, 0, 1, c.value...)}
		cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.in}, "to", extentsOf(c.value)))
	}
	return cases
}
