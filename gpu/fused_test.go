package gpu

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// fused loads what build adds behind two inputs of one shape, in some precisions,
// and requires what the reference computes; it returns the kernels of the last
// net's steps.
func fused(t *testing.T, d *Device, precisions []nn.Precision, image nn.Shape, build func(b *nn.Builder, x, other *nn.Node) *nn.Node) []string {
	rng := rand.New(rand.NewPCG(7, 8))
	b := nn.NewBuilder("fused")
	x, other := b.Input("x", image), b.Input("other", image)
	g, err := b.Graph(build(b, x, other))
	require.NoError(t, err)
	optest.SetGraphWeights(rng, g)
	in := optest.Inputs(rng, g, 3)
	want, err := reference.Run(t.Context(), g, in, nil)
	require.NoError(t, err)
	var kernels []string
	for _, p := range precisions {
		n, err := Load(d, g, Options{Batch: 3, Precision: p})
		require.NoError(t, err)
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, p, got, want)
		kernels = nil
		for _, s := range n.Program().Steps {
			kernels = append(kernels, n.Kernels(s)...)
		}
		require.NoError(t, n.Close())
	}
	return kernels
}

func TestEveryFunctionIsAppliedToAStepsResult(t *testing.T) {
	d := openTest(t)
	for _, f := range nn.Funcs() {
		t.Run(string(f), func(t *testing.T) {
			act := nn.Default(f)
			kernels := fused(t, d, nn.Precisions()[:1], nn.Shape{5, 6, 8}, func(b *nn.Builder, x, other *nn.Node) *nn.Node {
				n := b.Add("depthwise", &nn.DepthwiseConv2D{Window: nn.Square(3, 1), Multiplier: 1, UseBias: true}, x)
				return b.Add("act", &act, n)
			})
			if act.Threshold == 0 {
				require.Len(t, kernels, 1, "%v", kernels)
			}
		})
	}
}

// A residual, a function and a bound in the epilogue of each kernel that has one.
func TestKernelsFinishWhatTheyCompute(t *testing.T) {
	for name, c := range map[string]struct {
		op  nn.Op
		two bool // inputs
	}{
		"conv2d":                 {&nn.Conv2D{Window: nn.Square(3, 1).Same(5, 7), Filters: 12, UseBias: true}, false},
		"conv2d 1x1":             {&nn.Conv2D{Window: nn.Square(1, 1), Filters: 12}, false},
		"dense":                  {&nn.Dense{Units: 12, UseBias: true}, false},
		"depthwise 3x3":          {&nn.DepthwiseConv2D{Window: nn.Square(3, 1).Same(5, 7), Multiplier: 1}, false},
		"depthwise of any shape": {&nn.DepthwiseConv2D{Window: nn.Window{Size: [2]int{1, 3}, Stride: [2]int{1, 1}}.Same(5, 7), Multiplier: 1}, false},
		"batch norm":             {&nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}, false},
		"add":                    {&nn.Add{}, true},
		"multiply":               {&nn.Multiply{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []Type{CPU, Discrete} {
				d := openTest(t)
				setType(d, kind)
				kernels := fused(t, d, nn.Precisions(), nn.Shape{5, 7, 12}, func(b *nn.Builder, x, other *nn.Node) *nn.Node {
					n := b.Add("op", c.op, append([]*nn.Node{x}, map[bool][]*nn.Node{true: {other}}[c.two]...)...)
					if !c.two && c.op.Kind() != "BatchNorm" {
						n = b.Add("sum", &nn.Add{}, n, other)
					}
					return b.Add("act", &nn.Activation{Func: nn.ReLU, Slope: 0.25, Max: 1}, n)
				})
				kernels = slices.DeleteFunc(kernels, func(k string) bool { return strings.HasPrefix(k, "repack") }) // 12 channels are no eights
				require.Len(t, kernels, 1, "%s: %v", kind, kernels)
			}
		})
	}
}

// The images of a batch have factors of their own, and tiles of rows go over
// images.
func TestAGateMultipliesWhatAConvolutionReads(t *testing.T) {
	for name, c := range map[string]struct {
		channels, filters, stride int
	}{"fours": {8, 12, 1}, "with a stride": {8, 4, 2}, "odd channels": {7, 12, 1}, "odd filters": {8, 5, 1}} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []Type{CPU, Discrete} {
				d := openTest(t)
				setType(d, kind)
				fused(t, d, nn.Precisions(), nn.Shape{5, 5, c.channels}, func(b *nn.Builder, x, other *nn.Node) *nn.Node {
					means := b.Add("means", &nn.GlobalAvgPool{KeepDims: true}, other)
					n := b.Add("product", &nn.Multiply{}, x, means)
					n = b.Add("project", &nn.Conv2D{Window: nn.Square(1, c.stride), Filters: c.filters, UseBias: true}, n)
					if c.filters == c.channels && c.stride == 1 {
						n = b.Add("sum", &nn.Add{}, n, other)
					}
					return n
				})
			}
		})
	}
}

// The planner lays a gate where there is room: in this network before the input
// that it multiplies, while the two are read by one binding.
func TestAGateMayLieBeforeWhatItMultiplies(t *testing.T) {
	d := openTest(t)
	asGPU(d)
	g, in, want := optest.Network(t, 0x10c24d, 1)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	defer n.Close()
	if n.target.Align() > 16 {
		t.Skip("tensors lie elsewhere on a device that aligns them otherwise")
	}
	before := false
	layout, err := n.lay(1)
	require.NoError(t, err)
	for _, s := range n.Program().Steps {
		before = before || s.Gate != nil && layout.At(s.Gate) < layout.At(s.In[0])
	}
	require.True(t, before, "what the test is about")
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
}

// Padding behind the input of a 1x1 convolution was read from what lies behind it
// in memory.
func TestAWindowOfOneTapMayLieInPadding(t *testing.T) {
	d := openTest(t)
	for name, pad := range map[string]nn.Pad{"bottom": {Bottom: 1}, "right": {Right: 1}, "both": {Bottom: 2, Right: 3}, "top": {Top: 1}, "all": {Top: 1, Bottom: 1, Left: 1, Right: 1}} {
		for _, stride := range []int{1, 2} {
			for _, filters := range []int{3, 8} {
				t.Run(name, func(t *testing.T) {
					fused(t, d, nn.Precisions(), nn.Shape{6, 4, 4}, func(b *nn.Builder, x, other *nn.Node) *nn.Node {
						n := b.Add("pad", &nn.ZeroPad{Pad: pad}, b.Add("add", &nn.Add{}, x, other))
						return b.Add("conv", &nn.Conv2D{Window: nn.Square(1, stride), Filters: filters, UseBias: true}, n)
					})
				})
			}
		}
	}
}
