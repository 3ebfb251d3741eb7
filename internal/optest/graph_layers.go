package optest

import (
	"math"
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

// group adds a convolution in groups, at times normalised and rectified.
func (g *grower) group() {
	x := g.source()
	channels := x.Shape.Channels()
	groups := 1 + g.rng.IntN(channels)
	for channels%groups != 0 {
		groups--
	}
	n := g.add(&nn.GroupedConv2D{Window: g.window(x), Groups: groups, Filters: groups * (1 + g.rng.IntN(3)), UseBias: g.coin()}, x)
	if g.coin() {
		n = g.norm(n)
	}
	if g.coin() {
		n = g.relu(n)
	}
	g.keep(n)
}

// standardise normalises by an image's own statistics, or by given ones.
func (g *grower) standardise() {
	n := g.source()
	axes := pick(g.rng, [][]int{nil, {-1}, {0}, {1}, {0, 1}, {0, 2}, {0, 1, 2}})
	affine := [2]bool{g.coin(), g.coin()}
	g.keep(g.add(pick(g.rng, []nn.Op{
		&nn.LayerNorm{Axes: axes, Func: pick(g.rng, nn.NormFuncs()), Epsilon: 1e-2, Scale: affine[0], Center: affine[1]},
		&nn.GroupNorm{Axis: -1, Groups: n.Shape.Channels(), Epsilon: 1e-2, Scale: affine[0], Center: affine[1]},
		&nn.Normalize{Axes: axes, Adapted: true},
		&nn.PReLU{SharedAxes: axes},
		&nn.LayerScale{},
	}), n))
}

// enlarge adds resizing or a transposed convolution.
func (g *grower) enlarge() {
	n := g.source()
	h, w := 1+g.rng.IntN(2*n.Shape[0]), 1+g.rng.IntN(2*n.Shape[1])
	if h*w > 400 {
		return
	}
	if g.coin() {
		g.keep(g.add(&nn.Resize{Height: h, Width: w, Method: pick(g.rng, nn.ResizeMethods()), Antialias: g.coin()}, n))
		return
	}
	size := 1 + g.rng.IntN(3)
	g.keep(g.add(&nn.Conv2DTranspose{
		Size: [2]int{size, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}, Top: g.rng.IntN(size), Height: h, Width: w, Filters: g.filters(), UseBias: g.coin(),
	}, n))
}

// distribute makes distributions, or their logarithms, of the values along an axis.
// Keras's sparsemax jumps where values are whole numbers apart, as those behind what
// saturates are: it reads them scaled by what is no fraction of few digits.
func (g *grower) distribute() {
	n := g.source()
	axes := pick(g.rng, [][]int{nil, {-1}, {0}, {1}, {0, 1}})
	op := pick(g.rng, []nn.Op{&nn.Softmax{Axes: axes}, &nn.LogSoftmax{Axes: axes}, &nn.Sparsemax{Axes: axes}})
	if _, jumps := op.(*nn.Sparsemax); jumps {
		n = g.add(&nn.Rescale{Scale: []float32{math.Phi - 1}, Offset: []float32{0}}, n)
	}
	g.keep(g.add(op, n))
}
