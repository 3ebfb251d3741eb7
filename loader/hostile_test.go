package loader_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/loader"
)

// keras3 returns the parts of an archive that Keras 3 wrote.
func keras3(t testing.TB) (config, weights []byte) {
	b, err := os.ReadFile(filepath.Join(fixtures, "no_bias_keras3", "model.keras"))
	require.NoError(t, err)
	return member(t, b, "config.json"), member(t, b, "model.weights.h5")
}

func TestHostileArchivesAreRefused(t *testing.T) {
	config, weights := keras3(t)
	many := make([]entry, 5000)
	for i := range many {
		many[i] = entry{fmt.Sprint("assets/", i), nil}
	}
	sound := archive(t, false, entry{"config.json", config}, entry{"model.weights.h5", weights})
	_, err := read(sound)
	require.NoError(t, err)
	damaged := bytes.Clone(sound)
	damaged[bytes.Index(damaged, weights)+len(weights)-3] ^= 1
	for name, c := range map[string]struct {
		file []byte
		is   error
		says string
	}{
		"config twice":            {archive(t, false, entry{"config.json", config}, entry{"config.json", config}, entry{"model.weights.h5", weights}), loader.ErrFormat, `"config.json" is twice`},
		"weights twice":           {archive(t, true, entry{"config.json", config}, entry{"model.weights.h5", weights}, entry{"model.weights.h5", weights}), loader.ErrFormat, `"model.weights.h5" is twice`},
		"config elsewhere":        {archive(t, false, entry{"../config.json", config}, entry{"model.weights.h5", weights}), loader.ErrNoArchitecture, "weights alone"},
		"weights of the system":   {archive(t, false, entry{"config.json", config}, entry{"/etc/model.weights.h5", weights}), loader.ErrFormat, "no model in it"},
		"many members":            {archive(t, false, append(many, entry{"config.json", config}, entry{"model.weights.h5", weights})...), loader.ErrUnsupported, "too many members: 5002, above 4096"},
		"a bomb of a config":      {archive(t, true, entry{"config.json", make([]byte, 40<<20)}, entry{"model.weights.h5", weights}), loader.ErrUnsupported, "config.json: 41943040 bytes"},
		"a bomb of weights":       {archive(t, true, entry{"config.json", config}, entry{"model.weights.h5", append(bytes.Clone(weights), make([]byte, 80<<20)...)}), loader.ErrUnsupported, "model.weights.h5: 8"},
		"a wrong checksum":        {damaged, loader.ErrFormat, "model.weights.h5: wrong checksum"},
		"an archive that is cut":  {sound[:len(sound)/2], loader.ErrFormat, "archive"},
		"no HDF5 in it":           {archive(t, false, entry{"config.json", config}, entry{"model.weights.h5", config}), loader.ErrFormat, "signature"},
		"an archive as weights":   {archive(t, false, entry{"config.json", config}, entry{"model.weights.h5", sound}), loader.ErrFormat, "signature"},
		"weights as a config":     {archive(t, false, entry{"config.json", weights}, entry{"model.weights.h5", weights}), loader.ErrFormat, "config"},
		"a member that is a name": {archive(t, false, entry{"config.json/", nil}, entry{"model.weights.h5", weights}), loader.ErrNoArchitecture, "weights alone"},
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, len(c.file), func() {
				_, err := read(c.file)
				require.ErrorIs(t, err, c.is)
				requireAdvice(t, err)
				require.ErrorContains(t, err, c.says)
				requireOneClearLine(t, err)
			})
		})
	}
}

