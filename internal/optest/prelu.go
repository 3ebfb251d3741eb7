package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// PReLU returns cases of an alpha an element, and of axes that share one.
func PReLU(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image  nn.Shape
		shared []int
	}{
		{nn.Shape{7, 15, 5}, nil}, {nn.Shape{65}, nil}, {nn.Shape{7, 15, 64}, []int{0, 1}}, {nn.Shape{7, 15, 5}, []int{-1}}, {nn.Shape{7, 15, 5}, []int{0}},
		{nn.Shape{7, 15, 5}, []int{0, 2}}, {nn.Shape{7, 15, 5}, []int{-2}}, {nn.Shape{7, 15, 5}, []int{0, 1, 2}}, {nn.Shape{7, 63}, []int{0}},
	} {
		cases = append(cases, newCase(rng, &nn.PReLU{SharedAxes: c.shared}, 1+i%3, []nn.Shape{c.image}, axesName(c.shared)))
	}
	return cases
}
