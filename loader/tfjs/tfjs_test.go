package tfjs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
)

// modelJSON returns a model.json with a manifest.
func modelJSON(manifest string) string {
	return `{"format": "layers-model", "modelTopology": {"class_name": "Sequential", "config": {}, "keras_version": "2.15.0", "backend": "tensorflow"}, "weightsManifest": ` + manifest + `}`
}

// one is a manifest of one weight.
func one(weight string) string { return `[{"paths": ["a.bin"], "weights": [` + weight + `]}]` }

func TestAModelIsRead(t *testing.T) {
	for name, topology := range map[string]string{
		"as the converter writes it":      `{"keras_version": "2.15.0", "backend": "tensorflow", "model_config": {"class_name": "Sequential", "config": {"name": "a"}}, "training_config": {}}`,
		"as TensorFlow.js itself does it": `{"class_name": "Sequential", "config": {"name": "a"}, "keras_version": "2.15.0", "backend": "tensorflow"}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"modelTopology": ` + topology + `, "weightsManifest": [{"paths": ["./a.bin", "b.bin"], "weights": [{"name": "d/kernel", "shape": [2, 3], "dtype": "float32"}]}]}`
			require.True(t, IsModel([]byte(text)))
			m, err := ParseModel([]byte(text))
			require.NoError(t, err)
			require.JSONEq(t, `{"class_name": "Sequential", "config": {"name": "a"}}`, string(m.Config))
			require.Equal(t, "2.15.0", m.KerasVersion)
			require.Equal(t, "tensorflow", m.Backend)
			require.Equal(t, []string{"a.bin", "b.bin"}, m.Groups[0].Shards)
			require.Equal(t, "d/kernel", m.Groups[0].Weights[0].Name())
			require.Equal(t, []int{2, 3}, m.Groups[0].Weights[0].Shape())
		})
	}
}

func TestWeightsStandBehindEachOtherWhateverTheShards(t *testing.T) {
	m, err := ParseModel([]byte(modelJSON(`[{"paths": ["a", "b", "c"], "weights": [
		{"name": "i", "shape": [], "dtype": "int32"},
		{"name": "f", "shape": [2], "dtype": "float32"},
		{"name": "h", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16", "original_dtype": "float32"}},
		{"name": "b", "shape": [3], "dtype": "float32", "quantization": {"dtype": "uint8", "min": -1, "scale": 0.5}},
		{"name": "constant", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint8", "min": 0, "scale": 1}},
		{"name": "s", "shape": [1, 2], "dtype": "float32", "quantization": {"dtype": "uint16", "min": 0.1, "scale": 1e-3}}]}]`)))
	require.NoError(t, err)
	data := []byte{7, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 0x00, 0x3c, 0x00, 0xc1, 0, 1, 255, 9, 0xff, 0xff, 1, 0}
	var files []Shard
	for _, part := range [][]byte{data[:5], data[5:5], data[5:]} {
		files = append(files, Shard{bytes.NewReader(part), int64(len(part))})
	}
	arrays, err := m.Groups[0].Arrays(files)
	require.NoError(t, err)
	for i, want := range [][]float32{{7}, {1, -2.5}, {1, -2.5}, {-1, -0.5, 126.5}, {9}, {float32(65535*1e-3 + 0.1), float32(1e-3 + 0.1)}} {
		got := make([]float32, len(want))
		require.NoError(t, arrays[i].ReadFloat32(got))
		require.Equal(t, want, got, arrays[i].Name())
		require.Equal(t, i > 0, arrays[i].Float())
	}
	require.ErrorContains(t, arrays[1].ReadFloat32(make([]float32, 3)), "2 elements do not fit a slice of 3")
	_, err = m.Groups[0].Arrays(files[:2])
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "24 bytes of weights in shards of 5 bytes")
}

