"""Writes reference/testdata/layers.zip: what each Keras layer makes of random inputs, in float64.

    python tools/keras/layer_cases.py [OUT.zip]

Entries, for each case NAME:
    NAME/case.json         kind and fields of the nn.Op, "same" where Keras chose the padding, roles of the weights
    NAME/in0.npy ...       inputs, float32, with the batch axis
    NAME/ROLE.npy          weights, float32
    NAME/out.npy           the layer's output, computed in float64 and rounded to float32 once

The same seeds give the same bytes as long as the libraries stay the same.
"""
import io
import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
import tensorflow as tf
from keras import layers

ROOT = pathlib.Path(__file__).resolve().parents[2]


def window(size, strides, dilation=(1, 1)):
    return {"Size": size, "Stride": strides, "Dilation": dilation}


def convolutions():
    for size, strides, padding, dilation, shape, filters, bias in (
        ((3, 3), (1, 1), "same", (1, 1), (7, 9, 5), 4, True),
        ((3, 3), (2, 2), "same", (1, 1), (8, 7, 3), 5, False),
        ((3, 3), (2, 2), "valid", (1, 1), (8, 7, 3), 5, True),
        ((7, 7), (2, 2), "same", (1, 1), (13, 12, 3), 6, True),
        ((1, 1), (2, 2), "valid", (1, 1), (7, 6, 8), 3, False),
        ((1, 1), (3, 3), "same", (1, 1), (7, 9, 4), 3, True),
        ((2, 2), (2, 2), "same", (1, 1), (5, 5, 2), 3, True),
        ((5, 5), (3, 3), "same", (1, 1), (11, 10, 2), 3, True),
        ((3, 1), (1, 2), "valid", (1, 1), (6, 7, 3), 2, True),
        ((1, 3), (2, 1), "same", (1, 1), (6, 7, 3), 2, True),
        ((3, 3), (1, 1), "same", (2, 3), (9, 10, 2), 3, True),
        ((3, 2), (1, 1), "valid", (2, 2), (9, 10, 2), 3, False),
    ):
        op = {**window(size, strides, dilation), "Filters": filters, "UseBias": bias}
        layer = layers.Conv2D(filters, size, strides, padding, dilation_rate=dilation, use_bias=bias)
        yield "Conv2D", op, layer, [shape]
    for size, strides, padding, shape, multiplier, bias in (
        ((3, 3), (1, 1), "same", (7, 6, 5), 1, True),
        ((3, 3), (2, 2), "same", (8, 8, 3), 2, False),
        ((5, 5), (2, 2), "valid", (9, 10, 2), 3, True),
    ):
        op = {**window(size, strides), "Multiplier": multiplier, "UseBias": bias}
        yield "DepthwiseConv2D", op, layers.DepthwiseConv2D(size, strides, padding, depth_multiplier=multiplier, use_bias=bias), [shape]
    for shape, units, bias in (((7,), 5, True), ((4, 6), 3, False), ((3, 2, 5), 4, True)):
        yield "Dense", {"Units": units, "UseBias": bias}, layers.Dense(units, use_bias=bias), [shape]


def pools():
    for size, strides, padding, shape in (
        ((2, 2), (2, 2), "valid", (7, 6, 3)),
        ((3, 3), (2, 2), "same", (8, 7, 3)),
        ((3, 3), (1, 1), "same", (5, 4, 2)),
        ((3, 3), (2, 2), "valid", (9, 8, 3)),
        ((2, 3), (3, 1), "same", (7, 5, 2)),
    ):
        op = window(size, strides)
        yield "MaxPool", op, layers.MaxPooling2D(size, strides, padding), [shape]
        yield "AvgPool", op, layers.AveragePooling2D(size, strides, padding), [shape]
    for keep in (False, True):
        yield "GlobalMaxPool", {"KeepDims": keep}, layers.GlobalMaxPooling2D(keepdims=keep), [(5, 4, 3)]
        yield "GlobalAvgPool", {"KeepDims": keep}, layers.GlobalAveragePooling2D(keepdims=keep), [(5, 4, 3)]


