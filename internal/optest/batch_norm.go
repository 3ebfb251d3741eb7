package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// BatchNorm returns cases over each axis of vectors, rows and feature maps, with
// and without scale and centre, with both epsilons that are common in files,
// and with a variance so small that epsilon alone counts.
func BatchNorm(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image nn.Shape
		axis  int
	}{
		{nn.Shape{7, 15, 64}, 2}, {nn.Shape{7, 15, 65}, -1}, {nn.Shape{33, 2, 3}, 2}, {nn.Shape{1, 1, 63}, -1}, {nn.Shape{15, 15, 1}, -1},
		{nn.Shape{5, 7, 15}, 0}, {nn.Shape{64, 2, 7}, -3}, {nn.Shape{7, 4, 15}, 1}, {nn.Shape{2, 65, 3}, -2}, {nn.Shape{5, 7, 1}, 1}, {nn.Shape{9, 1, 1}, 0},
		{nn.Shape{1}, 0}, {nn.Shape{65}, -1}, {nn.Shape{2048}, 0}, {nn.Shape{7, 63}, 1}, {nn.Shape{7, 63}, 0},
	} {
		for _, affine := range [][2]bool{{true, true}, {i%2 == 0, i%2 != 0}} {
			op := &nn.BatchNorm{Axis: c.axis, Epsilon: 1e-3, Scale: affine[0], Center: affine[1]}
			cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.image}, fmt.Sprint("axis", c.axis), affineName(affine)))
		}
	}
	plain := &nn.BatchNorm{Axis: -1, Epsilon: 1.001e-5}
	cases = append(cases, newCase(rng, plain, 2, []nn.Shape{{7, 7, 5}}, "plain"))

	tiny := &nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}
	c := newCase(rng, tiny, 2, []nn.Shape{{7, 7, 4}}, "variance_0")
	clear(tiny.Variance.Data)
	return append(cases, c)
}

func affineName(affine [2]bool) string {
	switch affine {
	case [2]bool{true, true}:
		return "scale_center"
	case [2]bool{true, false}:
		return "scale"
	default:
		return "center"
	}
}
