package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Resize returns cases of every method to more positions, fewer and as many, by
// whole factors and others.
func Resize(rng *rand.Rand) []Case {
	var cases []Case
	for _, m := range nn.ResizeMethods() {
		for i, c := range []struct {
			image         nn.Shape
			height, width int
		}{
			{nn.Shape{7, 5, 3}, 14, 15}, {nn.Shape{15, 33, 3}, 7, 8}, {nn.Shape{7, 15, 4}, 7, 15}, {nn.Shape{1, 1, 65}, 3, 4}, {nn.Shape{33, 2, 5}, 1, 1}, {nn.Shape{15, 7, 1}, 4, 20},
		} {
			op := &nn.Resize{Height: c.height, Width: c.width, Method: m, Antialias: i%2 == 1}
			cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.image}, fmt.Sprintf("to%dx%d", c.height, c.width), string(m), fmt.Sprint("antialias_", op.Antialias)))
		}
	}
	return cases
}
