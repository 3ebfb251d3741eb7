package profile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

func report(t *testing.T, m *Measurement, by By) *Report {
	t.Helper()
	r, err := m.Report(by)
	require.NoError(t, err)
	return r
}

func TestTheAccountDividesTheMedianRun(t *testing.T) {
	r := report(t, fixed(gpu.DeviceClock), ByStep)
	require.InDelta(t, 3.100, r.Account.Wall, 1e-9, "the second of three runs")
	want := Account{Wall: 3.1, Upload: 2 * .030, Submit: 2 * .150, Steps: 2 * 1.1, Gaps: 2 * .210, Readback: 2 * .050, Unexplained: 2 * .010}
	for _, p := range []struct {
		name      string
		want, got float64
	}{
		{"upload", want.Upload, r.Account.Upload}, {"submit", want.Submit, r.Account.Submit}, {"steps", want.Steps, r.Account.Steps},
		{"gaps", want.Gaps, r.Account.Gaps}, {"readback", want.Readback, r.Account.Readback}, {"unexplained", want.Unexplained, r.Account.Unexplained},
	} {
		require.InDelta(t, p.want, p.got, 1e-9, p.name)
	}
	require.InDelta(t, 1550.0/1500-1, r.Overhead, 1e-9)
}

func TestADeviceClockThatRunsFastShowsAsUnexplained(t *testing.T) {
	m := fixed(gpu.DeviceClock)
	for i := range m.runs {
		s := &m.runs[i].Submissions[0]
		s.Busy = 2 * s.Took // of a submission, in which it cannot be
	}
	a := report(t, m, ByStep).Account
	require.InDelta(t, 2*.050, a.Submit, 1e-9, "of the other submission alone")
	require.Negative(t, a.Unexplained)
	require.InDelta(t, a.Wall, a.Upload+a.Submit+a.Steps+a.Gaps+a.Readback+a.Unexplained, 1e-9)
}

func TestEveryKindOfRowAddsUpToTheSame(t *testing.T) {
	m := fixed(gpu.DeviceClock)
	names := map[By][]string{
		ByStep:   {"conv1", "res2a_branch2a_with_a_name_that_is_too_long", "pool", "res3b1", "fc"},
		ByLayer:  {"conv1", "res2a_branch2a", "pool", "res3b1", "fc"},
		ByBlock:  {"conv1", "res2a", "res3b1", "fc"},
		ByStage:  {"conv1", "res2", "res3", "fc"},
		ByKernel: {"repack + conv2d_tiles_64x64", "conv2d_rows_16_with_a_name_that_is_too_long", "max_pool", "conv2d_tiles_64x64", "dense"},
	}
	for _, by := range Kinds() {
		r := report(t, m, by)
		var got []string
		var median, share float64
		var macs, bytes int64
		for _, row := range r.Rows {
			got = append(got, row.Name)
			median += row.Median
			share += row.Share
			macs += row.MACs
			bytes += row.Bytes
		}
		require.Equal(t, names[by], got, by)
		require.InDelta(t, r.Account.Steps, median, 1e-9, by)
		require.InDelta(t, 1, share, 1e-9, by)
		require.EqualValues(t, 177_012_000, macs, by)
		require.EqualValues(t, 11_760_000, bytes, by)
	}
}

func TestARowHasItsRatesAndItsPlaceUnderTheRoof(t *testing.T) {
	rows := report(t, fixed(gpu.DeviceClock), ByStep).Rows
	conv := rows[0]
	require.InDelta(t, 0.6, conv.Median, 1e-9)
	require.InDelta(t, 0.9, conv.P95, 1e-9)
	require.InDelta(t, 2*75e6/0.6e-3/1e9, conv.GFLOPS, 1e-6)
	require.InDelta(t, 1.5e6/0.6e-3/1e9, conv.GBPerSecond, 1e-6)
	require.InDelta(t, 100, conv.Intensity, 1e-9)
	require.InDelta(t, 0.25, conv.OfRoof, 1e-9, "150 MFLOP at 1000 GFLOP/s are 0.15 ms of 0.6")
	require.Equal(t, []string{"conv2d_tiles_64x64", "repack"}, []string{conv.Kernels[0].Name, conv.Kernels[1].Name})
	wide := rows[1]
	require.InDelta(t, 0.25, wide.OfRoof, 1e-9, "10 MB at 100 GB/s, the better of copy and read, are 0.1 ms of 0.4")
	bounds := []Bound{Compute, Memory, Latency, Compute, Memory}
	for i, row := range rows {
		require.Equal(t, bounds[i], row.Bound, row.Name)
	}
	block := report(t, fixed(gpu.DeviceClock), ByBlock).Rows[1]
	require.InDelta(t, (0.1+0.0001)/0.8, block.OfRoof, 1e-9, "the steps' least times")
}

func TestWithoutARoofThereIsNoJudgement(t *testing.T) {
	m := fixed(gpu.DeviceClock)
	m.about.Roof = nil
	for _, row := range report(t, m, ByStep).Rows {
		require.Empty(t, row.Bound)
		require.Zero(t, row.OfRoof)
	}
}

