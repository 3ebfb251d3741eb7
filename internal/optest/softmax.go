package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Softmax returns cases of 1 to 1000 classes, on vectors and feature maps, and
// of logits whose exponentials overflow unless the largest is subtracted.
func Softmax(rng *rand.Rand) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{1}, {2}, {6}, {63}, {64}, {65}, {1000}, {7, 5}, {2, 65}, {7, 15, 4}, {1, 1, 6}} {
		cases = append(cases, newCase(rng, &nn.Softmax{}, 1+i%3, []nn.Shape{s}))
	}
	for _, c := range []struct {
		name          string
		factor, shift float32
	}{
		{"large", 100, 0}, {"shifted_up", 1, 5000}, {"shifted_down", 1, -5000}, {"equal", 0, 7},
	} {
		logits := newCase(rng, &nn.Softmax{}, 2, []nn.Shape{{65}}, c.name)
		for i, v := range logits.Inputs[0].Data {
			logits.Inputs[0].Data[i] = v*c.factor + c.shift
		}
		cases = append(cases, logits)
	}
	return cases
}
