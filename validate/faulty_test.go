package validate

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// repository is its root, seen from this package.
const repository = ".."

func openTest(t testing.TB) *gpu.Device {
	t.Helper()
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// faulty returns the code of a deliberately wrong kernel, and the kernel's name.
func faulty(t testing.TB, name string) (kernel string, code []byte) {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("testdata/faulty/spirv", name+".spv"))
	require.NoError(t, err)
	kernel, _, _ = strings.Cut(name, ".")
	return kernel, code
}

// around returns a network in which the layer "suspect" of this operation is the
// only one that runs its kernel, with layers before and behind it.
func around(t testing.TB, op nn.Op, inputs int, shape nn.Shape) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("around")
	x := b.Input("input", shape)
	before := b.Add("before", &nn.Rescale{Scale: []float32{2}, Offset: []float32{-0.2}}, x)
	in := []*nn.Node{before}
	if inputs > 1 {
		in = append(in, b.Add("beside", &nn.MaxPool{Window: nn.Square(3, 1).Same(shape[0], shape[1])}, before))
	}
	n := b.Add("suspect", op, in...)
	g, err := b.Graph(b.Add("behind", &nn.Rescale{Scale: []float32{-1}, Offset: []float32{0.5}}, n))
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(3, 5)), g)
	return g
}

func square(size, stride int) nn.Window { return nn.Square(size, stride).Same(12, 12) }

func conv(w nn.Window, filters int) *nn.Conv2D {
	return &nn.Conv2D{Window: w, Filters: filters, UseBias: true}
}

func dilated() nn.Window {
	w := nn.Square(3, 1)
	w.Dilation = [2]int{2, 2}
	return w.Same(12, 12)
}

func norm() *nn.BatchNorm {
	return &nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}
}

// faultyKernels are the deliberately wrong kernels, a layer that shows the
// mistake, and what is to be found out about it.
var faultyKernels = map[string]struct {
	op      nn.Op
	kind    Kind
	where   string // a part of Place.Where
	cause   string // a part of Place.Cause
	suspect string
}{
	"conv2d.padding_off_by_one":   {conv(square(3, 1), 8), Shifted, "that of row i-1, column j-1", "padding is off", "the window begins one row too early and one column too early"},
	"conv2d.border_not_zero":      {conv(square(3, 1), 8), Border, "column 0 and column 11", "not the zeros it should be", ""},
	"conv2d.bounds_off_by_one":    {conv(square(3, 1), 8), Border, "rows 10 and 11", "off by one", ""},
	"conv2d.stride_ignored":       {conv(square(3, 2), 8), AllButFirst, "everything but position (0, 0)", "stride is ignored", "the stride is ignored"},
	"conv2d.dilation_ignored":     {conv(dilated(), 8), Everywhere, "3456 of 3456", "wrong formula", "the dilation is ignored"},
	"conv2d.kernel_flipped":       {conv(square(3, 1), 8), Everywhere, "3456 of 3456", "another layout", "the kernel is flipped"},
	"conv2d.kernel_transposed":    {conv(square(3, 1), 8), Everywhere, "3456 of 3456", "another layout", "the kernel's rows and columns are exchanged"},
	"conv2d.channel_tail_ignored": {conv(square(3, 1), 8), Everywhere, "3456 of 3456", "", "the last 2 of 6 input channels, which fours leave over, are left out"},
	"conv2d.filter_tail_ignored":  {conv(square(3, 1), 10), ChannelTail, "channels 8 and 9; never written: 864 elements", "10 channels are not a multiple of four", ""},
	"conv2d.one_lane_wrong":       {conv(square(3, 1), 8), OneOfFour, "channels 2 and 6", "vector of four", ""},
	"conv2d.every_second_column":  {conv(square(3, 1), 8), Grid, "column 1 of every 2", "columns that it computes at a time", ""},
	"conv2d.image_distance":       {conv(square(3, 1), 8), LaterImages, "images 1 and 2", "distance from one image", ""},
	"conv2d.last_groups_missing":  {conv(square(3, 1), 5), Tail, "the last 48 in memory order; never written: 48 elements", "do not run", ""},
	"conv2d.bias_twice":           {conv(square(3, 1), 8), PerChannel, "channels 0 to 7", "off by a constant", "the bias is added twice"},
	"depthwise_conv2d.transposed": {&nn.DepthwiseConv2D{Window: nn.Square(1, 1), Multiplier: 1}, Transposed, "row j, column i", "exchanged", ""},
	"max_pool.padding_wins":       {&nn.MaxPool{Window: square(3, 2)}, Border, "row 5 and column 5", "Padding", "padding is 0 where it should never win"},
	"avg_pool.padding_counted":    {&nn.AvgPool{Window: square(3, 1)}, Border, "row 0, row 11, column 0 and column 11", "Padding", "padding is counted in the divisor"},
	"global_avg_pool.wrong_divisor": {&nn.GlobalAvgPool{}, Scaled, "18 of 18", "multiplied by 0.993103", // 144 / 145
		""},
	"batch_norm.mean_and_variance_swapped": {norm(), PerChannel, "channels 0 to 5", "statistics of a normalisation are exchanged", "mean and variance are exchanged, and the variance's sign is dropped"},
	"batch_norm.wrong_epsilon":             {norm(), PerChannel, "channels 0 to 5", "all on one side of 1", "epsilon is 0.1 and not 0.001"},
	"batch_norm.gamma_ignored":             {norm(), PerChannel, "channels 0 to 5", "has its own factor", "gamma is left out"},
	"softmax.maximum_not_subtracted":       {&nn.Softmax{}, NotFinite, "NaN or infinite, or should be", "without the maximum subtracted", ""},
	"activation.clipped":                   {&nn.Activation{Func: nn.ReLU}, Scattered, "elements", "a bound", ""},
	"add.second_ignored":                   {&nn.Add{}, Everywhere, "2592 of 2592", "", "input 2 of 2 is not added"},
	"conv2d_tiles_32x32.missing_barrier":   {conv(square(3, 1), 40), Everywhere, "of 17280", "", ""},
	"zero_pad.not_written":                 {&nn.ZeroPad{Pad: nn.Pad{Top: 1, Left: 1, Bottom: 1, Right: 1}}, Border, "column 13; never written: 936 elements", "does not store all", ""},
}

