package loader_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
)

func TestConfigsThatAreNotSupportedAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"another class":             {sequential(layer("LSTM", `"units": 4`)), `LSTM "l": not supported: layers of this class`},
		"a Lambda":                  {sequential(layer("Lambda", ``)), `Lambda "l"`},
		"a subclassed model":        {`{"class_name": "MyNet", "config": {}}`, `a model of class "MyNet"`},
		"a registered class":        {sequential(`{"class_name": "Conv2D", "registered_name": "mine>Conv2D", "config": {"name": "l"}}`), "mine>Conv2D"},
		"a class of another module": {sequential(`{"class_name": "Conv2D", "module": "my.layers", "config": {"name": "l"}}`), "module my.layers"},
		"channels first":            {sequential(layer("AutoContrast", `"value_range": [0, 1], "data_format": "channels_first"`)), `AutoContrast "l": not supported: data_format "channels_first"`},
		"Theano's order":            {sequential(layer("Convolution2D", strings.Replace(conv1, `"tf"`, `"th"`, 1))), `dim_ordering "th"`},
		"causal padding":            {sequential(layer("Conv2D", strings.Replace(conv2, `"same"`, `"causal"`, 1))), `padding "causal"`},
		"an activation":             {sequential(layer("Conv2D", strings.Replace(conv2, `"relu"`, `"threshold"`, 1))), `activation "threshold"`},
		"a function of the user's":  {sequential(layer("Activation", `"activation": {"class_name": "function", "config": "relu", "registered_name": "mine>relu"}`)), "mine>relu"},
		"a field of the future":     {sequential(layer("Conv2D", conv2+`, "rotations": 4`)), `the field "rotations" (4)`},
		"BN of Keras 1's mode 2":    {sequential(layer("BatchNormalization", `"axis": -1, "epsilon": 1e-3, "mode": 2`)), "mode 2"},
		"BN over the batch":         {sequential(layer("BatchNormalization", `"axis": 0, "epsilon": 1e-3`)), "the batch"},
		"BN over two axes":          {sequential(layer("BatchNormalization", `"axis": [1, 2], "epsilon": 1e-3`)), "axis [1, 2]: several axes"},
		"a float too large":         {sequential(layer("ELU", `"alpha": 1e39`)), "alpha 1e39, which no float32 holds"},
		"a bound of Infinity":       {sequential(layer("ELU", `"alpha": -Infinity`)), "alpha -1e999, which no float32 holds"},
		"an array of two axes":      {sequential(layer("Rescaling", `"scale": [[1, 2], [3, 4]], "offset": 0`)), "scale: an array of several axes"},
		"an input never known":      {`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {"name": "f"}}]}}`, `InputLayer "f_input": not supported: the model was saved before its input's shape was known`},
		"a layer of the user's":     {sequential(layer("my>Layer", "")), `my>Layer "l": not supported: a layer that is code`},
		"a quantized layer":         {sequential(layer("ReLU", `"max_value": null, "dtype": {"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}`)), "QuantizedDTypePolicy"},
		"a layer of integers":       {sequential(layer("ReLU", `"max_value": null, "dtype": "int32"`)), `dtype "int32"`},
		"Keras 1's Merge by dot":    {sequential(layer("Merge", `"mode": "dot", "mode_type": "raw"`)), `mode "dot"`},
		"training=True in Keras 2":  {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("BatchNormalization", "d", `, "axis": -1, "epsilon": 1e-3`, `[[["in", 0, 0, {"training": true}]]]`)), "by the statistics of the batch at hand"},
		"a mask in Keras 2":         {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Dropout", "d", "", `[[["in", 0, 0, {"mask": ["in", 0, 0]}]]]`)), "argument mask"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrUnsupported, c.says) })
	}
}

