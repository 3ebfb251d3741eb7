package validate

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// The tolerances must hold for right kernels, with room: a tenth of what they
// allow is what was measured at most when they were set.
func TestRightKernelsPassOnRandomNetworks(t *testing.T) {
	d, passes := openTest(t), plan.All()
	for seed := range uint64(24) {
		rng := rand.New(rand.NewPCG(seed, 9))
		g := optest.Graph(rng)
		r, err := Run(t.Context(), Options{Graph: g, Inputs: optest.Inputs(rng, g, 1+int(seed%3)), Device: d, Planned: seed%2 == 1, Passes: &passes})
		require.NoError(t, err)
		require.True(t, r.Totals.Passed, "seed %d: %v", seed, r.Failed())
		require.Zero(t, r.Totals.Unsteady)
		require.Empty(t, r.Failed())
		require.Equal(t, len(r.Layers), r.Totals.Layers)
		nodes := map[string]bool{}
		for _, l := range r.Layers {
			require.NotNil(t, l.Cumulative, l.Name)
			require.Equal(t, len(l.Kernels) > 0, l.Isolated != nil, "%s: kernels %v", l.Name, l.Kernels)
			require.Nil(t, l.Heat())
			require.NotEmpty(t, l.Cumulative.Basis)
			for _, n := range l.Nodes {
				nodes[n] = true
			}
		}
		if seed%2 == 0 {
			require.Len(t, nodes, len(g.Nodes)-len(g.Inputs), "every layer is there")
		}
	}
}

func TestAGraphWithoutLayersPasses(t *testing.T) {
	b := nn.NewBuilder("empty")
	in := b.Input("in", nn.Shape{4, 4, 3})
	empty, err := b.Graph(in)
	require.NoError(t, err)
	d := openTest(t)
	for _, planned := range []bool{false, true} {
		r, err := Run(t.Context(), Options{Graph: empty, Inputs: []*nn.Tensor{nn.NewTensor(2, 4, 4, 3)}, Device: d, Planned: planned})
		require.NoError(t, err)
		require.True(t, r.Totals.Passed)
		require.Empty(t, r.Layers)
	}
	b = nn.NewBuilder("renames")
	g, err := b.Graph(b.Add("flat", &nn.Flatten{}, b.Input("in", nn.Shape{2, 2, 3})))
	require.NoError(t, err)
	r, err := Run(t.Context(), Options{Graph: g, Inputs: []*nn.Tensor{nn.NewTensor(1, 2, 2, 3)}, Device: d})
	require.NoError(t, err)
	require.Len(t, r.Layers, 1)
	require.Nil(t, r.Layers[0].Isolated, "no kernel runs")
	require.True(t, r.Layers[0].Passed())
}

func TestEveryOutputOfSeveralIsValidated(t *testing.T) {
	b := nn.NewBuilder("heads")
	x := b.Add("stem", &nn.Conv2D{Window: square(3, 1), Filters: 4}, b.Input("in", nn.Shape{12, 12, 3}))
	pool := b.Add("pool", &nn.GlobalAvgPool{}, x)
	top := b.Add("top", &nn.Softmax{}, b.Add("logits", &nn.Dense{Units: 3}, pool))
	g, err := b.Graph(top, x, pool)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 1))
	optest.SetGraphWeights(rng, g)
	kernel, code := faulty(t, "global_avg_pool.wrong_divisor")
	r, err := Run(t.Context(), Options{Graph: g, Inputs: optest.Inputs(rng, g, 2), Device: openTest(t), SPIRV: map[string][]byte{kernel: code}})
	require.NoError(t, err)
	var failed []string
	for _, l := range r.Failed() {
		failed = append(failed, l.Name)
	}
	require.Equal(t, []string{"pool", "logits", "top"}, failed)
	require.Equal(t, 1, r.Totals.FailedIsolated)
	require.Equal(t, 3, r.Totals.FailedCumulative)
}

func TestNaNAndInfinityInTheInputAreRightWhereTheyBelong(t *testing.T) {
	d := openTest(t)
	for name, v := range map[string]float32{"NaN": nan, "infinity": inf, "minus infinity": -inf} {
		t.Run(name, func(t *testing.T) {
			b := nn.NewBuilder("odd")
			x := b.Add("pad", &nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 1}}, b.Input("in", nn.Shape{8, 8, 4}))
			x = b.Add("conv", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4}, x)
			x = b.Add("relu", &nn.Activation{Func: nn.ReLU}, x)
			g, err := b.Graph(b.Add("max", &nn.MaxPool{Window: square(3, 2)}, x))
			require.NoError(t, err)
			rng := rand.New(rand.NewPCG(1, 1))
			optest.SetGraphWeights(rng, g)
			in := optest.Inputs(rng, g, 2)
			in[0].Data[100] = v
			for _, planned := range []bool{false, true} {
				r, err := Run(t.Context(), Options{Graph: g, Inputs: in, Device: d, Planned: planned})
				require.NoError(t, err)
				require.True(t, r.Totals.Passed, "planned %v: %v", planned, r.Failed())
			}
		})
	}
}