func TestEveryDeliberatelyWrongKernelIsFoundNamedAndExplained(t *testing.T) {
	files, err := filepath.Glob("testdata/faulty/*.comp")
	require.NoError(t, err)
	require.Len(t, files, len(faultyKernels), "wrong kernels")
	d := openTest(t)
	for name, f := range faultyKernels {
		t.Run(name, func(t *testing.T) {
			kernel, code := faulty(t, name)
			if !slices.Contains(d.Kernels(), kernel) {
				t.Skip("the device does not take the kernel that this is a wrong one of")
			}
			inputs := 1
			if kernel == "add" {
				inputs = 2
			}
			g := around(t, f.op, inputs, nn.Shape{12, 12, 6})
			o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 3), Device: d, Kernel: kernel}
			switch kernel {
			case "softmax":
				o.Inputs[0].Data[0] = 300 // exp overflows from 89 on
			case "max_pool":
				o.Inputs = []*nn.Tensor{optest.Normal(rand.New(rand.NewPCG(1, 2)), -3, 1, 3, 12, 12, 6)}
			}
			r, err := Run(t.Context(), o)
			require.NoError(t, err)
			require.True(t, r.Totals.Passed, "the built-in kernel")
			require.Zero(t, r.Totals.Unsteady)

			o.SPIRV = map[string][]byte{kernel: code}
			r, err = Run(t.Context(), o)
			require.NoError(t, err)
			require.False(t, r.Totals.Passed)
			require.Equal(t, 1, r.Totals.FailedIsolated, "layers that are wrong by themselves")
			l := r.Failed()[0]
			require.Equal(t, "suspect", l.Name)
			require.Equal(t, kernel, l.Kernels[len(l.Kernels)-1], "behind what lays its input out")
			require.False(t, l.Isolated.Passed)
			require.False(t, l.Cumulative.Passed)
			if strings.HasSuffix(name, "missing_barrier") && l.Unsteady { // a race need not go the same way twice, but may
				f.kind, f.cause = Unstable, "a barrier is missing"
			}
			require.Equal(t, f.kind, l.Place.Kind)
			require.Contains(t, l.Place.Where, f.where)
			require.Contains(t, l.Place.Cause, f.cause)
			require.Equal(t, f.suspect, l.Suspect)
			require.Equal(t, f.kind == Unstable, l.Unsteady)
			require.Equal(t, []string{kernel}, r.Replaced)
		})
	}
}

func TestTheFaultIsFoundInThePlannedProgramToo(t *testing.T) {
	d := openTest(t)
	kernel, code := faulty(t, "conv2d.stride_ignored")
	b := nn.NewBuilder("planned")
	n := b.Input("input", nn.Shape{12, 12, 6})
	n = b.Add("first", conv(nn.Square(1, 1), 8), n)
	n = b.Add("halves", conv(square(3, 2), 8), n)
	n = b.Add("norm", norm(), n)
	n = b.Add("relu", &nn.Activation{Func: nn.ReLU}, n)
	g, err := b.Graph(b.Add("pool", &nn.GlobalAvgPool{}, n))
	require.NoError(t, err)
	optest.SetGraphWeights(rand.New(rand.NewPCG(3, 5)), g)
	o := Options{Graph: g, Inputs: optest.Inputs(rand.New(rand.NewPCG(1, 2)), g, 2), Device: d, Planned: true, Kernel: kernel, SPIRV: map[string][]byte{kernel: code}}
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1, r.Totals.FailedIsolated)
	require.Equal(t, 2, r.Totals.FailedCumulative, "the step and what comes after it")
	l := r.Failed()[0]
	require.Equal(t, []string{"halves", "norm", "relu"}, l.Nodes)
	require.Equal(t, "the stride is ignored", l.Suspect)
	require.Equal(t, AllButFirst, l.Place.Kind)
}

func TestTheCodeOfTheWrongKernelsWasMadeFromTheSourcesThatAreHere(t *testing.T) {
	m, err := shaders.ReadManifest("testdata/faulty/spirv/manifest.json")
	require.NoError(t, err)
	kernels, err := shaders.Faulty(os.DirFS(repository))
	require.NoError(t, err)
	require.Len(t, m.Kernels, len(kernels))
	for _, k := range kernels {
		_, code := faulty(t, k.Name)
		want, err := shaders.Describe(os.DirFS(repository), k, code)
		require.NoError(t, err)
		require.Equal(t, want, m.Kernels[k.Name], "%s: the source or an include has changed: run make shaders", k.Name)
		sum := sha256.Sum256(code)
		require.Equal(t, hex.EncodeToString(sum[:]), m.Kernels[k.Name].SPIRV)
		own, _, _ := strings.Cut(k.Name, ".")
		built, ok := shaders.Named(own)
		require.True(t, ok)
		require.NoError(t, built.Check(code), "%s has the interface of the kernel that it stands in for", k.Name)
	}
}