func TestModelsThatAreNotReadAreRefused(t *testing.T) {
	weight := `{"name": "a", "shape": [1], "dtype": "float32"%s}`
	for name, c := range map[string]struct {
		text string
		is   error
		says string
	}{
		"no JSON":                  {`{"modelTopology"`, ErrFormat, "unexpected end"},
		"no topology":              {`{"weightsManifest": []}`, ErrFormat, "no modelTopology"},
		"a graph model":            {`{"format": "graph-model", "modelTopology": {"node": []}}`, ErrUnsupported, "a graph model"},
		"an old graph model":       {`{"modelTopology": {"node": [{"name": "x"}]}}`, ErrUnsupported, "a graph model"},
		"no config":                {`{"modelTopology": {}}`, ErrFormat, "no config"},
		"no manifest":              {`{"modelTopology": {"class_name": "Model", "config": {}}}`, ErrFormat, "no weightsManifest"},
		"a shard elsewhere":        {modelJSON(`[{"paths": ["../a.bin"]}]`), ErrUnsupported, `not beside model.json: "../a.bin"`},
		"a shard of the system":    {modelJSON(`[{"paths": ["/etc/passwd"]}]`), ErrUnsupported, "not beside model.json"},
		"a shard on Windows":       {modelJSON(`[{"paths": ["c:\\a.bin"]}]`), ErrUnsupported, "not beside model.json"},
		"a shard without a name":   {modelJSON(`[{"paths": ["./"]}]`), ErrUnsupported, "not beside model.json"},
		"a shard twice":            {modelJSON(`[{"paths": ["a", "./a"]}]`), ErrFormat, `shard "a" twice`},
		"a weight twice":           {modelJSON(one(fmt.Sprintf(weight, "") + "," + fmt.Sprintf(weight, ""))), ErrFormat, `weight "a" twice`},
		"too many shards":          {modelJSON(`[{"paths": [` + strings.TrimSuffix(numbers(600), ",") + `]}]`), ErrUnsupported, "more than 512 shards"},
		"a negative extent":        {modelJSON(one(`{"name": "a", "shape": [-1], "dtype": "float32"}`)), ErrFormat, `weight "a"`},
		"a fraction":               {modelJSON(one(`{"name": "a", "shape": [1.5], "dtype": "float32"}`)), ErrFormat, "shape [1.5]"},
		"a huge shape":             {modelJSON(one(`{"name": "a", "shape": [2000000000, 2000000000], "dtype": "float32"}`)), ErrFormat, "shape"},
		"many axes":                {modelJSON(one(`{"name": "a", "shape": [1,1,1,1,1,1,1,1,1], "dtype": "float32"}`)), ErrFormat, "9 axes"},
		"complex numbers":          {modelJSON(one(`{"name": "a", "shape": [1], "dtype": "complex64"}`)), ErrUnsupported, `type "complex64"`},
		"quantised otherwise":      {modelJSON(one(fmt.Sprintf(weight, `, "quantization": {"dtype": "uint4"}`))), ErrUnsupported, `quantised to "uint4"`},
		"quantised without scale":  {modelJSON(one(fmt.Sprintf(weight, `, "quantization": {"dtype": "uint8", "min": 0}`))), ErrFormat, "without min and scale"},
		"a manifest of 2 MB":       {modelJSON(`[` + strings.Repeat(`{},`, 700_000) + `{}]`), ErrUnsupported, "a weightsManifest of"},
		"a model.json of 20 MB":    {modelJSON(`[]`) + strings.Repeat(" ", 20<<20), ErrUnsupported, "a model.json of"},
		"a manifest of a million":  {modelJSON(`[{"weights": [` + strings.Repeat(`{},`, 300_000) + `{}]}]`), ErrUnsupported, `type ""`},
		"a topology that is a map": {`{"modelTopology": [], "weightsManifest": []}`, ErrFormat, "modelTopology"},
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, len(c.text), func() {
				_, err := ParseModel([]byte(c.text))
				require.ErrorIs(t, err, c.is)
				require.ErrorContains(t, err, c.says)
			})
		})
	}
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d",`, i)
	}
	return b.String()
}

func TestMetadataIsTeachableMachines(t *testing.T) {
	m, ok := ParseMetadata([]byte(`{"tmVersion": "2.4.5", "packageName": "@teachablemachine/image", "labels": ["cat", "dog"]}`))
	require.True(t, ok)
	require.Equal(t, Metadata{[]string{"cat", "dog"}, ImagePackage}, m)
	for _, other := range []string{"", "[]", `{"labels": 5}`, `{"keras_version": "3.0.0"}`, `{"labels": ["a"]`} {
		_, ok := ParseMetadata([]byte(other))
		require.False(t, ok, other)
	}
}
