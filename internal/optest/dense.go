package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Dense returns cases on vectors, on rows of vectors and on feature maps.
func Dense(rng *rand.Rand) []Case {
	var cases []Case
	for _, c := range []struct {
		image nn.Shape
		units int
		batch int
	}{
		{nn.Shape{1}, 1, 1}, {nn.Shape{1}, 65, 3}, {nn.Shape{3}, 4, 2}, {nn.Shape{63}, 5, 1}, {nn.Shape{65}, 63, 3},
		{nn.Shape{512}, 1000, 1}, {nn.Shape{2048}, 6, 1}, {nn.Shape{2048}, 6, 8}, {nn.Shape{2048}, 130, 2},
		{nn.Shape{7, 5}, 4, 2}, {nn.Shape{1, 64}, 64, 3}, {nn.Shape{2, 65}, 3, 1},
		{nn.Shape{7, 15, 5}, 63, 2}, {nn.Shape{1, 1, 64}, 65, 1}, {nn.Shape{15, 2, 65}, 4, 3}, {nn.Shape{33, 1, 3}, 1, 1},
		{nn.Shape{2, 3, 2, 4}, 7, 2},
	} {
		for _, useBias := range []bool{false, true} {
			op := &nn.Dense{Units: c.units, UseBias: useBias}
			cases = append(cases, newCase(rng, op, c.batch, []nn.Shape{c.image}, fmt.Sprint("to", c.units), biasName(useBias)))
		}
	}
	return cases
}