func TestAKernelThatNoLayerRunsIsAnError(t *testing.T) {
	d := openTest(t)
	g := around(t, conv(square(3, 1), 8), 1, nn.Shape{12, 12, 6})
	o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 1), Device: d, Kernel: "softmax"}
	_, err := Run(t.Context(), o)
	require.ErrorIs(t, err, ErrNotRun)
	require.ErrorContains(t, err, "softmax")
	require.ErrorContains(t, err, "conv2d rescale", "those that run are named")
	kernel, code := faulty(t, "max_pool.padding_wins")
	o.Kernel, o.SPIRV = "", map[string][]byte{kernel: code}
	_, err = Run(t.Context(), o)
	require.ErrorIs(t, err, ErrNotRun)
	_, code = faulty(t, "batch_norm.wrong_epsilon")
	o.SPIRV = map[string][]byte{"conv2d": code}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "push constant", "code with another interface is refused")
	o.SPIRV, o.Kernel = nil, "conv3d"
	_, err = Run(t.Context(), o)
	require.ErrorIs(t, err, gpu.ErrNoKernel)
}

func TestRunRefusesWhatItCannotRun(t *testing.T) {
	d := openTest(t)
	g := around(t, conv(square(3, 1), 8), 1, nn.Shape{12, 12, 6})
	x := nn.NewTensor(1, 12, 12, 6)
	for name, o := range map[string]Options{
		"nothing":               {},
		"a kernel of no device": {Graph: g, Inputs: []*nn.Tensor{x}, Kernel: "conv2d"},
		"no input":              {Graph: g, Device: d},
		"another shape":         {Graph: g, Device: d, Inputs: []*nn.Tensor{nn.NewTensor(1, 6, 12, 12)}},
		"missing weights":       {Graph: weightless(t), Device: d, Inputs: []*nn.Tensor{x}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Run(t.Context(), o)
			require.Error(t, err)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Options{Graph: g, Device: d, Inputs: []*nn.Tensor{x}})
	require.ErrorIs(t, err, context.Canceled)
}

func weightless(t testing.TB) *nn.Graph {
	b := nn.NewBuilder("weightless")
	g, err := b.Graph(b.Add("conv", conv(square(3, 1), 8), b.Input("in", nn.Shape{12, 12, 6})))
	require.NoError(t, err)
	return g
}

func TestAToleranceOfTheUsersDecides(t *testing.T) {
	d := openTest(t)
	g := around(t, conv(square(3, 1), 8), 1, nn.Shape{12, 12, 6})
	o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 1), Device: d, Tolerance: &Tolerance{}}
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.False(t, r.Totals.Passed, "float32 is not exact")
	l := r.Failed()[0]
	require.Equal(t, "as asked for", l.Isolated.Basis)
	kernel, code := faulty(t, "conv2d.bias_twice")
	o.SPIRV, o.Tolerance = map[string][]byte{kernel: code}, &Tolerance{NMSE: 1, MaxOverRMS: 1}
	r, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.True(t, r.Totals.Passed)
}

func TestAnotherDeviceCanJudge(t *testing.T) {
	d := openTest(t)
	g := around(t, conv(square(3, 1), 8), 1, nn.Shape{12, 12, 6})
	o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 2), Device: d, Judge: Other{d}}
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, d.Info().String(), r.Judge)
	require.True(t, r.Totals.Passed)
	require.Zero(t, r.Layers[1].Isolated.MaxAbs, "it is the same device")
	require.Contains(t, r.Layers[1].Isolated.Basis, "for the judge's own")
	kernel, code := faulty(t, "conv2d.kernel_flipped")
	o.SPIRV = map[string][]byte{kernel: code}
	r, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, "suspect", r.Failed()[0].Name)
}

func TestTheReportIsJSONThatReadsBack(t *testing.T) {
	kernel, code := faulty(t, "conv2d.filter_tail_ignored")
	g := around(t, conv(square(3, 1), 10), 1, nn.Shape{12, 12, 6})
	o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 1), Device: openTest(t), SPIRV: map[string][]byte{kernel: code}}
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	b, err := json.Marshal(r)
	require.NoError(t, err)
	var back Report
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, r.Totals, back.Totals)
	l := back.Failed()[0]
	require.Equal(t, ChannelTail, l.Place.Kind)
	require.True(t, math.IsInf(float64(l.Isolated.MaxAbs), 1))
	require.True(t, math.IsNaN(float64(l.Isolated.Worst.Got)))
	require.EqualValues(t, -1, l.Isolated.Worst.ULP)
}
