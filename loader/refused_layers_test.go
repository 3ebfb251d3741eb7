package loader_test

import (
	"strings"
	"testing"

	"github.com/vkeras/vkeras/loader"
)

// heads is the config of a MultiHeadAttention, and attends one that is called on
// rows by a query and a value, with further arguments.
const heads = `, "num_heads": 2, "key_dim": 4, "use_bias": true`

func attends(config, arguments string) string {
	return functional(`["a", 0, 0]`, node("InputLayer", "in", `, "batch_input_shape": [null, 8, 3]`, "[]"),
		node("MultiHeadAttention", "a", config, `[[["in", 0, 0, {"value": ["in", 0, 0]`+arguments+`}]]]`))
}

// float8 is the policy of a layer that Keras quantized to float8 from another.
func float8(source string) string {
	return `"dtype": {"class_name": "QuantizedFloat8DTypePolicy", "config": {"mode": "float8", "source_name": "` + source + `", "amax_history_length": 4}}, "activation": null, `
}

func TestLayersThatCannotBeComputedAreRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"a function of the user's":           {sequential(layer("Activation", `"activation": {"class_name": "function", "config": "my>bend", "registered_name": "function"}`)), `activation "my>bend", a function of the user's`},
		"a lambda, as Keras 3.15 writes it":  {sequential(layer("Activation", `"activation": {"value": ["4wEAAAA", null, null]}`)), "activation: a function that is code"},
		"a lambda, as a .keras file has it":  {sequential(layer("Activation", `"activation": {"class_name": "__lambda__", "config": {"value": ["4wEAAAA", null, null]}}`)), "activation: a function that is code"},
		"a layer among functions":            {functional(`["p", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Pipeline", "p", `, "layers": [{"class_name": "Lambda", "config": {}}]`, `[{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}], "kwargs": {}}]`)), `a layer of class "Lambda" inside of it`},
		"a layer of Keras 2 alone":           {sequential(layer("DenseFeatures", "")), "layers of this class, which Keras 3 does not have"},
		"a kernel stored in a fourth way":    {sequential(layer("LocallyConnected2D", conv2+`, "implementation": 4`)), "implementation 4"},
		"Softmax over the batch":             {sequential(layer("Softmax", `"axis": [0, 1]`)), "axis 0, the batch"},
		"Resizing by another method":         {sequential(layer("Resizing", `"height": 4, "width": 4, "interpolation": "spline"`)), `interpolation "spline"`},
		"Resizing with reflection":           {sequential(layer("Resizing", `"height": 4, "width": 4, "interpolation": "area", "fill_mode": "reflect"`)), `fill_mode "reflect"`},
		"RandomCrop in Keras 3":              {functional(`["c", 0, 0]`, strings.Replace(node("InputLayer", "in", input, "[]"), "batch_input_shape", "batch_shape", 1), node("RandomCrop", "c", `, "height": 4, "width": 4`, `[[["in", 0, 0]]]`)), "Keras 3 does not crop it to 4 x 4"},
		"a transposed convolution in groups": {sequential(layer("Conv2DTranspose", conv2+`, "groups": 2`)), "groups 2"},
		"attention along the channels":       {attends(heads+`, "attention_axes": [2]`, ""), "attention_axes"},
		"Attention by another score":         {functional(`["a", 0, 0]`, node("InputLayer", "in", `, "batch_input_shape": [null, 8, 3]`, "[]"), node("Attention", "a", `, "score_mode": "cosine"`, `[[["in", 0, 0], ["in", 0, 0]]]`)), `score_mode "cosine"`},
		"a causal mask of a map":             {functional(`["a", 0, 0]`, node("InputLayer", "in", input, "[]"), node("MultiHeadAttention", "a", heads, `[[["in", 0, 0, {"value": ["in", 0, 0], "use_causal_mask": true}]]]`)), "a causal mask or a window along other axes than the first"},
		"a causal mask of what is none":      {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Add", "d", "", `[[["in", 0, 0, {"use_causal_mask": true}]]]`)), "the argument use_causal_mask=true"},
		"Softmax behind Masking":             {sequential(layer("Masking", `"mask_value": 0`), strings.Replace(layer("Softmax", `"axis": -1`), `"l"`, `"s"`, 1)), "whose mask has no axis of channels"},
		"a mask that attention takes away":   {functional(`["p", 0, 0]`, node("InputLayer", "in", `, "batch_shape": [null, 8, 3]`, "[]"), node("Masking", "m", `, "mask_value": 0`, `[[["in", 0, 0]]]`), node("MultiHeadAttention", "a", heads, `[[["m", 0, 0, {"value": ["m", 0, 0]}]]]`), node("GlobalAveragePooling1D", "p", "", `[[["m", 0, 0]]]`)), "in Keras the order in which they run decides who has it"},
		"a mask of other axes":               {functional(`["p", 0, 0]`, node("InputLayer", "in", `, "batch_input_shape": [null, 8, 3]`, "[]"), node("Softmax", "s", `, "axis": -1`, `[[["in", 0, 0, {"mask": ["in", 0, 0]}]]]`), node("GlobalAveragePooling1D", "p", "", `[[["s", 0, 0]]]`)), "the mask has other axes than the tensor"},
		"a mask of an input that is not":     {functional(`["p", 0, 0]`, node("InputLayer", "in", `, "batch_input_shape": [null, 8, 3]`, "[]"), node("Add", "p", "", `[[["in", 0, 0, {"mask": [null, ["in", 0, 0]]}]]]`)), "the argument mask[1]=a tensor"},
		"scores of what is no attention":     {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Add", "d", "", `[[["in", 0, 0, {"return_attention_scores": true}]]]`)), "the argument return_attention_scores=true"},
		"an equation without its tensors":    {functional(`["e", 0, 0]`, node("InputLayer", "in", input, "[]"), node("TFOpLambda", "e", `, "function": "einsum"`, `[["_CONSTANT_VALUE", -1, "bhwc->bchw", {}]]`)), "the equation alone"},
		"an equation of another kind":        {sequential(layer("EinsumDense", `"equation": "abcd,ce->abe", "output_shape": [8, 5], "bias_axes": null, "activation": null`)), "equation"},
		"float8 in short numbers":            {sequential(layer("Dense", float8("mixed_float16")+`"units": 3, "use_bias": true`)), `quantized to float8 from "mixed_float16"`},
		"float8 and an adapter":              {sequential(layer("Dense", float8("float32")+`"units": 3, "use_bias": true, "lora_rank": 2`)), "lora_rank of a layer that is quantized to float8"},
		"a layer for each of many":           {strings.Replace(sequential(layer("TimeDistributed", `"layer": {"class_name": "Flatten", "config": {"name": "f"}}`)), "[null, 8, 8, 3]", "[null, 300, 8, 3]", 1), "300 positions of a layer that is computed for each: at most 256"},
		"a layer of many operations":         {strings.Replace(sequential(layer("TimeDistributed", `"layer": {"class_name": "TimeDistributed", "config": {"name": "t", "layer": {"class_name": "Flatten", "config": {"name": "f"}}}}`)), "[null, 8, 8, 3]", "[null, 200, 200, 8, 3]", 1), "operations at each of 200 positions: at most 8192 in all"},
		"a tensor by name":                   {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Add", "d", "", `[[["in", 0, 0, {"value": ["in", 0, 0]}]]]`)), "the argument value=a tensor"},
		"RMSNormalization over rows":         {sequential(layer("RMSNormalization", `"axis": 1, "epsilon": 1e-3`)), "axis 0: the scale of RMSNormalization fits the last axes alone"},
		"a negative epsilon":                 {sequential(layer("LayerNormalization", `"axis": -1, "epsilon": -1, "scale": true, "center": true`)), "epsilon -1"},
		"a wrapper around a user's layer":    {sequential(layer("SpectralNormalization", `"layer": {"class_name": "Mine", "config": {"name": "m"}}`)), `a layer of class "Mine" inside of it`},
		"an activation by a user's class":    {sequential(layer("Activation", `"activation": {"class_name": "Mine", "config": {"name": "m"}}`)), `a layer of class "Mine" inside of it`},
		"a field of an activation's layer":   {sequential(layer("Activation", `"activation": {"class_name": "ELU", "config": {"name": "e", "alpha": 1, "beta": 2}}`)), `the field "beta"`},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrUnsupported, c.says) })
	}
}

func TestLayersThatContradictThemselvesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ config, says string }{
		"a mask of no positions":                         {attends(heads, `, "attention_mask": ["in", 0, 0]`), "shapes (2, 8, 8) and (8, 3) do not fit each other"},
		"ReLU bounded below 0":                           {sequential(layer("ReLU", `"max_value": -1`)), "must not be negative"},
		"glu of an odd number of channels":               {sequential(layer("Activation", `"activation": "glu"`)), "glu halves the last axis of (8, 8, 3)"},
		"UpSampling2D beyond all memory":                 {sequential(layer("UpSampling2D", `"size": 99999999`)), "99999999 times 8 positions"},
		"RepeatVector of a feature map":                  {sequential(layer("RepeatVector", `"n": 3`)), "expected a vector, found (8, 8, 3)"},
		"Resizing both ways":                             {sequential(layer("Resizing", `"height": 4, "width": 4, "interpolation": "area", "crop_to_aspect_ratio": true, "pad_to_aspect_ratio": true`)), "exclude each other"},
		"Resizing to nothing":                            {sequential(layer("Resizing", `"height": 0, "width": 4, "interpolation": "area"`)), "resizing 8 positions to 0"},
		"a huge transposed convolution":                  {sequential(layer("Conv2DTranspose", strings.Replace(conv2, `[2, 1]`, `[99999999, 1]`, 1))), "strides of 99999999"},
		"Permute of two axes":                            {sequential(layer("Permute", `"dims": [2, 1]`)), "are not those of (8, 8, 3) in another order"},
		"additive attention of maps":                     {functional(`["a", 0, 0]`, node("InputLayer", "in", input, "[]"), node("AdditiveAttention", "a", `, "use_scale": true`, `[[["in", 0, 0], ["in", 0, 0]]]`)), "expected rows of vectors"},
		"Softmax over scattered axes that are not there": {sequential(layer("Softmax", `"axis": [1, 5]`)), "axis 4 is outside"},
		"attention of one":                               {sequential(layer("Attention", ``)), "expected a query, a value and perhaps a key, found 1 inputs"},
		"attention by no heads":                          {attends(strings.Replace(heads, `"num_heads": 2`, `"num_heads": 0`, 1), ""), "0 heads"},
		"an equation of fewer axes":                      {sequential(layer("EinsumDense", `"equation": "abcd,de->abce", "output_shape": [-3], "bias_axes": null, "activation": null`)), "the output's shape"},
		"TimeDistributed over a vector":                  {sequential(layer("Flatten", ""), strings.Replace(layer("TimeDistributed", `"layer": {"class_name": "Flatten", "config": {"name": "f"}}`), `"l"`, `"t"`, 1)), "expected two axes or more"},
		"Dot of one":                                     {sequential(layer("Dot", `"axes": 1`)), "expected two inputs, found 1"},
		"Dot along the batch":                            {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Dot", "d", `, "axes": 0`, `[[["in", 0, 0], ["in", 0, 0]]]`)), "axes: 0 is no axis"},
		"Dot along axes of other lengths":                {functional(`["d", 0, 0]`, node("InputLayer", "in", input, "[]"), node("Dot", "d", `, "axes": [1, 3]`, `[[["in", 0, 0], ["in", 0, 0]]]`)), "do not fit each other"},
		"tiles that a picture does not fill":             {sequential(layer("ContrastLimitedAdaptiveHistogramEqualization", `"value_range": [0, 255], "clip_limit": 4.0, "tile_grid_size": [9, 2]`)), "[9 2] tiles of an input of (8, 8, 3)"},
		"levels of no range":                             {sequential(layer("ContrastLimitedAdaptiveHistogramEqualization", `"value_range": [1, 1], "clip_limit": 4.0, "tile_grid_size": [2, 2]`)), "value_range: expected two numbers"},
		"a wrapper around nothing":                       {sequential(layer("SpectralNormalization", `"layer": 5`)), "layer: expected a layer, found 5"},
		"groups of no size":                              {sequential(layer("GroupNormalization", `"axis": -1, "groups": 0, "epsilon": 1e-3, "scale": true, "center": true`)), "do not fall into 0 groups"},
		"groups that do not divide":                      {sequential(layer("Conv2D", conv2+`, "groups": 2`)), "do not fall into 2 groups"},
		"statistics of another length":                   {sequential(layer("Normalization", `"axis": -1, "mean": [1, 2], "variance": [1, 2]`)), "mean: 2 numbers for an input of (8, 8, 3)"},
		"statistics of text":                             {sequential(layer("Normalization", `"axis": -1, "mean": ["a"], "variance": [1]`)), "mean: expected a number or an array of numbers"},
		"CustomScaleLayer of one":                        {sequential(layer("CustomScaleLayer", `"scale": 0.5`)), "it needs 2 inputs or more, and has 1"},
		"Softmax over no axis":                           {sequential(layer("Softmax", `"axis": []`)), "axis: expected axes"},
		"Softmax over an axis twice":                     {sequential(layer("Softmax", `"axis": [1, -3]`)), "axis 0 is named twice"},
		"Softmax beyond the last axis":                   {sequential(layer("Softmax", `"axis": 4`)), "axis 3 is outside an input of 3 axes"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.config, loader.ErrFormat, c.says) })
	}
}
