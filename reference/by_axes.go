package reference

import "github.com/vkeras/vkeras/nn"

// byAxes returns which weight an element of an image of shape s belongs to, where
// weights are indexed by some of its axes, in ascending order.
func byAxes(axes []int, s nn.Shape) func(element int) int {
	inner := make([]int, len(axes)) // elements between neighbours on each axis
	for i, a := range axes {
		inner[i] = nn.Shape(s[a+1:]).Len()
	}
	return func(element int) int {
		weight := 0
		for i, a := range axes {
			weight = weight*s[a] + element/inner[i]%s[a]
		}
		return weight
	}
}
