"""Writes testdata/architectures.json.gz: what real Keras says of every architecture that package resnet builds.

    python tools/keras/architectures.py [OUT.json.gz]

For each net its name, the options it was built with, and one row a layer, in the order of model.layers:
    [name, class, output shape without the batch, parameters, multiply-accumulates, names of the layers it reads, geometry]
Beside them the layers and the weights of the demo model's file, testdata/demo/signs_resnet50.h5.
`exercise` is also the definition to train the variants with.
"""
import collections
import gzip
import json
import math
import os
import pathlib
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import h5py
import keras
import numpy as np
from keras import layers as L

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIANTS = ("a", "v1.5", "c", "d", "maxpool", "avgpool", "option-a", "blurpool", "maxpool-after", "avgpool-after")


def blur(x, name):
    """Every second position of a 3x3 triangle filter (Zhang 2019, Tri-3), zeros beyond the edges."""
    x = L.ZeroPadding2D(1, name=name and name + "_pad")(x)
    taps = np.outer([1, 2, 1], [1, 2, 1]) / 16
    kernel = np.repeat(taps[..., None], x.shape[-1], -1)[..., None]
    layer = L.DepthwiseConv2D(3, 2, use_bias=False, trainable=False, name=name and name + "_blur")
    x = layer(x)
    layer.set_weights([kernel])
    return x


