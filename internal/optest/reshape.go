package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Flatten returns cases of one to three axes.
func Flatten(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{1}, {65}, {7, 5}, {2, 2, 512}, {7, 15, 3}, {1, 1, 63}} {
		cases = append(cases, newCase(rng, &nn.Flatten{}, 1+i%3, []nn.Shape{s}))
	}
	return cases
}

// Reshape returns cases to more axes, fewer and as many, with and without an
// extent that is left open.
func Reshape(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct{ from, to nn.Shape }{
		{nn.Shape{12}, nn.Shape{2, 3, 2}},
		{nn.Shape{64}, nn.Shape{1, 1, -1}},
		{nn.Shape{7, 15, 4}, nn.Shape{-1}},
		{nn.Shape{7, 15, 4}, nn.Shape{15, -1, 7}},
		{nn.Shape{7, 15, 4}, nn.Shape{105, 4}},
		{nn.Shape{5}, nn.Shape{5}},
		{nn.Shape{1, 1, 65}, nn.Shape{65}},
	} {
		cases = append(cases, newCase(rng, &nn.Reshape{Target: c.to}, 1+i%3, []nn.Shape{c.from}, "to", extentsOf(c.to)))
	}
	return cases
}
