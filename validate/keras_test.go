package validate

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// kerasFixtures returns the models of which tools/keras/reference_npz.py wrote
// every layer's output, as real Keras computes it.
func kerasFixtures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/keras/*/layers.npz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// openFixture opens the model beside a layers.npz.
func openFixture(t *testing.T, file string) (*nn.Graph, Arrays) {
	t.Helper()
	m, err := loader.Open(filepath.Join(filepath.Dir(file), "model.keras"))
	require.NoError(t, err)
	a, err := OpenArrays(t.Context(), file, m.Graph)
	require.NoError(t, err)
	return m.Graph, a
}

// Each layer by itself, fed with what Keras fed it: statistics would not see a
// transposed map, elements do.
func TestTheReferenceGivesEveryElementThatKerasGives(t *testing.T) {
	kinds := map[string]bool{}
	for _, file := range kerasFixtures(t) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			g, a := openFixture(t, file)
			require.Empty(t, a.unknown(g), "arrays that are no layer's")
			in := a.Inputs(g)
			require.NotNil(t, in)
			rights, err := a.Judge(t.Context(), g, in)
			require.NoError(t, err)
			values := make([]*nn.Tensor, len(rights))
			for i, r := range rights {
				values[i] = r.Tensor
			}
			count := 0
			for _, n := range g.Nodes {
				if _, isArray := rights[n.Index].By.(Arrays); !isArray || len(n.Inputs) == 0 {
					continue
				}
				in := make([]*nn.Tensor, len(n.Inputs))
				for i, node := range n.Inputs {
					in[i] = values[node.Index]
				}
				y, err := reference.Apply(n.Op, in...)
				require.NoError(t, err)
				d, err := Compare(y, values[n.Index])
				require.NoError(t, err)
				tol, basis := ToleranceOf(kerasPrecision(file), judged([]*nn.Node{n}, rights), values)
				tol = tol.loosened(judgeRounds)
				require.True(t, tol.Holds(d), "%s %q: %v; allowed: %v (%s)", n.Class, n.Name, d, tol, basis)
				count++
				for _, part := range judged([]*nn.Node{n}, rights) {
					kinds[part.Op.Kind()] = true
				}
			}
			require.Len(t, a.Tensors, count+len(g.Inputs), "every array judges a layer")
		})
	}
	for _, kind := range []string{"Conv2D", "DepthwiseConv2D", "Dense", "BatchNorm", "Activation", "MaxPool", "AvgPool", "GlobalAvgPool", "GlobalMaxPool",
		"Add", "Multiply", "Concat", "ZeroPad", "Crop", "Softmax", "Flatten", "Reshape", "Rescale", "Normalize"} {
		require.True(t, kinds[kind], "no fixture has a %s", kind)
	}
}

// kerasPrecision is what Keras stored the numbers as.
func kerasPrecision(file string) Precision {
	if filepath.Base(filepath.Dir(file)) == "mixed_float16_keras3" {
		return FP16
	}
	return FP32
}

func TestTheDeviceGivesEveryElementThatKerasGives(t *testing.T) {
	d := openTest(t)
	for i, file := range kerasFixtures(t) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			g, a := openFixture(t, file)
			o := Options{Graph: g, Inputs: a.Inputs(g), Device: d, Judge: a, Planned: i%2 == 1}
			if kerasPrecision(file) == FP16 {
				o.Tolerance = &Tolerance{NMSE: 1e-4, MaxOverRMS: 0.1} // Keras rounds to float16, the device does not
			}
			r, err := Run(t.Context(), o)
			require.NoError(t, err)
			for _, l := range r.Failed() {
				t.Errorf("%s: %v, %v; allowed %v; in its place %v", l.Name, l.Isolated, l.Place, l.Isolated.Tolerance, l.Cumulative.Difference)
			}
			require.Equal(t, "layers.npz", r.Judge)
		})
	}
}
