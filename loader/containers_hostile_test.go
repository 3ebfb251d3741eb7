package loader_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/bundletest"
	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/loader/tensorbundle"
)

// copies is how many damaged copies of each model are read.
const copies = 300

func TestDamagedCopiesOfModelsInSeveralFilesAreHarmless(t *testing.T) {
	for _, c := range []struct {
		archive, path string
		summed        bool // no damage of the weights goes unseen
	}{
		{"nested_tf2.15.zip", "savedmodel", true},
		{"functional_tf2.4.zip", "savedmodel", true},
		{"functional_tf2.12.zip", "weights", true},
		{"functional_tf2.21.zip", "shards", true},
		{"snappy.zip", "weights", true},
		{"layersmodel_functional_tfjs4.22.0.zip", "model", false},
		{"layersmodel_nested_uint8_tfjs3.3.0.zip", "model", false},
	} {
		t.Run(c.archive+"/"+c.path, func(t *testing.T) {
			dir := kerasdata.Unpack(t, filepath.Join(containers, c.archive))
			files := below(t, filepath.Join(dir, c.path), "m")
			var opts []loader.Option
			if formats[c.path] == loader.Checkpoint {
				config, err := os.ReadFile(filepath.Join(dir, "config.json"))
				require.NoError(t, err)
				opts = append(opts, loader.WithConfig(config))
			}
			sound, err := read(zipOf(t, zip.Store, files), opts...)
			require.NoError(t, err)
			r := rand.New(rand.NewPCG(1, 2))
			for range copies {
				file := zipOf(t, zip.Store, damage(r, files))
				hostile.Within(t, len(file), func() {
					m, err := read(file, opts...)
					if err != nil {
						requireOneClearLine(t, err)
						return
					}
					require.NoError(t, m.Graph.CheckWeights())
					if c.summed && len(opts) > 0 {
						requireSameWeights(t, sound, m)
					}
				})
			}
		})
	}
}

// damage returns the files with one of them other than it was.
func damage(r *rand.Rand, files map[string][]byte) map[string][]byte {
	damaged := maps.Clone(files)
	names := slices.Sorted(maps.Keys(files))
	name := names[r.IntN(len(names))]
	b := bytes.Clone(files[name])
	switch r.IntN(4) {
	case 0:
		for range 1 + r.IntN(8) {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
	case 1:
		b = b[:r.IntN(len(b))]
	case 2:
		at := r.IntN(len(b))
		clear(b[at:min(len(b), at+1+r.IntN(64))])
	default:
		b = files[names[r.IntN(len(names))]]
	}
	damaged[name] = b
	return damaged
}

func requireSameWeights(t *testing.T, want, got *loader.Model) {
	t.Helper()
	params := got.Graph.Params()
	for i, p := range want.Graph.Params() {
		require.Equal(t, (*p.Value).Data, (*params[i].Value).Data, "%s of %q", p.Role, p.Node.Name)
	}
}

func TestFilesThatAreNoModelsAreNamed(t *testing.T) {
	weights, err := os.ReadFile(filepath.Join(fixtures, "nested_sequential_tfkeras", "model.legacy.h5"))
	require.NoError(t, err)
	archived, err := os.ReadFile(filepath.Join(fixtures, "nested_sequential_tfkeras", "model.keras"))
	require.NoError(t, err)
	others := kerasdata.Unpack(t, filepath.Join(containers, "others.zip"))
	other := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(others, name))
		require.NoError(t, err)
		return b
	}
	for name, c := range map[string]struct {
		file []byte
		is   error
		says []string
	}{
		"nothing":              {nil, loader.ErrFormat, []string{"an empty file (0 bytes)", "download or copy it again"}},
		"HDF5 that is cut":     {weights[:1000], loader.ErrFormat, []string{fmt.Sprintf("1000 bytes of %d", len(weights)), "download or copy it again"}},
		"a .keras that is cut": {archived[:12000], loader.ErrFormat, []string{"12000 bytes of more than ", "within model.weights.h5", "download or copy it again"}},
		"a zip that is cut":    {archived[:len(archived)-10], loader.ErrFormat, []string{"zip", "download or copy it again"}},
		"a web page":           {[]byte("<!DOCTYPE html><title>Google Drive - Virus scan warning</title>"), loader.ErrFormat, []string{"a web page (HTML)", "download the file itself"}},
		"a pointer":            {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12345\n"), loader.ErrFormat, []string{"Git LFS pointer in place of the file of 12345 bytes", "git lfs pull"}},
		"gzip":                 {[]byte("\x1f\x8b\x08\x08jx\x0bk\x00\x03model.h5\x00"), loader.ErrUnsupported, []string{"a gzip file", "gunzip"}},
		"TensorFlow Lite":      {other("model.tflite"), loader.ErrUnsupported, []string{"TensorFlow Lite", ".keras or .h5"}},
		"a frozen graph":       {other("frozen.pb"), loader.ErrUnsupported, []string{"frozen graph", ".keras or .h5"}},
		"saved_model.pb":       {other("plain/saved_model.pb"), loader.ErrUnsupported, []string{"saved_model.pb", "name its folder"}},
		"an index":             {other("two/ckpt-1.index"), loader.ErrUnsupported, []string{"x.index"}},
		"model.json":           {[]byte(`{"modelTopology": {}, "weightsManifest": []}`), loader.ErrUnsupported, []string{"model.json", "name it where they are, or its folder"}},
		"PyTorch":              {zipOf(t, zip.Store, map[string][]byte{"archive/data.pkl": []byte("\x80\x02."), "archive/data/0": {0}}), loader.ErrUnsupported, []string{"a PyTorch model"}},
		"NumPy arrays":         {zipOf(t, zip.Store, map[string][]byte{"a.npy": []byte("\x93NUMPY")}), loader.ErrUnsupported, []string{"NumPy arrays (.npz)", "set_weights"}},
		"a bare pickle":        {[]byte("\x80\x04\x95\x18\x00\x00\x00\x00\x00\x00\x00]"), loader.ErrUnsupported, []string{"a Python pickle, which is a program"}},
		"unknown bytes":        {[]byte("\xde\xad\xbe\xef\x01\x02\x03\x04\x05"), loader.ErrFormat, []string{"9 bytes that begin with de ad be ef 01 02 03 04"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(c.file)
			require.ErrorIs(t, err, c.is)
			requireAdvice(t, err)
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
			requireOneClearLine(t, err)
		})
	}
}

