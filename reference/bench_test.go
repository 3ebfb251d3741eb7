package reference_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// BenchmarkConv2D runs the shapes of ResNet-50 at 224 x 224.
func BenchmarkConv2D(b *testing.B) {
	for _, c := range []struct{ side, size, stride, in, out int }{
		{224, 7, 2, 3, 64},
		{56, 1, 1, 64, 256},
		{56, 3, 1, 64, 64},
		{56, 1, 2, 256, 512},
		{14, 3, 1, 256, 256},
		{7, 1, 1, 2048, 512},
	} {
		b.Run(fmt.Sprintf("%dx%d/%ds%d_%dto%d", c.side, c.side, c.size, c.stride, c.in, c.out), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			op := &nn.Conv2D{Window: nn.Square(c.size, c.stride).Same(c.side, c.side), Filters: c.out}
			image := []nn.Shape{{c.side, c.side, c.in}}
			optest.SetWeights(rng, op, image)
			x := optest.Normal(rng, 0, 1, image[0].Batch(1)...)
			y, err := reference.Apply(op, x)
			require.NoError(b, err)
			macs := op.MACs(image, y.Shape[1:])
			for b.Loop() {
				_, err := reference.Apply(op, x)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(macs)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}

// BenchmarkRun runs one 64 x 64 picture through a ResNet-50.
func BenchmarkRun(b *testing.B) {
	g, in := exercise(b), picture(64)
	for b.Loop() {
		_, err := reference.Run(b.Context(), g, in, nil)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(g.MACs())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}

// picture is a batch of one random picture.
func picture(side int) []*nn.Tensor {
	return inputs(optest.Normal(rand.New(rand.NewPCG(3, 4)), 0, 1, 1, side, side, 3))
}

// exercise is a ResNet-50 (He et al. 2015, table 1) of 6 classes for 64 x 64
// pictures, with random weights.
func exercise(t testing.TB) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("resnet50")
	nodes := 0
	add := func(op nn.Op, in ...*nn.Node) *nn.Node {
		nodes++
		n := b.Add(fmt.Sprintf("%s_%d", op.Kind(), nodes), op, in...)
		require.NoError(t, b.Err())
		return n
	}
	convolve := func(x *nn.Node, size, stride, filters int) *nn.Node {
		w := nn.Square(size, stride)
		if size == 3 {
			w = w.Same(x.Shape[0], x.Shape[1])
		}
		x = add(&nn.Conv2D{Window: w, Filters: filters, UseBias: true}, x)
		return add(&nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}, x)
	}
	relu := func(x *nn.Node) *nn.Node { return add(&nn.Activation{Func: nn.ReLU}, x) }

	x := add(&nn.ZeroPad{Pad: nn.Pad{Top: 3, Bottom: 3, Left: 3, Right: 3}}, b.Input("input", nn.Shape{64, 64, 3}))
	x = add(&nn.MaxPool{Window: nn.Square(3, 2)}, relu(convolve(x, 7, 2, 64)))
	for stage, blocks := range []int{3, 4, 6, 3} {
		width := 64 << stage
		for block := range blocks {
			stride, shortcut := 1, x
			if block == 0 {
				stride = min(2, 1+stage)
				shortcut = convolve(x, 1, stride, 4*width)
			}
			x = relu(convolve(x, 1, stride, width))
			x = relu(convolve(x, 3, 1, width))
			x = relu(add(&nn.Add{}, convolve(x, 1, 1, 4*width), shortcut))
		}
	}
	x = add(&nn.Flatten{}, add(&nn.AvgPool{Window: nn.Square(2, 2)}, x))
	g, err := b.Graph(add(&nn.Softmax{}, add(&nn.Dense{Units: 6, UseBias: true}, x)))
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(5, 6)), g)
	return g
}
