package gpu

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// twins returns a graph of two convolutions of one input by one window, the
// first rectified, and the sum over both of what follows.
func twins(t *testing.T, w nn.Window, channels, first, second int) *nn.Graph {
	b := nn.NewBuilder("twins")
	x := b.Input("picture", nn.Shape{9, 7, channels})
	one := b.Add("relu", &nn.Activation{Func: nn.ReLU}, b.Add("first", &nn.Conv2D{Window: w, Filters: first, UseBias: true}, x))
	two := b.Add("second", &nn.Conv2D{Window: w, Filters: second}, x)
	g, err := b.Graph(one, two)
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(optest.Seed, 3)), g)
	return g
}

func TestAMergedStepGivesWhatItsTwoConvolutionsGive(t *testing.T) {
	three := nn.Square(3, 1)
	three.Pad = nn.Pad{Top: 1, Bottom: 1, Left: 1, Right: 1}
	merge := plan.All()
	for name, c := range map[string]struct {
		window                  nn.Window
		channels, first, second int
		texels                  int64 // the most that a texel buffer may have; 0: the device's limit
		together                int   // dispatches on a device with the lanes kernels that lets weights lie one behind another
	}{
		"whole strips":            {nn.Square(1, 1), 8, 64, 128, 0, 1},
		"strips not full":         {three, 4, 12, 72, 0, 1},
		"more in the first":       {nn.Square(1, 2), 16, 132, 4, 0, 1},
		"three channels":          {three, 3, 64, 64, 0, 2}, // with the copy that has four
		"not in fours":            {three, 4, 64, 6, 0, 2},
		"not in fours, the first": {three, 3, 6, 64, 0, 3},
		"weights beyond a view":   {nn.Square(1, 1), 8, 128, 128, 500, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := openTest(t)
			if c.texels > 0 {
				d.limits.MaxTexelElements = c.texels
			}
			g := twins(t, c.window, c.channels, c.first, c.second)
			in := optest.Inputs(rand.New(rand.NewPCG(optest.Seed, 4)), g, 3)
			want, err := reference.Run(t.Context(), g, in, nil)
			require.NoError(t, err)
			for _, kernel := range append(runnable(d, "conv2d", "conv2d_tiles_32x32"), "") {
				n, err := Load(d, g, Options{Batch: 3, Kernel: kernel, Passes: &merge, Keep: true})
				require.NoError(t, err)
				require.Len(t, n.Program().Steps, 1)
				if kernel == "" && n.target.Lanes() > 0 && n.target.Align() == 16 {
					require.Len(t, n.Kernels(n.Program().Steps[0]), c.together)
				}
				got, err := n.RunAll(t.Context(), in)
				require.NoError(t, err)
				optest.RequireClose(t, nn.FP32, got, want)
				var alone []*nn.Tensor
				require.NoError(t, n.Isolate(t.Context(), 3, func(*plan.Value) (*nn.Tensor, error) { return in[0], nil },
					func(_ *plan.Step, y *nn.Tensor) error {
						alone = append(alone, y)
						return nil
					}))
				require.Equal(t, got, alone)
				require.NoError(t, n.Close())
			}
		})
	}
}
