package foreign_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader/foreign"
)

func TestFilesAreNamedForWhatTheyAre(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, err := w.Write([]byte("a model"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	for says, head := range map[string]string{
		"an empty file (0 bytes)":                               "",
		"a Git LFS pointer in place of the file of 12345 bytes": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n",
		"a Git LFS pointer in place of the file":                "version https://git-lfs.github.com/spec/v1\noid",
		"a git-annex pointer":                                   "/annex/objects/SHA256E-s12--ab.h5\n",
		"a DVC pointer":                                         "outs:\n- md5: a304afb96060aad90176268345e10355\n  path: model.h5\n",
		"a web page (HTML)":                                     "\n <!DOCTYPE html>\n<html>",
		"a web page (HTML) in":                                  "<HTML><head>",
		"a storage service's answer (XML)":                      `<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>`,
		"an OpenVINO model":                                     `<?xml version="1.0"?>` + "\n<net name=\"m\" version=\"11\">",
		"an XML file":                                           `<?xml version="1.0"?><a/>`,
		"a Jupyter notebook":                                    `{"cells": [], "nbformat": 4}`,
		"the index of sharded weights":                          `{"metadata": {}, "weight_map": {"/layers/conv2d/vars": ["a_00000.weights.h5"]}}`,
		"Teachable Machine's metadata":                          `{"tfjsVersion": "1.3.1", "labels": []}`,
		"a JSON file with a config":                             ` {"class_name": "Sequential", "config": {}}`,
		"a JSON file":                                           `{"a": 1}`,
		"a config as YAML":                                      "backend: tensorflow\nclass_name: Sequential\n",
		"the file that names a folder's":                        "model_checkpoint_path: \"x\"\n",
		"an ncnn model":                                         "7767517\n75 83\n",
		"a gzip file":                                           gz.String(),
		"a bzip2 file":                                          "BZh91AY&SY",
		"an xz file":                                            "\xfd7zXZ\x00\x00",
		"a Zstandard file":                                      "\x28\xb5\x2f\xfd\x04",
		"a 7-Zip archive":                                       "7z\xbc\xaf\x27\x1c\x00",
		"a RAR archive":                                         "Rar!\x1a\x07\x00",
		"a tar archive":                                         string(tar),
		"what macOS notes of a file":                            "\x00\x05\x16\x07\x00\x02",
		"a TensorFlow Lite model":                               "\x1c\x00\x00\x00TFL3\x14\x00",
		"an ONNX model":                                         "\x08\x07\x12\x07pytorch\x1a\x052.1.0",
		"a PyTorch model":                                       "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
		"a Python pickle":                                       "\x80\x04\x95\x18\x00\x00\x00\x00\x00\x00\x00]",
		"a safetensors file":                                    "\x40\x00\x00\x00\x00\x00\x00\x00{\"weight\":{\"dtype\":\"F32\"}}",
		"a GGUF model":                                          "GGUF\x03\x00",
		"a picture (PNG)":                                       "\x89PNG\r\n\x1a\n",
		"a picture (JPEG)":                                      "\xff\xd8\xff\xe0",
		"a picture (GIF)":                                       "GIF89a",
		"a picture (WebP)":                                      "RIFF\x10\x00\x00\x00WEBPVP8 ",
		"a picture (BMP)":                                       "BM\x36\x00\x0c\x00\x00\x00\x00\x00\x36",
		"a picture (TIFF)":                                      "II*\x00\x08",
		"a film or picture":                                     "\x00\x00\x00\x18ftypheic",
		"a NumPy array (.npy)":                                  "\x93NUMPY\x01\x00",
		"a MATLAB file":                                         "MATLAB 5.0 MAT-file",
		"a PDF document":                                        "%PDF-1.7",
		"a file that begins with zeros alone":                   strings.Repeat("\x00", 100),
		"a text file":                                           "Grüße",
		"saved_model.pb of a SavedModel":                        "\x08\x01\x12\x90\x03\x0a\x10\x12\x0e\x0a",
		"a frozen graph of TensorFlow 1 (.pb)":                  "\x0a\x14\x0a\x05input\x12\x0bPlaceholder",
	} {
		t.Run(says, func(t *testing.T) {
			k, ok := foreign.Identify([]byte(head))
			require.True(t, ok)
			require.True(t, strings.HasPrefix(k.Name, says), k.Name)
			require.NotEmpty(t, k.Advice)
		})
	}
}

// What TensorFlow itself wrote.
func TestFilesOfTensorFlowAreNamed(t *testing.T) {
	r, err := zip.OpenReader("../../testdata/containers/others.zip")
	require.NoError(t, err)
	defer r.Close()
	for name, says := range map[string]string{
		"model.tflite": "a TensorFlow Lite model", "frozen.pb": "a frozen graph of TensorFlow 1", "model.yaml": "a config as YAML",
		"plain/saved_model.pb": "saved_model.pb of a SavedModel", "exported/saved_model.pb": "saved_model.pb of a SavedModel", "subclassed/keras_metadata.pb": "keras_metadata.pb",
	} {
		f, err := r.Open(name)
		require.NoError(t, err)
		head, err := io.ReadAll(io.LimitReader(f, foreign.HeadBytes))
		require.NoError(t, err)
		k, ok := foreign.Identify(head)
		require.True(t, ok, name)
		require.Contains(t, k.Name, says)
		require.True(t, k.Model || name == "model.yaml")
	}
}

func TestNoModelOfKerasIsNamed(t *testing.T) {
	names, err := filepath.Glob("../../testdata/keras/*/model*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		file, err := os.ReadFile(name)
		require.NoError(t, err)
		k, ok := foreign.Identify(file[:min(len(file), foreign.HeadBytes)])
		require.False(t, ok, "%s is %s", name, k.Name)
	}
}
