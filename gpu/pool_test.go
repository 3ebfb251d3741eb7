package gpu

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestEveryMaxPoolKernelGivesWhatTheReferenceGives(t *testing.T) {
	d := openTest(t)
	for _, name := range []string{"max_pool", "max_pool_quads", "max_pool_texels", "max_pool_quads_odd", "max_pool_texels_odd"} {
		if !slices.Contains(d.Kernels(), name) {
			t.Logf("%s cannot run %s", d.Info(), name)
			continue
		}
		ran := 0
		for _, s := range optest.All(optest.Seed) {
			if s.Kind != "MaxPool" {
				continue
			}
			for _, c := range s.Cases {
				require.NoError(t, c.Check(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
					n, err := LoadOp(d, Options{Kernel: name}, op, in...)
					if err != nil {
						return nil, err
					}
					defer n.Close()
					if n.Kernels(n.Program().Steps[0])[0] == name {
						ran++
					}
					return n.Run(t.Context(), in[0])
				}, optest.FP32), "%s %s", name, c.Name)
			}
		}
		require.Greater(t, ran, 5, name)

		nan := float32(math.NaN())
		x, err := nn.FromSlice([]float32{1, nan, 3, -1, nan, 2, 5, -2}, 1, 1, 2, 4)
		require.NoError(t, err)
		y, err := Apply(t.Context(), d, Options{Kernel: name}, &nn.MaxPool{Window: nn.Window{Size: [2]int{1, 2}, Stride: [2]int{1, 1}}}, x)
		require.NoError(t, err)
		require.True(t, math.IsNaN(float64(y.Data[0])) && math.IsNaN(float64(y.Data[1])), "%s: NaN wins from either place", name)
		require.Equal(t, []float32{5, -1}, y.Data[2:])
	}
}
