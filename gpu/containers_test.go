package gpu_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// SavedModels, checkpoints and TensorFlow.js models give on the device, their
// kernels read from their files when it wants them, what Keras gave.
func TestModelsInSeveralFilesGiveWhatKerasGives(t *testing.T) {
	d, err := gpu.Open(gpu.Default())
	require.NoError(t, err)
	defer d.Close()
	for _, c := range kerasdata.Containers(t, "../testdata/containers") {
		if !strings.HasPrefix(c.Name, "functional") && !strings.HasPrefix(c.Name, "layersmodel") {
			continue // the loader's tests have all
		}
		t.Run(c.Name, func(t *testing.T) {
			dir := kerasdata.Unpack(t, c.Archive)
			x := kerasdata.ReadNPY(t, filepath.Join(dir, "input.npy"))
			m := openDeferred(t, dir, c.Paths[0])
			defer m.Close()
			n, err := gpu.Load(d, m.Graph, gpu.Options{Batch: 2})
			require.NoError(t, err)
			defer n.Close()
			got, err := n.RunAll(t.Context(), []*nn.Tensor{x})
			require.NoError(t, err)
			diff, err := optest.Compare(got[0], kerasdata.ReadNPY(t, filepath.Join(dir, "output.npy")))
			require.NoError(t, err)
			require.LessOrEqual(t, diff.MaxOverRMS, c.Tolerance, "%v", diff)
		})
	}
}

func openDeferred(t *testing.T, dir, path string) *loader.Model {
	t.Helper()
	m, err := loader.Open(filepath.Join(dir, path), loader.WithDeferredWeights(nil))
	if errors.Is(err, loader.ErrNoArchitecture) {
		config, read := os.ReadFile(filepath.Join(dir, "config.json"))
		require.NoError(t, read)
		m, err = loader.Open(filepath.Join(dir, path), loader.WithConfig(config), loader.WithDeferredWeights(nil))
	}
	require.NoError(t, err)
	return m
}
