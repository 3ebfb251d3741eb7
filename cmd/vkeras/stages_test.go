package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
)

func TestTheCeilingIsSaidInWords(t *testing.T) {
	for stage, words := range ceilings {
		s := &classify.Stats{Answered: 18, Failed: 2, Seconds: 10, PerSecond: 2, Ceiling: stage}
		require.Contains(t, statsText(s), "20 pictures in 10.0 s: 2.0 a second; "+words)
	}
}

func TestStatsSayWhereTheTimeWent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stats.json")
	folder := folderOf(t, 13, 6)
	list, err := classify.ListPictures([]string{folder})
	require.NoError(t, err)
	for command, c := range map[string]struct {
		status int
		args   []string
	}{
		"classify": {failed, []string{"classify", "--csv", folder}},
		"worker":   {ok, []string{"worker", "--allow-cpu"}},
	} {
		r := vkeras(t, strings.NewReader(strings.Join(list, "\n")), append(c.args, "--batch", "4", "--stats", file)...)
		require.Equal(t, c.status, r.status, r.stderr)
		require.Regexp(t, `(?m)^13 pictures in .* was the ceiling$`, r.stderr)
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		var s classify.Stats
		require.NoError(t, json.Unmarshal(b, &s))
		require.Equal(t, []any{"vkeras.stats/1", command, 11, 2, 4}, []any{s.Schema, s.Command, s.Answered, s.Failed, s.Batch})
		require.NotEmpty(t, s.Device)
		for name, stage := range map[string]classify.Stage{"decode": s.Stages.Decode, "queue": s.Stages.Queue, "device": s.Stages.Device, "write": s.Stages.Write} {
			require.Positive(t, stage.Seconds, name)
			require.InDelta(t, stage.Seconds*1e3/13, stage.Picture, 1e-6, name)
		}
		for _, stage := range []classify.Stage{s.Stages.Input, s.Stages.Decode, s.Stages.Device, s.Stages.Write} {
			require.LessOrEqual(t, *stage.Busy, 1.0)
		}
		r = vkeras(t, strings.NewReader(list[0]), append(c.args, "--quiet", "--stats", filepath.Join(folder, "no", "s.json"))...)
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, "--stats: ")
		require.NotContains(t, r.stderr, "ceiling")
	}
}
