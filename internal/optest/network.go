package optest

import (
	"context"
	"math/rand/v2"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// Network returns a random network with inputs and what the reference makes of
// them.
func Network(t require.TestingT, seed uint64, batch int) (g *nn.Graph, in, want []*nn.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 1))
	g = Graph(rng)
	in = Inputs(rng, g, batch)
	want, err := reference.Run(context.Background(), g, in, nil)
	require.NoError(t, err)
	return g, in, want
}

// RequireClose holds the outputs of whole networks to the reference's. Tensors
// are of order 1; where an output is small by cancellation, what was rounded
// before it shows, so a small error will do too: the NMSE is what a network's
// logits may have, the absolute error what float16 has at 1 to 8, with room.
func RequireClose(t require.TestingT, p nn.Precision, got, want []*nn.Tensor) {
	RequireCloseBut(t, p, got, want, make([]float64, len(want)))
}

// RequireCloseBut is RequireClose for networks that amplify roundings so much
// themselves.
func RequireCloseBut(t require.TestingT, p nn.Precision, got, want []*nn.Tensor, noise []float64) {
	const room = 25 // roundings in all places, against those in kernels and inputs
	bounds := map[nn.Precision]struct{ nmse, abs float64 }{nn.FP32: {1e-8, 1e-5}, nn.FP16W: {1e-4, 1e-2}, nn.FP16: {1e-3, 2e-2}}[p]
	require.Len(t, got, len(want))
	for i := range want {
		d, err := Compare(got[i], want[i])
		require.NoError(t, err)
		require.True(t, d.NMSE <= max(bounds.nmse, room*noise[i]) || d.MaxAbs <= bounds.abs, "output %d: %v", i, d)
	}
}
