package cpu_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestTheRoofIsThatOfAProcessor(t *testing.T) {
	r, err := cpu.MeasureRoof(t.Context(), cpu.Options{})
	require.NoError(t, err)
	require.Greater(t, r.FLOPS, 1e7)
	require.Less(t, r.FLOPS, 1e14)
	require.Greater(t, r.ReadBytesPerSecond, 1e7)
	require.Greater(t, r.CopyBytesPerSecond, 1e7)
	require.Positive(t, r.Step)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = cpu.MeasureRoof(cancelled, cpu.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestAProfilesStepsAreTheProgramsAndLieInItsWall(t *testing.T) {
	for seed := range uint64(10) {
		g, in, _ := optest.Network(t, seed, 2)
		n, err := cpu.Load(g, cpu.Options{Batch: 2, Threads: 2})
		require.NoError(t, err)
		p, err := n.Profile(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, p.Steps, len(n.Program().Steps))
		at := p.Upload.Took
		for i, s := range p.Steps {
			require.Equal(t, n.Program().Steps[i], s.Step)
			require.GreaterOrEqual(t, s.At, at)
			at = s.At + s.Took
			require.NotEmpty(t, n.Kernels(s.Step))
		}
		require.GreaterOrEqual(t, p.Readback.At, at)
		require.Equal(t, p.Wall, p.Readback.At+p.Readback.Took)
		_, err = n.Profile(t.Context(), zeros(g, 3))
		require.ErrorContains(t, err, "a batch of 3 images, the net is loaded for 2")
		require.NoError(t, n.Close())
	}
}

// zeros returns zeros for the graph's inputs.
func zeros(g *nn.Graph, batch int) []*nn.Tensor {
	in := make([]*nn.Tensor, len(g.Inputs))
	for i, n := range g.Inputs {
		in[i] = nn.NewTensor(n.Shape.Batch(batch)...)
	}
	return in
}
