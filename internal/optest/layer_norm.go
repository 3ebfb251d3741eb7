package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// LayerNorm returns cases of each function on each axis and several, with and
// without scale and centre, with means far from 0 and with equal elements, whose
// variance is 0.
func LayerNorm(rng *rand.Rand) []Case {
	var cases []Case
	add := func(image nn.Shape, op nn.LayerNorm, affine [2]bool, name ...string) {
		op.Scale, op.Center = affine[0], affine[1]
		if op.Epsilon = 1e-3; op.Func == nn.NormL2 {
			op.Epsilon = 1e-12
		}
		name = append(name, string(op.Func), axesName(op.Axes), affineName(affine))
		cases = append(cases, newCase(rng, &op, 1+len(cases)%3, []nn.Shape{image}, name...))
	}
	for i, c := range []struct {
		image nn.Shape
		axes  []int
	}{
		{nn.Shape{7, 15, 64}, nil}, {nn.Shape{65}, []int{-1}}, {nn.Shape{7, 63}, []int{1}}, {nn.Shape{2, 2, 1000}, []int{2}},
		{nn.Shape{7, 15, 5}, []int{0}}, {nn.Shape{7, 15, 5}, []int{-2}}, {nn.Shape{7, 15, 5}, []int{0, 1}}, {nn.Shape{7, 15, 5}, []int{1, 2}},
		{nn.Shape{7, 15, 5}, []int{-1, 0}}, {nn.Shape{33, 15, 5}, []int{0, 1, 2}}, {nn.Shape{65, 3}, []int{0}}, {nn.Shape{3, 4, 5, 6}, []int{0, 2}},
		{nn.Shape{3, 4, 5, 6}, []int{1, 2}},
	} {
		for j, f := range nn.NormFuncs() {
			add(c.image, nn.LayerNorm{Axes: c.axes, Func: f}, [2]bool{(i+j)%3 > 0, (i+j)%3 < 2})
		}
	}
	for _, f := range nn.NormFuncs() {
		add(nn.Shape{7, 5, 4}, nn.LayerNorm{Func: f}, [2]bool{}, "plain")
		add(nn.Shape{7, 5, 4}, nn.LayerNorm{Func: f, Axes: []int{0}}, [2]bool{}, "plain")
		add(nn.Shape{7, 5, 4}, nn.LayerNorm{Func: f, Axes: []int{0, 1}}, [2]bool{}, "plain")
		add(nn.Shape{7, 65}, nn.LayerNorm{Func: f}, [2]bool{true, true}, "shifted")
		x := cases[len(cases)-1].Inputs[0]
		for i := range x.Data {
			x.Data[i] += 20
		}
	}
	equal := newCase(rng, &nn.LayerNorm{Func: nn.NormStandard, Epsilon: 1e-3, Center: true}, 2, []nn.Shape{{7, 16}}, "variance_0")
	for i := range equal.Inputs[0].Data {
		equal.Inputs[0].Data[i] = 0.5
	}
	return append(cases, equal)
}

// GroupNorm returns cases of one group to as many as there are channels, on each
// axis.
func GroupNorm(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image        nn.Shape
		axis, groups int
	}{
		{nn.Shape{7, 15, 64}, -1, 32}, {nn.Shape{7, 15, 6}, 2, 3}, {nn.Shape{7, 15, 5}, -1, 1}, {nn.Shape{15, 7, 5}, -1, 5}, {nn.Shape{1, 1, 8}, 2, 2},
		{nn.Shape{8, 7, 5}, 0, 4}, {nn.Shape{5, 6, 3}, 1, 2}, {nn.Shape{65}, 0, 13}, {nn.Shape{7, 12}, -1, 4}, {nn.Shape{33, 33, 4}, -1, 2}, {nn.Shape{2, 3, 4, 6}, -1, 3},
	} {
		for _, affine := range [][2]bool{{true, true}, {i%2 == 0, i%2 != 0}} {
			op := &nn.GroupNorm{Axis: c.axis, Groups: c.groups, Epsilon: 1e-3, Scale: affine[0], Center: affine[1]}
			cases = append(cases, newCase(rng, op, 1+i%3, []nn.Shape{c.image}, fmt.Sprint("axis", c.axis), fmt.Sprint("groups", c.groups), affineName(affine)))
		}
	}
	return cases
}
