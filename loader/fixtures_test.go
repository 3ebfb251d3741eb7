package loader_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// fixtures is where tools/keras/fixtures writes models with real Keras, and
// what that Keras makes of an input.
const fixtures = "../testdata/keras"

type fixture struct {
	Name, Maker, Description string
	Containers               []string
	Tolerance                float64
}

func (f fixture) path(name string) string { return filepath.Join(fixtures, f.Name, name) }

func readIndex(t testing.TB) []fixture {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, "index.json"))
	require.NoError(t, err)
	var index []fixture
	require.NoError(t, json.Unmarshal(text, &index))
	require.NotEmpty(t, index)
	return index
}

// statistics are those of one layer's output, as Keras computed it.
type statistics struct {
	Name, Class             string
	Shape                   nn.Shape
	Mean, Std, Min, Max, L2 float64
}

func readStatistics(t *testing.T, f fixture) map[string]statistics {
	t.Helper()
	text, err := os.ReadFile(f.path("layers.json"))
	require.NoError(t, err)
	var file struct{ Layers []statistics }
	require.NoError(t, json.Unmarshal(text, &file))
	require.NotEmpty(t, file.Layers)
	rows := map[string]statistics{}
	for _, s := range file.Layers {
		rows[s.Name] = s
	}
	return rows
}

// openFixture opens a container, with the config where it has weights alone.
func openFixture(t testing.TB, f fixture, container string) (*loader.Model, error) {
	t.Helper()
	var opts []loader.Option
	if strings.Contains(container, "weights") {
		config, err := os.ReadFile(f.path("config.json"))
		require.NoError(t, err)
		opts = append(opts, loader.WithConfig(config))
	}
	return loader.Open(f.path(container), opts...)
}

// keyOf is what the fixtures call a layer's output: what the names of the nodes
// that the layer became have in common.
func keyOf(l nn.Layer) string {
	common := strings.Split(l.Nodes[0].Name, "/")
	for _, n := range l.Nodes[1:] {
		parts := strings.Split(n.Name, "/")
		i := 0
		for i < min(len(common), len(parts)) && common[i] == parts[i] {
			i++
		}
		common = common[:i]
	}
	return strings.Join(common, "/")
}

func TestEveryLayerComputesWhatKerasComputed(t *testing.T) {
	for _, f := range readIndex(t) {
		for _, container := range f.Containers {
			t.Run(f.Name+"/"+container, func(t *testing.T) {
				t.Parallel()
				m, err := openFixture(t, f, container)
				require.NoError(t, err)
				require.NoError(t, m.Graph.CheckWeights())
				want := readStatistics(t, f)
				outputs := map[*nn.Node]nn.Layer{}
				for _, l := range m.Graph.Layers() {
					outputs[l.Output()] = l
				}
				seen := 0
				out, err := reference.Run(context.Background(), m.Graph, []*nn.Tensor{kerasdata.ReadNPY(t, f.path("input.npy"))}, func(n *nn.Node, y *nn.Tensor) error {
					l, ok := outputs[n]
					if !ok || l.Class == "InputLayer" {
						return nil
					}
					s, ok := want[keyOf(l)]
					require.True(t, ok, "Keras has no layer %q", keyOf(l))
					seen++
					requireStatistics(t, s, l, y, f.Tolerance)
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, len(want), seen, "layers")
				for i, y := range out {
					keras := kerasdata.ReadNPY(t, f.path(kerasdata.OutputFile(i)))
					require.Equal(t, keras.Shape, y.Shape)
					require.InDeltaSlice(t, keras.Data, y.Data, f.Tolerance)
				}
			})
		}
	}
}

func requireStatistics(t *testing.T, want statistics, l nn.Layer, y *nn.Tensor, tolerance float64) {
	t.Helper()
	require.Equal(t, want.Class, l.Class)
	require.Equal(t, want.Shape, nn.Shape(y.Shape[1:]), want.Name)
	low, high := math.Inf(1), math.Inf(-1)
	var sum, squares float64
	for _, v := range y.Data {
		x := float64(v)
		sum, squares, low, high = sum+x, squares+x*x, min(low, x), max(high, x)
	}
	n := float64(y.Len())
	mean := sum / n
	std := math.Sqrt(max(squares/n-mean*mean, 0))
	for _, s := range []struct {
		name      string
		want, got float64
	}{
		{"mean", want.Mean, mean}, {"std", want.Std, std}, {"min", want.Min, low}, {"max", want.Max, high}, {"l2", want.L2, math.Sqrt(squares)},
	} {
		require.InDelta(t, s.want, s.got, 10*tolerance*(1+math.Abs(s.want)), "%s of %s", s.name, want.Name)
	}
}
