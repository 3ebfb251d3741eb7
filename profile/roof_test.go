package profile

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/cachefile"
)

func TestARoofIsMeasuredOnceADeviceAndDriver(t *testing.T) {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	folder := filepath.Join(t.TempDir(), "made", "when", "needed")
	first, err := CachedRoof(t.Context(), d, folder, false)
	require.NoError(t, err)
	require.True(t, first.valid())
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "and no temporary file")

	first.Others, first.Spread = 0, 1 // this machine may be busy
	data, err := json.Marshal(first)
	require.NoError(t, err)
	require.NoError(t, cachefile.Write(folder, files[0].Name(), roofKey(d.Info()), data))

	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be measured now
	again, err := CachedRoof(ctx, d, folder, false)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = CachedRoof(ctx, d, folder, true)
	require.ErrorIs(t, err, context.Canceled)

	for _, text := range []string{"", "{", "{}", `{"gflops": -1, "copy_gb_per_second": 1, "read_gb_per_second": 1}`} {
		require.NoError(t, cachefile.Write(folder, files[0].Name(), roofKey(d.Info()), []byte(text)))
		_, err = CachedRoof(ctx, d, folder, false)
		require.ErrorIs(t, err, context.Canceled, "%q is no roof, so it is measured", text)
	}
}

func TestAnotherDriverHasAnotherRoof(t *testing.T) {
	one := gpu.Info{Name: "a", Driver: "1.0", UUID: "00", API: "1.3.0"}
	other := one
	other.Driver = "1.1"
	require.NotEqual(t, roofKey(one), roofKey(other))
	require.Equal(t, roofName(one), roofName(other), "in place of the old one")
}

func TestARoofThatCannotBeKeptIsMeasuredAllTheSame(t *testing.T) {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	r, err := CachedRoof(t.Context(), d, filepath.Join(file, "no folder"), false)
	require.NoError(t, err)
	require.True(t, r.valid())
}

// measuring returns roofs of these GFLOP/s, one after the other.
func measuring(gflops ...float64) func() (*Roof, error) {
	return func() (*Roof, error) {
		g := gflops[0]
		gflops = gflops[1:]
		return &Roof{GFLOPS: g, CopyGBPerSecond: g / 10, ReadGBPerSecond: g / 5, DispatchUS: 1}, nil
	}
}

func TestTheBestOfSomeWindowsIsTheRoof(t *testing.T) {
	r, err := windows(measuring(99, 100, 98, 0, 0, 0))
	require.NoError(t, err)
	require.Equal(t, 100.0, r.GFLOPS)
	require.Equal(t, 20.0, r.ReadGBPerSecond)
	r, err = windows(measuring(10, 100, 98, 97, 96, 95))
	require.NoError(t, err)
	require.Equal(t, 6, r.Windows, "load shows, so more are taken")
	require.InDelta(t, 0.1, r.Spread, 1e-9)
	require.True(t, r.Doubtful())
	require.Contains(t, r.How(), "best of 6 windows, the slowest 10 % of it")
}

func TestADoubtfulRoofIsMeasuredAgainAndABetterOneStays(t *testing.T) {
	folder := t.TempDir()
	kept := func(r *Roof) {
		data, err := json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, cachefile.Write(folder, "roof", []byte("key"), data))
	}
	for _, c := range []struct {
		kept  Roof
		again bool
		want  float64
	}{
		{Roof{GFLOPS: 12, Windows: 3, Spread: 1}, false, 12},
		{Roof{GFLOPS: 12, Windows: 3, Spread: 1}, true, 100},
		{Roof{GFLOPS: 12, Windows: 3, Spread: 1, Others: 0.6}, false, 100},
		{Roof{GFLOPS: 12, Windows: 6, Spread: 0.3}, false, 100},
		{Roof{GFLOPS: 120, Windows: 6, Spread: 0.3}, false, 120},
	} {
		c.kept.CopyGBPerSecond, c.kept.ReadGBPerSecond = 1, 1
		kept(&c.kept)
		r, err := cachedRoof(folder, "roof", []byte("key"), c.again, measuring(50, 100, 50, 50, 50, 50))
		require.NoError(t, err)
		require.Equal(t, c.want, r.GFLOPS)
	}
}

func TestARoofThatAStepBeatsIsRenewedAndElseRaised(t *testing.T) {
	one := step{name: "conv", macs: 50e6, kernels: []Kernel{{Name: "fast"}}}
	took := run{took: []time.Duration{time.Millisecond, 40 * time.Nanosecond}} // 100 GFLOP/s
	for _, c := range []struct {
		roof, again, want float64
		asked             bool
		beaten            string
	}{
		{200, 0, 200, false, ""},
		{99, 0, 99, false, ""}, // as clocks go
		{12, 180, 180, true, ""},
		{12, 30, 100, true, "fast"},
	} {
		noticedLate := step{name: "pool", macs: 1e9} // while its thread was not run, so that it seems to take no time
		m := &Measurement{steps: []step{one, noticedLate}, runs: []run{took}, about: Report{Roof: &Roof{GFLOPS: c.roof}}}
		asked := false
		require.NoError(t, m.Renew(func() (*Roof, error) {
			asked = true
			return &Roof{GFLOPS: c.again, Windows: 3, Spread: 1}, nil
		}))
		require.Equal(t, c.asked, asked)
		require.InDelta(t, c.want, m.about.Roof.GFLOPS, 1e-6)
		require.Equal(t, c.beaten, m.about.Roof.Beaten)
		require.Equal(t, c.beaten != "", m.about.Roof.Doubtful())
	}
}

func TestTheProcessorsTimeOfOthersIsSeen(t *testing.T) {
	before, ok := ticksNow()
	if !ok {
		t.Skip("the system does not tell")
	}
	require.GreaterOrEqual(t, before.all, before.idle+before.own)
	busy := ticks{all: before.all - 100, idle: before.idle - 20, own: before.own - 30}
	share := othersSince(busy)
	require.InDelta(t, 0.5, share, 0.3) // of the 100 ticks 80 were busy, 30 of them this process's; and those since
}
