package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/internal/kerasdata"
)

const containers = "../../testdata/containers"

// Every command that takes a model takes one of several files, by the folder.
func TestCommandsTakeModelsOfSeveralFiles(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.15.zip"))
	js := kerasdata.Unpack(t, filepath.Join(containers, "layersmodel_functional_tfjs4.22.0.zip"))
	input := func(dir string) string { return filepath.Join(dir, "input.npy") }
	config := filepath.Join(dir, "config.json")
	models := map[string][]string{
		"SavedModel":    {"--model", filepath.Join(dir, "savedmodel")},
		"checkpoint":    {"--model", filepath.Join(dir, "weights", "x"), "--config", config},
		"TensorFlow.js": {"--model", filepath.Join(js, "model")},
	}
	for name, model := range models {
		x := input(dir)
		if name == "TensorFlow.js" {
			x = input(js)
		}
		for _, command := range [][]string{
			{"summary"}, {"plan"}, {"predict", "--input", x}, {"validate", "--input", x},
			{"maps", "--device", "reference", "--preset", "none", "--block", "conv1", "--out", t.TempDir(), filepath.Join(samples, "one_1.png")},
			{"classify", "--device", "reference", "--preset", "none", filepath.Join(samples, "one_1.png")},
			{"heat", "--device", "reference", "--preset", "none", "--out", t.TempDir(), filepath.Join(samples, "one_1.png")},
			{"profile", "--runs", "1"}, {"bench", "--runs", "1", "--batch", "1"},
		} {
			t.Run(command[0]+" "+name, func(t *testing.T) {
				args := append(command[:1:1], model...)
				args = append(args, command[1:]...)
				y := filepath.Join(t.TempDir(), "y.npy")
				if command[0] == "predict" {
					args = append(args, "--output", y)
				}
				r := vkeras(t, nil, args...)
				require.Equal(t, ok, r.status, r.stderr)
				if command[0] == "predict" {
					want := kerasdata.ReadNPY(t, filepath.Join(filepath.Dir(x), "output.npy"))
					require.InDeltaSlice(t, want.Data, kerasdata.ReadNPY(t, y).Data, 1e-4)
				}
			})
		}
	}
}

// As it is downloaded: the labels and the scaling of pictures are known.
func TestATeachableMachinesDownloadClassifiesAtOnce(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "layersmodel_teachable_tfjs4.22.0.zip"))
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	require.NoError(t, w.AddFS(os.DirFS(filepath.Join(dir, "model"))))
	require.NoError(t, w.Close())
	file := filepath.Join(t.TempDir(), "tm-my-image-model.zip")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	picture := filepath.Join(samples, "one_1.png")
	r := vkeras(t, nil, "classify", "--json", "--device", "reference", "--model", file, picture)
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stderr, "model: model.json in "+file+" (TensorFlow.js layers model)\n")
	require.Contains(t, r.stderr, "labels: of the file beside the model\n")
	var got struct {
		Pictures      []classify.Picture
		Preprocessing classify.Preprocessing
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Contains(t, []string{"Rock", "Paper", "Scissors"}, got.Pictures[0].Classes[0].Label)
	require.Equal(t, "tf", got.Preprocessing.Preset)
	require.Equal(t, "Teachable Machine scales so", got.Preprocessing.PresetWhy)

	r = vkeras(t, nil, "classify", "--quiet", "--json", "--device", "reference", "--model", file, picture)
	require.Empty(t, r.stderr)

	labels := filepath.Join(t.TempDir(), "labels.txt")
	require.NoError(t, os.WriteFile(labels, []byte("a\nb\nc\n"), 0o644))
	r = vkeras(t, nil, "classify", "--json", "--device", "reference", "--preset", "torch", "--labels", labels, "--model", file, picture)
	require.Equal(t, ok, r.status, r.stderr)
	require.NotContains(t, r.stderr, "beside the model")
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Len(t, got.Pictures[0].Classes[0].Label, 1)
	require.Equal(t, "torch", got.Preprocessing.Preset)
}

func TestWhatIsNoModelIsNamedOnTheCommandLine(t *testing.T) {
	others := kerasdata.Unpack(t, filepath.Join(containers, "others.zip"))
	for name, says := range map[string]string{"model.tflite": "a TensorFlow Lite model", "plain": "a SavedModel without Keras's metadata", "graphmodel": "a graph model"} {
		r := vkeras(t, nil, "summary", filepath.Join(others, name))
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, name)
		require.Contains(t, r.stderr, says)
		require.Equal(t, 1, strings.Count(r.stderr, "\n"))
	}
}
