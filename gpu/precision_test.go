package gpu

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/shaders"
)

// stored are the tolerances for one operation whose inputs and kernels are
// numbers of float16 already, so that storing them loses nothing: FP16 still
// rounds the results.
var stored = map[nn.Precision]optest.Tolerance{nn.FP32: optest.FP32, nn.FP16W: optest.FP32, nn.FP16: optest.FP16}

// checkStored runs a case in a precision, from numbers that it can store.
func checkStored(ctx context.Context, d *Device, o Options, c optest.Case) error {
	p := o.Precision
	return c.Half(p.HalfWeights(), p.HalfTensors()).Check(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
		out, err := Apply(ctx, d, o, op, in...)
		if !errors.Is(err, ErrHalfRange) {
			return out, err
		}
		want, failed := reference.Apply(op, in...)
		if failed != nil {
			return nil, failed
		}
		for _, v := range want.Data {
			if math.Abs(float64(v)) >= lower.HalfEnd {
				return want, nil // rightly refused
			}
		}
		if r, ok := op.(*nn.Reduce); ok && (r.Func == nn.ReduceArgMax || r.Func == nn.ReduceArgMin) && in[0].Shape.Len()/want.Shape.Len() > 2049 {
			return want, nil // places that float16 does not count to
		}
		return nil, err
	}, stored[p])
}

func TestEveryOperationGivesWhatTheReferenceGivesInHalfPrecision(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	for _, p := range []nn.Precision{nn.FP16W, nn.FP16} {
		for _, byLayer := range []bool{false, true} {
			for _, s := range optest.All(optest.Seed) {
				for i, c := range s.Cases {
					if byLayer && i%4 != 0 {
						continue // its kernels are the planned ones but for the products
					}
					o := Options{Precision: p, LayerByLayer: byLayer}
					require.NoError(t, checkStored(t.Context(), d, o, c), "%s, layer by layer: %t, %s %s", p, byLayer, s.Kind, c.Name)
				}
			}
		}
	}
}

func TestRandomNetworksGiveWhatTheReferenceGivesInHalfPrecision(t *testing.T) {
	t.Parallel()
	devices := map[Type]*Device{}
	kinds := []Type{CPU, Discrete} // whose kernels are others, and whose memory is not for the host
	for _, kind := range kinds {
		devices[kind] = openTest(t)
		setType(devices[kind], kind)
	}
	rapid.Check(t, func(t *rapid.T) {
		images := rapid.IntRange(1, 5).Draw(t, "images")
		g, in, want := optest.Network(t, rapid.Uint64().Draw(t, "seed"), images)
		p := rapid.SampledFrom([]nn.Precision{nn.FP16W, nn.FP16}).Draw(t, "precision")
		n, err := Load(devices[rapid.SampledFrom(kinds).Draw(t, "device")], g, Options{
			Precision: p, Batch: rapid.IntRange(1, 4).Draw(t, "batch"),
			LayerByLayer: rapid.Bool().Draw(t, "layer by layer"), Keep: rapid.Bool().Draw(t, "keep"),
		})
		require.NoError(t, err)
		defer n.Close()
		got, err := n.RunAll(context.Background(), in)
		require.NoError(t, err)
		noise, err := optest.HalfNoise(context.Background(), g, in, want)
		require.NoError(t, err)
		optest.RequireCloseBut(t, p, got, want, noise)
	})
}

func TestNumbersBeyondHalfPrecisionAreRefused(t *testing.T) {
	d := openTest(t)
	x, err := nn.FromSlice([]float32{1, 2, 3, 4}, 1, 1, 1, 4)
	require.NoError(t, err)
	conv := func(weight float32) *nn.Conv2D {
		op := &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4}
		op.Kernel = nn.NewTensor(1, 1, 4, 4)
		for i := range op.Kernel.Data {
			op.Kernel.Data[i] = weight
		}
		return op
	}
	for _, kernel := range []string{"", "conv2d"} {
		for _, p := range []nn.Precision{nn.FP16W, nn.FP16} {
			_, err = Apply(t.Context(), d, Options{Precision: p, Kernel: kernel}, conv(70000), x)
			require.ErrorIs(t, err, ErrHalfRange)
			require.ErrorContains(t, err, `layer "output"`)
			require.ErrorContains(t, err, "a weight of 70000")
		}
	}
	_, err = Apply(t.Context(), d, Options{Precision: nn.FP16}, conv(60000), x)
	require.ErrorIs(t, err, ErrHalfRange, "the sum is 600,000")
	y, err := Apply(t.Context(), d, Options{Precision: nn.FP16W}, conv(60000), x)
	require.NoError(t, err)
	require.Equal(t, float32(600000), y.Data[0], "60000 is a number of float16")

	x.Data[3] = -1e6
	_, err = Apply(t.Context(), d, Options{Precision: nn.FP16}, conv(0), x)
	require.ErrorIs(t, err, ErrHalfRange)
	require.ErrorContains(t, err, "an input of -1e+06")

	x.Data[3] = float32(math.NaN())
	_, err = Apply(t.Context(), d, Options{Precision: nn.FP16}, conv(1), x)
	require.NoError(t, err, "what the input has may be in the output")
}

