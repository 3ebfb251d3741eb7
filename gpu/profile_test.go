package gpu

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// profileOf loads the random net and profiles it.
func profileOf(t *testing.T, d *Device, o Options, clock Clock) (*Net, *Profile) {
	o.Batch = 2
	g, in, want := optest.Network(t, 4, 2)
	n, err := Load(d, g, o)
	require.NoError(t, err)
	t.Cleanup(func() { n.Close() })
	var p *Profile
	for range 2 { // the second is a replay
		p, err = n.Profile(t.Context(), in, clock)
		require.NoError(t, err)
	}
	got, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	optest.RequireClose(t, nn.FP32, got, want)
	return n, p
}

// requireOrder holds the host's spans to an order without overlaps, within Wall.
func requireOrder(t *testing.T, p *Profile) {
	spans := []Span{p.Upload}
	for _, s := range p.Submissions {
		require.LessOrEqual(t, s.Queue, s.Took)
		spans = append(spans, s.Span)
	}
	spans = append(spans, p.Readback)
	var end time.Duration
	for _, s := range spans {
		require.GreaterOrEqual(t, s.At, end)
		require.GreaterOrEqual(t, s.Took, time.Duration(0))
		end = s.At + s.Took
	}
	require.LessOrEqual(t, end, p.Wall)
}

// stepsOf returns the steps that were timed, each once.
func stepsOf(p *Profile) []*plan.Step {
	var steps []*plan.Step
	for _, s := range p.Submissions {
		for _, w := range s.Work {
			for _, step := range w.Steps {
				if len(steps) == 0 || steps[len(steps)-1] != step {
					steps = append(steps, step)
				}
			}
		}
	}
	return steps
}

func TestTheDevicesClockTimesEveryStepWithinItsSubmission(t *testing.T) {
	for name, o := range map[string]Options{"planned": {}, "layer by layer": {LayerByLayer: true}} {
		for _, kind := range []Type{CPU, Discrete} { // with and without a staging buffer
			t.Run(name+" on a "+string(kind), func(t *testing.T) {
				d := openTest(t)
				if !d.Info().Timestamps {
					t.Skip("the device has no clock")
				}
				setType(d, kind)
				n, p := profileOf(t, d, o, clockOf(d))
				requireOrder(t, p)
				require.Equal(t, n.Program().Steps, stepsOf(p))
				for _, s := range p.Submissions {
					require.LessOrEqual(t, s.Busy, s.Took, "the device works while the host waits, by two clocks")
					end := s.CopyIn.Took
					for _, w := range s.Work {
						require.Positive(t, w.Took)
						require.GreaterOrEqual(t, w.At, end)
						end = w.At + w.Took
					}
					require.LessOrEqual(t, end, s.CopyOut.At)
					require.Equal(t, s.Busy, s.CopyOut.At+s.CopyOut.Took)
				}
				require.Equal(t, n.slots.All[0].staging != nil, p.Submissions[0].CopyIn.Took > 0)
			})
		}
	}
}

// clockOf is the device's clock, where it has one.
func clockOf(d *Device) Clock { return (&Net{device: d}).Clock() }

func TestWithoutTimestampsBlocksAreTimedByTheHost(t *testing.T) {
	d := openTest(t)
	d.info.physical.QueueFamilies[d.info.physical.Family].TimestampBits = 0
	d.info = describe(0, d.info.physical)
	require.False(t, d.info.Timestamps)
	n, p := profileOf(t, d, Options{}, HostClock)
	require.Equal(t, HostClock, n.Clock())
	requireOrder(t, p)
	require.Equal(t, n.Program().Steps, stepsOf(p))
	blocks := map[string]bool{}
	for _, s := range p.Submissions {
		require.Len(t, s.Work, 1)
		require.Equal(t, s.Took, s.Work[0].Took)
		for _, step := range s.Work[0].Steps {
			require.Equal(t, s.Work[0].Steps[0].Main().Block, step.Main().Block)
		}
		blocks[s.Work[0].Steps[0].Main().Block] = true
	}
	require.Greater(t, len(blocks), 1)
	_, in, _ := optest.Network(t, 4, 2)
	_, err := n.Profile(t.Context(), in, DeviceClock)
	require.ErrorIs(t, err, ErrNoTimestamps)
}

func TestNoClockTimesTheHostAlone(t *testing.T) {
	_, p := profileOf(t, openTest(t), Options{}, NoClock)
	requireOrder(t, p)
	require.Empty(t, stepsOf(p))
	require.Positive(t, p.Wall)
}

func TestAProfileByAnUnknownClockIsRefused(t *testing.T) {
	d := openTest(t)
	g, in, _ := optest.Network(t, 4, 1)
	n, err := Load(d, g, Options{})
	require.NoError(t, err)
	_, err = n.Profile(t.Context(), in, "sundial")
	require.ErrorContains(t, err, `no clock "sundial"`)
	require.NoError(t, n.Close())
	_, err = n.Profile(t.Context(), in, NoClock)
	require.ErrorIs(t, err, ErrClosed)
}

func TestTheRoofIsMeasured(t *testing.T) {
	d := openTest(t)
	r, err := d.MeasureRoof(t.Context())
	require.NoError(t, err)
	require.Greater(t, r.FLOPS, 1e8, "slower than the slowest computer")
	require.Less(t, r.FLOPS, 1e15)
	for _, b := range []float64{r.CopyBytesPerSecond, r.ReadBytesPerSecond} {
		require.Greater(t, b, 1e7)
		require.Less(t, b, 1e14)
		require.LessOrEqual(t, b, r.BytesPerSecond())
	}
	require.Less(t, r.Dispatch, 10*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.MeasureRoof(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
