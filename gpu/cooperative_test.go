package gpu

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

func TestCooperativeMatricesGiveWhatTheReferenceGives(t *testing.T) {
	d := openTest(t)
	for _, k := range lower.MatrixKernels() {
		t.Run(k.Name, func(t *testing.T) {
			if !d.limits.CooperativeMatrix16 {
				t.Skipf("%s has no cooperative matrices of 16x16x16 float16 with float32 sums, for subgroups of %d", d.info.Name, shaders.MatrixSubgroup)
			}
			for _, s := range optest.All(optest.Seed) {
				if !slices.Contains(products, s.Kind) {
					continue
				}
				for _, c := range s.Cases {
					require.NoError(t, checkStored(t.Context(), d, Options{Kernel: k.Base, Precision: nn.FP16}, c), c.Name)
				}
			}
		})
	}
}
