package plan

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

const fixtures = "../testdata/keras"

// fixture is an entry of the index that tools/keras/fixtures wrote.
type fixture struct {
	Name       string
	Containers []string
}

func readFixtures(t *testing.T) []fixture {
	var index []fixture
	b, err := os.ReadFile(filepath.Join(fixtures, "index.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &index))
	require.NotEmpty(t, index)
	return index
}

// open reads the fixture, with the config beside its weights where they come
// without one.
func (f fixture) open(t *testing.T) *nn.Graph {
	folder := filepath.Join(fixtures, f.Name)
	path := filepath.Join(folder, f.Containers[0])
	m, err := loader.Open(path)
	if errors.Is(err, loader.ErrNoArchitecture) {
		config, read := os.ReadFile(filepath.Join(folder, "config.json"))
		require.NoError(t, read)
		m, err = loader.Open(path, loader.WithConfig(config))
	}
	require.NoError(t, err)
	return m.Graph
}

// Each pass by itself, and all together, keep what the networks that real Keras
// wrote compute.
func TestEveryPassKeepsWhatKerasNetworksCompute(t *testing.T) {
	for _, f := range readFixtures(t) {
		t.Run(f.Name, func(t *testing.T) {
			g := f.open(t)
			in := optest.Inputs(rand.New(rand.NewPCG(optest.Seed, 0)), g, 2)
			want, err := reference.Run(t.Context(), g, in, nil)
			require.NoError(t, err)
			for name, o := range passes {
				p := Compile(g, o)
				got := interpret(t, p, p.Lay(2, 4, 64, false, func(*Step) int64 { return scratchBytes }), in)
				requireKept(t, o, got, want, name)
			}
		})
	}
}