def elements():
    for axis, scale, center, epsilon in ((-1, True, True, 1e-3), (-1, False, True, 1.001e-5), (1, True, False, 1e-3), (2, False, False, 1e-3)):
        op = {"Axis": axis if axis < 0 else axis - 1, "Epsilon": epsilon, "Scale": scale, "Center": center}
        yield "BatchNorm", op, layers.BatchNormalization(axis=axis, epsilon=epsilon, scale=scale, center=center), [(4, 5, 3)]
    for op, layer in (
        ({"Func": "linear"}, layers.Activation("linear")),
        ({"Func": "relu"}, layers.ReLU()),
        ({"Func": "relu", "Max": 6}, layers.Activation("relu6")),
        ({"Func": "relu", "Slope": 0.25}, layers.LeakyReLU(0.25)),
        ({"Func": "relu", "Slope": 0.25, "Threshold": 0.5, "Max": 2}, layers.ReLU(max_value=2, negative_slope=0.25, threshold=0.5)),
        ({"Func": "relu", "Threshold": 1}, layers.ReLU(threshold=1)),
        ({"Func": "sigmoid"}, layers.Activation("sigmoid")),
        ({"Func": "tanh"}, layers.Activation("tanh")),
        ({"Func": "elu", "Alpha": 0.5}, layers.ELU(0.5)),
        ({"Func": "swish"}, layers.Activation("swish")),
        ({"Func": "gelu"}, layers.Activation("gelu")),
        ({"Func": "gelu_tanh"}, layers.Activation(lambda x: keras.activations.gelu(x, approximate=True))),
        ({"Func": "hard_sigmoid", "Slope": 1 / 6}, layers.Activation("hard_sigmoid")),
        ({"Func": "hard_sigmoid", "Slope": 0.5}, layers.Activation("sparse_sigmoid")),
        ({"Func": "hard_swish", "Slope": 1 / 6}, layers.Activation("hard_silu")),
        ({"Func": "hard_tanh"}, layers.Activation("hard_tanh")),
        ({"Func": "selu"}, layers.Activation("selu")),
        ({"Func": "celu", "Alpha": 1}, layers.Activation("celu")),
        ({"Func": "celu", "Alpha": 0.5}, layers.Activation(lambda x: keras.activations.celu(x, alpha=0.5))),
        ({"Func": "exponential"}, layers.Activation("exponential")),
        ({"Func": "softplus"}, layers.Activation("softplus")),
        ({"Func": "softsign"}, layers.Activation("softsign")),
        ({"Func": "mish"}, layers.Activation("mish")),
        ({"Func": "log_sigmoid"}, layers.Activation("log_sigmoid")),
        ({"Func": "hard_shrink", "Threshold": 0.5}, layers.Activation("hard_shrink")),
        ({"Func": "soft_shrink", "Threshold": 0.5}, layers.Activation("soft_shrink")),
        ({"Func": "tanh_shrink"}, layers.Activation("tanh_shrink")),
        ({"Func": "threshold", "Threshold": 0.5, "Alpha": -2}, layers.Activation(lambda x: keras.activations.threshold(x, 0.5, -2.0))),
        ({"Func": "squareplus", "Alpha": 4}, layers.Activation("squareplus")),
        ({"Func": "sparse_plus"}, layers.Activation("sparse_plus")),
    ):
        yield "Activation", op, layer, [(5, 7)]
    for shape in ((6,), (3, 4, 5)):
        yield "Softmax", {}, layers.Softmax(), [shape]
        yield "LogSoftmax", {}, layers.Activation("log_softmax"), [shape]
        yield "Sparsemax", {}, layers.Activation("sparsemax"), [shape]
    yield "Softmax", {"Axes": [0]}, layers.Softmax(axis=1), [(3, 4, 5)]
    yield "Softmax", {"Axes": [0, 1]}, layers.Softmax(axis=(1, 2)), [(3, 4, 5)]
    yield "LogSoftmax", {"Axes": [1]}, layers.Activation(lambda x: keras.ops.log_softmax(x, axis=2)), [(3, 4, 5)]
    yield "Sparsemax", {"Axes": [0]}, layers.Activation(lambda x: keras.ops.sparsemax(x, axis=1)), [(3, 4, 5)]
    yield "Rescale", {"Scale": [0.5], "Offset": [-1]}, layers.Rescaling(0.5, -1), [(4, 3, 3)]
    yield "Rescale", {"Scale": [0.5, 2, 4], "Offset": [1, 2, 3]}, layers.Rescaling([0.5, 2, 4], [1, 2, 3]), [(4, 3, 3)]
    yield "Normalize", {"Adapted": True}, layers.Normalization(), [(4, 3, 3)]
    for axes, axis in (([0, 1], (1, 2)), ([0], 1), ([0, 2], (3, 1))):
        yield "Normalize", {"Adapted": True, "Axes": axes}, layers.Normalization(axis=axis), [(4, 3, 2)]
    yield "Normalize", {"Adapted": True, "Invert": True}, layers.Normalization(invert=True), [(4, 3, 3)]
    yield "Normalize", {"Adapted": True, "Scalar": True}, layers.Normalization(axis=None), [(4, 3, 3)]


