package loader_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
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

// containers is where tools/keras/containers writes models of Keras 2 and
// TensorFlow.js in several files, with what those make of an input.
const containers = "../testdata/containers"

var formats = map[string]loader.Format{
	"savedmodel": loader.SavedModel, "weights": loader.Checkpoint, "training": loader.Checkpoint, "shards": loader.Checkpoint, "model": loader.LayersModel,
}

// openContainer opens a model of a container that was unpacked.
func openContainer(t testing.TB, dir, path string, opts ...loader.Option) *loader.Model {
	t.Helper()
	if formats[path] == loader.Checkpoint {
		config, err := os.ReadFile(filepath.Join(dir, "config.json"))
		require.NoError(t, err)
		opts = append(opts, loader.WithConfig(config))
	}
	m, err := loader.Open(filepath.Join(dir, path), opts...)
	require.NoError(t, err)
	return m
}

func TestModelsInSeveralFilesComputeWhatKerasComputed(t *testing.T) {
	for _, c := range kerasdata.Containers(t, containers) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			dir := kerasdata.Unpack(t, c.Archive)
			for _, path := range c.Paths {
				t.Run(path, func(t *testing.T) {
					m := openContainer(t, dir, path)
					require.Equal(t, formats[path], m.Format)
					require.NoError(t, m.Graph.CheckWeights())
					requireOutput(t, m, dir, c.Tolerance)
				})
			}
		})
	}
}

// requireOutput requires that the model gives output.npy for input.npy.
func requireOutput(t *testing.T, m *loader.Model, dir string, tolerance float64) {
	t.Helper()
	x := kerasdata.ReadNPY(t, filepath.Join(dir, "input.npy"))
	y, err := reference.Run(context.Background(), m.Graph, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	want := kerasdata.ReadNPY(t, filepath.Join(dir, "output.npy"))
	require.Equal(t, want.Shape, y[0].Shape)
	require.InDeltaSlice(t, want.Data, y[0].Data, tolerance)
}

func TestASavedModelSaysWhichKerasWroteIt(t *testing.T) {
	for name, version := range map[string]string{"nested_tf2.4": "2.4.0", "nested_tf2.15": "2.15.0"} {
		m := openContainer(t, kerasdata.Unpack(t, filepath.Join(containers, name+".zip")), "savedmodel")
		require.Equal(t, version, m.KerasVersion)
		require.Equal(t, "tensorflow", m.Backend)
		require.False(t, m.HasOptimizer)
	}
	m := openContainer(t, kerasdata.Unpack(t, filepath.Join(containers, "functional_tf2.15.zip")), "savedmodel")
	require.True(t, m.HasOptimizer)
	dir := kerasdata.Unpack(t, filepath.Join(containers, "functional_tf2.8.zip"))
	require.True(t, openContainer(t, dir, "weights").HasOptimizer)
	require.True(t, openContainer(t, dir, "training").HasOptimizer)
}

// Any file of a model names it, and so does what a checkpoint's files have in
// common.
func TestAModelIsOpenedByAnyOfItsFiles(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "functional_tf2.21.zip"))
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	for _, path := range []string{
		"savedmodel/saved_model.pb", "savedmodel/keras_metadata.pb",
		"weights/x", "weights/x.index", "weights/x.data-00000-of-00001",
		"shards/x", "shards/x.data-00003-of-00007", "savedmodel/variables/variables",
	} {
		var opts []loader.Option
		if filepath.Ext(path) != ".pb" {
			opts = append(opts, loader.WithConfig(config))
		}
		m, err := loader.Open(filepath.Join(dir, path), opts...)
		require.NoError(t, err, path)
		require.Empty(t, m.Inside)
		requireOutput(t, m, dir, 1e-4)
	}
	dir = kerasdata.Unpack(t, filepath.Join(containers, "layersmodel_teachable_tfjs4.22.0.zip"))
	m, err := loader.Open(filepath.Join(dir, "model", "model.json"))
	require.NoError(t, err)
	requireOutput(t, m, dir, 1e-4)
	require.Equal(t, []string{"Rock", "Paper", "Scissors"}, m.Labels)
}

// A checkpoint of weights is bound to an architecture in code by the layers'
// names, whatever their order there.
func TestACheckpointFillsAGraph(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "sequential_tf2.12.zip"))
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	g, err := loader.ParseConfig(config)
	require.NoError(t, err)
	m, err := loader.Open(filepath.Join(dir, "weights"), loader.WithGraph(g))
	require.NoError(t, err)
	require.Same(t, g, m.Graph)
	requireOutput(t, m, dir, 1e-4)
}

