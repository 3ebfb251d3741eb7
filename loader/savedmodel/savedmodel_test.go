package savedmodel

import (
	"archive/zip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/bundletest"
	"github.com/vkeras/vkeras/internal/hostile"
)

// file returns a file that TensorFlow wrote.
func file(t testing.TB, archive, name string) []byte {
	t.Helper()
	r, err := zip.OpenReader("../../testdata/containers/" + archive)
	require.NoError(t, err)
	defer r.Close()
	f, err := r.Open(name)
	require.NoError(t, err)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	return content
}

// The layers' names are those of tools/keras/containers/models.py.
func TestBothGenerationsSayTheSame(t *testing.T) {
	old, err := ParseSavedModel(file(t, "nested_tf2.4.zip", "savedmodel/saved_model.pb"))
	require.NoError(t, err)
	later, err := ParseMetadata(file(t, "nested_tf2.6.zip", "savedmodel/keras_metadata.pb"))
	require.NoError(t, err)
	require.Equal(t, "2.4.0", old.KerasVersion)
	require.Equal(t, "2.6.0", later.KerasVersion)
	for _, m := range []*Metadata{old, later} {
		require.Equal(t, "tensorflow", m.Backend)
		require.False(t, m.Compiled)
		require.True(t, strings.HasPrefix(string(m.Config), `{"class_name":"Sequential","config":{"name":"transfer"`), "%.80s", m.Config)
		require.Equal(t, "base", m.Names["layer_with_weights-0"])
		require.Equal(t, "base_conv2", m.Names["layer_with_weights-0/layer_with_weights-2"])
		require.Equal(t, "widen", m.Names["layer_with_weights-1"])
	}
}

// Python writes numbers that JSON lacks: they matter where they are read alone.
func TestMetadataMayHaveWhatPythonCallsNumbers(t *testing.T) {
	text := `{"class_name": "Model", "config": {"max_value": Infinity}, "training_config": {"loss_weights": NaN}}`
	m, err := ParseMetadata(bundletest.Message(1, bundletest.Message(3, "root", 5, text)))
	require.NoError(t, err)
	require.Equal(t, `{"class_name":"Model","config":{"max_value":1e999}}`, string(m.Config))
}

func TestACompiledModelIsKnown(t *testing.T) {
	m, err := ParseMetadata(file(t, "functional_tf2.15.zip", "savedmodel/keras_metadata.pb"))
	require.NoError(t, err)
	require.True(t, m.Compiled)
}

func TestSavedModelsWithoutKerasAreNamed(t *testing.T) {
	for _, name := range []string{"plain/saved_model.pb", "exported/saved_model.pb"} {
		_, err := ParseSavedModel(file(t, "others.zip", name))
		require.ErrorIs(t, err, ErrNoKeras, name)
	}
}

func TestDamagedMetadataIsRefused(t *testing.T) {
	node := func(path, text string) []byte { return bundletest.Message(1, bundletest.Message(3, path, 5, text)) }
	graph := func(objects ...any) []byte {
		return bundletest.Message(2, bundletest.Message(7, bundletest.Message(objects...)))
	}
	child := func(id int, name string) []byte { return bundletest.Message(1, id, 2, name) }
	model := bundletest.Message(3, `{"class_name": "Model", "config": {}}`)
	for name, c := range map[string]struct {
		parse func([]byte) (*Metadata, error)
		file  []byte
		is    error
		says  string
	}{
		"nothing":                  {ParseMetadata, nil, ErrNoKeras, "not of a model"},
		"cut":                      {ParseMetadata, node("root", "{}")[:5], ErrFormat, "EOF"},
		"no JSON":                  {ParseMetadata, node("root", "{"), ErrFormat, "the model's metadata"},
		"no config":                {ParseMetadata, node("root", `{"class_name": "Own"}`), ErrNoKeras, `of class "Own" has no config`},
		"a layer that is no JSON":  {ParseMetadata, append(node("root", `{"config": {}}`), node("root.layer-0", "{")...), ErrFormat, "layer-0"},
		"a model of 20 MB":         {ParseMetadata, node("root", strings.Repeat(" ", 20<<20)), ErrFormat, "bytes"},
		"no objects":               {ParseSavedModel, bundletest.Message(2, []byte{}), ErrNoKeras, "TensorFlow 1"},
		"several graphs":           {ParseSavedModel, append(graph(), graph()...), ErrFormat, "several graphs"},
		"an object that is not":    {ParseSavedModel, graph(1, bundletest.Message(1, child(9, "layer-0"), 4, model)), ErrFormat, "object 9 of 1"},
		"a million links":          {ParseSavedModel, graph(1, []byte(strings.Repeat(string(bundletest.Message(1, child(0, "layer-0"))), 1<<20+1))), ErrFormat, "links between objects"},
		"an object without a text": {ParseSavedModel, graph(1, child(0, "layer-0")), ErrNoKeras, "without Keras's metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, len(c.file), func() {
				_, err := c.parse(c.file)
				require.ErrorIs(t, err, c.is)
				require.ErrorContains(t, err, c.says)
			})
		})
	}
	// An object that refers to itself is walked once.
	m, err := ParseSavedModel(graph(1, bundletest.Message(1, child(0, "layer-0"), 4, model)))
	require.NoError(t, err)
	require.Empty(t, m.Names)
}

// FuzzMetadata reads any file as that of either generation.
func FuzzMetadata(f *testing.F) {
	f.Add(file(f, "nested_tf2.6.zip", "savedmodel/keras_metadata.pb"))
	f.Add(file(f, "sequential_tf2.4.zip", "savedmodel/saved_model.pb"))
	f.Add(file(f, "others.zip", "exported/saved_model.pb"))
	f.Fuzz(func(t *testing.T, file []byte) {
		hostile.Within(t, len(file), func() {
			for _, parse := range []func([]byte) (*Metadata, error){ParseMetadata, ParseSavedModel} {
				m, err := parse(file)
				if err == nil {
					require.NotEmpty(t, m.Config)
					continue
				}
				require.True(t, errors.Is(err, ErrFormat) || errors.Is(err, ErrNoKeras), "%v", err)
			}
		})
	})
}
