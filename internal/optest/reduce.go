package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Reduce returns every function over one axis and over several, neighbouring or
// not, kept or not. Factors are close to 1; no two elements of an argmax are
// equal.
func Reduce(rng *rand.Rand) []Case {
	var cases []Case
	for i, f := range nn.ReduceFuncs() {
		for j, c := range []struct {
			image nn.Shape
			axes  []int
		}{
			{nn.Shape{65}, []int{0}},
			{nn.Shape{7, 15, 5}, []int{2}},
			{nn.Shape{7, 15, 64}, []int{0, 1}},
			{nn.Shape{7, 15, 5}, []int{1}},
			{nn.Shape{7, 15, 5}, []int{0, 2}},
			{nn.Shape{33, 15, 7}, []int{0, 1, 2}},
			{nn.Shape{7, 33}, []int{0}},
			{nn.Shape{2, 3, 4, 2, 5}, []int{1, 3}},
			{nn.Shape{2, 3, 2, 3, 2, 3}, []int{0, 2, 4}},
		} {
			op := &nn.Reduce{Func: f, Axes: c.axes, KeepDims: (i+j)%2 == 0}
			one := newCase(rng, op, 1+(i+j)%3, []nn.Shape{c.image}, string(f), "axes", numbers(c.axes), fmt.Sprint("keep_", op.KeepDims))
			if f == nn.ReduceProd {
				one.Inputs[0] = uniform(rng, 0.9, 1.1, one.Inputs[0].Shape...)
			}
			cases = append(cases, one)
		}
	}
	return cases
}
