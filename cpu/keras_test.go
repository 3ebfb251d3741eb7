package cpu_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

const fixtures = "../testdata/keras"

// fixture is an entry of the index that tools/keras/fixtures wrote.
type fixture struct {
	Name       string
	Containers []string
	Tolerance  float64 // largest error over the root mean square
}

// Every fixture's network gives natively what real Keras gave.
func TestNetworksGiveWhatKerasGives(t *testing.T) {
	var index []fixture
	b, err := os.ReadFile(filepath.Join(fixtures, "index.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &index))
	require.NotEmpty(t, index)
	for _, f := range index {
		t.Run(f.Name, func(t *testing.T) {
			folder := filepath.Join(fixtures, f.Name)
			m := open(t, folder, f.Containers[0])
			x := kerasdata.ReadNPY(t, filepath.Join(folder, "input.npy"))
			for _, kernels := range cpu.Host().Kernels {
				for mode, o := range map[string]cpu.Options{"planned": {Batch: 2}, "one by one": {Threads: 3}, "layer by layer": {Batch: 2, LayerByLayer: true}} {
					o.Kernels = kernels
					tolerance := f.Tolerance
					if o.LayerByLayer {
						tolerance *= 2 // normalisations' factors are rounded, which planned nets fold in float64
					}
					got := run(t, m.Graph, o, []*nn.Tensor{x})
					for i := range got {
						diff, err := optest.Compare(got[i], kerasdata.ReadNPY(t, filepath.Join(folder, kerasdata.OutputFile(i))))
						require.NoError(t, err, mode)
						require.LessOrEqual(t, diff.MaxOverRMS, tolerance, "%s, %s, output %d: %v", kernels, mode, i, diff)
					}
				}
			}
		})
	}
}

// open opens a fixture's container, with the config beside it where it has none.
func open(t *testing.T, folder, container string) *loader.Model {
	m, err := loader.Open(filepath.Join(folder, container))
	if errors.Is(err, loader.ErrNoArchitecture) {
		config, read := os.ReadFile(filepath.Join(folder, "config.json"))
		require.NoError(t, read)
		m, err = loader.Open(filepath.Join(folder, container), loader.WithConfig(config))
	}
	require.NoError(t, err)
	return m
}
