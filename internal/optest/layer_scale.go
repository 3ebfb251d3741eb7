package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// LayerScale returns cases of one to three axes.
func LayerScale(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{7, 15, 5}, {65}, {7, 4}, {2, 2, 64}, {33, 15, 1}} {
		cases = append(cases, newCase(rng, &nn.LayerScale{}, 1+i%3, []nn.Shape{s}))
	}
	return cases
}