// What TensorFlow writes of things that are no models of layers.
func TestFoldersOfOtherModelsAreNamed(t *testing.T) {
	others := kerasdata.Unpack(t, filepath.Join(containers, "others.zip"))
	for name, says := range map[string]string{
		"plain":              "a SavedModel without Keras's metadata: plain TensorFlow or Keras 3's export wrote it",
		"exported":           "save the Keras model as .keras or .h5",
		"subclassed":         `a model of class "Own"`,
		"subclassed_weights": "a checkpoint of no Sequential or functional model",
		"two":                "a checkpoint of several models (a, b)",
		"tensorflow1":        "a checkpoint of TensorFlow 1's Saver",
		"graphmodel":         "a graph model, which is a program without layers",
		"frozen.pb":          "a frozen graph",
	} {
		_, err := loader.Open(filepath.Join(others, name))
		require.ErrorIs(t, err, loader.ErrUnsupported, name)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, name)
		requireOneClearLine(t, err)
	}
}

// Weights that Keras 0.x saved: tools/keras cannot run it.
func TestWeightsOfKeras0AreNamed(t *testing.T) {
	_, err := loader.Open(filepath.Join("testdata", "nb_layers.h5"))
	require.ErrorIs(t, err, loader.ErrUnsupported)
	require.ErrorContains(t, err, "weights of Keras 0.x (nb_layers)")
}

// An object graph may say that everything is in everything.
func TestHostileObjectGraphsAreRefusedWithinBounds(t *testing.T) {
	config := sequential(layer("Dense", `"units": 2, "use_bias": true, "activation": null`))
	child := func(id int, name string) []byte { return bundletest.Message(1, id, 2, name) }
	repeat := func(n int, part []byte) []byte { return []byte(strings.Repeat(string(part), n)) }
	for name, c := range map[string]struct {
		graph []byte
		says  string
	}{
		"no objects":           {nil, "object 0 of 0"},
		"itself as its layer":  {bundletest.Message(1, bundletest.Message(1, child(0, "layer_with_weights-0"))), "not in the file"},
		"a million layers":     {bundletest.Message(1, repeat(1<<20, bundletest.Message(1, child(0, "layer_with_weights-0")))), "links"},
		"layers in all layers": {repeat(2, bundletest.Message(1, repeat(2000, bundletest.Message(1, child(1, "layer_with_weights-0"))))), "links"},
		"a large object, again and again": {bundletest.Message(1, repeat(100_000, bundletest.Message(1, child(1, "layer_with_weights-0"))),
			1, repeat(100_000, bundletest.Message(2, bundletest.Message(1, "a", 2, "b")))), "not in the file"},
		"no such layer": {bundletest.Message(1, bundletest.Message(1, child(7, "layer_with_weights-0"))), "refers to object 7 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			index, data := bundletest.Checkpoint(nil, nil, c.graph)
			file := zipOf(t, zip.Store, map[string][]byte{"x.index": index, "x.data-00000-of-00001": data})
			hostile.Within(t, len(file), func() {
				_, err := read(file, loader.WithConfig([]byte(config)))
				require.ErrorContains(t, err, c.says)
				requireOneClearLine(t, err)
			})
		})
	}
}

