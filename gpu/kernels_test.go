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

// runnable returns those of the kernels that the device can run.
func runnable(d *Device, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(d.Kernels(), name) })
}

func TestEveryConvolutionKernelGivesWhatTheReferenceGives(t *testing.T) {
	d := openTest(t)
	for _, name := range d.Kernels() {
		k, ok := shaders.Named(name)
		require.True(t, ok)
		if k.Tile.Rows == 0 && k.Base != "conv2d" && k.Base != "conv2d_1x1" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, s := range optest.All(optest.Seed) {
				if !slices.Contains(products, s.Kind) {
					continue
				}
				for i, c := range s.Cases {
					if k.Precision != nn.FP32 && i%3 != 0 {
						continue // only loads and stores differ
					}
					o := Options{Kernel: name, Precision: k.Precision}
					require.NoError(t, checkStored(t.Context(), d, o, c), "%s %s", s.Kind, c.Name)
				}
			}
			g, in, want := randomNet(t, 2, 3)
			n, err := Load(d, g, Options{Batch: 3, Kernel: name, Precision: k.Precision})
			require.NoError(t, err)
			defer n.Close()
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			requireCloseIn(t, k.Precision, got, want)
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
