package gpu

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// tuned opens a device that takes itself for a GPU, with an empty cache folder,
// and returns a net to tune: two products, one of them twice.
func tuned(t *testing.T) (*Device, *nn.Graph, []*nn.Tensor, []*nn.Tensor) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	d := openTiled(t)
	if !d.Info().Timestamps {
		t.Skip("the device has no clock to tune by")
	}
	asGPU(d)
	g, in, want := stack(t)
	return d, g, in, want
}

// load puts the net on the device with tuning that has time for all.
func load(t *testing.T, d *Device, g *nn.Graph, o Options) *Net {
	o.Batch, o.Tune = 2, true
	if o.tuneFor == 0 {
		o.tuneFor = time.Hour
	}
	n, err := Load(d, g, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

func tuningFile(t *testing.T, d *Device) string {
	folder, err := cachefile.Folder()
	require.NoError(t, err)
	return filepath.Join(folder, d.info.tuneName())
}

func TestTuningIsRememberedAndGivesTheSame(t *testing.T) {
	d, g, in, want := tuned(t)
	for _, expected := range []Tuned{{Measured: 2}, {Remembered: 2}} {
		n := load(t, d, g, Options{})
		require.Equal(t, expected, n.Tuned())
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, nn.FP32, got, want)
	}
	require.Equal(t, Tuned{Measured: 2}, load(t, d, g, Options{Precision: nn.FP16}).Tuned(), "another precision is another matter")
	require.Equal(t, Tuned{Remembered: 2}, load(t, d, g, Options{}).Tuned(), "and leaves the first")

	d.info.physical.DriverVersion++
	require.Equal(t, Tuned{Measured: 2}, load(t, d, g, Options{}).Tuned(), "a driver's update makes it void")
	require.Equal(t, Tuned{Remembered: 2}, load(t, d, g, Options{}).Tuned())
	d.info.UUID = "00000000000000000000000000000001"
	require.Equal(t, Tuned{Measured: 2}, load(t, d, g, Options{}).Tuned(), "another device has a file of its own")
}

func TestDamagedTuningIsMeasuredAgain(t *testing.T) {
	d, g, in, want := tuned(t)
	load(t, d, g, Options{})
	file := tuningFile(t, d)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{"empty": {}, "cut short": whole[:len(whole)-9], "a bit flipped": flipped, "something else": []byte("hello")} {
		require.NoError(t, os.WriteFile(file, content, 0o600))
		n := load(t, d, g, Options{})
		require.Equal(t, Tuned{Measured: 2}, n.Tuned(), name)
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, nn.FP32, got, want)
		require.Equal(t, Tuned{Remembered: 2}, load(t, d, g, Options{}).Tuned(), name)
	}
}

// What is whole and of the right key may still be nonsense: of another version
// of this package with the same shaders.
func TestTuningThatMakesNoSenseIsIgnored(t *testing.T) {
	d, g, _, _ := tuned(t)
	load(t, d, g, Options{})
	good := d.info.readTuning()
	require.Len(t, good, 2)
	folder, err := cachefile.Folder()
	require.NoError(t, err)
	for name, c := range map[string]lower.Choice{
		"no kernel": {Kernel: "conv9d", Splits: 1}, "not for products": {Kernel: "softmax", Splits: 1}, "for another class of device": {Kernel: "conv2d_lanes_8_4x1", Splits: 1},
		"no part": {Kernel: "conv2d_tiles_32x32", Splits: 0}, "too many parts": {Kernel: "conv2d_tiles_32x32", Splits: 1 << 40},
	} {
		bad := append([]measurement(nil), good...)
		bad[0].Choice = c
		data, err := json.Marshal(bad)
		require.NoError(t, err)
		require.NoError(t, cachefile.Write(folder, d.info.tuneName(), d.info.tuneKey(), data))
		require.Equal(t, good[1:], d.info.readTuning(), name)
	}
	require.NoError(t, cachefile.Write(folder, d.info.tuneName(), d.info.tuneKey(), []byte(`{"not": "a list"}`)))
	require.Empty(t, d.info.readTuning())
}

func TestAKernelThatIsWrongIsNotChosen(t *testing.T) {
	d, g, in, want := tuned(t)
	other, ok := shaders.Named("conv2d_tiles_64x64")
	require.True(t, ok)
	code, err := other.SPIRV()
	require.NoError(t, err)
	n := load(t, d, g, Options{SPIRV: map[string][]byte{"conv2d_tiles_64x128": code}}) // which leaves half of a tile out, and so is fast
	require.Equal(t, Tuned{Measured: 2}, n.Tuned())
	for p, c := range n.target.Tuned {
		require.NotEqual(t, "conv2d_tiles_64x128", c.Kernel, "%+v", p)
	}
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
	require.NoFileExists(t, tuningFile(t, d), "what replaced code takes is not remembered")
}

func TestTuningEndsWhenItsTimeIsUp(t *testing.T) {
	d, g, in, want := tuned(t)
	n := load(t, d, g, Options{tuneFor: time.Nanosecond})
	require.Equal(t, Tuned{Left: 2}, n.Tuned())
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
	require.NoFileExists(t, tuningFile(t, d))
}

func TestCPUsAreNotTuned(t *testing.T) {
	d, g, _, _ := tuned(t)
	setType(d, CPU)
	require.Zero(t, load(t, d, g, Options{}).Tuned())
	asGPU(d)
	d.info.Timestamps = false
	require.Zero(t, load(t, d, g, Options{}).Tuned(), "nor what cannot tell the time")
}
