package optest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Transpose returns every order of three axes, and some of one to six.
func Transpose(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		image nn.Shape
		axes  []int
	}{
		{nn.Shape{65}, []int{0}},
		{nn.Shape{7, 33}, []int{1, 0}},
		{nn.Shape{7, 33}, []int{0, 1}},
		{nn.Shape{7, 15, 4}, []int{0, 2, 1}},
		{nn.Shape{7, 15, 4}, []int{1, 0, 2}},
		{nn.Shape{7, 15, 4}, []int{1, 2, 0}},
		{nn.Shape{7, 15, 65}, []int{2, 0, 1}},
		{nn.Shape{7, 15, 5}, []int{2, 1, 0}},
		{nn.Shape{5, 2, 7, 4}, []int{0, 2, 1, 3}},
		{nn.Shape{3, 2, 4, 2, 5}, []int{0, 2, 1, 3, 4}}, // depth to space
		{nn.Shape{3, 2, 4, 2, 5}, []int{0, 2, 1, 4, 3}},
		{nn.Shape{2, 3, 2, 4, 1, 5}, []int{5, 3, 1, 4, 0, 2}},
	} {
		cases = append(cases, newCase(rng, &nn.Transpose{Axes: c.axes}, 1+i%3, []nn.Shape{c.image}, "by", numbers(c.axes)))
	}
	return cases
}

// numbers writes [0 2 -1] as 0,2,-1.
func numbers(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}
