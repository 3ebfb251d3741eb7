package cpu_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// run loads the graph with these options, runs it, and lets it go.
func run(t require.TestingT, g *nn.Graph, o cpu.Options, in []*nn.Tensor) []*nn.Tensor {
	n, err := cpu.Load(g, o)
	require.NoError(t, err)
	out, err := n.RunAll(context.Background(), in)
	require.NoError(t, err)
	require.NoError(t, n.Close())
	return out
}

func TestRandomNetworksGiveWhatTheReferenceGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		images := rapid.IntRange(1, 5).Draw(t, "images")
		g, in, want := optest.Network(t, rapid.Uint64().Draw(t, "seed"), images)
		draw := func(name string) bool { return rapid.Bool().Draw(t, name) }
		o := cpu.Options{
			Batch: rapid.IntRange(1, 4).Draw(t, "batch"), InFlight: rapid.IntRange(1, 2).Draw(t, "in flight"), Threads: rapid.IntRange(1, 5).Draw(t, "threads"),
			Precision: rapid.SampledFrom([]nn.Precision{nn.FP32, nn.FP16W}).Draw(t, "precision"),
			Kernels:   rapid.SampledFrom(cpu.Host().Kernels).Draw(t, "kernels"),
			Keep:      draw("keep"), LayerByLayer: draw("layer by layer"),
			Passes: &plan.Options{
				Fold: draw("fold"), Fuse: draw("fuse"), Activate: draw("activate"), Gate: draw("gate"), Demand: draw("demand"), Merge: draw("merge"),
			},
		}
		noise := make([]float64, len(want))
		if o.Precision.HalfWeights() {
			var err error
			noise, err = optest.HalfNoise(context.Background(), g, in, want)
			require.NoError(t, err)
		}
		optest.RequireCloseBut(t, o.Precision, run(t, g, o, in), want, noise)
	})
}

// One order of every sum: neither threads, nor the batch, nor what is in flight
// changes a bit, nor what the demand pass leaves out.
func TestResultsAreTheSameBitForBitHoweverTheyAreComputed(t *testing.T) {
	without := cpu.Passes()
	without.Demand = false
	for seed := range uint64(12) {
		g, in, _ := optest.Network(t, seed, 7)
		for _, kernels := range cpu.Host().Kernels {
			want := run(t, g, cpu.Options{Batch: 7, Threads: 1, Kernels: kernels}, in)
			for _, o := range []cpu.Options{{Batch: 7, Threads: 4}, {Batch: 3, Threads: 3, InFlight: 3}, {Batch: 1, Threads: 7}, {Batch: 7, Threads: 2, Passes: &without}} {
				o.Kernels = kernels
				require.Equal(t, want, run(t, g, o, in), "seed %d, %+v", seed, o)
			}
		}
	}
}

func TestEveryOperationGivesWhatTheReferenceGivesWithHalfWeights(t *testing.T) {
	for _, kernels := range cpu.Host().Kernels {
		o := cpu.Options{Precision: nn.FP16W, Threads: 2, Kernels: kernels}
		for _, s := range optest.All(optest.Seed) {
			for _, c := range s.Cases {
				err := c.Half(true, false).Check(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) { return cpu.Apply(t.Context(), o, op, in...) }, optest.FP32)
				require.NoError(t, err, "%s, %s %s", kernels, s.Kind, c.Name)
			}
		}
	}
}

// Activations follow a product strip by strip and a window output by output: inside
// of lines and at their edges, on whole vectors and on the rest of one.
func TestActivationsFollowWhatAStepComputes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	window := nn.Square(3, 1).Same(5, 9)
	for _, op := range []nn.Op{
		&nn.Conv2D{Window: window, Filters: 37, UseBias: true}, &nn.DepthwiseConv2D{Window: window, Multiplier: 1, UseBias: true},
	} {
		for _, f := range nn.Funcs() {
			act := nn.Default(f)
			b := nn.NewBuilder("activated")
			g, err := b.Graph(b.Add("act", &act, b.Add("op", op, b.Input("x", nn.Shape{5, 9, 37}))))
			require.NoError(t, err)
			optest.SetGraphWeights(rng, g)
			in := optest.Inputs(rng, g, 3)
			want, err := reference.Run(t.Context(), g, in, nil)
			require.NoError(t, err)
			for _, kernels := range cpu.Host().Kernels {
				n, err := cpu.Load(g, cpu.Options{Batch: 3, Threads: 2, Kernels: kernels})
				require.NoError(t, err)
				got, err := n.RunAll(t.Context(), in)
				require.NoError(t, err)
				optest.RequireClose(t, nn.FP32, got, want)
				if act.Threshold == 0 {
					require.Len(t, n.Program().Steps, 1, "%s, %s %s", kernels, op.Kind(), f)
				}
				require.NoError(t, n.Close())
			}
		}
	}
}

