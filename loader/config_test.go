package loader_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// sequential is the config of a Sequential model of pictures of 8 x 8.
func sequential(layers ...string) string {
	return `{"class_name": "Sequential", "config": {"name": "net", "layers": [{"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [null, 8, 8, 3]}}, ` +
		strings.Join(layers, ", ") + `]}}`
}

// functional is the config of a functional model of layers that name their
// inputs, as Keras 2 writes it.
func functional(output string, layers ...string) string {
	return `{"class_name": "Functional", "config": {"name": "net", "layers": [` + strings.Join(layers, ", ") +
		`], "input_layers": [["in", 0, 0]], "output_layers": [` + output + `]}}`
}

// layer is a layer that calls itself l.
func layer(class, fields string) string {
	if fields != "" {
		fields = ", " + fields
	}
	return fmt.Sprintf(`{"class_name": %q, "config": {"name": "l"%s}}`, class, fields)
}

// node is a layer of a functional model.
func node(class, name, fields, inbound string) string {
	return fmt.Sprintf(`{"class_name": %q, "name": %q, "config": {"name": %q%s}, "inbound_nodes": %s}`, class, name, name, fields, inbound)
}

const (
	conv1 = `"nb_filter": 4, "nb_row": 3, "nb_col": 2, "subsample": [2, 1], "border_mode": "same", "bias": true, "activation": "relu", "dim_ordering": "tf", "init": "glorot_uniform"`
	conv2 = `"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "use_bias": true, "activation": "relu"`
	input = `, "batch_input_shape": [null, 8, 8, 3]`
)

