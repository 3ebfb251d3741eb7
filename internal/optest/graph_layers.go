package optest

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// Steps of random graphs that are no part of convolutional blocks.

// tame returns the functions whose results stay of the inputs' size and do not
// jump, so that what was rounded before them stays small.
func tame() []nn.Func {
	return slices.DeleteFunc(nn.Funcs(), func(f nn.Func) bool {
		return f == nn.Exponential || f == nn.HardShrink || f == nn.Threshold
	})
}

// distribute makes distributions, or their logarithms, of the values along an axis.
func (g *grower) distribute() {
	n := g.source()
	axes := pick(g.rng, [][]int{nil, {-1}, {0}, {1}, {0, 1}})
	g.keep(g.add(pick(g.rng, []nn.Op{&nn.Softmax{Axes: axes}, &nn.LogSoftmax{Axes: axes}, &nn.Sparsemax{Axes: axes}}), n))
}
