package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Normalize returns cases of adapted and of given statistics, on each axis and
// several, of the inverse, and of a variance of 0, where the deviation is held at
// 1e-7.
func Normalize(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{7, 15, 3}, {33, 33, 1}, {5}, {2, 2, 65}} {
		cases = append(cases, newCase(rng, &nn.Normalize{Adapted: true}, 1+i%3, []nn.Shape{s}, "adapted"))
	}
	for i, c := range []struct {
		image nn.Shape
		axes  []int
	}{
		{nn.Shape{7, 15, 3}, []int{0}}, {nn.Shape{7, 15, 3}, []int{-2}}, {nn.Shape{7, 5, 3}, []int{0, 1}}, {nn.Shape{7, 5, 3}, []int{2, 0}},
		{nn.Shape{4, 5, 3}, []int{0, 1, 2}}, {nn.Shape{65, 3}, []int{0}},
	} {
		for _, invert := range []bool{false, true} {
			op := &nn.Normalize{Adapted: true, Axes: c.axes, Invert: invert}
			cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.image}, axesName(c.axes), fmt.Sprint("invert_", invert)))
		}
	}
	cases = append(cases, newCase(rng, &nn.Normalize{Adapted: true, Scalar: true}, 2, []nn.Shape{{7, 5, 3}}, "scalar"))
	given := &nn.Normalize{Mean: Normal(rng, 0, 1, 4), Variance: uniform(rng, 0.2, 2, 4)}
	cases = append(cases, newCase(rng, given, 2, []nn.Shape{{7, 7, 4}}, "given"))

	constant := &nn.Normalize{Mean: Normal(rng, 0, 1, 4), Variance: nn.NewTensor(4)}
	return append(cases, newCase(rng, constant, 2, []nn.Shape{{7, 7, 4}}, "variance_0"))
}
