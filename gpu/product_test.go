package gpu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/shaders"
)

// openTiled opens a device that takes the tiled kernels, though by default it may
// not use them.
func openTiled(t testing.TB) *Device {
	d := openTest(t)
	if !d.limits.Fit(lower.TileKernels()) {
		t.Skipf("%s does not take the work groups of the tiled kernels", d.Info().Name)
	}
	return d
}

func TestSumsCutIntoPartsGiveWhatTheReferenceGives(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	for _, p := range nn.Precisions() {
		for _, kernel := range []string{"conv2d_tiles_32x32", "conv2d_tiles_64x64", "conv2d_rows_4", "conv2d_rows_16", "conv2d_matrix_emulated"} {
			if k, ok := shaders.For(kernel, p); !ok || !slices.Contains(d.Kernels(), k.Name) {
				continue
			}
			for _, splits := range []int64{3} {
				t.Run(fmt.Sprintf("%s in %s by %d", kernel, p, splits), func(t *testing.T) {
					cut := 0
					for _, s := range optest.All(optest.Seed) {
						if s.Kind != "Conv2D" && s.Kind != "Dense" {
							continue
						}
						for i, c := range s.Cases {
							if i%10 != 0 {
								continue // conv2d_sums does not see the window
							}
							o := Options{Precision: p, Kernel: kernel, splits: splits}
							require.NoError(t, checkStored(t.Context(), d, o, c), c.Name)
							cut += cutSums(t, d, o, c)
						}
					}
					require.Positive(t, cut, "cases whose sums were cut")
				})
			}
		}
	}
}

// cutSums returns 1 where the case runs with its sums cut.
func cutSums(t *testing.T, d *Device, o Options, c optest.Case) int {
	n, err := LoadOp(d, o, c.Op, c.Inputs...)
	require.NoError(t, err)
	defer n.Close()
	for _, name := range n.Kernels(n.Program().Steps[0]) {
		if k, _ := shaders.Named(name); k.Base == "conv2d_sums" {
			return 1
		}
	}
	return 0
}

// Residuals, bounds, and convolutions that follow one another in the same
// scratch, on what takes itself for a GPU.
func TestNetworksWithCutSumsGiveTheSameEveryTime(t *testing.T) {
	d := openTiled(t)
	asGPU(d)
	g, in, want := stack(t)
	for _, p := range nn.Precisions() {
		n, err := Load(d, g, Options{Batch: 2, Precision: p})
		require.NoError(t, err)
		require.Contains(t, fmt.Sprint(n.Kernels(n.Program().Steps[1])), "conv2d_sums")
		var first *nn.Tensor
		for range 5 {
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			optest.RequireClose(t, p, got, want)
			if first == nil {
				first = got[0]
			}
			require.Equal(t, first.Data, got[0].Data, "sums are added in a fixed order")
		}
		require.NoError(t, n.Close())
	}
}

// stack returns a small net of convolutions with residuals on a few channels
// more than a tile has, inputs for it and what the reference says.
func stack(t *testing.T) (g *nn.Graph, in, want []*nn.Tensor) {
	rng := rand.New(rand.NewPCG(5, 6))
	b := nn.NewBuilder("block")
	x := b.Input("x", nn.Shape{5, 5, 120})
	y := x
	for i := range 2 {
		c := b.Add(fmt.Sprint("conv", i), &nn.Conv2D{Window: nn.Square(3, 1).Same(5, 5), Filters: 120, UseBias: true}, y)
		y = b.Add(fmt.Sprint("relu", i), &nn.Activation{Func: nn.ReLU}, b.Add(fmt.Sprint("add", i), &nn.Add{}, c, y))
	}
	y = b.Add("dense", &nn.Dense{Units: 70}, b.Add("average", &nn.GlobalAvgPool{}, y))
	g, err := b.Graph(y)
	require.NoError(t, err)
	optest.SetGraphWeights(rng, g)
	in = optest.Inputs(rng, g, 2)
	want, err = reference.Run(t.Context(), g, in, nil)
	require.NoError(t, err)
	return g, in, want
}
