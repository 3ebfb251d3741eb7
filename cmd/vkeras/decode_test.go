package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sbinet/npyio"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
)

// decodeFiles runs decode and returns its index.
func decodeFiles(t *testing.T, status int, folder string, args ...string) []classify.IndexLine {
	t.Helper()
	r := vkeras(t, nil, append([]string{"decode", "--out", folder}, args...)...)
	require.Equal(t, status, r.status, r.stderr)
	require.Empty(t, r.stdout)
	b, err := os.ReadFile(filepath.Join(folder, "index.jsonl"))
	require.NoError(t, err)
	var list []classify.IndexLine
	for line := range strings.Lines(string(b)) {
		var d classify.IndexLine
		require.NoError(t, json.Unmarshal([]byte(line), &d), line)
		list = append(list, d)
	}
	return list
}

func TestDecodedShardsAnswerAsThePictures(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	files, err := classify.ListPictures([]string{samples})
	require.NoError(t, err)
	for _, filter := range []string{"nearest", "bicubic"} {
		folder := filepath.Join(folder, filter)
		index := decodeFiles(t, ok, folder, "--size", "64x64", "--resize", filter, "--per-file", "7", samples)
		want, input := classifyFiles(t, []string{"--resize", filter}, samples)
		got, same := classifyFiles(t, []string{"--resize", filter}, folder)
		require.Equal(t, input, same, "the net's input, to the bit")
		require.Len(t, index, len(files))
		for i, line := range index {
			require.Equal(t, files[i], line.Path)
			require.Equal(t, []int{i / 7, i % 7}, []int{int(line.Shard[4] - '0'), *line.Index}, line.Shard)
			require.Equal(t, want[i].Width, line.Width)
			require.Equal(t, want[i].Classes, got[i].Classes)
		}
	}
	f, err := os.Open(filepath.Join(folder, "nearest", "00002.npy"))
	require.NoError(t, err)
	defer f.Close()
	other, err := npyio.NewReader(f)
	require.NoError(t, err)
	require.Equal(t, []int{4, 64, 64, 3}, other.Header.Descr.Shape, "of 18")
	var pixels []uint8
	require.NoError(t, other.Read(&pixels))
	require.Len(t, pixels, 4*64*64*3)
}

func TestDecodingGoesOnWhereItsIndexEnds(t *testing.T) {
	folder := t.TempDir()
	pictures := folderOf(t, 9, 4)
	args := []string{"--size", "16x24", "--per-file", "3", pictures}
	whole := decodeFiles(t, failed, folder, args...)
	require.Len(t, whole, 9)
	for i, line := range whole {
		require.Equal(t, i%4 == 3, line.Error != "", line)
	}
	b, err := os.ReadFile(filepath.Join(folder, "index.jsonl"))
	require.NoError(t, err)
	lines := strings.SplitAfter(string(b), "\n")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "index.jsonl"), []byte(strings.Join(lines[:3], "")+lines[3][:9]), 0o644)) // killed
	require.Equal(t, whole, decodeFiles(t, failed, folder, args...))
	require.Equal(t, whole, decodeFiles(t, ok, folder, args...), "all is there")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 4, "three shards and the index")
}

func TestPartsOfADecodingShareAFolder(t *testing.T) {
	folder := t.TempDir()
	for _, part := range []string{"0/2", "1/2"} {
		r := vkeras(t, nil, "decode", "--out", folder, "--size", "8x8", "--shard", part, folderOf(t, 5, 0))
		require.Equal(t, ok, r.status, r.stderr)
	}
	got, _ := classifyFiles(t, nil, folder)
	require.Len(t, got, 5)
	require.Equal(t, filepath.Join(folder, "1-00000.npy#1"), got[4].File)
}

func TestDecodeRefusesWhatItCannotDo(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "index.jsonl"), []byte("what is this\n"), 0o644))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no size":               {[]string{"--out", folder}, wrongUsage, "expected HxW"},
		"a size of no sense":    {[]string{"--out", folder, "--size", "12"}, wrongUsage, `--size "12"`},
		"no folder":             {[]string{"--size", "8x8"}, wrongUsage, "--out"},
		"a file for a folder":   {[]string{"--size", "8x8", "--out", file}, failed, "--out: "},
		"another's index":       {[]string{"--size", "8x8", "--out", foreign}, failed, "index.jsonl: line 1"},
		"fractions":             {[]string{"--size", "8x8", "--out", folder, "--resize", "tf-bilinear"}, wrongUsage, "fractions"},
		"no pictures a shard":   {[]string{"--size", "8x8", "--out", folder, "--per-file", "0"}, wrongUsage, "--per-file 0"},
		"a part of no sense":    {[]string{"--size", "8x8", "--out", folder, "--shard", "3/3"}, wrongUsage, "--shard"},
		"a filter of no name":   {[]string{"--size", "8x8", "--out", folder, "--resize", "x"}, wrongUsage, "--resize"},
		"a size beyond reason":  {[]string{"--size", "99999999x99999999", "--out", folder}, wrongUsage, "--size"},
		"pictures of no pixels": {[]string{"--size", "8x8", "--out", folder, "--max-pixels", "0"}, wrongUsage, "--max-pixels 0"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"decode", samples}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
		})
	}
}
