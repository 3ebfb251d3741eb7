package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// MatMul returns cases of single matrices and of many, transposed or not, with
// outer axes that are equal, missing or repeated.
func MatMul(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct{ a, b nn.Shape }{
		{nn.Shape{1, 1}, nn.Shape{1, 1}},
		{nn.Shape{7, 33}, nn.Shape{33, 5}},
		{nn.Shape{15, 64}, nn.Shape{64, 65}},
		{nn.Shape{1, 65}, nn.Shape{65, 7}},
		{nn.Shape{3, 7, 15}, nn.Shape{3, 15, 4}}, // attention
		{nn.Shape{7, 15, 4}, nn.Shape{4, 5}},
		{nn.Shape{2, 5}, nn.Shape{7, 5, 4}},
		{nn.Shape{2, 1, 4, 7}, nn.Shape{3, 7, 5}},
		{nn.Shape{2, 3, 1, 2, 4, 5}, nn.Shape{2, 1, 3, 2, 5, 3}},
		{nn.Shape{2, 3, 9, 16}, nn.Shape{3, 16, 8}}, // in fours
		{nn.Shape{4, 8}, nn.Shape{2, 1, 8, 68}},
	} {
		for _, transposed := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			op := &nn.MatMul{TransposeA: transposed[0], TransposeB: transposed[1]}
			images := []nn.Shape{turned(c.a, transposed[0]), turned(c.b, transposed[1])}
			cases = append(cases, newCase(rng, op, 1+i%3, images, fmt.Sprint("transposed_", transposed[0], "_", transposed[1])))
		}
	}
	return cases
}

// turned returns the shape with its last two axes exchanged, if they shall be.
func turned(s nn.Shape, exchange bool) nn.Shape {
	s = s.Clone()
	if last := len(s) - 1; exchange {
		s[last-1], s[last] = s[last], s[last-1]
	}
	return s
}