// FuzzCheckpoint binds tensors of any names and shapes, by any object graph, to
// any config. The checksums are right.
func FuzzCheckpoint(f *testing.F) {
	for _, name := range []string{"nested_tf2.8", "sequential_tf2.12", "preprocessing_tf2.6"} {
		dir := kerasdata.Unpack(f, filepath.Join(containers, name+".zip"))
		config, err := os.ReadFile(filepath.Join(dir, "config.json"))
		require.NoError(f, err)
		graph, tensors := checkpointOf(f, filepath.Join(dir, "weights"))
		f.Add(config, graph, tensors)
	}
	f.Fuzz(func(t *testing.T, config, graph []byte, tensors string) {
		floats, shapes := map[string][]float32{}, map[string][]int{}
		left := 1 << 16
		for line := range strings.Lines(tensors) {
			fields := strings.Fields(line)
			if len(fields) == 0 || fields[0] == bundletest.ObjectGraphKey {
				continue
			}
			elements := 1
			var shape []int
			for _, field := range fields[1:] {
				n, err := strconv.Atoi(field)
				if err != nil || n < 1 || n > left {
					return
				}
				shape = append(shape, n)
				if elements *= n; elements > left {
					return
				}
			}
			left -= elements
			floats[fields[0]], shapes[fields[0]] = make([]float32, elements), shape
		}
		index, data := bundletest.Checkpoint(floats, shapes, graph)
		file := zipOf(t, zip.Store, map[string][]byte{"x.index": index, "x.data-00000-of-00001": data})
		requireHarmless(t, file, loader.WithConfig(config))
	})
}

// checkpointOf returns the object graph of a checkpoint, and the names and shapes
// of its tensors, a line each.
func checkpointOf(t testing.TB, folder string) (graph []byte, tensors string) {
	t.Helper()
	files := below(t, folder, "")
	index := files["x.index"]
	b, err := tensorbundle.Open(bytes.NewReader(index), int64(len(index)), func(i, n int) (io.ReaderAt, int64, error) {
		data := files[tensorbundle.ShardName("x", i, n)]
		return bytes.NewReader(data), int64(len(data)), nil
	})
	require.NoError(t, err)
	var lines strings.Builder
	for _, name := range b.Names() {
		tensor, err := b.Tensor(name)
		require.NoError(t, err)
		if tensor.Type() == tensorbundle.String {
			graph, err = tensor.ReadString()
			require.NoError(t, err)
			continue
		}
		fmt.Fprintln(&lines, name, strings.Trim(fmt.Sprint(tensor.Shape()), "[]"))
	}
	return graph, lines.String()
}

// FuzzLayersModel reads TensorFlow.js models of any model.json, shard and metadata.
func FuzzLayersModel(f *testing.F) {
	for name, shard := range map[string]string{
		"layersmodel_teachable_tfjs4.22.0": "model.weights.bin", "layersmodel_nested_uint8_tfjs4.22.0": "group1-shard1of1.bin", "layersmodel_nested_float16_tfjs3.3.0": "group1-shard1of1.bin",
	} {
		files := below(f, filepath.Join(kerasdata.Unpack(f, filepath.Join(containers, name+".zip")), "model"), "")
		f.Add(bytes.ReplaceAll(files["model.json"], []byte(shard), []byte("w")), files[shard], []byte(`{"labels": ["a", "b"]}`))
	}
	f.Fuzz(func(t *testing.T, model, shard, metadata []byte) {
		requireHarmless(t, zipOf(t, zip.Store, map[string][]byte{"model.json": model, "w": shard, "metadata.json": metadata}))
	})
}
