package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// shards holds what NumPy and Pillow wrote (tools/keras/shards.py).
const shards = "../../testdata/shards"

// classifyFiles returns the answers for files and the bytes of --dump-input.
func classifyFiles(t *testing.T, flags []string, files ...string) ([]classify.Picture, []byte) {
	t.Helper()
	dump := filepath.Join(t.TempDir(), "x.npy")
	args := append([]string{"classify", "--json", "--top", "6", "--dump-input", dump}, flags...)
	r := vkeras(t, nil, append(args, files...)...)
	require.Equal(t, ok, r.status, r.stderr)
	var got classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	b, err := os.ReadFile(dump)
	require.NoError(t, err)
	return got.Pictures, b
}

func TestAShardAnswersAsFilesOfTheSamePixels(t *testing.T) {
	var files []string
	for i := range 5 {
		files = append(files, filepath.Join(shards, fmt.Sprintf("%d.png", i)))
	}
	for name, c := range map[string]struct {
		flags []string
		shard string
		files []string
	}{
		"uint8, resized to the nearest": {nil, "pixels.npy", files},
		"uint8, resized as Pillow":      {[]string{"--resize", "bicubic", "--preset", "caffe"}, "pixels.npy", files},
		"uint8, resized as TensorFlow":  {[]string{"--resize", "tf-bilinear", "--batch", "2"}, "pixels.npy", files},
		"float32":                       {nil, "input.npy", []string{filepath.Join(samples, "one_1.png"), filepath.Join(samples, "two_1.png")}},
	} {
		t.Run(name, func(t *testing.T) {
			shard := filepath.Join(shards, c.shard)
			want, input := classifyFiles(t, c.flags, c.files...)
			got, same := classifyFiles(t, c.flags, shard)
			require.Equal(t, input, same, "the net's input, to the bit")
			for i := range want {
				require.Equal(t, fmt.Sprintf("%s#%d", shard, i), got[i].File)
				want[i].File = got[i].File
			}
			require.Equal(t, want, got)
		})
	}
}

func TestAFolderWithoutPicturesStandsForItsShards(t *testing.T) {
	folder := t.TempDir()
	b, err := os.ReadFile(filepath.Join(shards, "pixels.npy"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.npy"), b, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.NPY"), b, 0o644))
	got, _ := classifyFiles(t, nil, folder)
	require.Len(t, got, 10)
	require.Equal(t, filepath.Join(folder, "a.NPY#0"), got[0].File)
	b, err = os.ReadFile(filepath.Join(shards, "0.png"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "c.png"), b, 0o644))
	got, _ = classifyFiles(t, nil, folder)
	require.Len(t, got, 1)
}

func TestAWorkerAnswersForEachPictureOfAShard(t *testing.T) {
	shard, picture := filepath.Join(shards, "pixels.npy"), filepath.Join(shards, "3.png")
	in := strings.Join([]string{fmt.Sprintf(`{"id": {"row": 1}, "path": %q}`, shard), picture, shard}, "\n")
	want, _ := classifyFiles(t, nil, shard)
	for _, batch := range []string{"1", "4", "64"} {
		r := vkeras(t, strings.NewReader(in), "worker", "--allow-cpu", "--top", "6", "--batch", batch)
		require.Equal(t, ok, r.status, r.stderr)
		got := work(t, r.stdout)
		require.Len(t, got, 11)
		require.Nil(t, got[5].Index)
		for i, n := range []int{0, 1, 2, 3, 4, 3, 0, 1, 2, 3, 4} {
			require.Empty(t, got[i].Error)
			require.Equal(t, i < 5, len(got[i].ID) > 0)
			require.Equal(t, 40, got[i].Width)
			require.Equal(t, want[n].Classes[0].Index, got[i].Classes[0].Index)
			require.InDelta(t, want[n].Classes[0].Score, got[i].Classes[0].Score, 1e-5)
			if i != 5 {
				require.Equal(t, n, *got[i].Index)
			}
		}
	}
}

func TestAWorkerThatTakesNoShardsAnswersEachLineOnce(t *testing.T) {
	in := strings.Join([]string{filepath.Join(shards, "pixels.npy"), filepath.Join(shards, "0.png")}, "\n")
	r := vkeras(t, strings.NewReader(in), "worker", "--allow-cpu", "--no-shards")
	require.Equal(t, ok, r.status, r.stderr)
	got := work(t, r.stdout)
	require.Len(t, got, 2)
	require.Contains(t, got[0].Error, "--no-shards")
	require.Empty(t, got[1].Error)
}

