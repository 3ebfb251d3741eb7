package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/validate"
)

const kerasModels = "../../testdata/keras/"

// A model of two inputs and two outputs, with what Keras makes of five pairs.
const pair = kerasModels + "pair/"

func TestPredictTakesSeveralInputsAndOutputs(t *testing.T) {
	kind, distance := kerasdata.ReadNPY(t, pair+"kind.npy"), kerasdata.ReadNPY(t, pair+"distance.npy")
	for name, inputs := range map[string][]string{
		"an archive":       {"--input", pair + "inputs.npz"},
		"a file of each":   {"--input", "right=" + pair + "right.npy", "--input", "left=" + pair + "left.npy"},
		"one from a zip":   {"--input", "right=" + pair + "right.npy", "--input", "left=" + pair + "inputs.npz"},
		"two of one batch": {"--input", pair + "inputs.npz", "--batch", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			all, one := filepath.Join(folder, "all.npz"), filepath.Join(folder, "one.npy")
			args := append([]string{"predict", "--device", "reference", "--model", pair + "model.keras", "--output", all, "--output", "kind=" + one}, inputs...)
			r := vkeras(t, nil, args...)
			require.Equal(t, ok, r.status, r.stderr)
			require.InDeltaSlice(t, kind.Data, kerasdata.ReadNPY(t, one).Data, 1e-5)
			f, err := os.Open(all)
			require.NoError(t, err)
			defer f.Close()
			info, err := f.Stat()
			require.NoError(t, err)
			arrays, err := validate.ReadArrays(f, info.Size())
			require.NoError(t, err)
			require.Len(t, arrays.Tensors, 2)
			require.Equal(t, kind.Shape, arrays.Tensors["kind"].Shape)
			require.InDeltaSlice(t, distance.Data, arrays.Tensors["distance"].Data, 1e-5)
		})
	}
}

func TestPredictSaysWhichInputsAndOutputsThereAre(t *testing.T) {
	folder := t.TempDir()
	short := filepath.Join(folder, "short.npy")
	f, err := os.Create(short)
	require.NoError(t, err)
	require.NoError(t, npy.Write(f, []int{1, 8, 9, 3}, make([]float32, 8*9*3)))
	require.NoError(t, f.Close())
	y := filepath.Join(folder, "y.npz")
	left, both := "left="+pair+"left.npy", pair+"inputs.npz"
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"one file for two":       {[]string{"--input", pair + "left.npy", "--output", y}, wrongUsage, "the model has the inputs left, right: say which"},
		"one of two":             {[]string{"--input", left, "--output", y}, wrongUsage, "missing for right"},
		"the same twice":         {[]string{"--input", left, "--input", both, "--output", y}, wrongUsage, "left is given twice"},
		"one output file of two": {[]string{"--input", both, "--output", filepath.Join(folder, "y.npy")}, wrongUsage, "the model has the outputs distance, kind: write all to FILE.npz"},
		"other numbers":          {[]string{"--input", left, "--input", "right=" + short, "--output", y}, failed, "short.npy has 1"},
		"an unknown name":        {[]string{"--input", "middle=" + pair + "left.npy", "--output", y}, failed, "no such file"},
		"no archive":             {[]string{"--input", "left=" + pair + "left.npy", "--input", pair + "model.keras.npz", "--output", y}, failed, "no such file"},
		"standard input for two": {[]string{"--input", "-", "--output", y}, wrongUsage, "--input NAME=-"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"predict", "--device", "reference", "--model", pair + "model.keras"}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.NoFileExists(t, y)
		})
	}
}

func TestPredictTakesBytes(t *testing.T) {
	x := kerasdata.ReadNPY(t, kerasModels+"uint8_input_keras3/input.npy")
	file := filepath.Join(t.TempDir(), "x.npy")
	raw := npy.Header{Type: npy.Uint8, Shape: x.Shape}.Bytes()
	for _, v := range x.Data {
		raw = append(raw, byte(v))
	}
	require.NoError(t, os.WriteFile(file, raw, 0o644))
	y := filepath.Join(t.TempDir(), "y.npy")
	r := vkeras(t, nil, "predict", "--device", "reference", "--model", kerasModels+"uint8_input_keras3/model.keras", "--input", file, "--output", y)
	require.Equal(t, ok, r.status, r.stderr)
	require.InDeltaSlice(t, kerasdata.ReadNPY(t, kerasModels+"uint8_input_keras3/output.npy").Data, kerasdata.ReadNPY(t, y).Data, 1e-5)
}

