package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Slice returns cases of parts, of every second position, of reversal and of
// single positions, on one to six axes.
func Slice(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image nn.Shape
		op    nn.Slice
	}{
		{nn.Shape{65}, nn.Slice{Start: []int{3}, Count: []int{7}, Step: []int{9}}},
		{nn.Shape{65}, nn.Slice{Start: []int{64}, Count: []int{65}, Step: []int{-1}}},
		{nn.Shape{7, 15, 3}, nn.Slice{Start: []int{0, 0, 2}, Count: []int{7, 15, 3}, Step: []int{1, 1, -1}}}, // RGB to BGR
		{nn.Shape{7, 15, 4}, nn.Slice{Start: []int{0, 0, 1}, Count: []int{7, 15, 2}, Step: []int{1, 1, 1}}},
		{nn.Shape{7, 15, 64}, nn.Slice{Start: []int{1, 0, 0}, Count: []int{3, 8, 64}, Step: []int{2, 2, 1}}},
		{nn.Shape{33, 33, 5}, nn.Slice{Start: []int{30, 2, 0}, Count: []int{10, 4, 5}, Step: []int{-3, 7, 1}}},
		{nn.Shape{7, 5}, nn.Slice{Start: []int{6, 0}, Count: []int{1, 5}, Step: []int{1, 1}}},
		{nn.Shape{7, 5}, nn.Slice{Start: []int{2, 3}, Count: []int{4, 1}, Step: []int{1, 0}}},
		{nn.Shape{3, 2, 3, 2, 3, 4}, nn.Slice{Start: []int{2, 1, 0, 1, 0, 3}, Count: []int{2, 1, 2, 2, 3, 2}, Step: []int{-2, 1, 2, -1, 1, -3}}},
		{nn.Shape{2, 4, 6}, nn.Slice{Start: []int{0, 1, 2}, Count: []int{2, 3, 4}, Step: []int{1, 1, 1}}}, // fours that begin in the middle of one
	} {
		cases = append(cases, newCase(rng, &c.op, 1+i%3, []nn.Shape{c.image}, "from", numbers(c.op.Start), "by", numbers(c.op.Step)))
	}
	return cases
}
