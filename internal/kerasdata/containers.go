package kerasdata

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Unpack returns a new folder with the files of a zip archive.
func Unpack(t testing.TB, archive string) string {
	t.Helper()
	r, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer r.Close()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, r))
	return dir
}

// Container is a model that is a folder, or several files of one.
type Container struct {
	Name      string // "functional_tf2.8"
	Archive   string // with Paths, input.npy, output.npy and for weights alone config.json
	Paths     []string
	Tolerance float64 // of the output
}

// Containers lists the models that tools/keras/containers wrote into a folder.
func Containers(t testing.TB, folder string) []Container {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(folder, "*.zip"))
	require.NoError(t, err)
	var all []Container
	for _, archive := range archives {
		c := Container{Name: strings.TrimSuffix(filepath.Base(archive), ".zip"), Archive: archive, Tolerance: 1e-4}
		if strings.HasPrefix(c.Name, "half") { // its arithmetic is Keras's in half
			c.Tolerance = 2e-2
		}
		r, err := zip.OpenReader(archive)
		require.NoError(t, err)
		for _, path := range []string{"savedmodel", "weights", "training", "shards", "model"} {
			if _, err := r.Open(path); err == nil {
				c.Paths = append(c.Paths, path)
			}
		}
		_, err = r.Open("output.npy")
		require.NoError(t, r.Close())
		if err == nil {
			all = append(all, c)
		}
	}
	require.NotEmpty(t, all)
	return all
}
