package validate

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestTheProcessorIsValidatedAndJudgesLikeAnyDevice(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 4))
		g := optest.Graph(rng)
		in := optest.Inputs(rng, g, 2)
		for _, o := range []Options{{}, {Planned: true}, {Precision: nn.FP16W}, {Judge: Native{}}} {
			o.Graph, o.Inputs = g, in
			r, err := Run(t.Context(), o)
			require.NoError(t, err)
			require.True(t, r.Totals.Passed, "seed %d, judged by %s, planned %t: %+v", seed, r.Judge, r.Planned, r.Totals)
			require.NotEmpty(t, r.Layers)
		}
	}
	g := optest.Graph(rand.New(rand.NewPCG(1, 4)))
	_, err := Run(t.Context(), Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 4)), g, 1), Kernel: "conv2d"})
	require.ErrorContains(t, err, "on Vulkan devices alone")
}
