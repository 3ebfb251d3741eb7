package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Gather returns cases of positions in disorder, of repetition and of fill, along
// each axis.
func Gather(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		name      string
		image     nn.Shape
		axis      int
		positions []int32
		fill      float32
	}{
		{"disorder", nn.Shape{7, 15, 4}, 0, []int32{6, 0, 3, 3, 1}, 0},
		{"disorder", nn.Shape{7, 15, 65}, 1, []int32{14, 1, 13, 2}, 0},
		{"disorder", nn.Shape{7, 15, 5}, -1, []int32{4, 0, 4, 1, 2, 3, 0}, 0},
		{"one", nn.Shape{65}, 0, []int32{64}, 0},
		{"filled", nn.Shape{7, 5}, -2, []int32{-1, -1, 0, 1, 2, 3, 4, 5, 6, -1}, 0.5},
		{"filled", nn.Shape{7, 7, 3}, 2, []int32{-1, 0, 1, 2, -1}, -2},
		{"reflected", nn.Shape{5, 7, 3}, 0, []int32{2, 1, 0, 1, 2, 3, 4, 3, 2}, 0},
		{"doubled", nn.Shape{7, 5, 4}, 1, []int32{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}, 0},
		{"rolled", nn.Shape{2, 3, 4, 2, 3}, 2, []int32{3, 0, 1, 2}, 0},
	} {
		op := &nn.Gather{Axis: c.axis, Positions: c.positions, Fill: c.fill}
		cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.image}, c.name, fmt.Sprint("axis", c.axis)))
	}
	return cases
}
