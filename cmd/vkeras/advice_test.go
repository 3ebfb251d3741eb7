package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What package loader refuses its own tests hold to this.
func TestRefusalsOfCommandsEndWithWhatToDo(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
		return name
	}
	text := file("x.npz", "PK no archive")
	none := npyFile(t, "<f4", "(0, 64, 64, 3)", 0)
	for name, c := range map[string]struct {
		args []string
		ends string
	}{
		"no such kernel":       {[]string{"kernels", "nosuch*"}, "`vkeras kernels` lists them"},
		"no archive of arrays": {[]string{"predict", "--input", text, "--output", filepath.Join(folder, "y.npy")}, "write it with numpy.savez, or give a .npy file"},
		"a batch of nothing":   {[]string{"predict", "--input", none, "--output", filepath.Join(folder, "y.npy")}, "give it one or more"},
		"another's results":    {[]string{"classify", "--csv", "--resume", file("r.csv", "a,b\n1,2\n"), oneHand(t)}, "remove this one to begin anew"},
		"no config":            {[]string{"summary", "--model", model, "--config", file("c.json", "{}")}, "give no config and no architecture with it"},
		"weights to serve":     {[]string{"serve", "--device", "cpu", "--model", "w=../../testdata/keras/exercise_small_keras3/model.weights.h5"}, "pass --config NAME=FILE or --architecture NAME=ARCHITECTURE"},
		"a model that is text": {[]string{"summary", "--model", file("m.h5", "hello\n")}, "TensorFlow.js's model.json"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, c.args...)
			require.NotEqual(t, ok, r.status)
			require.Regexp(t, `(?m)^vkeras: .+$`, r.stderr)
			require.Contains(t, r.stderr, c.ends+"\n")
		})
	}
}
