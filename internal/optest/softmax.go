package optest

import (
	"fmt"
	"math/rand/v2"

	"github.com/vkeras/vkeras/nn"
)

// Softmax returns cases of 1 to 1000 classes, on vectors and feature maps, along
// each axis and several, and of logits whose exponentials overflow unless the
// largest is subtracted.
func Softmax(rng *rand.Rand) []Case {
	return logits(rng, func(axes []int) nn.Op { return &nn.Softmax{Axes: axes} })
}

// LogSoftmax returns the same cases as Softmax.
func LogSoftmax(rng *rand.Rand) []Case {
	return logits(rng, func(axes []int) nn.Op { return &nn.LogSoftmax{Axes: axes} })
}

// Sparsemax returns the same cases as Softmax.
func Sparsemax(rng *rand.Rand) []Case {
	return logits(rng, func(axes []int) nn.Op { return &nn.Sparsemax{Axes: axes} })
}

func logits(rng *rand.Rand, op func(axes []int) nn.Op) []Case {
	var cases []Case
	for i, s := range []nn.Shape{{1}, {2}, {6}, {63}, {64}, {65}, {1000}, {7, 5}, {2, 65}, {7, 15, 4}, {1, 1, 6}} {
		cases = append(cases, newCase(rng, op(nil), 1+i%3, []nn.Shape{s}))
	}
	for i, c := range []struct {
		image nn.Shape
		axes  []int
	}{
		{nn.Shape{7, 15, 4}, []int{0}}, {nn.Shape{7, 15, 4}, []int{-2}}, {nn.Shape{65, 5}, []int{0}}, {nn.Shape{7, 1, 5}, []int{1}},
		{nn.Shape{7, 15, 4}, []int{0, 1}}, {nn.Shape{15, 2, 5}, []int{-1, 1}}, {nn.Shape{3, 7, 5}, []int{0, 1, 2}}, {nn.Shape{2, 5, 3, 4}, []int{1, 2}},
	} {
		cases = append(cases, newCase(rng, op(c.axes), 1+i%3, []nn.Shape{c.image}, axesName(c.axes)))
	}
	for _, c := range []struct {
		name          string
		factor, shift float32
	}{
		{"large", 100, 0}, {"shifted_up", 1, 5000}, {"shifted_down", 1, -5000}, {"equal", 0, 7},
	} {
		logits := newCase(rng, op(nil), 2, []nn.Shape{{65}}, c.name)
		for i, v := range logits.Inputs[0].Data {
			logits.Inputs[0].Data[i] = v*c.factor + c.shift
		}
		cases = append(cases, logits)
	}
	return cases
}

// axesName writes axes 0 and -1 as axes0,-1.
func axesName(axes []int) string {
	name := "axes"
	for i, a := range axes {
		if i > 0 {
			name += ","
		}
		name += fmt.Sprint(a)
	}
	return name
}