func TestLayersBecomeOperations(t *testing.T) {
	window := nn.Window{Size: [2]int{3, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}, Pad: nn.Pad{Bottom: 1, Right: 1}}
	pool := nn.Window{Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}}
	for _, c := range []struct {
		name, layer string
		ops         []nn.Op
	}{
		{"Conv2D", layer("Conv2D", conv2), []nn.Op{&nn.Conv2D{Window: window, Filters: 4, UseBias: true}, &nn.Activation{Func: nn.ReLU}}},
		{"Convolution2D of Keras 1", layer("Convolution2D", conv1), []nn.Op{&nn.Conv2D{Window: window, Filters: 4, UseBias: true}, &nn.Activation{Func: nn.ReLU}}},
		{"SeparableConv2D", layer("SeparableConv2D", conv2+`, "depth_multiplier": 2`), []nn.Op{
			&nn.DepthwiseConv2D{Window: window, Multiplier: 2}, &nn.Conv2D{Window: nn.Square(1, 1), Filters: 4, UseBias: true}, &nn.Activation{Func: nn.ReLU},
		}},
		{"Dense", layer("Dense", `"units": 5, "use_bias": false, "activation": "softmax"`), []nn.Op{&nn.Dense{Units: 5}, &nn.Softmax{}}},
		{"Dense of Keras 1", layer("Dense", `"output_dim": 5, "bias": true, "activation": "linear", "input_dim": null`), []nn.Op{&nn.Dense{Units: 5, UseBias: true}}},
		{"BatchNormalization", layer("BatchNormalization", `"axis": [3], "epsilon": 1e-3, "scale": false, "center": true, "momentum": 0.9`), []nn.Op{&nn.BatchNorm{Axis: 2, Epsilon: 1e-3, Center: true}}},
		{"BatchNormalization of Keras 1", layer("BatchNormalization", `"axis": -1, "epsilon": 1e-3, "mode": 0`), []nn.Op{&nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true}}},
		{"a pool without strides", layer("MaxPooling2D", `"pool_size": [2, 2], "strides": null, "padding": "valid"`), []nn.Op{&nn.MaxPool{Window: pool}}},
		{"a pool of Keras 1", layer("AveragePooling2D", `"pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid", "dim_ordering": "tf"`), []nn.Op{&nn.AvgPool{Window: pool}}},
		{"zero padding of both kinds", layer("ZeroPadding2D", `"padding": [[1, 2], [3, 4]]`), []nn.Op{&nn.ZeroPad{Pad: nn.Pad{Top: 1, Bottom: 2, Left: 3, Right: 4}}}},
		{"zero padding of Keras 1", layer("ZeroPadding2D", `"padding": [1, 2]`), []nn.Op{&nn.ZeroPad{Pad: nn.Pad{Top: 1, Bottom: 1, Left: 2, Right: 2}}}},
		{"zero padding of four sides of Keras 1", layer("ZeroPadding2D", `"padding": [1, 2, 3, 4]`), []nn.Op{&nn.ZeroPad{Pad: nn.Pad{Top: 1, Bottom: 2, Left: 3, Right: 4}}}},
		{"ReLU with a bound", layer("ReLU", `"max_value": 6.0, "negative_slope": 0.5, "threshold": 1`), []nn.Op{&nn.Activation{Func: nn.ReLU, Max: 6, Slope: 0.5, Threshold: 1}}},
		{"ReLU of Keras 2.2", layer("ReLU", `"max_value": null`), []nn.Op{&nn.Activation{Func: nn.ReLU}}},
		{"LeakyReLU of Keras 2", layer("LeakyReLU", `"alpha": 0.25`), []nn.Op{&nn.Activation{Func: nn.ReLU, Slope: 0.25}}},
		{"LeakyReLU of Keras 3", layer("LeakyReLU", `"negative_slope": 0.25`), []nn.Op{&nn.Activation{Func: nn.ReLU, Slope: 0.25}}},
		{"a name's leaky_relu", layer("Activation", `"activation": "leaky_relu"`), []nn.Op{&nn.Activation{Func: nn.ReLU, Slope: 0.2}}},
		{"a serialized function", layer("Activation", `"activation": {"module": "builtins", "class_name": "function", "config": "relu6", "registered_name": "function"}`), []nn.Op{&nn.Activation{Func: nn.ReLU, Max: 6}}},
		{"a layer as activation", layer("Activation", `"activation": {"class_name": "ELU", "config": {"name": "e", "alpha": 2}}`), []nn.Op{&nn.Activation{Func: nn.ELU, Alpha: 2}}},
		{"a linear activation", layer("Activation", `"activation": "linear"`), []nn.Op{&nn.Identity{}}},
		{"Softmax over the last axis", layer("Softmax", `"axis": 3`), []nn.Op{&nn.Softmax{}}},
		{"Rescaling by channel", layer("Rescaling", `"scale": {"class_name": "__numpy__", "config": {"value": [1, 2, 3], "dtype": "float64"}}, "offset": -1`), []nn.Op{&nn.Rescale{Scale: []float32{1, 2, 3}, Offset: []float32{-1}}}},
		{"Rescaling by an array of shape (1, 1, 3)", layer("Rescaling", `"scale": [[[1, 2, 3]]], "offset": 0`), []nn.Op{&nn.Rescale{Scale: []float32{1, 2, 3}, Offset: []float32{0}}}},
		{"settings that are not read, of Python's constants", layer("ReLU", `"max_value": null, "kernel_initializer": {"max": Infinity, "min": -Infinity, "x": NaN, "text": "NaN \"Infinity"}`), []nn.Op{&nn.Activation{Func: nn.ReLU}}},
		{"Normalization by constants", layer("Normalization", `"axis": [-1], "mean": 2, "variance": [1, 4, 9], "invert": false`), []nn.Op{&nn.Normalize{
			Mean: &nn.Tensor{Shape: nn.Shape{3}, Data: []float32{2, 2, 2}}, Variance: &nn.Tensor{Shape: nn.Shape{3}, Data: []float32{1, 4, 9}},
		}}},
		{"Reshape by a tuple", layer("Reshape", `"target_shape": {"class_name": "__tuple__", "items": [-1, 3]}`), []nn.Op{&nn.Reshape{Target: nn.Shape{-1, 3}}}},
		{"Dropout whatever its fields", layer("Dropout", `"p": 0.5, "anything": [1]`), []nn.Op{&nn.Identity{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := loader.ParseConfig([]byte(sequential(c.layer)))
			require.NoError(t, err)
			var ops []nn.Op
			for _, n := range g.Nodes[1:] {
				ops = append(ops, n.Op)
			}
			require.Equal(t, c.ops, ops)
			require.Len(t, g.Layers(), 2)
		})
	}
}

