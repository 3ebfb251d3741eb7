package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Identity returns cases of one to three axes.
func Identity(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{65}, {7, 5}, {7, 15, 3}} {
		cases = append(cases, newCase(rng, &nn.Identity{}, 1+i, []nn.Shape{s}))
	}
	return cases
}
