package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/profile"
)

// cached points the cache at a folder of the test's own.
func cached(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", folder)
	t.Setenv("HOME", folder) // where macOS has its cache
}

func TestProfileWritesEveryFormat(t *testing.T) {
	cached(t)
	folder := t.TempDir()
	trace, page, old := filepath.Join(folder, "trace.json"), filepath.Join(folder, "page.html"), filepath.Join(folder, "old.json")
	r := vkeras(t, nil, "profile", "--runs", "2", "--json", "--trace", trace, "--html", page)
	require.Equal(t, ok, r.status, r.stderr)
	got, err := profile.Read(strings.NewReader(r.stdout))
	require.NoError(t, err)
	require.Equal(t, profile.ByBlock, got.By)
	require.Len(t, got.Rows, 1+3+4+6+3+1)
	require.NotNil(t, got.Roof)
	a := got.Account
	require.InDelta(t, a.Wall, a.Upload+a.Submit+a.Steps+a.Gaps+a.Readback+a.Unexplained, 1e-6)
	require.NoError(t, os.WriteFile(old, []byte(r.stdout), 0o644))
	var events map[string]any
	b, err := os.ReadFile(trace)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &events))
	require.Contains(t, events, "traceEvents")
	b, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(b), "<title>demo model")

	r = vkeras(t, nil, "profile", "--runs", "1", "--compare", old)
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `(?m)^res2a +\d`, r.stdout)
	require.Contains(t, r.stdout, "Against the older profile")

	r = vkeras(t, nil, "profile", "--runs", "1", "--by", "stage", "--sort", "time", "--csv")
	require.Equal(t, ok, r.status, r.stderr)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+6)

	r = vkeras(t, nil, "profile", "--runs", "1", "--by", "stage", "--chart")
	require.Equal(t, ok, r.status, r.stderr)
	require.Regexp(t, `(?m)^res5 .*[█▉▊▋▌▍▎▏]$`, r.stdout)
}

func TestProfileRefusesWhatMakesNoSense(t *testing.T) {
	cached(t)
	steps := filepath.Join(t.TempDir(), "steps.json")
	require.NoError(t, os.WriteFile(steps, []byte(`{"schema": "vkeras.profile/1", "by": "step"}`), 0o644))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"an unknown kind of row":  {[]string{"--by", "colour"}, wrongUsage, `--by "colour"`},
		"an unknown order":        {[]string{"--sort", "size"}, wrongUsage, `--sort "size"`},
		"no run":                  {[]string{"--runs", "0"}, wrongUsage, "--runs 0"},
		"no image":                {[]string{"--batch", "0"}, wrongUsage, "--batch 0"},
		"the reference":           {[]string{"--device", "reference"}, wrongUsage, "needs a Vulkan device"},
		"two forms":               {[]string{"--chart", "--json"}, wrongUsage, "[chart json]"},
		"a profile that is none":  {[]string{"--compare", samples + "/one_1.png"}, failed, "not a profile"},
		"a profile that is not":   {[]string{"--compare", "none.json"}, failed, "--compare: open none.json"},
		"a profile of other rows": {[]string{"--compare", steps, "--by", "block"}, wrongUsage, "has rows by step"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"profile"}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
		})
	}
}

func TestProfilePredictsAGPUsTimeWhereAsked(t *testing.T) {
	cached(t)
	r := vkeras(t, nil, "profile", "--device", "cpu", "--runs", "1", "--on", "vega10", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	got, err := profile.Read(strings.NewReader(r.stdout))
	require.NoError(t, err)
	require.Contains(t, got.Predicted.Device, "RX Vega 64")
	for _, row := range got.Rows {
		require.Positive(t, row.Predicted, row.Name)
	}
	plain := vkeras(t, nil, "profile", "--device", "cpu", "--runs", "1", "--on", "none", "--json")
	require.Equal(t, ok, plain.status, plain.stderr)
	require.NotContains(t, plain.stdout, "predicted")
	for _, refused := range [][]string{{"--on", "voodoo2"}, {"--on", "navi21", "--layer-by-layer"}} {
		require.Equal(t, wrongUsage, vkeras(t, nil, append([]string{"profile", "--device", "cpu", "--runs", "1"}, refused...)...).status)
	}
}