func TestNodesAreNamedByLayerCallAndActivation(t *testing.T) {
	inner := node("Functional", "base", `, "layers": [`+node("InputLayer", "x", input, "[]")+", "+
		node("SeparableConv2D", "sep", `, "filters": 3, "kernel_size": 3, "strides": 1, "padding": "same", "depth_multiplier": 1, "use_bias": true, "activation": "tanh"`, `[[["x", 0, 0, {}]]]`)+
		`], "input_layers": [["x", 0, 0]], "output_layers": [["sep", 0, 0]]`, `[[["in", 0, 0, {}]], [["c", 0, 0, {}]]]`)
	// Keras 2 counts the calls of base from 1.
	g, err := loader.ParseConfig([]byte(functional(`["sum", 0, 0], ["c", 1, 0]`,
		node("InputLayer", "in", input, "[]"),
		node("Add", "sum", "", `[[["base", 1, 0, {}], ["base", 2, 0, {}]]]`),
		inner,
		node("Conv2D", "c", `, "filters": 3, "kernel_size": [1, 1], "strides": [1, 1], "padding": "valid", "use_bias": false, "activation": "relu"`, `[[["in", 0, 0, {}]], [["base", 2, 0, {}]]]`),
	)))
	require.NoError(t, err)
	var got []string
	for _, n := range g.Nodes {
		got = append(got, fmt.Sprintf("%s = %s %s %d", n.Name, n.Class, n.Layer, n.Call))
	}
	require.Equal(t, []string{
		"in = InputLayer in 0",
		"base/sep/depthwise = SeparableConv2D base/sep 0",
		"base/sep/pointwise = SeparableConv2D base/sep 0",
		"base/sep/tanh = SeparableConv2D base/sep 0",
		"c = Conv2D c 0",
		"c/relu = Conv2D c 0",
		"base:1/sep/depthwise = SeparableConv2D base/sep 1",
		"base:1/sep/pointwise = SeparableConv2D base/sep 1",
		"base:1/sep/tanh = SeparableConv2D base/sep 1",
		"sum = Add sum 0",
		"c:1 = Conv2D c 1",
		"c:1/relu = Conv2D c 1",
	}, got)
	require.Equal(t, "sum", g.Outputs[0].Name)
	require.Equal(t, "c:1/relu", g.Outputs[1].Name)
	total, _ := g.Parameters()
	require.EqualValues(t, 3*3*3+3*3+3+3*3, total, "weights of layers called twice count once")
}

