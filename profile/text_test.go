package profile

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
)

var update = flag.Bool("update", false, "write the golden files")

// golden holds text to a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "go test -update writes it anew")
}

func TestTextHasItsLayout(t *testing.T) {
	for name, c := range map[string]struct {
		clock   gpu.Clock
		by      By
		chart   bool
		compare bool
	}{
		"steps.txt":   {clock: gpu.DeviceClock, by: ByStep},
		"blocks.txt":  {clock: gpu.DeviceClock, by: ByBlock, compare: true},
		"kernels.txt": {clock: gpu.DeviceClock, by: ByKernel},
		"host.txt":    {clock: gpu.HostClock, by: ByBlock},
		"chart.txt":   {clock: gpu.DeviceClock, by: ByStep, chart: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, fixed(c.clock), c.by)
			if c.compare {
				old := report(t, fixed(c.clock), c.by)
				old.Batch, old.Rows[1].Name = 1, "res9z"
				old.Rows[2].Time, old.Rows[3].Time = Time{9, 9, 9, 9}, Time{.1, .1, .1, .1}
				require.NoError(t, r.Compare(old))
			}
			write := r.WriteText
			if c.chart {
				write = r.WriteChart
			}
			var b bytes.Buffer
			require.NoError(t, write(&b))
			requireNarrow(t, b.String())
			golden(t, name, b.Bytes())
		})
	}
}

// requireNarrow holds every line to the width of 100 columns.
func requireNarrow(t *testing.T, text string) {
	for _, line := range strings.Split(text, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 100, line)
		require.Equal(t, strings.TrimRight(line, " "), line)
	}
}

func TestNumbersHaveThreeFigures(t *testing.T) {
	for v, want := range map[float64]string{0: "-", 0.00123: "0.0012", 0.0123: "0.0123", 0.1234: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 12345: "12345"} {
		require.Equal(t, want, number(v))
	}
}

func TestLongTextIsCutInTheMiddle(t *testing.T) {
	require.Equal(t, "abc", elide("abc", 3))
	require.Equal(t, "ab…ef", elide("abcdef", 5))
	require.Equal(t, "ä…ü", elide("äöü0ü", 3))
}

func TestBarsAreDrawnToAnEighth(t *testing.T) {
	require.Equal(t, "", bar(0))
	require.Equal(t, "██▌", bar(2.5))
	require.Equal(t, "▏", bar(0.125))
	require.Equal(t, "█▉", bar(1.875))
}
