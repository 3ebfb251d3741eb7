package loader_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
)

// requireAdvice holds that a refusal ends with what to do. What is missing for
// weights alone and for an open size the caller names, in words of its own.
func requireAdvice(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, loader.ErrNoArchitecture) || errors.Is(err, loader.ErrInputSize) {
		return
	}
	var says interface{ Advice() string }
	require.ErrorAs(t, err, &says)
	require.NotEmpty(t, says.Advice())
	require.Truef(t, strings.HasSuffix(err.Error(), ": "+says.Advice()), "%q is to end with %q", err, says.Advice())
}

func TestRefusalsEndWithWhatToDo(t *testing.T) {
	const own, other, keras = "of Keras's own layers, and give it these weights (set_weights)", "docs/supported.md lists, and give it these weights (set_weights)", "run this one in Keras"
	call := func(class, arguments string) string {
		return functional(`["f", 0, 0]`, node("InputLayer", "in", input, "[]"), node("TFOpLambda", "f", `, "function": "`+class+`"`, `[["in", 0, 0, {`+arguments+`}]]`))
	}
	for name, c := range map[string]struct{ config, ends string }{
		"a Lambda":                     {sequential(layer("Lambda", "")), own},
		"a custom layer":               {sequential(layer("Patches", "")), own},
		"a registered layer":           {sequential(layer("my>Patches", "")), own},
		"a custom activation":          {sequential(layer("Activation", `"activation": {"class_name": "function", "config": "my>bend", "registered_name": "function"}`)), own},
		"a subclassed model":           {`{"class_name": "MyNet", "config": {}}`, "make it a functional model in Keras"},
		"an LSTM":                      {sequential(layer("LSTM", `"units": 4`)), keras},
		"a GRU":                        {sequential(layer("GRU", `"units": 4`)), keras},
		"volumes":                      {sequential(layer("Conv3D", "")), keras},
		"words":                        {sequential(layer("TextVectorization", "")), keras},
		"sound":                        {sequential(layer("MelSpectrogram", "")), keras},
		"a field's value":              {sequential(layer("Conv2DTranspose", conv2+`, "groups": 2`)), other},
		"a field that nobody knows":    {sequential(layer("Conv2D", conv2+`, "rotations": 4`)), other},
		"channels first":               {sequential(layer("AutoContrast", `"value_range": [0, 1], "data_format": "channels_first"`)), "channels last, and give it these weights"},
		"training=True":                {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("BatchNormalization", "d", `, "axis": -1, "epsilon": 1e-3`, `[[["in", 0, 0, {"training": true}]]]`)), "build the model without training=True, and give it these weights (set_weights)"},
		"an unknown function":          {call("math.bessel_i0", ""), other},
		"a function over the batch":    {call("math.reduce_sum", `"axis": 0`), other},
		"what is no config":            {"{", "write the config anew, with model.to_json()"},
		"a config that contradicts":    {sequential(layer("MaxPooling2D", `"pool_size": 9, "strides": 1, "padding": "valid"`)), "write the config anew, with model.to_json()"},
		"an input never known":         {`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {"name": "f"}}]}}`, "call it in Keras once, and save it again"},
		"layers beyond what is usable": {strings.Replace(deep(1), `{"class_name": "Flatten"`, strings.Repeat(`{}, `, 20000)+`{"class_name": "Flatten"`, 1), "look whether it is the right file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loader.ParseConfig([]byte(c.config))
			requireAdvice(t, err)
			require.Truef(t, strings.HasSuffix(err.Error(), c.ends), "%q is to end with %q", err, c.ends)
		})
	}
}
