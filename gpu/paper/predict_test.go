package paper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/amdcode"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/resnet"
)

func program(t *testing.T, size int) *plan.Program {
	g, err := resnet.Build("resnet50", resnet.Options{Input: nn.Shape{size, size, 3}})
	require.NoError(t, err)
	for _, p := range g.Params() {
		*p.Value = nn.NewTensor(p.Shape...)
	}
	return plan.Compile(g, plan.All())
}

func TestResNet50IsPredictedWithinWhatADeviceCanDo(t *testing.T) {
	p := program(t, 224)
	for _, d := range Devices() {
		for _, precision := range nn.Precisions() {
			last := 0.0
			for _, batch := range []int{1, 8, 64} {
				got, err := d.Predict(p, precision, batch)
				require.NoError(t, err)
				require.Len(t, got.Steps, len(p.Steps))
				peak := float64(d.Units) * 64 * d.GHz // multiply-accumulates a nanosecond
				if precision.HalfTensors() {
					peak *= 2
				}
				rate := float64(p.MACs()*int64(batch)) / float64(got.Total.Nanoseconds())
				require.Less(t, rate, peak, "%s, %s, batch %d", d.Name, precision, batch)
				require.Greater(t, rate, last, "a larger batch takes less an image")
				require.Greater(t, rate, peak/100)
				last = rate
			}
		}
	}
}

// Counted by hand: a wave of 64 takes a SIMD of 32 lanes two cycles an instruction, so
// four waves take 8000 for 1000 instructions; a loop of 100, alone, waits for memory.
func TestWavesTakeTurnsAndOneAloneWaits(t *testing.T) {
	d, err := Named("navi21")
	require.NoError(t, err)
	require.Equal(t, int64(8000), d.round(4, Use{Instructions: 1000}, 1))
	looping := Use{Instructions: 1100, Loops: []amdcode.Loop{{Instructions: 100, MACs: 80}}}
	require.Equal(t, int64(10*latency+2*1000), d.round(1, looping, 10))
	require.Equal(t, int64(10*800+8*1000), d.round(4, looping, 10))
}

func TestADeviceIsFoundByFamilyAndName(t *testing.T) {
	for _, name := range []string{"navi21", "radeon rx 6800"} {
		d, err := Named(name)
		require.NoError(t, err)
		require.Equal(t, "Radeon RX 6800", d.Name)
	}
	_, err := Named("voodoo2")
	require.ErrorContains(t, err, `no device "voodoo2" on paper: expected vega10, navi10, navi21`)
}

func TestARealGPUIsPredictedByItsPublishedLimitsOrItsMeasuredRoof(t *testing.T) {
	known := For("AMD Radeon RX 6800 XT (RADV NAVI21)", 1, 1)
	require.Equal(t, "navi21", known.Family)
	require.Equal(t, 512.0, known.GBs)
	p := program(t, 64)
	last := 0.0
	for _, roof := range []struct{ gflops, gbs float64 }{{300, 30}, {4000, 200}, {60000, 4000}} { // integrated, a laptop's, a server's
		d := For("a GPU of somebody", roof.gflops, roof.gbs)
		require.InDelta(t, roof.gflops, 2*64*float64(d.Units)*d.GHz, roof.gflops/1e6)
		require.Equal(t, roof.gbs, d.GBs)
		require.Contains(t, d.Source, "measured")
		got, err := d.Predict(p, nn.FP32, 8)
		require.NoError(t, err)
		if last > 0 {
			require.Less(t, got.Total.Seconds(), last, "a faster GPU takes less")
		}
		last = got.Total.Seconds()
	}
}
