package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
)

// TestModels lists a cache as Keras leaves it: files of weights alone, one that
// nobody knows, and the names of ImageNet's classes.
func TestModels(t *testing.T) {
	home := t.TempDir()
	t.Setenv("KERAS_HOME", home)
	r := vkeras(t, nil, "models")
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "KERAS_HOME")

	folder := filepath.Join(home, "models")
	require.NoError(t, os.Mkdir(folder, 0o755))
	files := kerasdata.Unpack(t, filepath.Join("..", "..", "applications", "testdata", "weights.zip"))
	for _, name := range []string{"mobilenet_tf_keras.h5", "vgg16_no_top.h5", "resnet50_keras1.h5", "resnet50_course.h5"} {
		require.NoError(t, os.Rename(filepath.Join(files, name), filepath.Join(folder, name)))
	}
	for name, text := range map[string]string{"imagenet_class_index.json": "{}", "notes.txt": "fetched on Monday"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
	}

	r = vkeras(t, nil, "models", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	var list modelsJSON
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &list))
	require.Equal(t, folder, list.Folder)
	type row struct {
		file, architecture, preset string
		top                        bool
		classes, size              int
	}
	var rows []row
	for _, m := range list.Models {
		r := row{file: m.File, architecture: m.Architecture, preset: m.Preset, top: m.Top, classes: m.Classes}
		if m.Error == "" {
			r.size = m.Input[0]
		}
		rows = append(rows, r)
	}
	require.Equal(t, []row{
		{"mobilenet_tf_keras.h5", "mobilenet-0.25", "tf", true, 7, 224},
		{"notes.txt", "", "", false, 0, 0},
		{"resnet50_course.h5", "", "", false, 0, 0},
		{"resnet50_keras1.h5", "resnet50-keras1", "caffe", true, 1000, 224},
		{"vgg16_no_top.h5", "vgg16", "caffe", false, 0, 224},
	}, rows)

	r = vkeras(t, nil, "models")
	require.Equal(t, ok, r.status, r.stderr)
	for _, part := range []string{"224 x 224 x 3", "unknown", "resnet50_course.h5: several architectures fit the weights"} {
		require.Contains(t, r.stdout, part)
	}
}