def norms():
    for axes, axis, scale, center in (
        (None, -1, True, True), ([0], 1, True, False), ([0, 1], (1, 2), False, True), ([0, 1, 2], (1, 2, 3), True, True), ([0, 2], (1, 3), True, True),
    ):
        op = {"Axes": axes, "Epsilon": 1e-3, "Scale": scale, "Center": center}
        yield "LayerNorm", {**op, "Func": "standard"}, layers.LayerNormalization(axis=axis, scale=scale, center=center), [(4, 3, 5)]
        yield "LayerNorm", {**op, "Func": "variance", "Scale": True, "Center": False}, layers.LayerNormalization(axis=axis, rms_scaling=True), [(4, 3, 5)]
        if axes in (None, [0, 1, 2]):  # on others Keras multiplies by a scale of the wrong axes
            yield "LayerNorm", {**op, "Func": "rms", "Epsilon": 1e-2, "Scale": True, "Center": False}, layers.RMSNormalization(axis=axis, epsilon=1e-2), [(4, 3, 5)]
        yield "LayerNorm", {"Axes": axes, "Func": "l2", "Epsilon": 1e-12}, layers.UnitNormalization(axis=axis), [(4, 3, 5)]
    for axis, groups, scale, center, shape in ((-1, 2, True, True, (3, 4, 6)), (-1, -1, False, True, (3, 4, 5)), (1, 2, True, False, (4, 3, 5)), (2, 1, True, True, (2, 4, 3))):
        channels = shape[axis] if axis < 0 else shape[axis - 1]
        op = {"Axis": axis if axis < 0 else axis - 1, "Groups": groups if groups > 0 else channels, "Epsilon": 1e-3, "Scale": scale, "Center": center}
        yield "GroupNorm", op, layers.GroupNormalization(groups, axis, scale=scale, center=center), [shape]
    for shared_axes, shared in ((None, None), ([0, 1], (1, 2)), ([2], (3,))):
        yield "PReLU", {"SharedAxes": shared_axes}, layers.PReLU(shared_axes=shared), [(4, 3, 5)]
    yield "LayerScale", {}, keras.src.applications.convnext.LayerScale(1e-6, 5), [(4, 3, 5)]
    for groups, filters, bias in ((2, 6, True), (3, 3, False), (6, 12, True)):
        op = {**window((3, 3), (2, 1)), "Groups": groups, "Filters": filters, "UseBias": bias}
        yield "GroupedConv2D", op, layers.Conv2D(filters, 3, strides=(2, 1), padding="same", groups=groups, use_bias=bias), [(7, 6, 6)]


def transposed(n, size, stride, dilation, padding, output_padding):
    """The output's positions and those that are cut off in front, as TensorFlow counts them."""
    reach = (size - 1) * dilation + 1
    if padding == "valid":
        out = (n - 1) * stride + reach + (max(stride - reach, 0) if output_padding is None else output_padding)
        return out, 0
    out = n * stride if output_padding is None else (n - 1) * stride + reach % 2 + output_padding
    return out, max((n - 1) * stride + reach - out, 0) // 2


def resizes():
    for size, stride, dilation, padding, output_padding, shape, bias in (
        ((3, 3), (2, 2), (1, 1), "valid", None, (4, 3, 3), True),
        ((3, 3), (2, 2), (1, 1), "same", None, (4, 3, 3), True),
        ((2, 4), (2, 3), (1, 1), "same", None, (4, 3, 3), False),
        ((4, 3), (2, 2), (1, 1), "same", (1, 0), (4, 3, 2), True),
        ((3, 2), (2, 3), (1, 1), "valid", (1, 0), (4, 3, 2), True),
        ((2, 2), (3, 3), (1, 1), "valid", None, (4, 3, 2), True),
    ):  # TensorFlow computes none with dilation on CPUs
        height, top = transposed(shape[0], size[0], stride[0], dilation[0], padding, output_padding and output_padding[0])
        width, left = transposed(shape[1], size[1], stride[1], dilation[1], padding, output_padding and output_padding[1])
        op = {**window(size, stride, dilation), "Top": top, "Left": left, "Height": height, "Width": width, "Filters": 4, "UseBias": bias}
        layer = layers.Conv2DTranspose(4, size, stride, padding, output_padding, dilation_rate=dilation, use_bias=bias)
        yield "Conv2DTranspose", op, layer, [shape]
    for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
        for antialias, height, width in ((False, 9, 10), (False, 4, 7), (True, 4, 3), (True, 14, 5)):
            yield "Resize", {"Height": height, "Width": width, "Method": method, "Antialias": antialias}, Resized(height, width, method, antialias), [(7, 5, 2)]
    for method in ("gaussian", "mitchellcubic"):
        yield "Resize", {"Height": 4, "Width": 9, "Method": method}, Resized(4, 9, method, False), [(7, 5, 2)]


