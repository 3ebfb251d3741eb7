package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/study"
)

func TestStudyMeasuresAVariantOnTheDevice(t *testing.T) {
	r := vkeras(t, nil, "study", "--variants", "exercise", "--runs", "1", "--check", "1", "--every", "32", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	var report study.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report))
	require.Equal(t, study.Schema, report.Schema)
	require.Len(t, report.Nets, 1)
	n := report.Nets[0]
	require.Equal(t, "a", n.Name)
	require.Positive(t, n.Milliseconds)
	require.Equal(t, n.Reach.Tested, n.Reach.Changed)
	for _, b := range n.Blocks {
		require.Positive(t, b.Milliseconds)
		require.Equal(t, b.Coverage.Both, b.OnBlock.Changed)
		require.Equal(t, b.Coverage.Both, b.OnNet.Changed)
		require.Zero(t, b.OnNet.UnreadChanged)
		require.Equal(t, [2]int{1, 1}, [2]int{b.OnBlock.Checked, b.OnBlock.Agreed})
	}
}

func TestStudyFindsWhereAModelDropsPositions(t *testing.T) {
	folder := t.TempDir()
	page := filepath.Join(folder, "report.html")
	r := vkeras(t, nil, "study", "--model", model, "--no-device", "--html", page, "--out", filepath.Join(folder, "pictures"))
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stdout, "Places where positions are dropped")
	require.Regexp(t, `res2c +\(15, 15, 256\) +gaps +161 +71\.6 %`, r.stdout)
	require.Contains(t, r.stdout, "308,178,944 as written, 278,566,080 after the demand pass")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "drop positions?")
	require.FileExists(t, filepath.Join(folder, "pictures", "places.svg"))
	require.FileExists(t, filepath.Join(folder, "pictures", "places.png"))
}

func TestStudyRefusesWhatMakesNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"--variants", "e"}, {"--runs", "-1"}, {"--size", "0"}, {"--every", "-2"}, {"--batch", "0"}, {"--input-size", "64x64"}, {"--check", "-1"}, {"--watch", "birds"},
		{"--preset", "sepia"}, {"--model", model, "--size", "64"}, {"--device", "no such device"},
	} {
		r := vkeras(t, nil, append([]string{"study"}, args...)...)
		require.Equal(t, wrongUsage, r.status, "%v: %s", args, r.stderr)
		require.Empty(t, r.stdout)
	}
	r := vkeras(t, nil, "study", "--no-device", "--size", "8")
	require.Equal(t, failed, r.status, "too small for the net: %s", r.stderr)
	r = vkeras(t, nil, "study", "--no-device", "--picture", "no such file")
	require.Equal(t, failed, r.status, r.stderr)
}

// The default changes a sample of the positions: its report must be that of all.
func TestStudyReportsTheSameNumbersByASampleAsByEveryPosition(t *testing.T) {
	numbers := func(more ...string) (list []any, tested int) {
		r := vkeras(t, nil, append([]string{"study", "--model", "../../testdata/keras/exercise_small_keras3/model.keras", "--runs", "0", "--json"}, more...)...)
		require.Equal(t, ok, r.status, r.stderr)
		var report study.Report
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &report))
		n := report.Nets[0]
		require.NotEmpty(t, n.Blocks)
		for _, b := range n.Blocks {
			for _, i := range []*study.Influence{b.OnBlock, b.OnNet} {
				tested += i.Tested
				require.Equal(t, i.Checked, i.Agreed)
				i.Tested, i.Checked, i.Agreed = 0, 0, 0 // how much was tried may differ
			}
			list = append(list, *b.OnBlock, *b.OnNet)
		}
		require.Equal(t, n.Reach.Checked, n.Reach.Agreed)
		n.Reach.Checked, n.Reach.Agreed = 0, 0
		return append(list, n.Cost, n.Pixels, *n.Reach, n.Sights, n.Places, n.Unneeded), tested
	}
	sample, some := numbers()
	whole, all := numbers("--every-position")
	require.Equal(t, whole, sample)
	require.Less(t, some, all)
	r := vkeras(t, nil, "study", "--model", "../../testdata/keras/exercise_small_keras3/model.keras", "--runs", "0", "--every", "2")
	require.Contains(t, r.stdout, "~: estimated from each 2nd row and column")
	require.Regexp(t, ` ~\d+\n`, r.stdout)
}