func TestAPrecisionThatIsNotThereIsRefused(t *testing.T) {
	d := openTest(t)
	g, in, want := optest.Network(t, 1, 1)
	_, err := Load(d, g, Options{Precision: "fp8"})
	require.ErrorContains(t, err, `precision "fp8": expected fp32, fp16w, fp16`)
	_, err = Load(d, g, Options{Precision: nn.FP16, Kernel: "conv2d_fp16w"})
	require.ErrorIs(t, err, ErrNoKernel)

	d.limits.Storage16 = false
	_, err = Load(d, g, Options{Precision: nn.FP16})
	require.ErrorIs(t, err, ErrPrecision)
	for _, name := range d.Kernels() {
		k, ok := shaders.Named(name)
		require.True(t, ok)
		require.NotEqual(t, nn.FP16, k.Precision, name)
	}
	d.limits.RGBA16FTexels = false // and so no lanes kernel
	n, err := Load(d, g, Options{Precision: nn.FP16W})
	require.NoError(t, err)
	defer n.Close()
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP16W, got, want)
}

func TestHalfPrecisionTakesHalfTheMemory(t *testing.T) {
	d := openTest(t)
	b := nn.NewBuilder("pair")
	x := b.Input("x", nn.Shape{16, 16, 64})
	g, err := b.Graph(b.Add("b", &nn.Conv2D{Window: nn.Square(1, 1), Filters: 64}, b.Add("a", &nn.Conv2D{Window: nn.Square(3, 1), Filters: 64}, x)))
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(1, 2)), g)
	var arenas, weights []int64
	for _, p := range nn.Precisions() {
		n, err := Load(d, g, Options{Precision: p})
		require.NoError(t, err)
		arenas, weights = append(arenas, n.Footprint().Arena), append(weights, n.Footprint().Weights)
		require.NoError(t, n.Close())
	}
	require.Equal(t, arenas[0], arenas[1])
	require.Equal(t, arenas[0], 2*arenas[2])
	require.InDelta(t, weights[0], 2*weights[1], 4096, "biases apart")
	require.Equal(t, weights[1], weights[2])
}

func TestADriverThatBreaksOnFloat16IsGivenNone(t *testing.T) {
	d := openTest(t)
	g, _, _ := optest.Network(t, 1, 1)
	d.limits.BreaksOnHalf = true
	for _, p := range []nn.Precision{nn.FP16W, nn.FP16} {
		_, err := Load(d, g, Options{Precision: p})
		require.ErrorIs(t, err, ErrPrecision)
		require.ErrorContains(t, err, "fp32 needs none")
	}
	require.NotEmpty(t, d.Kernels())
	for _, name := range d.Kernels() {
		k, ok := shaders.Named(name)
		require.True(t, ok)
		require.Equal(t, nn.FP32, k.Precision, name)
	}
}

func TestPlacesThatFloat16DoesNotCountToAreRefused(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	for _, op := range []nn.Op{&nn.Sort{Axis: -1, Positions: true}, &nn.Reduce{Func: nn.ReduceArgMax, Axes: []int{0}}} {
		for n, refused := range map[int]bool{2049: false, 2050: true} {
			x := nn.NewTensor(1, n)
			x.Data[n-1] = 1
			want, err := reference.Apply(op, x)
			require.NoError(t, err)
			for _, p := range nn.Precisions() {
				y, err := Apply(t.Context(), d, Options{Precision: p}, op, x)
				if refused && p == nn.FP16 {
					require.ErrorIs(t, err, ErrHalfRange)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, want.Data, y.Data)
			}
		}
	}
}
