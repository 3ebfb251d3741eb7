package loader_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
)

func TestInputsAndOutputsHaveTheNamesThatKerasGivesThem(t *testing.T) {
	for name, c := range map[string]struct {
		fixture         string
		inputs, outputs []string
	}{
		"of layers":  {"two_heads_keras3", []string{"pictures"}, []string{"kind", "size"}},
		"of dicts":   {"dicts_keras3", []string{"image"}, []string{"age", "kind"}},
		"of a model": {"nested_twice_keras3", []string{"pictures"}, []string{"head"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{Name: c.fixture}
			m, err := loader.Open(f.path("model.keras"))
			if err != nil {
				m, err = openFixture(t, f, "model.weights.h5")
			}
			require.NoError(t, err)
			g := m.Graph
			require.Len(t, g.Inputs, len(c.inputs))
			require.Len(t, g.Outputs, len(c.outputs))
			for i, want := range c.inputs {
				require.Equal(t, want, g.InputName(i))
			}
			for i, want := range c.outputs {
				require.Equal(t, want, g.OutputName(i))
			}
		})
	}
}

func TestShorterTypesOfArithmeticAreNoted(t *testing.T) {
	for name, want := range map[string]string{
		"bfloat16_keras3": "bfloat16", "mixed_bfloat16_keras3": "bfloat16", "mixed_float16_keras3": "float16", "mixed_float16_tfkeras": "float16", "no_bias_keras3": "",
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{Name: name}
			m, err := loader.Open(f.path("model.keras"))
			if err != nil {
				m, err = loader.Open(f.path("model.legacy.h5"))
			}
			require.NoError(t, err)
			require.Equal(t, want, m.ShortType)
		})
	}
}

func TestTwoOutputsOfOneLayerHaveTwoNames(t *testing.T) {
	g, err := loader.ParseConfig([]byte(functional(`["pool", 0, 0], ["pool", 1, 0], ["pool_1", 0, 0]`,
		node("InputLayer", "in", input, `[]`),
		node("ReLU", "relu", "", `[[["in", 0, 0, {}]]]`),
		node("GlobalAveragePooling2D", "pool", "", `[[["in", 0, 0, {}]], [["relu", 0, 0, {}]]]`),
		node("GlobalMaxPooling2D", "pool_1", "", `[[["in", 0, 0, {}]]]`),
	)))
	require.NoError(t, err)
	var names []string
	for i := range g.Outputs {
		names = append(names, g.OutputName(i))
	}
	require.Equal(t, []string{"pool", "pool_1", "pool_1_1"}, names)
}