func TestAWorkerGoesOnInTheMidstOfAShard(t *testing.T) {
	results := filepath.Join(t.TempDir(), "results.jsonl")
	in := fmt.Sprintf("{\"id\": {\"row\":   \"<1>\"}, \"path\": %q}\n%s\n", filepath.Join(shards, "pixels.npy"), filepath.Join(shards, "pixels.npy"))
	run := func() string {
		r := vkeras(t, strings.NewReader(in), "worker", "--allow-cpu", "--results", results, "--batch", "2")
		require.Equal(t, ok, r.status, r.stderr)
		b, err := os.ReadFile(results)
		require.NoError(t, err)
		return string(b)
	}
	whole := run()
	require.Equal(t, whole, run(), "nothing is done twice")
	lines := strings.SplitAfter(whole, "\n")
	for _, keep := range []int{1, 3, 5, 8} {
		require.NoError(t, os.WriteFile(results, []byte(strings.Join(lines[:keep], "")+lines[keep][:20]), 0o644)) // killed in the midst
		got := work(t, run())
		require.Len(t, got, 10)
		for i, r := range got {
			require.Equal(t, i%5, *r.Index)
			require.Equal(t, i < 5, len(r.ID) > 0)
		}
	}
}

func TestClassifyGoesOnInTheMidstOfAShard(t *testing.T) {
	shard := filepath.Join(shards, "pixels.npy")
	whole := vkeras(t, nil, "classify", "--csv", "--quiet", shard)
	require.Equal(t, ok, whole.status, whole.stderr)
	file := filepath.Join(t.TempDir(), "answers.csv")
	lines := strings.SplitAfter(whole.stdout, "\n")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines[:4], "")), 0o644))
	r := vkeras(t, nil, "classify", "--csv", "--resume", file, shard)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stderr, "3 of 5 pictures are answered")
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	requireSameAnswers(t, whole.stdout, string(got))
	r = vkeras(t, nil, "classify", "--csv", "--resume", file, shard)
	require.Contains(t, r.stderr, "has answers for all pictures")
}

// cutShards makes files that are cut, or have more than their header says.
func cutShards(t *testing.T) map[string]string {
	folder := t.TempDir()
	whole, err := os.ReadFile(filepath.Join(shards, "pixels.npy"))
	require.NoError(t, err)
	files := map[string]string{}
	for name, b := range map[string][]byte{
		"cut in a picture": whole[:len(whole)-100], "cut in its header": whole[:50], "empty": {}, "with more behind": append(whole[:len(whole):len(whole)], 0),
		"a picture by its content": []byte("\x89PNG\r\n\x1a\n and more"),
		"a header that overflows":  npy.Header{Type: npy.Uint8, Shape: nn.Shape{1 << 62, 1 << 30, 1 << 30, 3}}.Bytes(),
		"a bomb":                   npy.Header{Type: npy.Uint8, Shape: nn.Shape{1, 1 << 30, 1 << 30, 3}}.Bytes(),
	} {
		files[name] = filepath.Join(folder, name+".npy")
		require.NoError(t, os.WriteFile(files[name], b, 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(folder, "folder.npy"), 0o755))
	files["a folder"] = filepath.Join(folder, "folder.npy")
	files["absent"] = filepath.Join(folder, "absent.npy")
	return files
}

func TestABadShardIsOneErrorAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	says := map[string]string{}
	for name, s := range map[string]string{
		"double": `dtype "<f8"`, "int64": `dtype "<i8"`, "big_endian": `dtype ">f4"`, "fortran": "ascontiguousarray",
		"one_picture": "shape (4, 4, 3)", "channels_first": "shape (1, 3, 4, 4)", "grey": "shape (1, 4, 4, 1)", "none": "shape (0, 4, 4, 3) has no pixels",
		"small_input": "must have shape (N, 64, 64, 3); it has (1, 4, 4, 3)",
	} {
		says[filepath.Join(shards, name+".npy")] = s
	}
	for name, file := range cutShards(t) {
		says[file] = map[string]string{
			"cut in a picture": "it is cut", "cut in its header": "ends within its header", "empty": "ends within its first bytes", "with more behind": "does not fit its 28929 bytes",
			"a picture by its content": `begins with "\x89PNG\r\n"`, "a header that overflows": "limit", "a bomb": "(--max-pixels raises it)",
			"a folder": "it is no regular file", "absent": "no such file",
		}[name]
	}
	for file, says := range says {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in := strings.Join([]string{filepath.Join(shards, "0.png"), file, filepath.Join(shards, "1.png")}, "\n")
			r := vkeras(t, strings.NewReader(in), "worker", "--allow-cpu", "--quiet")
			require.Equal(t, ok, r.status, r.stderr)
			got := work(t, r.stdout)
			require.Len(t, got, 3)
			require.Equal(t, file, got[1].Path)
			require.Nil(t, got[1].Index)
			require.Contains(t, got[1].Error, says)
			if strings.Contains(got[1].Error, "shard") {
				require.Contains(t, got[1].Error, "uint8 or float32 of shape (N, H, W, 3) in C order")
			}
			require.Empty(t, got[0].Error+got[2].Error)
		})
	}
}

func TestAFloatShardThatDoesNotLookScaledIsDoubted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.npy")
	x := nn.NewTensor(1, 64, 64, 3)
	for i := range x.Data {
		x.Data[i] = float32(i % 256)
	}
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, npy.Write(f, x.Shape, x.Data))
	require.NoError(t, f.Close())
	r := vkeras(t, nil, "classify", "--csv", file)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stderr, "x.npy#0: the values go from 0 to 255")
}