def zero_shortcut(x, filters, stride, name):
    """Every second position, with channels of zeros behind (He et al. 2015, option A)."""
    if stride > 1:
        x = L.MaxPooling2D(1, stride, name=name and name + "_subsample")(x)
    zeros = L.Rescaling(0.0, name=name and name + "_zeros")(x)
    return L.Concatenate(name=name and name + "_concat")([x] + [zeros] * (filters // x.shape[-1] - 1))


def block(x, width, stride, stage, project, variant, named):
    """A bottleneck block of three convolutions; its first and second stride and its shortcut by variant."""
    def name(form):
        return form.format(stage) if named else None

    def conv(x, filters, size, stride, padding, branch):
        x = L.Conv2D(filters, size, stride, padding, name=name("res{}_branch" + branch))(x)
        return L.BatchNormalization(axis=3, name=name("bn{}_branch" + branch))(x)

    halve = stride > 1
    first = stride if variant in ("a", "option-a") else 1
    middle = stride if variant in ("v1.5", "c", "d") else 1
    pool = L.MaxPooling2D if variant.startswith("max") else L.AveragePooling2D
    pool_after = halve and variant in ("maxpool-after", "avgpool-after")
    if halve and variant in ("maxpool", "avgpool"):
        x = pool(2, padding="same", name=name("res{}_pool"))(x)
    y = L.Activation("relu")(conv(x, width, 1, first, "valid", "2a"))
    if pool_after:
        y = pool(2, padding="same", name=name("res{}_branch2a_pool"))(y)
    if middle > 1:
        y = L.ZeroPadding2D(1, name=name("res{}_branch2b_pad"))(y)
    y = L.Activation("relu")(conv(y, width, 3, middle, "valid" if middle > 1 else "same", "2b"))
    if halve and variant == "blurpool":
        y = blur(y, name("res{}_branch2b"))
    y = conv(y, 4 * width, 1, 1, "valid", "2c")
    if project and variant == "option-a":
        x = zero_shortcut(x, 4 * width, stride, name("res{}_branch1"))
    elif project:
        if halve and variant == "d":
            x = L.AveragePooling2D(2, padding="same", name=name("res{}_branch1_pool"))(x)
        if halve and variant == "blurpool":
            x = blur(x, name("res{}_branch1"))
        x = conv(x, 4 * width, 1, stride if variant in ("a", "v1.5", "c") else 1, "valid", "1")
        if pool_after:
            x = pool(2, padding="same", name=name("res{}_branch1_pool"))(x)
    return L.Activation("relu")(L.Add()([y, x]))


def exercise(input_shape=(64, 64, 3), classes=6, divisor=1, variant="a", named=True, depth=(3, 4, 6, 3)):
    """The course exercise's ResNet50; variant is how its stages 3, 4 and 5 halve their input, depth the blocks of each stage."""
    def conv(x, filters, size, stride, padding, name):
        x = L.Conv2D(filters, size, stride, padding, name=name if named else None)(x)
        return L.Activation("relu")(L.BatchNormalization(axis=3, name="bn_" + name if named else None)(x))

    width = 64 // divisor
    x_in = L.Input(input_shape)
    if variant in ("c", "d"):
        x = conv(L.ZeroPadding2D(1)(x_in), width // 2, 3, 2, "valid", "conv1_1")
        x = conv(conv(x, width // 2, 3, 1, "same", "conv1_2"), width, 3, 1, "same", "conv1_3")
    else:
        x = conv(L.ZeroPadding2D(3)(x_in), width, 7, 2, "valid", "conv1")
    x = L.MaxPooling2D(3, 2)(x)
    for stage, blocks in enumerate(depth):
        for i in range(blocks):
            stride = 2 if stage > 0 and i == 0 else 1
            x = block(x, width << stage, stride, f"{stage + 2}{'abcdef'[i]}", i == 0, variant, named)
    x = L.Flatten()(L.AveragePooling2D(2, name="avg_pool" if named else None)(x))
    x = L.Dense(classes, activation="softmax", name=f"fc{classes}" if named else None)(x)
    return keras.Model(x_in, x, name="ResNet50")


def window(layer, shape, size):
    """The window as 3x3/2 pad top,bottom,left,right."""
    (h, w), (sh, sw) = size, layer.strides
    text = f"{h}x{w}" + (f"/{sh}" if (sh, sw) != (1, 1) else "") + (f"x{sw}" if sh != sw else "")
    if layer.padding == "same":
        pads = []
        for n, k, s in ((shape[1], h, sh), (shape[2], w, sw)):
            total = max((math.ceil(n / s) - 1) * s + k - n, 0)
            pads += [total // 2, total - total // 2]
        text += " pad " + ",".join(map(str, pads)) if any(pads) else ""
    return text


def describe(layer):
    """Multiply-accumulates and geometry of a layer."""
    out = layer.output.shape[1:]
    match layer:
        case L.DepthwiseConv2D():
            return math.prod(out) * math.prod(layer.kernel_size), window(layer, layer.input.shape, layer.kernel_size) + (" bias" if layer.use_bias else "")
        case L.Conv2D():
            macs = math.prod(out) * math.prod(layer.kernel_size) * layer.input.shape[-1]
            return macs, window(layer, layer.input.shape, layer.kernel_size) + (" bias" if layer.use_bias else "")
        case L.MaxPooling2D() | L.AveragePooling2D():
            return 0, window(layer, layer.input.shape, layer.pool_size)
        case L.BatchNormalization():
            assert layer.scale and layer.center
            return 0, f"axis {layer.axis} epsilon {layer.epsilon:g}"
        case L.ZeroPadding2D():
            return 0, ",".join(str(n) for side in layer.padding for n in side)
        case L.Dense():
            return math.prod(out) * layer.input.shape[-1], (" bias " if layer.use_bias else " ").lstrip() + keras.activations.serialize(layer.activation)
        case L.Activation():
            return 0, keras.activations.serialize(layer.activation)
        case L.Rescaling():
            return 0, f"scale {layer.scale:g} offset {layer.offset:g}"
    return 0, ""


def rows(model):
    for layer in model.layers:
        node = layer._inbound_nodes[-1]
        reads = [t._keras_history.operation.name for t in node.input_tensors] if not node.is_input else []
        macs, geometry = describe(layer)
        yield [layer.name, type(layer).__name__, list(layer.output.shape[1:]), layer.count_params(), macs, reads, geometry]


def nets():
    """Name, options and model of each net."""
    for variant in VARIANTS:
        keras.utils.clear_session()
        yield f"exercise {variant}", {"variant": variant}, exercise(variant=variant)
    keras.utils.clear_session()
    auto = exercise(named=False)
    yield "exercise auto", {"variant": "a", "naming": "auto"}, auto
    # A second model of one session, as in a notebook: automatic names go on counting.
    used = collections.Counter(re.sub(r"_\d+$", "", l.name) for l in auto.layers)
    yield "exercise auto again", {"variant": "a", "naming": "auto", "first": used}, exercise(named=False)
    keras.utils.clear_session()
    small = {"input": [96, 80, 3], "classes": 10, "divisor": 8}
    yield "exercise small", {"variant": "d", **small}, exercise((96, 80, 3), 10, 8, "d")
    for name in ("ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"):
        keras.utils.clear_session()
        yield name, {"application": name}, getattr(keras.applications, name)(weights=None)
    for options in (
        {"application": "ResNet50", "input": [160, 96, 3], "notop": True, "pooling": "avg"},
        {"application": "ResNet50V2", "input": [160, 96, 3], "notop": True, "pooling": "max"},
        {"application": "ResNet50V2", "input": [64, 64, 3], "notop": True},
        {"application": "ResNet50", "classes": 5, "classifier": "sigmoid"},
        {"application": "ResNet50V2", "classes": 7, "classifier": "linear"},
    ):
        keras.utils.clear_session()
        build = getattr(keras.applications, options["application"])
        keywords = {"weights": None, "input_shape": tuple(options["input"]) if "input" in options else None}
        if "notop" in options:
            keywords |= {"include_top": False, "pooling": options.get("pooling")}
        else:
            keywords |= {"classes": options["classes"], "classifier_activation": options["classifier"]}
        yield " ".join(str(v) for v in options.values()), options, build(**keywords)


def demo():
    """What the demo model's file says of itself: [name, class, names of the layers it reads], and {layer: {role: shape}}."""
    weights = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset):
            *_, layer, role = path.split("/")
            weights.setdefault(layer, {})[role] = item.shape

    with h5py.File(ROOT / "testdata" / "demo" / "signs_resnet50.h5") as f:
        layers = json.loads(f.attrs["model_config"])["config"]["layers"]
        f["model_weights"].visititems(visit)
    reads = [re.findall(r'"keras_history": \["([^"]+)"', json.dumps(l["inbound_nodes"])) for l in layers]
    return {"layers": [[l["name"], l["class_name"], r] for l, r in zip(layers, reads)], "weights": weights}


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "testdata" / "architectures.json.gz"
    parts = []
    for name, options, model in nets():
        head = json.dumps({"net": name, "options": options, "model": model.name, "params": model.count_params()})[:-1]
        lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows(model))
        parts.append(f'{head}, "layers": [\n{lines}]}}')
        print(name, model.count_params(), len(model.layers))
    text = f'{{"keras": "{keras.__version__}", "demo": {json.dumps(demo())}, "nets": [\n' + ",\n".join(parts) + "]}\n"
    out.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