func TestConfigsThatContradictThemselvesAreRefused(t *testing.T) {
	in := node("InputLayer", "in", input, "[]")
	relu := func(name, inbound string) string { return node("ReLU", name, `, "max_value": null`, inbound) }
	for name, c := range map[string]struct{ config, says string }{
		"no JSON":                  {"{\n  \"class_name\"", "the config: the JSON text ends before it is complete, at line 2, character 15"},
		"a comma too many":         {"{\"a\": 1,\n  \"é\": ,}", "the config: not JSON: invalid character ',' looking for beginning of value, at line 2, character 8"},
		"two objects":              {sequential(layer("Flatten", "")) + "{}", "text after"},
		"a list":                   {`[]`, "the config: expected a JSON object, found []"},
		"no class":                 {`{}`, "class_name"},
		"no config":                {`{"class_name": "Functional"}`, "expected an object, found null"},
		"no layers":                {`{"class_name": "Functional", "config": {"layers": []}}`, "list of layers"},
		"a layer that is a number": {sequential("5"), "expected an object, found 5"},
		"a layer without a name":   {sequential(`{"class_name": "Flatten", "config": {}}`), `a layer of class "Flatten" has no name`},
		"a layer without a class":  {sequential(`{"config": {"name": "l"}}`), `layer "l": expected a class_name, found null`},
		"two layers of one name":   {sequential(layer("Flatten", ""), layer("Flatten", "")), `two layers are named "l"`},
		"a field of another kind":  {sequential(layer("Dense", `"units": "five", "use_bias": true, "activation": null`)), `units: expected an integer, found "five"`},
		"a field that lacks":       {sequential(layer("Dense", `"use_bias": true, "activation": null`)), `config has no "units"`},
		"a number too large":       {sequential(layer("Dense", `"units": 99999999999999999999, "use_bias": true, "activation": null`)), "units"},
		"no units":                 {sequential(layer("Dense", `"units": 0, "use_bias": true, "activation": null`)), `Dense "l": units must be at least 1`},
		"a window that is too big": {sequential(layer("MaxPooling2D", `"pool_size": 9, "strides": 1, "padding": "valid"`)), `MaxPooling2D "l": a window of 9 does not fit`},
		"an input of no size":      {strings.Replace(sequential(layer("Flatten", "")), "[null, 8, 8, 3]", "[null, 8, 0, 3]", 1), "extent below 1"},
		"an input that is huge":    {strings.Replace(sequential(layer("Flatten", "")), "8, 8, 3", "2000000000, 2000000000, 2000000000", 1), "too many elements"},
		"a producer that lacks":    {functional(`["r", 0, 0]`, in, relu("r", `[[["nobody", 0, 0]]]`)), `ReLU "r": not a sound Keras file: reads the layer "nobody", which does not exist`},
		"a call that lacks":        {functional(`["r", 0, 0]`, in, relu("r", `[[["in", 1, 0]]]`)), `reads call 1 of the layer "in", which has 1`},
		"an output that lacks":     {functional(`["r", 0, 0]`, in, relu("r", `[[["in", 0, 1]]]`)), `reads output 1 of "in"`},
		"a negative call":          {functional(`["r", -1, 0]`, in, relu("r", `[[["in", 0, 0]]]`)), "reads call -1"},
		"a layer never called":     {functional(`["in", 0, 0]`, in, relu("r", `[]`)), "called 0 times"},
		"a cycle":                  {functional(`["a", 0, 0]`, in, relu("a", `[[["b", 0, 0]]]`), relu("b", `[[["a", 0, 0]]]`)), "reads its own output"},
		"an Add of one":            {functional(`["a", 0, 0]`, in, node("Add", "a", "", `[[["in", 0, 0]]]`)), "expected two inputs"},
		"an input not listed":      {functional(`["other", 0, 0]`, in, node("InputLayer", "other", input, "[]")), "not among the model's inputs"},
		"inbound_nodes of numbers": {functional(`["r", 0, 0]`, in, relu("r", `[[[1, 2, 3]]]`)), "expected [layer, node, tensor]"},
		"deep inbound_nodes":       {functional(`["r", 0, 0]`, in, relu("r", strings.Repeat("[", 50)+strings.Repeat("]", 50))), "expected [layer, node, tensor]"},
		"models in models":         {deep(50), "nested more than 16 deep"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrFormat, c.says) })
	}
}

func TestModelsThatCallModelsManyTimesAreRefused(t *testing.T) {
	twice := func(i int, inner string) string {
		return `{"class_name": "Functional", "name": "m", "inbound_nodes": [[["in", 0, 0]], [["m", 0, 0]]], "config": {"name": "m", "layers": [` +
			node("InputLayer", "in", input, "[]") + ", " + inner + `], "input_layers": [["in", 0, 0]], "output_layers": [["m", 1, 0]]}}`
	}
	config := node("ReLU", "m", `, "max_value": null`, `[[["in", 0, 0]], [["m", 0, 0]]]`)
	for i := range 16 {
		config = twice(i, config)
	}
	requireRefused(t, config, loader.ErrUnsupported, "calls of layers")
}

func TestNamesThatGrowByNestingAreBounded(t *testing.T) {
	var layers []string
	for i := range 300 {
		layers = append(layers, fmt.Sprintf(`{"class_name": "Flatten", "config": {"name": "l%d"}}`, i))
	}
	config := sequential(`{"class_name": "Sequential", "config": {"name": "` + strings.Repeat("x", 1<<16) + `", "layers": [` + strings.Join(layers, ", ") + `]}}`)
	requireRefused(t, config, loader.ErrUnsupported, "names of layers of more than")
}

// deep is a model nested n deep.
func deep(n int) string {
	config := layer("Flatten", "")
	for range n {
		config = `{"class_name": "Sequential", "config": {"name": "s", "layers": [` + config + `]}}`
	}
	return config
}

func requireRefused(t *testing.T, config string, is error, says string) {
	t.Helper()
	_, err := loader.ParseConfig([]byte(config))
	require.ErrorIs(t, err, is)
	require.ErrorContains(t, err, says)
	require.NotContains(t, err.Error(), "\n")
	requireAdvice(t, err)
}

// The files are real Keras's; refused.json says which layer an error must name.
func TestRealFilesOfWhatIsNotSupportedAreRefusedByTheLayersName(t *testing.T) {
	folder := filepath.Join(fixtures, "refused")
	text, err := os.ReadFile(filepath.Join(folder, "refused.json"))
	require.NoError(t, err)
	var files map[string]struct{ Layer, Class string }
	require.NoError(t, json.Unmarshal(text, &files))
	require.NotEmpty(t, files)
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			_, err := loader.Open(filepath.Join(folder, name))
			require.ErrorIs(t, err, loader.ErrUnsupported)
			require.ErrorContains(t, err, want.Layer)
			require.ErrorContains(t, err, want.Class)
			require.ErrorContains(t, err, name)
			require.NotContains(t, err.Error(), "\n")
			requireAdvice(t, err)
		})
	}
}
