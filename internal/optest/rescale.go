package optest

import (
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Rescale returns cases of one constant for all channels and one a channel, on
// pixel values.
func Rescale(rng *rand.Rand) []Case {
	var cases []Case
	for i, c := range []struct {
		name          string
		image         nn.Shape
		scale, offset []float32
	}{
		{"to_0_1", nn.Shape{7, 15, 3}, []float32{1. / 255}, []float32{0}},
		{"to_minus_1_1", nn.Shape{7, 15, 3}, []float32{1. / 127.5}, []float32{-1}},
		{"mean_of_imagenet", nn.Shape{15, 7, 3}, []float32{1}, []float32{-103.939, -116.779, -123.68}},
		{"scale_by_channel", nn.Shape{2, 2, 4}, []float32{1, -2, 0, 0.5}, []float32{1}},
		{"both_by_channel", nn.Shape{33, 1, 3}, []float32{0.1, 0.2, 0.3}, []float32{3, 2, 1}},
		{"vector", nn.Shape{5}, []float32{2}, []float32{1, 2, 3, 4, 5}},
		{"one_channel", nn.Shape{7, 7, 1}, []float32{2}, []float32{-1}},
	} {
		pixels := newCase(rng, &nn.Rescale{Scale: c.scale, Offset: c.offset}, 1+i%3, []nn.Shape{c.image}, c.name)
		pixels.Inputs[0] = uniform(rng, 0, 255, pixels.Inputs[0].Shape...)
		cases = append(cases, pixels)
	}
	return cases
}
