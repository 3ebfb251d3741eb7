package profile

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// narrow divides the width of the exercise's net, which takes the device a few
// milliseconds then.
const narrow = 4

// load puts the exercise's net on the device.
func load(t *testing.T, o gpu.Options) (*gpu.Net, []*nn.Tensor) {
	t.Helper()
	g, err := resnet.Exercise(resnet.ExerciseOptions{Options: resnet.Options{WidthDivisor: narrow}})
	require.NoError(t, err)
	resnet.Initialise(g, 1)
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	n, err := gpu.Load(d, g, o)
	require.NoError(t, err)
	t.Cleanup(func() { n.Close() })
	return n, []*nn.Tensor{nn.NewTensor(o.Batch, 64, 64, 3)}
}

func measured(t *testing.T, o gpu.Options) *Measurement {
	t.Helper()
	n, in := load(t, o)
	if n.Clock() != gpu.DeviceClock {
		t.Skip("the device has no timestamps")
	}
	runs := 0
	m, err := Measure(t.Context(), OnGPU(n), in, Options{
		Model: "narrow", Runs: 9, Warmups: 1, Progress: func(run int) { require.Equal(t, runs, run); runs++ },
		Roof: &Roof{GFLOPS: 50, CopyGBPerSecond: 5, ReadGBPerSecond: 5, DispatchUS: 20},
	})
	require.NoError(t, err)
	require.Equal(t, 10, runs)
	return m
}

// The bounds are for a machine that does other things too: in the middle one of
// nine runs, what is left unexplained is a few clock readings.
func TestTheAccountOfARealRunAddsUpToItsWallTime(t *testing.T) {
	for name, o := range map[string]gpu.Options{"planned": {Batch: 1}, "layer by layer": {Batch: 2, LayerByLayer: true}} {
		t.Run(name, func(t *testing.T) {
			m := measured(t, o)
			var unexplained []float64
			for _, r := range m.runs {
				a := account(r)
				require.InDelta(t, a.Wall, a.Upload+a.Submit+a.Steps+a.Gaps+a.Readback+a.Unexplained, 1e-6)
				for _, part := range []float64{a.Upload, a.Submit, a.Steps, a.Gaps, a.Readback, a.Unexplained} {
					require.GreaterOrEqual(t, part, 0.0, "%+v", a)
				}
				var took float64
				for _, step := range r.took {
					require.Positive(t, step)
					took += ms(step)
				}
				require.InDelta(t, a.Steps, took, 1e-6, "every step is in a row, and no time is in two")
				unexplained = append(unexplained, a.Unexplained/a.Wall)
			}
			slices.Sort(unexplained)
			require.Less(t, unexplained[len(unexplained)/2], 0.02)
			for _, by := range Kinds() {
				r := report(t, m, by)
				var b bytes.Buffer
				require.NoError(t, r.WriteText(&b))
				requireNarrow(t, b.String())
				for _, row := range r.Rows {
					require.NotEmpty(t, row.Name)
					require.NotEmpty(t, row.Kernels, row.Name)
					require.NotEmpty(t, row.Bound, row.Name)
				}
			}
			traceOf(t, m)
		})
	}
}

func TestEveryKerasLayerIsInARow(t *testing.T) {
	n, _ := load(t, gpu.Options{Batch: 1})
	seen := map[string]bool{}
	for _, s := range n.Program().Steps {
		for _, l := range describeStep(OnGPU(n), s).layers {
			seen[l] = true
		}
	}
	for _, l := range n.Program().Graph.Layers() {
		switch l.Class {
		case "InputLayer", "Flatten": // nothing to compute
			require.NotContains(t, seen, l.Name)
		default:
			require.Contains(t, seen, l.Name)
		}
	}
}

