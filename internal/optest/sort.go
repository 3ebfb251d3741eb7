package optest

import (
	"math"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Sort returns cases of each order, of numbers and of their places, along each axis.
// The numbers are whole and few, so that there are equal ones and float16 holds them;
// zeros are of both signs.
func Sort(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image nn.Shape
		axis  int
	}{
		{nn.Shape{1}, 0}, {nn.Shape{6}, -1}, {nn.Shape{65}, 0}, {nn.Shape{1000}, 0},
		{nn.Shape{7, 15, 5}, 0}, {nn.Shape{7, 15, 5}, 1}, {nn.Shape{7, 15, 4}, 2}, {nn.Shape{3, 65}, -2}, {nn.Shape{2, 5, 3, 4}, 1},
	} {
		for k, name := range []string{"rising", "falling", "places", "places_falling"} {
			op := &nn.Sort{Axis: c.axis, Descending: k%2 == 1, Positions: k > 1}
			one := newCase(rng, op, 1+(i+k)%3, []nn.Shape{c.image}, name, axesName([]int{c.axis}))
			for at := range one.Inputs[0].Data {
				v := float64(rng.IntN(41) - 20)
				if v == 0 && rng.IntN(2) == 0 {
					v = math.Copysign(0, -1)
				}
				one.Inputs[0].Data[at] = float32(v)
			}
			cases = append(cases, one)
		}
	}
	return cases
}