class Resized(layers.Layer):
    """TensorFlow's resizing, which Keras calls. It computes in float32."""

    def __init__(self, height, width, method, antialias):
        super().__init__()
        self.settings = {"size": (height, width), "method": method, "antialias": antialias}

    def call(self, x):
        return tf.cast(tf.image.resize(tf.cast(x, "float32"), **self.settings), "float64")


def shapes():
    yield "ZeroPad", {"Top": 1, "Bottom": 2, "Left": 0, "Right": 3}, layers.ZeroPadding2D(((1, 2), (0, 3))), [(4, 3, 2)]
    yield "Crop", {"Top": 1, "Bottom": 2, "Left": 0, "Right": 1}, layers.Cropping2D(((1, 2), (0, 1))), [(5, 4, 2)]
    yield "Flatten", {}, layers.Flatten(), [(3, 4, 2)]
    yield "Reshape", {"Target": (4, -1)}, layers.Reshape((4, -1)), [(3, 4, 2)]
    yield "Identity", {}, layers.Dropout(0.5), [(3, 4)]
    for kind, layer in (("Add", layers.Add), ("Multiply", layers.Multiply)):
        yield kind, {}, layer(), [(4, 5, 3), (4, 5, 3), (4, 5, 3)]
        yield kind, {}, layer(), [(4, 5, 3), (1, 1, 3)]
        yield kind, {}, layer(), [(4, 1, 3), (1, 5, 3)]
        yield kind, {}, layer(), [(4, 5, 3), (3,)]
    for axis, inputs in ((-1, [(4, 5, 3), (4, 5, 2)]), (1, [(4, 5, 3), (1, 5, 3)]), (2, [(4, 5, 3), (4, 2, 3)])):
        yield "Concat", {"Axis": axis if axis < 0 else axis - 1}, layers.Concatenate(axis=axis), inputs


def weight(rng, role, shape):
    """Values that float32 holds exactly, so that only the layer's arithmetic is compared."""
    values = rng.uniform(0.2, 2, shape) if "variance" in role else rng.normal(0, 1, shape)
    return values.astype(np.float32)


def run(rng, layer, inputs):
    """Returns the layer's random weights by role, and its output in float64."""
    exact = [x.astype(np.float64) for x in inputs]
    argument = exact[0] if len(exact) == 1 else exact
    layer(argument)  # builds it
    weights = {}
    for variable in layer.variables:
        role = variable.path.split("/")[-1].replace("variable", "gamma")  # LayerScale's has no name
        if role in ("count", "seed_generator_state"):
            continue
        weights[role] = weight(rng, role, variable.shape)
        variable.assign(weights[role])
    if isinstance(layer, layers.Normalization):
        layer.finalize_state()
    result = np.asarray(layer(argument, training=False))
    assert result.dtype == np.float64, layer
    return weights, result


def write(out, families):
    """Runs the cases of some families and writes them to an archive."""
    keras.backend.set_floatx("float64")
    out = pathlib.Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    archive = zipfile.ZipFile(out, "w")

    def add(name, data):
        if isinstance(data, np.ndarray):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(data, np.float32, order="C"), version=(1, 0))
            name, data = name + ".npy", buffer.getvalue()
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data, compresslevel=9)

    number = 0
    for cases in families:
        for kind, op, layer, inputs in cases():
            rng = np.random.default_rng(number)
            prepare = inputs.pop(0) if callable(inputs[0]) else (lambda x: x)
            arrays = [prepare(rng.normal(0, 1, (2, *shape))).astype(np.float32) for shape in inputs]
            weights, result = run(rng, layer, arrays)
            name = f"{number:02d}_{kind}"
            same = getattr(layer, "padding", None) == "same" and kind != "Conv2DTranspose"
            about = {"kind": kind, "op": op, "same": same, "inputs": len(arrays), "weights": sorted(weights)}
            add(f"{name}/case.json", json.dumps(about, indent=1).encode())
            for i, array in enumerate(arrays):
                add(f"{name}/in{i}", array)
            for role, values in weights.items():
                add(f"{name}/{role}", values)
            add(f"{name}/out", result)
            number += 1
    archive.close()
    print(f"{out}: {number} cases, {out.stat().st_size} bytes, Keras {keras.__version__}")


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else ROOT / "reference/testdata/layers.zip", (convolutions, pools, elements, norms, resizes, shapes))