func TestMeasuringEndsWithItsContext(t *testing.T) {
	n, in := load(t, gpu.Options{Batch: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Measure(ctx, OnGPU(n), in, Options{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = Measure(t.Context(), OnGPU(n), in, Options{Runs: -1})
	require.ErrorContains(t, err, "-1 runs")
	_, err = Measure(t.Context(), OnGPU(n), []*nn.Tensor{nn.NewTensor(1, 8, 8, 3)}, Options{})
	require.ErrorContains(t, err, "input")
}

// work is what a block costs an image.
type work struct{ macs, floats, weights int64 }

// conv adds a convolution of k x k with its normalisation and, where there is
// one, its rectifier, each as a layer by itself: every one reads its input and
// writes its output.
func (w *work) conv(in, out, k, channels, filters int64, rectified bool) {
	y := out * out * filters
	w.macs += y * k * k * channels
	w.floats += in*in*channels + y // convolution
	w.weights += k*k*channels*filters + filters
	w.floats += 2 * y // normalisation
	w.weights += 4 * filters
	if rectified {
		w.floats += 2 * y
	}
}

// byHand counts the net of the exercise by He et al. 2015, table 1, from its
// text alone: sizes of 64 pixels, 1x1/2 on both paths of a halving block.
func byHand(divisor int64) map[string]*work {
	stem := &work{floats: 64*64*3 + 70*70*3} // padded by 3 on each side
	stem.conv(70, 32, 7, 3, 64/divisor, true)
	stem.floats += 32*32*64/divisor + 15*15*64/divisor // 3x3/2 max pool, not padded
	all := map[string]*work{"conv1": stem}
	size, channels := int64(15), 64/divisor
	for stage, blocks := range []int64{3, 4, 6, 3} {
		width := 64 / divisor << stage
		for i := range blocks {
			w, in, half := &work{}, channels, size
			if i == 0 && stage > 0 {
				half = (size + 1) / 2
			}
			w.conv(size, half, 1, in, width, true)
			w.conv(half, half, 3, width, width, true)
			w.conv(half, half, 1, width, 4*width, false)
			if i == 0 {
				w.conv(size, half, 1, in, 4*width, false)
			}
			w.floats += 3*half*half*4*width + 2*half*half*4*width // sum and rectifier
			size, channels = half, 4*width
			all[fmt.Sprintf("res%d%c", stage+2, 'a'+i)] = w
		}
	}
	const classes = 6
	all["fc"] = &work{
		macs:    channels * classes,
		floats:  (2*2+1)*channels + channels + classes + 2*classes, // 2x2 average pool, dense, softmax
		weights: channels*classes + classes,
	}
	return all
}

func TestMACsAndBytesAreThoseCountedByHand(t *testing.T) {
	for _, batch := range []int{1, 3} {
		n, _ := load(t, gpu.Options{Batch: batch, LayerByLayer: true})
		got := map[string]*work{}
		for _, s := range n.Program().Steps {
			d := describeStep(OnGPU(n), s)
			if got[d.block] == nil {
				got[d.block] = &work{}
			}
			got[d.block].macs += d.macs
			got[d.block].floats += d.bytes / 4
		}
		want := byHand(narrow)
		require.Len(t, got, len(want))
		for block, w := range want {
			require.Equal(t, w.macs*int64(batch), got[block].macs, "MACs of %s", block)
			require.Equal(t, w.floats*int64(batch)+w.weights, got[block].floats, "floats of %s", block)
		}
	}
}

func TestProductsHaveTheMACsOfTheirSteps(t *testing.T) {
	n, _ := load(t, gpu.Options{Batch: 2})
	products := 0
	for _, s := range n.Program().Steps {
		d := describeStep(OnGPU(n), s)
		if d.product != nil {
			products += len(s.Parts())
			require.Equal(t, d.macs, d.product.M*d.product.N*d.product.K, d.name)
		} else {
			require.Zero(t, d.macs, d.name)
		}
	}
	require.Equal(t, 53+1, products, "convolutions, merged ones too, and the dense layer")
}
