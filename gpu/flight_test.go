package gpu

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

func TestResultsDoNotDependOnWhatIsInFlight(t *testing.T) {
	d := openTest(t)
	for seed := range uint64(5) {
		g, in, _ := optest.Network(t, seed, 9)
		alone, err := Load(d, g, Options{Batch: 2})
		require.NoError(t, err)
		want, err := alone.RunAll(t.Context(), in)
		require.NoError(t, err)
		require.NoError(t, alone.Close())
		several, err := Load(d, g, Options{Batch: 2, InFlight: 3})
		require.NoError(t, err)
		for range 5 {
			got, err := several.RunAll(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, want, got, "bit for bit")
		}
		require.NoError(t, several.Close())
	}
}

func TestCloseWaitsForRunsThatHaveBegun(t *testing.T) {
	d := openTest(t)
	g, in, want := optest.Network(t, 2, 8)
	for range 10 {
		n, err := Load(d, g, Options{Batch: 1, InFlight: 2})
		require.NoError(t, err)
		var runs sync.WaitGroup
		for range 4 {
			runs.Go(func() {
				got, err := n.RunAll(t.Context(), in)
				if err != nil { // it came too late
					require.ErrorIs(t, err, ErrClosed)
					return
				}
				optest.RequireClose(t, nn.FP32, got, want)
			})
		}
		require.NoError(t, n.Close())
		runs.Wait()
	}
}

func TestACancelledRunStopsWaitingForItsTurn(t *testing.T) {
	d := openTest(t)
	g, in, _ := optest.Network(t, 2, 1)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	busy, err := n.slots.Take(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := n.RunAll(ctx, in)
		ended <- err
	}()
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	n.slots.Give(busy)
	require.NoError(t, n.Close())
}

func TestANetHoldsTheMemoryThatItsPlanSays(t *testing.T) {
	for _, kind := range []Type{CPU, Discrete} {
		d := openTest(t)
		setType(d, kind)
		rng := rand.New(rand.NewPCG(4, 1))
		for _, o := range []Options{{}, {Batch: 3}, {Batch: 3, InFlight: 2}, {Batch: 2, LayerByLayer: true}} {
			g := optest.Graph(rng)
			before, _ := d.MemoryInUse()
			require.Zero(t, before)
			n, err := Load(d, g, o)
			require.NoError(t, err)
			layout, err := n.lay(max(o.Batch, 1))
			require.NoError(t, err)
			m := n.Footprint()
			require.Equal(t, max(layout.Bytes, vulkan.LeastBytes), m.Arena)
			require.GreaterOrEqual(t, layout.Bytes, layout.Peak)
			require.Equal(t, layout.Peak, m.Peak)
			require.Equal(t, max(o.InFlight, 1), m.InFlight)
			require.Equal(t, kind == CPU, m.Staging == 0)
			loaded, _ := d.MemoryInUse()
			require.Equal(t, m.Total(), loaded, "one arena a run in flight, one buffer of weights")
			_, err = n.RunAll(t.Context(), optest.Inputs(rng, g, 5))
			require.NoError(t, err)
			if d.Info().Timestamps {
				_, err = n.Profile(t.Context(), optest.Inputs(rng, g, 1), clockOf(d))
				require.NoError(t, err)
			}
			now, peak := d.MemoryInUse()
			require.Equal(t, loaded, now, "runs take no memory")
			require.LessOrEqual(t, loaded, peak)
			require.NoError(t, n.Close())
		}
	}
}
