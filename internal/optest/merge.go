package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Add returns cases of equal shapes, of each form of broadcasting and of more
// than two inputs.
func Add(rng *rand.Rand) []Case {
	return merges(rng, func() nn.Op { return &nn.Add{} })
}

// Multiply returns the same cases as Add.
func Multiply(rng *rand.Rand) []Case {
	return merges(rng, func() nn.Op { return &nn.Multiply{} })
}

func merges(rng *rand.Rand, op func() nn.Op) []Case {
	var cases []Case
	for i, images := range [][]nn.Shape{
		{{7, 7, 64}, {7, 7, 64}},
		{{33, 15, 65}, {33, 15, 65}},
		{{1}, {1}},
		{{65}, {65}},
		{{7, 5}, {7, 5}},
		{{2, 3, 2, 3}, {2, 3, 2, 3}},
		{{7, 7, 5}, {7, 7, 5}, {7, 7, 5}},
		{{2, 2, 3}, {2, 2, 3}, {2, 2, 3}, {2, 2, 3}, {2, 2, 3}},
		{{7, 15, 64}, {1, 1, 64}}, // squeeze and excitation
		{{1, 1, 63}, {15, 2, 63}},
		{{7, 15, 4}, {4}},
		{{4}, {7, 15, 4}},
		{{7, 15, 4}, {7, 15, 1}}, // a mask
		{{7, 15, 4}, {15, 4}},
		{{7, 15, 4}, {1, 15, 1}},
		{{7, 1, 5}, {1, 15, 5}}, // both are repeated
		{{7, 1, 1}, {1, 15, 1}, {1, 1, 5}},
		{{1}, {7, 5}, {2, 7, 5}, {2, 1, 1}},
		{{5}, {1}},
		{{3, 1, 2, 5, 4}, {2, 1, 5, 4}},
		{{2, 1, 3, 1, 4, 1}, {3, 1, 5, 1, 2}, {2}},
	} {
		cases = append(cases, newCase(rng, op(), 1+i%3, images))
	}
	return cases
}

// Concat returns cases along each axis, of one to three inputs.
func Concat(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		axis   int
		images []nn.Shape
	}{
		{2, []nn.Shape{{7, 7, 64}, {7, 7, 64}}},
		{-1, []nn.Shape{{7, 15, 3}, {7, 15, 65}}},
		{-1, []nn.Shape{{33, 2, 1}, {33, 2, 4}, {33, 2, 5}}},
		{2, []nn.Shape{{7, 7, 5}}},
		{0, []nn.Shape{{7, 15, 4}, {2, 15, 4}}},
		{-3, []nn.Shape{{1, 7, 65}, {1, 7, 65}, {7, 7, 65}}},
		{1, []nn.Shape{{7, 15, 4}, {7, 1, 4}}},
		{-2, []nn.Shape{{2, 1, 3}, {2, 2, 3}, {2, 7, 3}}},
		{0, []nn.Shape{{65}, {1}, {63}}},
		{-1, []nn.Shape{{4}}},
		{0, []nn.Shape{{7, 5}, {2, 5}}},
		{1, []nn.Shape{{7, 5}, {7, 64}}},
		{-1, []nn.Shape{{2, 3, 2, 3}, {2, 3, 2, 4}}},
	} {
		cases = append(cases, newCase(rng, &nn.Concat{Axis: c.axis}, 1+i%3, c.images, fmt.Sprint("axis", c.axis)))
	}
	return cases
}
