package gpu

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// defers takes all kernels that may be deferred out of the graph, every second so
// that it is read in parts; each read calls before first.
func defers(g *nn.Graph, before func() error) (count int) {
	for _, p := range g.Params() {
		if p.Role != "kernel" || !nn.MayDefer(p.Node.Op) {
			continue
		}
		t := *p.Value
		count++
		if count%2 == 0 {
			*p.Value = nn.DeferredInParts(t.Shape, func() func(dst []float32, from int) error {
				return func(dst []float32, from int) error {
					copy(dst, t.Data[from:from+len(dst)])
					return before()
				}
			})
			continue
		}
		*p.Value = nn.Deferred(t.Shape, func(dst []float32) error {
			copy(dst, t.Data)
			return before()
		})
	}
	return count
}

func TestDeferredKernelsGiveTheSameBits(t *testing.T) {
	for _, kind := range []Type{CPU, Discrete} {
		d := openTest(t)
		setType(d, kind)
		var deferred int
		for seed := range uint64(15) {
			rng := rand.New(rand.NewPCG(seed, 3))
			g := optest.Graph(rng)
			in := optest.Inputs(rng, g, 2)
			o := Options{Batch: 2, LayerByLayer: seed%3 == 2}
			n, err := Load(d, g, o)
			require.NoError(t, err)
			want, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			require.NoError(t, n.Close())
			var reads atomic.Int32
			kernels := defers(g, func() error { reads.Add(1); return nil })
			deferred += kernels
			n, err = Load(d, g, o)
			require.NoError(t, err)
			require.GreaterOrEqual(t, int(reads.Load()), kernels)
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.NoError(t, n.Close())
			if kernels > 0 {
				_, err = reference.Run(t.Context(), g, in, nil)
				require.ErrorContains(t, err, "is not in memory", "the reference wants them all")
			}
		}
		require.Positive(t, deferred)
	}
}

func TestAKernelThatCannotBeReadIsAnErrorThatNamesItsLayer(t *testing.T) {
	d := openTest(t)
	b := nn.NewBuilder("dense")
	op := &nn.Dense{Units: 3, Kernel: nn.NewTensor(4, 3)}
	g, err := b.Graph(b.Add("fc", op, b.Input("x", nn.Shape{4})))
	require.NoError(t, err)
	broken := errors.New("the file is cut short")
	require.Equal(t, 1, defers(g, func() error { return broken }))
	_, err = Load(d, g, Options{})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, `"fc"`)
	now, _ := d.MemoryInUse()
	require.Zero(t, now, "nothing stays on the device")
}