func TestPredictTakesAnOpenSizeFromItsArray(t *testing.T) {
	folder := kerasModels + "shared_layer_keras3/"
	config, err := os.ReadFile(folder + "config.json")
	require.NoError(t, err)
	open := strings.ReplaceAll(string(config), "[null, 10, 12, 3]", "[null, null, null, 3]")
	require.NotEqual(t, string(config), open)
	file, y := filepath.Join(t.TempDir(), "open.json"), filepath.Join(t.TempDir(), "y.npy")
	require.NoError(t, os.WriteFile(file, []byte(open), 0o644))
	args := []string{"predict", "--device", "reference", "--model", folder + "model.weights.h5", "--config", file, "--output", y}

	r := vkeras(t, nil, append(args, "--input", folder+"input.npy")...)
	require.Equal(t, ok, r.status, r.stderr)
	require.InDeltaSlice(t, kerasdata.ReadNPY(t, folder+"output.npy").Data, kerasdata.ReadNPY(t, y).Data, 1e-5)

	r = vkeras(t, nil, append(args, "--input", npyFile(t, "<f4", "(1, 10, 12, 1)", 10*12*4))...)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "expected shape (N, 10, 12, 3), found (1, 10, 12, 1)")

	r = vkeras(t, strings.NewReader(""), append(args, "--input", "-")...) // of which nothing can be read before
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "pass --input-size HxW")
}

func TestOneSigmoidUnitNamesTwoClasses(t *testing.T) {
	labels := filepath.Join(t.TempDir(), "labels.txt")
	require.NoError(t, os.WriteFile(labels, []byte("cat\ndog\n"), 0o644))
	args := []string{"classify", "--device", "reference", "--model", kerasModels + "head_sigmoid_keras3/model.keras", "--preset", "exercise", "--labels", labels, "-k", "2"}
	r := vkeras(t, nil, append(args, "--csv", samples+"/one_1.png")...)
	require.Equal(t, ok, r.status, r.stderr)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, "probability", rows[0][4])
	require.ElementsMatch(t, []string{"cat", "dog"}, []string{rows[1][3], rows[2][3]})
	r = vkeras(t, nil, append(args, "--json", samples+"/one_1.png")...)
	require.Equal(t, ok, r.status, r.stderr)
	var got classified
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	classes := got.Pictures[0].Classes
	require.InDelta(t, 1, classes[0].Score+classes[1].Score, 1e-6)
	require.GreaterOrEqual(t, classes[0].Score, float32(0.5))
}

func TestClassifyAsksWhichOutputAndReadsGreyPictures(t *testing.T) {
	picture := filepath.Join(samples, "one_1.png")
	classify := func(model string, args ...string) result {
		return vkeras(t, nil, append([]string{"classify", "--device", "reference", "--preset", "exercise", "--model", kerasModels + model, picture}, args...)...)
	}
	r := classify("two_heads_keras3/model.keras")
	require.Equal(t, wrongUsage, r.status)
	require.Contains(t, r.stderr, "kind (3,), size (1,); pass --output NAME")
	r = classify("two_heads_keras3/model.keras", "--output", "kind", "-k", "9", "--csv")
	require.Equal(t, ok, r.status, r.stderr)
	require.Equal(t, 4, strings.Count(r.stdout, "\n"), r.stdout)
	r = classify("valid_padding_keras3/model.keras")
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stderr, "made grey, resized to 31 x 22")
	require.NotContains(t, r.stderr, "RGB")
	r = classify("valid_padding_keras3/model.keras", "--preset", "torch")
	require.Contains(t, r.stderr, "torch is for colours")
	r = vkeras(t, nil, "maps", "--device", "reference", "--preset", "exercise", "--model", kerasModels+"valid_padding_keras3/model.keras", "--out", t.TempDir(), picture)
	require.Equal(t, ok, r.status, r.stderr)
	r = vkeras(t, nil, "heat", "--device", "reference", "--preset", "exercise", "--model", kerasModels+"two_heads_keras3/model.keras", "--out", t.TempDir(), picture)
	require.Equal(t, wrongUsage, r.status, r.stderr)
	require.Contains(t, r.stderr, "kind (3,), size (1,); pass --output NAME")
	for _, command := range [][]string{{"heat", "--output", "kind"}, {"maps"}} { // maps asks for no classes
		r = vkeras(t, nil, append(command, "--device", "reference", "--preset", "exercise", "--model", kerasModels+"two_heads_keras3/model.keras", "--out", t.TempDir(), picture)...)
		require.Equal(t, ok, r.status, r.stderr)
	}
	r = classify("mixed_float16_keras3/model.keras")
	require.Equal(t, ok, r.status, r.stderr)
	require.Contains(t, r.stderr, "Keras computes layers of this model in float16")
}
