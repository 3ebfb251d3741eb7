package gpu

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// products are the operations that several kernels compute.
var products = []string{"Conv2D", "Dense"}

func TestEveryConvolutionKernelGivesWhatTheReferenceGives(t *testing.T) {
	d := openTest(t)
	for _, name := range d.Kernels() {
		k, ok := shaders.Named(name)
		require.True(t, ok)
		if k.Tile.Rows == 0 && name != "conv2d" && name != "conv2d_1x1" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, s := range optest.All(optest.Seed) {
				if !slices.Contains(products, s.Kind) {
					continue
				}
				for _, c := range s.Cases {
					require.NoError(t, c.Check(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
						return Apply(t.Context(), d, Options{Kernel: name}, op, in...)
					}, optest.FP32), "%s %s", s.Kind, c.Name)
				}
			}
			g, in, want := randomNet(t, 2, 3)
			n, err := Load(d, g, Options{Batch: 3, Kernel: name})
			require.NoError(t, err)
			defer n.Close()
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			requireClose(t, got, want)
		})
	}
}

func TestAKernelThatTheDeviceCannotRunIsRefused(t *testing.T) {
	d := openTest(t)
	g, _, _ := randomNet(t, 1, 1)
	for _, name := range []string{"conv3d", "conv2d_lanes_4_4x1"} {
		if slices.Contains(d.Kernels(), name) {
			continue
		}
		_, err := Load(d, g, Options{Kernel: name})
		require.ErrorIs(t, err, ErrNoKernel)
		require.ErrorContains(t, err, name)
	}
}