// Weights of layers of one shape must not be swapped because a config lists them
// otherwise: their names tell.
func TestWeightsOfACheckpointFollowNamesBeforeOrder(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "sequential_tf2.8.zip"))
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	renamed := func(names ...string) []byte { return []byte(strings.NewReplacer(names...).Replace(string(text))) }

	m, err := loader.Open(filepath.Join(dir, "weights"), loader.WithConfig(renamed(`"conv2d_3"`, `"conv2d_4"`, `"conv2d_4"`, `"conv2d_3"`)))
	require.NoError(t, err)
	sound := openContainer(t, dir, "weights")
	require.Equal(t, kernel(t, sound, "conv2d_4"), kernel(t, m, "conv2d_4"), "the layer before has this name now")
	require.NotEqual(t, kernel(t, sound, "conv2d_3"), kernel(t, m, "conv2d_4"))

	m, err = loader.Open(filepath.Join(dir, "weights"), loader.WithConfig(renamed(`"conv2d_3"`, `"another"`)))
	require.NoError(t, err, "a name that the file has not says nothing")
	require.Equal(t, kernel(t, sound, "conv2d_3"), kernel(t, m, "another"))

	_, err = loader.Open(filepath.Join(dir, "weights"), loader.WithConfig(renamed(`"conv2d_3"`, `"another"`, `"conv2d_5"`, `"conv2d_6"`, `"conv2d_6"`, `"conv2d_5"`)))
	require.ErrorIs(t, err, loader.ErrWeights)
	require.ErrorContains(t, err, "another order")
}

func kernel(t *testing.T, m *loader.Model, layer string) []float32 {
	t.Helper()
	for _, p := range m.Graph.Params() {
		if p.Node.Name == layer && p.Role == "kernel" {
			return (*p.Value).Data
		}
	}
	require.Fail(t, "no layer", layer)
	return nil
}

func TestACompressedIndexIsRead(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "snappy.zip"))
	index, err := os.ReadFile(filepath.Join(dir, "weights", "x.index"))
	require.NoError(t, err)
	require.NotContains(t, string(index), "layer_with_weights-1/kernel/.ATTRIBUTES/VARIABLE_VALUE", "it is compressed")
	requireOutput(t, openContainer(t, dir, "weights"), dir, 1e-4)
}

// Kernels are large from 16,384 elements on.
func TestLargeKernelsOfSeveralFilesAreReadWhenTheyAreNeeded(t *testing.T) {
	dir := t.TempDir()
	var weights []byte
	for i := range 128 * 128 {
		weights = binary.LittleEndian.AppendUint16(weights, uint16(i))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.bin"), weights[:12345], 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.bin"), weights[12345:], 0o644))
	model := fmt.Sprintf(`{"modelTopology": {"class_name": "Sequential", "config": {"name": "net", "layers": [
		{"class_name": "Dense", "config": {"name": "dense", "units": 128, "use_bias": false, "activation": "linear", "batch_input_shape": [null, 128]}}]}},
		"weightsManifest": [{"paths": ["a.bin", "b.bin"], "weights": [
		{"name": "dense/kernel", "shape": [128, 128], "dtype": "float32", "quantization": {"dtype": "uint16", "min": -3.5, "scale": %g}}]}]}`, 0.25)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "model.json"), []byte(model), 0o644))
	for name, opts := range map[string][]loader.Option{"at once": nil, "deferred": {loader.WithDeferredWeights(nil)}} {
		t.Run(name, func(t *testing.T) {
			m, err := loader.Open(dir, opts...)
			require.NoError(t, err)
			defer m.Close()
			kernel := *m.Graph.Params()[0].Value
			require.Equal(t, opts != nil, kernel.IsDeferred())
			loaded, err := kernel.Load(func(n int) []float32 { return make([]float32, n) })
			require.NoError(t, err)
			require.Equal(t, float32(-3.5), loaded.Data[0])
			require.Equal(t, float32(12345*0.25-3.5), loaded.Data[12345])
		})
	}
}

// zipOf returns a zip archive of files by their paths.
func zipOf(t testing.TB, method uint16, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		require.NoError(t, err)
		_, err = f.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}