func TestWeightsBeyondFloat16AreRefusedByName(t *testing.T) {
	op := &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4, Kernel: nn.NewTensor(1, 1, 4, 4)}
	op.Kernel.Data[5] = 70000
	_, err := cpu.Apply(t.Context(), cpu.Options{Precision: nn.FP16W}, op, nn.NewTensor(1, 1, 1, 4))
	require.ErrorIs(t, err, cpu.ErrHalfRange)
	require.EqualError(t, err, `layer "output": beyond the range of float16: a weight of 70000; the largest number of float16 is 65504: compute in fp32`)
}

// With infinities and NaN in weights and inputs, every element is what the
// reference makes of it: padding takes no part.
func TestWhatIsNotFiniteGoesWhereItGoesInTheReference(t *testing.T) {
	special := []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1e-42, 0}
	rng := rand.New(rand.NewPCG(5, 6))
	spread := func(x *nn.Tensor) {
		for range 1 + x.Len()/40 {
			x.Data[rng.IntN(x.Len())] = special[rng.IntN(len(special))]
		}
	}
	for _, kernels := range cpu.Host().Kernels {
		for range 40 {
			channels, filters := 1+rng.IntN(20), 1+rng.IntN(40)
			window := nn.Square(3, 1+rng.IntN(2)).Same(6, 7)
			conv := &nn.Conv2D{Window: window, Filters: filters, Kernel: optest.Normal(rng, 0, 1, 3, 3, channels, filters)}
			x := optest.Normal(rng, 0, 1, 2, 6, 7, channels)
			spread(x)
			if rng.IntN(2) == 0 {
				spread(conv.Kernel)
			}
			for _, op := range []nn.Op{conv, &nn.MaxPool{Window: window}, &nn.AvgPool{Window: window}, &nn.GlobalMaxPool{}, &nn.Softmax{}} {
				got, err := cpu.Apply(t.Context(), cpu.Options{Kernels: kernels, Threads: 2}, op, x)
				require.NoError(t, err)
				want, err := reference.Apply(op, x)
				require.NoError(t, err)
				for i, w := range want.Data {
					at := []any{"%s, %s, element %d: %v, want %v", kernels, op.Kind(), i, got.Data[i], w}
					switch {
					case w != w:
						require.True(t, got.Data[i] != got.Data[i], at...)
					case math.IsInf(float64(w), 0):
						require.Equal(t, w, got.Data[i], at...)
					default:
						require.InDelta(t, w, got.Data[i], 1e-4*(1+math.Abs(float64(w))), at...)
					}
				}
			}
		}
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	g, _, _ := optest.Network(t, 1, 1)
	for want, o := range map[string]cpu.Options{
		"a batch of -1 images": {Batch: -1}, "-2 in flight": {InFlight: -2}, "-3 threads": {Threads: -3},
		`precision "fp8": expected fp32, fp16w, fp16`: {Precision: "fp8"}, "the processor has no such kernels: mmx": {Kernels: "mmx"},
	} {
		_, err := cpu.Load(g, o)
		require.ErrorContains(t, err, want)
	}
	_, err := cpu.Load(g, cpu.Options{Precision: nn.FP16})
	require.ErrorIs(t, err, cpu.ErrPrecision)
	n, err := cpu.Load(g, cpu.Options{})
	require.NoError(t, err)
	defer n.Close()
	_, err = n.RunAll(t.Context(), []*nn.Tensor{nn.NewTensor(1, 2)})
	require.ErrorContains(t, err, "expected a batch of")
	err = n.Observe(t.Context(), []*nn.Tensor{nn.NewTensor(g.Inputs[0].Shape.Batch(1)...)}, nil)
	require.ErrorContains(t, err, "loaded with Keep")
}