func TestSequentialModelsFindTheirInputShape(t *testing.T) {
	flatten := `{"class_name": "Flatten", "config": {"name": "f"}}`
	for name, config := range map[string]string{
		"a bare list, as in Keras 1": `{"class_name": "Sequential", "config": [{"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [null, 8, 8, 3]}}]}`,
		"in the first layer":         `{"class_name": "Sequential", "config": {"layers": [{"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [null, 8, 8, 3]}}]}}`,
		"where the model was built":  `{"class_name": "Sequential", "config": {"build_input_shape": [null, 8, 8, 3], "layers": [` + flatten + `]}}`,
		"in a model that is first": `{"class_name": "Sequential", "config": {"layers": [{"class_name": "Sequential", "config": {"name": "s", "layers": [` +
			`{"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [4, 8, 8, 3]}}, {"class_name": "ReLU", "config": {"name": "r", "max_value": null}}]}}, ` + flatten + `]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			g, err := loader.ParseConfig([]byte(config))
			require.NoError(t, err)
			require.Equal(t, nn.Shape{8, 8, 3}, g.Inputs[0].Shape)
			require.Equal(t, nn.Shape{192}, g.Outputs[0].Shape)
		})
	}
}

func TestOpenInputShapesAreFilledIn(t *testing.T) {
	config := []byte(`{"class_name": "Sequential", "config": {"layers": [{"class_name": "GlobalAveragePooling2D", "config": {"name": "p", "batch_input_shape": [null, null, null, 3]}}]}}`)
	g, err := loader.ParseConfig(config, loader.WithInputShape(nn.Shape{5, 7, 3}))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{5, 7, 3}, g.Inputs[0].Shape)
	g, err = loader.ParseConfig(config, loader.WithInputShape(nn.Shape{5, 7, 0}))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{5, 7, 3}, g.Inputs[0].Shape, "0 is the model's own")

	_, err = loader.ParseConfig(config)
	require.ErrorIs(t, err, loader.ErrInputSize)
	require.ErrorIs(t, err, loader.ErrUnsupported)
	require.ErrorContains(t, err, "leaves the size of its input open, (None, None, 3)")
	require.NotContains(t, err.Error(), "docs/supported.md", "other layers are no remedy")
	_, err = loader.ParseConfig(config, loader.WithInputShape(nn.Shape{5, 7, 1}))
	require.ErrorContains(t, err, "input shape (5, 7, 1) for an input of (None, None, 3)")
	_, err = loader.ParseConfig([]byte(sequential(layer("Flatten", ""))), loader.WithInputShape(nn.Shape{5, 7, 3}))
	require.ErrorContains(t, err, "input shape (5, 7, 3): the model's own is (8, 8, 3)")
}

func TestArithmeticOutsideOfLayersIsRead(t *testing.T) {
	const keras3 = `{"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}`
	operator := func(class, args string) string {
		return functional(`["o", 0, 0]`, node("InputLayer", "in", input, "[]"),
			`{"module": "keras.src.ops.numpy", "class_name": "`+class+`", "config": {"name": "o"}, "inbound_nodes": [{"args": [`+args+`], "kwargs": {}}]}`)
	}
	function := func(name, inbound string) string {
		return functional(`["o", 0, 0]`, node("InputLayer", "in", input, "[]"), node("TFOpLambda", "o", `, "function": "`+name+`"`, inbound))
	}
	rescale := func(scale, offset float32) nn.Op {
		return &nn.Rescale{Scale: []float32{scale}, Offset: []float32{offset}}
	}
	for name, c := range map[string]struct {
		config string
		op     nn.Op
	}{
		"x / 4":              {operator("TrueDivide", keras3+", 4.0"), rescale(0.25, 0)},
		"x - 1":              {operator("Subtract", keras3+", 1"), rescale(1, -1)},
		"1 - x":              {operator("Subtract", "1, "+keras3), rescale(-1, 1)},
		"2 x":                {operator("Multiply", "2, "+keras3), rescale(2, 0)},
		"x + x":              {operator("Add", keras3+", "+keras3), &nn.Add{}},
		"1 / x":              {operator("TrueDivide", "1, "+keras3), &nn.Binary{Func: nn.Divide}},
		"x / 0":              {operator("TrueDivide", keras3+", 0"), &nn.Binary{Func: nn.Divide}},
		"exp x":              {operator("Exp", keras3), &nn.Activation{Func: nn.Exponential}},
		"x - x":              {operator("Subtract", keras3+", "+keras3), &nn.Binary{Func: nn.Subtract}},
		"x + [1]":            {operator("Add", keras3+", [1.0]"), rescale(1, 1)},
		"max(0, x)":          {operator("Maximum", "0, "+keras3), &nn.Activation{Func: nn.ReLU}},
		"x^2":                {operator("Power", keras3+", 2"), &nn.Multiply{}},
		"x / 4 in Keras 2":   {function("math.truediv", `[["in", 0, 0, {"y": 4, "name": null}]]`), rescale(0.25, 0)},
		"x + x in Keras 2":   {function("__operators__.add", `[["in", 0, 0, {"y": ["in", 0, 0], "name": null}]]`), &nn.Add{}},
		"1.5 + x in Keras 2": {function("math.add", `[["_CONSTANT_VALUE", -1, 1.5, {"y": ["in", 0, 0], "name": null}]]`), rescale(1, 1.5)},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := loader.ParseConfig([]byte(c.config))
			require.NoError(t, err)
			require.Equal(t, c.op, g.Outputs[0].Op)
		})
	}
	// As tf_keras 2.21 writes tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], -1]).
	reshaped := functional(`["o", 0, 0]`, node("InputLayer", "in", input, "[]"),
		node("TFOpLambda", "s", `, "function": "compat.v1.shape"`, `[["in", 0, 0, {"name": null, "out_type": "int32"}]]`),
		node("SlicingOpLambda", "n", `, "function": "__operators__.getitem"`, `[["s", 0, 0, {"slice_spec": 0}]]`),
		node("SlicingOpLambda", "h", `, "function": "__operators__.getitem"`, `[["s", 0, 0, {"slice_spec": 1}]]`),
		node("TFOpLambda", "o", `, "function": "reshape"`, `[["in", 0, 0, {"shape": [["n", 0, 0], ["h", 0, 0], -1]}]]`))
	g, err := loader.ParseConfig([]byte(reshaped))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{8, 24}, g.Outputs[0].Shape, "the shape of a tensor is known")
	_, err = loader.ParseConfig([]byte(strings.Replace(reshaped, `["o", 0, 0]`, `["s", 0, 0]`, 1)))
	require.ErrorContains(t, err, "no tensor of images")

	windows := func(end string) string {
		return functional(`["o", 0, 0]`, node("InputLayer", "in", input, "[]"),
			node("TFOpLambda", "w", `, "function": "reshape"`, `[["in", 0, 0, {"shape": [-1, 4, 3]}]]`),
			node("TFOpLambda", "v", `, "function": "reshape"`, `[["w", 0, 0, {"shape": [-1, 2, 3]}]]`), end)
	}
	g, err = loader.ParseConfig([]byte(windows(node("TFOpLambda", "o", `, "function": "reshape"`, `[["v", 0, 0, {"shape": [-1, 64, 3]}]]`))))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{64, 3}, g.Outputs[0].Shape, "parts that are put together")
	for why, end := range map[string]string{
		"reads 16 and 32 parts of a picture":                       node("Add", "o", "", `[[["w", 0, 0, {}], ["v", 0, 0, {}]]]`),
		"reads parts of pictures beside whole ones":                node("Add", "o", "", `[[["w", 0, 0, {}], ["in", 0, 0, {}]]]`),
		"of parts of pictures to the shape [null, -1, 3]: say all": node("TFOpLambda", "o", `, "function": "reshape"`, `[["v", 0, 0, {"shape": [null, -1, 3]}]]`),
	} {
		_, err = loader.ParseConfig([]byte(windows(end)))
		require.ErrorContains(t, err, why)
	}

	const all = `{"class_name": "__slice__", "config": {"start": null, "stop": null, "step": null}}`
	for name, c := range map[string]struct{ config, why string }{
		"a function that is not known":      {operator("Cumsum", keras3), "the function Cumsum"},
		"an argument that is not known":     {operator("Exp", keras3+`], "kwargs": {"where": 1}}, {"args": [`), "with where 1"},
		"one image of the batch":            {function("__operators__.getitem", `[["in", 0, 0, {"slice_spec": [0]}]]`), "the images of a batch"},
		"a slice of the batch":              {operator("GetItem", keras3+`, [{"class_name": "__slice__", "config": {"start": 1, "stop": null, "step": null}}]`), "the images of a batch"},
		"more entries than axes":            {operator("GetItem", keras3+", ["+all+", 0, 0, 0, 0]"), "5 entries"},
		"a mean over the batch":             {operator("Mean", keras3+`], "kwargs": {"axis": 0}}, {"args": [`), "axis 0 is the batch's"},
		"a mean of all":                     {operator("Mean", keras3), "over all axes"},
		"a shape that mixes images":         {operator("Reshape", keras3+`], "kwargs": {"newshape": [-1, 5]}}, {"args": [`), "mixes the images"},
		"parts of pictures at the end":      {function("reshape", `[["in", 0, 0, {"shape": [-1, 4, 3]}]]`), `"o", a tensor whose batch counts parts of pictures: give the parts an axis of their own again`},
		"an array for each image":           {operator("Add", keras3+", [[[[1.0]]], [[[2.0]]]]"), "an array of shape (2, 1, 1, 1)"},
		"an array that does not fit":        {operator("Add", keras3+", [1.0, 2.0]"), "do not fit each other"},
		"an array of ragged lists":          {operator("Add", keras3+", [[1.0], [2.0, 3.0]]"), "expected numbers"},
		"words in the place of numbers":     {operator("Add", keras3+`, "1"`), "expected numbers"},
		"axes that are not all":             {operator("Transpose", keras3+`], "kwargs": {"axes": [1, 2, 3]}}, {"args": [`), "axes [1 2 3] of 4"},
		"parts that are no parts":           {operator("Split", keras3+`], "kwargs": {"indices_or_sections": 5, "axis": -1}}, {"args": [`), "3 positions into 5"},
		"a convolution padded by channels":  {function("nn.conv2d", `[["in", 0, 0, {"filters": [[[[1], [1], [1]]]], "strides": 1, "padding": [[0, 0], [0, 0], [0, 0], [1, 0]]}]]`), "padding: expected two widths for rows and for columns"},
		"a convolution's wrong images":      {function("nn.conv2d_transpose", `[["in", 0, 0, {"filters": [[[[1, 1, 1]]]], "output_shape": [null, 9, 8, 1], "strides": 1}]]`), "a convolution of (9, 8, 1) makes no images of (8, 8, 3)"},
		"a shape of two pictures":           {function("nn.conv2d_transpose", `[["in", 0, 0, {"filters": [[[[1, 1, 1]]]], "output_shape": [2, 8, 8, 1], "strides": 1}]]`), "output_shape: expected the shape of a batch"},
		"positions put together":            {function("batch_to_space_nd", `[["in", 0, 0, {"block_shape": [2, 2], "crops": [[0, 0], [0, 0]]}]]`), "that space_to_batch took apart"},
		"positions taken apart":             {function("space_to_batch_nd", `[["in", 0, 0, {"block_shape": [3, 2], "paddings": [[0, 0], [0, 0]]}]]`), "8 x 8 positions at steps of [3 2]"},
		"a pool of another type":            {function("nn.pool", `[["in", 0, 0, {"window_shape": [2, 2], "pooling_type": "MIN"}]]`), `pooling_type: expected "MAX" or "AVG"`},
		"an array that is too large":        {function("tile", `[["_CONSTANT_VALUE", -1, [1.0], {"multiples": [99999999]}]]`), "times an array of (1,)"},
		"numbers of an open size":           {function("fill", `[["_CONSTANT_VALUE", -1, [3, 8], {"value": 1}]]`), "dims: expected the shape of a batch"},
		"a picture mapped round its border": {operator("AffineTransform", keras3+`, [1, 0, 0, 0, 1, 0, 0, 0]], "kwargs": {"fill_mode": "wrap"}}, {"args": [`), `beyond the border "wrap"`},
		"a picture mapped by six numbers":   {operator("AffineTransform", keras3+`, [1, 0, 0, 0, 1, 0]`), "expected images and eight numbers"},
		"a pool of rows by a word":          {strings.Replace(function("nn.max_pool1d", `[["in", 0, 0, {"ksize": "x", "strides": 1, "padding": "SAME"}]]`), "[null, 8, 8, 3]", "[null, 8, 3]", 1), "ksize: expected two integers"},
		"an equation of words":              {operator("Einsum", keras3+`, "x"], "kwargs": {"subscripts": "abcd,d->abc"}}, {"args": [`), "expected numbers"},
		"a range from above to below":       {function("quantization.fake_quant_with_min_max_args", `[["in", 0, 0, {"min": 2, "max": 1}]]`), "between 2 and 1"},
		"windows that make no images":       {operator("Fold", keras3+`], "kwargs": {"output_size": [4, 4], "kernel_size": 2}}, {"args": [`), "windows of (8, 8, 3) to images of 4 x 4"},
		"windows larger than images":        {operator("Unfold", keras3+`], "kwargs": {"kernel_size": 9}}, {"args": [`), "a window of 9 does not fit"},
		"one of what is computed":           {operator("IsIn", keras3+", "+keras3), "x2: expected numbers"},
		"a slice by uneven lists":           {function("strided_slice", `[["in", 0, 0, {"begin": [0, 1], "end": [0], "strides": [1, 1]}]]`), "of as many entries"},
		"a slice of pictures by numbers":    {function("strided_slice", `[["in", 0, 0, {"begin": [1], "end": [2], "strides": [1]}]]`), "the images of a batch"},
		"a mask of another length":          {function("boolean_mask", `[["in", 0, 0, {"mask": [true, false], "axis": 1}]]`), "mask: expected a truth value for each position"},
		"a product over axes that differ":   {function("tensordot", `[["in", 0, 0, {"b": [[1, 2], [3, 4]], "axes": [[3], [0]]}]]`), "a matrix of shape (2, 2) for a tensor of (8, 8, 3)"},
		"a product over the batch":          {function("tensordot", `[["in", 0, 0, {"b": [[1, 2], [3, 4]], "axes": [[0], [0]]}]]`), "axis 0 is the batch's"},
		"statistics of the batch at hand":   {function("nn.fused_batch_norm", `[["in", 0, 0, {"scale": [1, 1, 1], "offset": [0, 0, 0], "mean": [0, 0, 0], "variance": [1, 1, 1]}]]`), "by the statistics of the batch at hand"},
		"a shape that is another":           {function("ensure_shape", `[["in", 0, 0, {"shape": [null, 8, 9, 3]}]]`), "(8, 8, 3) has not the shape [null, 8, 9, 3]"},
		"numbers of each picture of many":   {function("broadcast_to", `[["_CONSTANT_VALUE", -1, [[1, 2], [3, 4]], {"shape": [null, 2]}]]`), "numbers whose first axis is 1"},
		"a type of no pictures":             {function("image.convert_image_dtype", `[["in", 0, 0, {"dtype": "int64"}]]`), `of numbers of the type "float32" to "int64"`},
		"TensorFlow 1's cubic":              {function("image.resize_images", `[["in", 0, 0, {"size": [4, 4], "method": 2}]]`), `by "bicubic" from the corners on`},
		"TensorFlow 1's fifth":              {function("image.resize_images", `[["in", 0, 0, {"size": [4, 4], "method": 4}]]`), "method: expected 0 to 3"},
		"a frame of no size":                {function("image.resize_with_pad", `[["in", 0, 0, {"target_height": 0, "target_width": 4}]]`), "to 0 x 4"},
		"a bound of the whole batch":        {function("clip_by_norm", `[["in", 0, 0, {"clip_norm": 2}]]`), "over all axes"},
		"a reflection longer than the axis": {operator("Pad", keras3+`], "kwargs": {"pad_width": [[0, 0], [9, 0], [0, 0], [0, 0]], "mode": "reflect"}}, {"args": [`), "padding of [9 0]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loader.ParseConfig([]byte(c.config))
			require.Error(t, err)
			require.ErrorContains(t, err, c.why)
		})
	}
}
