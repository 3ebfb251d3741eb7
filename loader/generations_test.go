package loader_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// generations returns the files that testdata/generations.py wrote.
func generations(t testing.TB) map[string][]byte {
	t.Helper()
	return unzip(t, "testdata/generations.zip")
}

func read(file []byte, opts ...loader.Option) (*loader.Model, error) {
	return loader.Read(bytes.NewReader(file), int64(len(file)), opts...)
}

// weights returns every weight of a graph by node and role.
func weights(g *nn.Graph) map[string]*nn.Tensor {
	all := map[string]*nn.Tensor{}
	for _, p := range g.Params() {
		all[p.Node.Name+" "+p.Role] = *p.Value
	}
	return all
}

func TestEveryGenerationsFileHoldsTheSameWeights(t *testing.T) {
	files := generations(t)
	base, err := read(files["base.h5"])
	require.NoError(t, err)
	require.Equal(t, loader.LegacyModel, base.Format)
	require.Equal(t, "2.21.0", base.KerasVersion)
	require.Equal(t, "tensorflow", base.Backend)
	require.False(t, base.HasOptimizer)
	want := weights(base.Graph)
	require.Len(t, want, 15)
	for name, file := range files {
		name, ok := strings.CutPrefix(name, "same/")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var opts []loader.Option
			if name != "keras3.h5" {
				_, err := read(file)
				require.ErrorIs(t, err, loader.ErrNoArchitecture)
				opts = append(opts, loader.WithConfig(files["config.json"]))
			}
			m, err := read(file, opts...)
			require.NoError(t, err)
			require.Equal(t, want, weights(m.Graph))
		})
	}
}

func TestFilesThatCannotBeReadRightAreRefused(t *testing.T) {
	files := generations(t)
	for name, want := range map[string]struct {
		is   error
		says string
	}{
		"theano_backend.h5":         {loader.ErrUnsupported, "Theano"},
		"extra_weight.h5":           {loader.ErrWeights, `only in the file: "head: head/lora:0"`},
		"dangling_name.h5":          {loader.ErrFormat, `Dense "head"`},
		"ambiguous.h5":              {loader.ErrFormat, `Conv2D "inner/stem": `},
		"permuted_names.weights.h5": {loader.ErrWeights, `another order: "norm" for "stem", "stem" for "norm"`},
		"missing_bias.weights.h5":   {loader.ErrWeights, `Dense "head" has 2 weights in the model, 1 in the file`},
		"missing_layer.weights.h5":  {loader.ErrWeights, `not in the file: Dense "head"`},
		"sharded.weights.json":      {loader.ErrUnsupported, "sharded"},
		"int8.weights.h5":           {loader.ErrWeights, `Dense "head" has 2 weights in the model, 3 in the file`},
	} {
		t.Run(name, func(t *testing.T) {
			file, ok := files["refused/"+name]
			require.True(t, ok)
			var opts []loader.Option
			if !strings.HasSuffix(name, ".keras") {
				opts = append(opts, loader.WithConfig(files["config.json"]))
			}
			_, err := read(file, opts...)
			require.ErrorIs(t, err, want.is)
			require.ErrorContains(t, err, want.says)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}