func TestDeferredKernelsGiveTheSameBits(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := optest.Graph(rng)
		in := optest.Inputs(rng, g, 2)
		o := cpu.Options{Batch: 2, LayerByLayer: seed%3 == 2}
		want := run(t, g, o, in)
		fail := false
		for _, p := range g.Params() {
			if kernel := *p.Value; p.Role == "kernel" && nn.MayDefer(p.Node.Op) {
				*p.Value = nn.Deferred(kernel.Shape, func(dst []float32) error {
					copy(dst, kernel.Data)
					if fail {
						return errors.New("the file is gone")
					}
					return nil
				})
			}
		}
		require.Equal(t, want, run(t, g, o, in))
		if g.CheckWeights() != nil {
			fail = true
			_, err := cpu.Load(g, o)
			require.ErrorContains(t, err, "the file is gone")
			require.ErrorContains(t, err, "layer ")
		}
	}
}

// Observe shows every value; Isolate gives each step what the reference has for
// it. Both say what was not written.
func TestEveryTensorCanBeSeen(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 8))
		g := optest.Graph(rng)
		in := optest.Inputs(rng, g, 2)
		want := map[*nn.Node]*nn.Tensor{}
		_, err := reference.Run(t.Context(), g, in, func(n *nn.Node, y *nn.Tensor) error { want[n] = y; return nil })
		require.NoError(t, err)
		n, err := cpu.Load(g, cpu.Options{Batch: 3, Keep: true, LayerByLayer: true})
		require.NoError(t, err)
		var seen []*nn.Node
		require.NoError(t, n.Observe(t.Context(), in, func(v *plan.Value, y *nn.Tensor) error {
			seen = append(seen, v.Node)
			optest.RequireClose(t, nn.FP32, []*nn.Tensor{y}, []*nn.Tensor{want[v.Node]})
			return nil
		}))
		require.Equal(t, g.Nodes, seen)
		feed := func(v *plan.Value) (*nn.Tensor, error) { return want[v.Node], nil }
		steps := 0
		require.NoError(t, n.Isolate(t.Context(), 2, feed, func(s *plan.Step, y *nn.Tensor) error {
			steps++
			require.False(t, slices.ContainsFunc(y.Data, func(v float32) bool { return math.Float32bits(v) == cpu.Unwritten }), s.Name)
			optest.RequireClose(t, nn.FP32, []*nn.Tensor{y}, []*nn.Tensor{want[s.Last()]})
			return nil
		}))
		require.Equal(t, len(n.Program().Steps), steps)
		require.NoError(t, n.Close())
	}
}

func TestACancelledRunEndsAndTheNextIsRight(t *testing.T) {
	g, in, want := optest.Network(t, 2, 1)
	n, err := cpu.Load(g, cpu.Options{Threads: 3})
	require.NoError(t, err)
	defer n.Close()
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		var other sync.WaitGroup
		other.Go(func() {
			for range i * 100 {
				if ctx.Err() != nil {
					return
				}
			}
			cancel()
		})
		_, err := n.RunAll(ctx, in)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		other.Wait()
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, nn.FP32, got, want)
	}
}

func TestCloseWaitsForRunsThatHaveBegun(t *testing.T) {
	defer goleak.VerifyNone(t)
	g, in, want := optest.Network(t, 2, 8)
	for range 20 {
		n, err := cpu.Load(g, cpu.Options{InFlight: 2, Threads: 3})
		require.NoError(t, err)
		var runs sync.WaitGroup
		for range 4 {
			runs.Go(func() {
				got, err := n.RunAll(t.Context(), in)
				if err != nil { // it came too late
					require.ErrorIs(t, err, cpu.ErrClosed)
					return
				}
				optest.RequireClose(t, nn.FP32, got, want)
			})
		}
		require.NoError(t, n.Close())
		require.ErrorIs(t, n.Close(), cpu.ErrClosed)
		runs.Wait()
	}
}

func TestHalfWeightsTakeHalfTheMemory(t *testing.T) {
	b := nn.NewBuilder("pair")
	x := b.Input("x", nn.Shape{16, 16, 64})
	g, err := b.Graph(b.Add("b", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 64}, b.Add("a", &nn.Conv2D{Window: nn.Square(3, 1), Filters: 64}, x)))
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(1, 2)), g)
	var weights []int64
	for _, p := range []nn.Precision{nn.FP32, nn.FP16W} {
		n, err := cpu.Load(g, cpu.Options{Precision: p})
		require.NoError(t, err)
		weights = append(weights, n.Footprint().Weights)
		require.Positive(t, n.Footprint().Arena)
		require.NoError(t, n.Close())
	}
	require.InDelta(t, weights[0], 2*weights[1], 4096, "shifts and zeros apart")
}