func TestHostileConfigsAreRefusedWithinBounds(t *testing.T) {
	chain := func(n int) string {
		layers := make([]string, n)
		for i := range layers {
			layers[i] = fmt.Sprintf(`{"class_name":"Flatten","config":{"name":"l%d"}}`, i)
		}
		return sequential(layers...)
	}
	masked := func(rows int) string { // one input with a mask beside one without
		node := func(of string) string { return fmt.Sprintf(`["%s", 0, 0, {}]`, of) }
		entry := func(class, name, config, inbound string) string {
			return fmt.Sprintf(`{"class_name": "%s", "name": "%s", "config": {"name": "%s"%s}, "inbound_nodes": [%s]}`, class, name, name, config, inbound)
		}
		return `{"class_name": "Functional", "config": {"name": "m", "layers": [` + strings.Join([]string{
			entry("InputLayer", "x", fmt.Sprintf(`, "batch_input_shape": [null, %d, 1]`, rows), ""), entry("Masking", "masking", `, "mask_value": 0.0`, "["+node("x")+"]"),
			entry("Concatenate", "both", `, "axis": 1`, "["+node("masking")+", "+node("x")+"]"),
			entry("GlobalAveragePooling1D", "mean", `, "data_format": "channels_last"`, "["+node("both")+"]"),
		}, ", ") + `], "input_layers": [["x", 0, 0]], "output_layers": [["mean", 0, 0]]}}`
	}
	for name, c := range map[string]struct{ config, says string }{
		"a million empty lists":     {"[" + strings.Repeat("[],", 1<<20) + "[]]", "more than 1048576 values"},
		"a million layers":          {chain(200_000), "more than"},
		"17,000 layers":             {chain(17_000), "more than 16384 layers"},
		"lists in lists":            {strings.Repeat("[", 5<<20), "config"},
		"a config of 20 MiB":        {sequential(layer("Flatten", "")) + strings.Repeat(" ", 20<<20), "bytes"},
		"bytes that are not UTF-8":  {strings.Replace(sequential(layer("Permute", "")), "Permute", "Per\xff\xfemute", 1), "layers of this class"},
		"a name that is a command":  {sequential(`{"class_name": "Permute", "config": {"name": "\u001b[2J\u0007"}}`), `Permute "\x1b[2J\a"`},
		"a dense layer of 2^31":     {sequential(layer("Dense", `"units": 2147483648, "use_bias": true, "activation": null`)), "units: expected an integer, found 2147483648"},
		"a mask of 2^26 ones":       {masked(1 << 26), "masks and other constants of more than"},
		"padding beyond all bounds": {sequential(layer("ZeroPadding2D", `"padding": [[1000000000, 1000000000], [1000000000, 1000000000]]`)), `ZeroPadding2D "l": shape (2000000008, 2000000008, 3) has too many elements`},
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, len(c.config), func() {
				_, err := loader.ParseConfig([]byte(c.config))
				require.Error(t, err)
				require.ErrorContains(t, err, c.says)
				requireOneClearLine(t, err)
			})
		})
	}
}

// Values take many times their text in memory, and text shrinks to nothing.
func TestConfigsOfMoreValuesThanMemoryAreRefused(t *testing.T) {
	_, weights := keras3(t)
	for _, unit := range []string{"[],", "{},", "1,", `{"a":{}},`} {
		topology := `{"class_name":"Functional","config":{"layers":[` + strings.Repeat(unit, (15<<20)/len(unit)) + `1]}}`
		for _, file := range [][]byte{
			archive(t, true, entry{"config.json", []byte(topology)}, entry{"model.weights.h5", weights}),
			archive(t, true, entry{"model.json", []byte(`{"modelTopology":` + topology + `,"weightsManifest":[]}`)}),
		} {
			hostile.Within(t, len(file), func() {
				_, err := read(file)
				require.ErrorIs(t, err, loader.ErrUnsupported)
				require.ErrorContains(t, err, "more than 1048576 values")
			})
		}
	}
}

// What a small file of compressed zeros claims is not worth its memory.
func TestWeightsThatOutgrowTheirFileAreRefused(t *testing.T) {
	config, weights := keras3(t)
	big := bytes.ReplaceAll(config, []byte(`"units": 5`), []byte(`"units": 500000000`))
	if bytes.Equal(big, config) {
		big = bytes.ReplaceAll(config, []byte(`"filters": `), []byte(`"filters": 99999`))
	}
	require.NotEqual(t, config, big)
	file := archive(t, false, entry{"config.json", big}, entry{"model.weights.h5", weights})
	hostile.Within(t, len(file), func() {
		_, err := read(file)
		require.Error(t, err)
		requireOneClearLine(t, err)
	})
}

// A training that diverged leaves weights that are no numbers: they are loaded,
// for a user may want to see them, and named.
func TestWeightsThatAreNotFiniteAreLoadedAndNamed(t *testing.T) {
	folder := filepath.Join(fixtures, "no_bias_keras3")
	sound, err := loader.Open(filepath.Join(folder, "model.keras"))
	require.NoError(t, err)
	require.Empty(t, sound.NotFinite)
	config, weights := keras3(t)
	first := sound.Graph.Params()[0]
	values := (*first.Value).Data
	want := []float32{values[0], values[1], values[2]}
	at := bytes.Index(weights, floatBytes(want))
	require.Positive(t, at)
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	broken := slices.Concat(weights[:at], floatBytes([]float32{nan, inf, nan}), weights[at+12:])
	m, err := read(archive(t, false, entry{"config.json", config}, entry{"model.weights.h5", broken}))
	require.NoError(t, err)
	require.Len(t, m.NotFinite, 1)
	require.Contains(t, m.NotFinite[0], fmt.Sprintf("%q: kernel of shape", first.Node.Name))
	require.Contains(t, m.NotFinite[0], "2 NaN, 1 infinite")
}

func floatBytes(values []float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestErrorsNameTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "broken.keras")
	require.NoError(t, os.WriteFile(name, []byte("PK\x03\x04 and no more"), 0o644))
	_, err := loader.Open(name)
	require.ErrorIs(t, err, loader.ErrFormat)
	require.ErrorContains(t, err, "broken.keras")
}
