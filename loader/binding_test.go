package loader_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// bindings returns the files that testdata/binding.py wrote.
func bindings(t *testing.T) map[string][]byte {
	t.Helper()
	return unzip(t, "testdata/binding.zip")
}

func unzip(t testing.TB, name string) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader(name)
	require.NoError(t, err)
	defer archive.Close()
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(r)
		require.NoError(t, err)
	}
	return files
}

func TestWeightsGoWhereKerasPutsThemWhateverTheirNames(t *testing.T) {
	files := bindings(t)
	tested := 0
	for file, content := range files {
		name := strings.TrimSuffix(file, path.Ext(file))
		want, ok := files[name+".y.npy"]
		if !ok || path.Ext(file) == ".json" {
			continue
		}
		tested++
		t.Run(file, func(t *testing.T) {
			var opts []loader.Option
			if config, ok := files[name+".json"]; ok {
				opts = append(opts, loader.WithConfig(config))
			}
			m, err := read(content, opts...)
			require.NoError(t, err)
			got, err := reference.Run(context.Background(), m.Graph, []*nn.Tensor{tensor(t, files["x.npy"])}, nil)
			require.NoError(t, err)
			var all []float32
			for _, output := range got {
				all = append(all, output.Data...)
			}
			require.InDeltaSlice(t, tensor(t, want).Data, all, 1e-5)
		})
	}
	require.Equal(t, 28, tested)
}

func tensor(t *testing.T, file []byte) *nn.Tensor {
	t.Helper()
	a, err := npy.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	x := nn.NewTensor(a.Shape...)
	require.NoError(t, a.Read(x.Data))
	return x
}

// Weights alone whose layers have other names in the architecture.
func TestWeightsAloneAreTakenByOrderOnlyWhereNoNameSpeaksAgainstIt(t *testing.T) {
	files := bindings(t)
	file, config := files["weights_of_other_numbers.h5"], string(files["weights_of_other_numbers.json"])
	for name, swap := range map[string][2]string{
		"numbers that rise otherwise": {`"conv2d"`, `"conv2d_9"`},
		"a name of another layer":     {`"dense"`, `"conv2d_6"`},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.ReplaceAll(config, swap[0], swap[1])
			require.NotEqual(t, config, changed)
			_, err := read(file, loader.WithConfig([]byte(changed)))
			require.ErrorIs(t, err, loader.ErrWeights)
		})
	}
}