func TestTheHostsClockGivesBlocksAndStagesAlone(t *testing.T) {
	m := fixed(gpu.HostClock)
	for _, by := range []By{ByStep, ByLayer, ByKernel} {
		_, err := m.Report(by)
		require.ErrorIs(t, err, ErrByBlock)
	}
	r := report(t, m, ByBlock)
	require.InDelta(t, 0.8, r.Rows[0].Median, 1e-9)
	require.InDelta(t, 1.2, r.Rows[1].Median, 1e-9, "both steps of the block")
	require.InDelta(t, 3.0, r.Account.Steps, 1e-9)
	require.Zero(t, r.Account.Submit)
	require.InDelta(t, 3.1-3.0-.080, r.Account.Unexplained, 1e-9)
	_, err := m.Report("colour")
	require.ErrorContains(t, err, `no rows by "colour"`)
}

func TestRowsAreSortedTheLargestFirst(t *testing.T) {
	for order, first := range map[string]string{"order": "conv1", "time": "conv1", "macs": "res3b1", "bytes": "res2a_branch2a_with_a_name_that_is_too_long", "roof": "res3b1", "intensity": "res3b1"} {
		r := report(t, fixed(gpu.DeviceClock), ByStep)
		require.NoError(t, r.Sort(order))
		require.Equal(t, first, r.Rows[0].Name, order)
	}
	r := report(t, fixed(gpu.DeviceClock), ByStep)
	require.ErrorContains(t, r.Sort("size"), `no order "size"`)
	for _, order := range Orders() {
		require.NoError(t, r.Sort(order))
	}
}

func TestAReportIsReadBackFromJSON(t *testing.T) {
	r := report(t, fixed(gpu.DeviceClock), ByStep)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	got, err := Read(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, r, got)
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"nothing":        {"", "not a profile as JSON"},
		"another schema": {`{"schema": "vkeras.bench/1"}`, `expected a profile of schema "vkeras.profile/1", found "vkeras.bench/1"`},
		"another type":   {`{"schema": "vkeras.profile/1", "rows": 3}`, "not a profile"},
		"too long":       {strings.Repeat(" ", 64<<20+1), "over 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text))
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestCSVHasTheRowsOfTheReport(t *testing.T) {
	r := report(t, fixed(gpu.DeviceClock), ByStep)
	require.NoError(t, r.Compare(report(t, fixed(gpu.DeviceClock), ByStep)))
	var b bytes.Buffer
	require.NoError(t, r.WriteCSV(&b))
	lines, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(r.Rows))
	cell := func(name string) string { return lines[1][slices.Index(lines[0], name)] }
	for name, want := range map[string]string{"step": "conv1", "block": "conv1", "median_ms": "0.6", "macs": "75000000", "gflops": "250", "m": "2048", "k": "147",
		"kernels": "conv2d_tiles_64x64 repack", "bound": "compute", "old_median_ms": "0.6", "verdict": "same"} {
		require.Equal(t, want, cell(name), name)
	}
}

func TestChangesBeyondTheNoiseAreNamed(t *testing.T) {
	old := Time{Median: 10, Q1: 9, Q3: 11}
	for name, c := range map[string]struct {
		now  Time
		want Verdict
	}{
		"equal":                      {old, Same},
		"clearly less":               {Time{Median: 8, Q1: 7.5, Q3: 8.5}, Faster},
		"clearly more":               {Time{Median: 13, Q1: 12, Q3: 14}, Slower},
		"less, but the halves meet":  {Time{Median: 8.9, Q1: 8, Q3: 9.5}, Same},
		"more, but the halves meet":  {Time{Median: 11.5, Q1: 10.5, Q3: 12}, Same},
		"apart, but by hardly a bit": {Time{Median: 10.1, Q1: 11.1, Q3: 11.2}, Same},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, verdict(old, c.now)) })
	}
}

func TestComparisonsMatchRowsByNameAndTurn(t *testing.T) {
	row := func(name string, ms float64) Row { return Row{Name: name, Time: Time{ms, ms, ms, ms}} }
	old := &Report{By: ByStep, Device: "one", Batch: 1, Rows: []Row{row("twice", 1), row("lost", 5), row("twice", 2)}}
	now := &Report{By: ByStep, Device: "other", Batch: 1, Rows: []Row{row("twice", 1), row("twice", 4), row("found", 3), row("twice", 9)}}
	require.NoError(t, now.Compare(old))
	require.Equal(t, []Change{
		{"twice", 1, 1, 1, Same}, {"twice", 2, 4, 2, Slower}, {"found", 0, 3, 0, Fresh}, {"twice", 0, 9, 0, Fresh}, {"lost", 5, 0, 0, Gone},
	}, now.Comparison.Rows)
	require.Equal(t, []string{"device: one then, other now"}, now.Comparison.Differs)
	require.ErrorIs(t, now.Compare(&Report{By: ByBlock}), ErrOtherRows)
}
