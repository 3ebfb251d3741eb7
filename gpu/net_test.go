package gpu

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

func TestRandomNetworksGiveWhatTheReferenceGives(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	rapid.Check(t, func(t *rapid.T) {
		images := rapid.IntRange(1, 5).Draw(t, "images")
		g, in, want := optest.Network(t, rapid.Uint64().Draw(t, "seed"), images)
		n, err := Load(d, g, Options{
			Batch: rapid.IntRange(1, 4).Draw(t, "batch"), InFlight: rapid.IntRange(0, 3).Draw(t, "in flight"), LayerByLayer: rapid.Bool().Draw(t, "layer by layer"), Keep: rapid.Bool().Draw(t, "keep"),
		})
		require.NoError(t, err)
		defer n.Close()
		for range 2 { // a replayed recording finds the arena as the last run left it
			got, err := n.RunAll(context.Background(), in)
			require.NoError(t, err)
			optest.RequireClose(t, nn.FP32, got, want)
		}
	})
}

func TestNetworksRunByWayOfAStagingBuffer(t *testing.T) {
	d := openTest(t)
	asGPU(d) // whose memory is not for the host
	for seed := range uint64(20) {
		for _, keep := range []bool{false, true} {
			g, in, want := optest.Network(t, seed, 3)
			n, err := Load(d, g, Options{Batch: 2, Keep: keep, InFlight: 2})
			require.NoError(t, err)
			require.NotNil(t, n.slots.All[0].staging)
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			optest.RequireClose(t, nn.FP32, got, want)
			require.NoError(t, n.Close())
		}
	}
}

func TestObserveShowsEveryNode(t *testing.T) {
	d := openTest(t)
	for seed := range uint64(10) {
		g, in, _ := optest.Network(t, seed, 2)
		want := map[*nn.Node]*nn.Tensor{}
		_, err := reference.Run(t.Context(), g, in, func(n *nn.Node, x *nn.Tensor) error {
			want[n] = x.Clone()
			return nil
		})
		require.NoError(t, err)
		n, err := Load(d, g, Options{Batch: 2, LayerByLayer: true, Keep: true})
		require.NoError(t, err)
		seen := 0
		require.NoError(t, n.Observe(t.Context(), in, func(v *plan.Value, x *nn.Tensor) error {
			seen++
			optest.RequireClose(t, nn.FP32, []*nn.Tensor{x}, []*nn.Tensor{want[v.Node]})
			return nil
		}))
		require.Equal(t, len(g.Nodes), seen)
		require.NoError(t, n.Isolate(t.Context(), 2, func(v *plan.Value) (*nn.Tensor, error) { return want[v.Node], nil },
			func(s *plan.Step, y *nn.Tensor) error {
				optest.RequireClose(t, nn.FP32, []*nn.Tensor{y}, []*nn.Tensor{want[s.Out.Node]})
				return nil
			}))
		require.NoError(t, n.Close())
	}
}

func TestRunsAreBitwiseEqual(t *testing.T) {
	d := openTest(t)
	g, in, _ := optest.Network(t, 7, 2)
	n, err := Load(d, g, Options{Batch: 2})
	require.NoError(t, err)
	defer n.Close()
	first, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	for range 20 {
		again, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

// The binding frees memory in finalizers, so a garbage collection at the wrong
// moment is what would break it.
func TestNetworksSurviveGarbageCollectionAtAnyMoment(t *testing.T) {
	stop := make(chan struct{})
	var collectors sync.WaitGroup
	for range 4 {
		collectors.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = make([]byte, 64<<10)
					runtime.GC()
				}
			}
		})
	}
	g, in, want := optest.Network(t, 3, 4)
	for range 10 {
		d, err := Open(Default())
		require.NoError(t, err)
		n, err := Load(d, g, Options{Batch: 2})
		require.NoError(t, err)
		for range 10 {
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			optest.RequireClose(t, nn.FP32, got, want)
		}
		require.NoError(t, n.Close())
		require.NoError(t, d.Close())
	}
	close(stop)
	collectors.Wait()
}

func TestOneNetServesSeveralGoroutines(t *testing.T) {
	defer goleak.VerifyNone(t)
	d := openTest(t)
	var running sync.WaitGroup
	for seed := range uint64(3) {
		g, in, want := optest.Network(t, seed, 2)
		n, err := Load(d, g, Options{InFlight: 2})
		require.NoError(t, err)
		defer n.Close()
		for range 3 {
			running.Go(func() {
				for range 5 {
					got, err := n.RunAll(t.Context(), in)
					if !assertNoError(t, err) {
						return
					}
					optest.RequireClose(t, nn.FP32, got, want)
				}
			})
		}
	}
	running.Wait()
}

func assertNoError(t *testing.T, err error) bool {
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func TestACancelledRunEndsWithTheContextsError(t *testing.T) {
	d := openTest(t)
	g, in, want := optest.Network(t, 5, 2)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	defer n.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = n.RunAll(ctx, in)
	require.ErrorIs(t, err, context.Canceled)
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
}

func TestNetsAndDevicesCloseInAnyOrder(t *testing.T) {
	d, err := Open(Default())
	require.NoError(t, err)
	g, in, want := optest.Network(t, 9, 1)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.ErrorIs(t, d.Close(), ErrClosed)
	_, err = Load(d, g, Options{})
	require.ErrorIs(t, err, ErrClosed)
	got, err := n.RunAll(t.Context(), in) // a net keeps its device alive
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
	require.NoError(t, n.Close())
	require.ErrorIs(t, n.Close(), ErrClosed)
	_, err = n.RunAll(t.Context(), in)
	require.ErrorIs(t, err, ErrClosed)
}

func TestWrongInputsAreRefused(t *testing.T) {
	d := openTest(t)
	b := nn.NewBuilder("relu")
	g, err := b.Graph(b.Add("relu", &nn.Activation{Func: nn.ReLU}, b.Input("picture", nn.Shape{4, 4, 3})))
	require.NoError(t, err)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	defer n.Close()
	for name, x := range map[string]*nn.Tensor{
		"another size": nn.NewTensor(1, 4, 5, 3), "no batch axis": nn.NewTensor(4, 4, 3), "no image": nn.NewTensor(0, 4, 4, 3),
		"too few elements": {Shape: nn.Shape{1, 4, 4, 3}, Data: make([]float32, 7)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := n.Run(t.Context(), x)
			require.ErrorContains(t, err, `input "picture"`)
		})
	}
}

func TestMemoryThatIsNotThereIsAnError(t *testing.T) {
	d := openTest(t)
	b := nn.NewBuilder("large")
	g, err := b.Graph(b.Add("relu", &nn.Activation{Func: nn.ReLU}, b.Input("picture", nn.Shape{4096, 4096, 64})))
	require.NoError(t, err)
	_, err = Load(d, g, Options{Batch: 4096})
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.ErrorContains(t, err, "a batch of 4096 images; a smaller one needs less")
}
