"""MobileNetV2 and EfficientNetB0 as lists of operations, with random weights, and
as Keras files that hold the same.

The architectures are keras.applications' (Sandler et al. 2018, table 2; Tan and
Le 2019, table 1), without EfficientNet's scaling of its input, which here comes
scaled to every engine.
"""

import json
import os
import pathlib

import h5py
import numpy as np

import network

# Expansion, filters, repeats, stride, window.
MOBILENET = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3), (6, 96, 3, 1, 3), (6, 160, 3, 2, 3), (6, 320, 1, 1, 3))
EFFICIENTNET = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))


class Builder:
    """Draws weights that keep activations of order 1."""

    def __init__(self, activation):
        self.rng, self.activation, self.ops = np.random.default_rng(2), activation, []

    def op(self, kind, inputs, **fields):
        out = f"t{len(self.ops)}"
        self.ops.append(network.Op(kind, out, inputs, **fields))
        return out

    def normal(self, shape, deviation):
        return self.rng.standard_normal(shape, np.float32) * np.float32(deviation)

    def norm(self, channels):
        return (np.ones(channels, np.float32), self.normal(channels, 0.01), self.normal(channels, 0.01), self.rng.uniform(0.8, 1.2, channels).astype(np.float32), 1e-3)

    def conv(self, x, size, channels, filters, stride=1, activation=None, norm=True):
        """A convolution; of as many filters as channels and larger than 1x1, a depthwise one."""
        groups = channels if size > 1 and channels == filters else 1
        shape = (size, size, channels, 1) if groups > 1 else (size, size, channels, filters)
        kernel = self.normal(shape, (2 / (size * size * (channels // groups))) ** 0.5)
        pad = (size // 2 - (stride == 2), size // 2)  # of an even extent, as Keras's ZeroPadding2D layers
        bias = np.zeros(filters, np.float32) if norm else self.normal(filters, 0.1)
        return self.op("conv", [x], kernel=kernel, bias=bias, norm=self.norm(filters) if norm else None, stride=stride, pad=pad, groups=groups, activation=activation)

    def block(self, x, channels, expansion, filters, stride, size, squeeze):
        wide, y = channels * expansion, x
        if expansion > 1:
            y = self.conv(y, 1, channels, wide, activation=self.activation)
        y = self.conv(y, size, wide, wide, stride, self.activation)
        if squeeze:
            few = max(1, channels // 4)
            z = self.op("squeeze", [y])
            z = self.conv(z, 1, wide, few, activation="swish", norm=False)
            z = self.conv(z, 1, few, wide, activation="sigmoid", norm=False)
            y = self.op("gate", [y, z])
        y = self.conv(y, 1, wide, filters)
        if stride == 1 and channels == filters:
            y = self.op("add", [y, x])
        return y

    def build(self, blocks, squeeze):
        x, channels = self.conv("input", 3, 3, 32, 2, self.activation), 32
        for expansion, filters, repeats, stride, size in blocks:
            for i in range(repeats):
                x = self.block(x, channels, expansion, filters, stride if i == 0 else 1, size, squeeze)
                channels = filters
        x = self.conv(x, 1, channels, 1280, activation=self.activation)
        x = self.op("mean", [x])
        # Large weights: probabilities differ, so that an engine that errs is found out.
        x = self.op("dense", [x], kernel=self.normal((1280, 1000), 0.02 if not squeeze else 1.5), bias=np.zeros(1000, np.float32))
        self.op("softmax", [x])
        return self.ops


def keras_layers(ops, size):
    """Keras layers of the operations: class, config, inputs, weights."""
    yield "InputLayer", {"name": "input", "batch_input_shape": [None, size, size, 3], "dtype": "float32"}, [], {}
    for op in ops:
        x = op.inputs
        inner = op.out + "_linear" if op.activation else op.out
        if op.kind == "conv":
            window = op.kernel.shape[0]
            if op.pad[0] != op.pad[1]:
                yield "ZeroPadding2D", {"name": op.out + "_pad", "padding": [list(op.pad)] * 2, "data_format": "channels_last"}, x, {}
                x = [op.out + "_pad"]
            config = {"kernel_size": [window] * 2, "strides": [op.stride] * 2, "padding": "same" if op.pad[0] == op.pad[1] else "valid",
                      "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear", "use_bias": op.norm is None}
            name = op.out + "_conv" if op.norm else inner
            biases = {} if op.norm else {"bias": op.bias}
            if op.groups > 1:
                yield "DepthwiseConv2D", {"name": name, "depth_multiplier": 1, **config}, x, {"depthwise_kernel": op.kernel, **biases}
            else:
                yield "Conv2D", {"name": name, "filters": op.kernel.shape[3], **config}, x, {"kernel": op.kernel, **biases}
            if op.norm:
                roles = dict(zip(("gamma", "beta", "moving_mean", "moving_variance"), op.norm))
                yield "BatchNormalization", {"name": inner, "axis": [3], "epsilon": op.norm[4], "center": True, "scale": True}, [name], roles
        elif op.kind in ("squeeze", "mean"):
            yield "GlobalAveragePooling2D", {"name": op.out, "data_format": "channels_last", "keepdims": op.kind == "squeeze"}, x, {}
        elif op.kind == "dense":
            yield "Dense", {"name": op.out, "units": op.kernel.shape[1], "activation": "linear", "use_bias": True}, x, {"kernel": op.kernel, "bias": op.bias}
        else:
            kind, config = {"gate": ("Multiply", {}), "add": ("Add", {}), "softmax": ("Softmax", {"axis": -1})}[op.kind]
            yield kind, {"name": op.out, **config}, x, {}
        if op.activation == "relu6":
            yield "ReLU", {"name": op.out, "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}, [inner], {}
        elif op.activation:
            yield "Activation", {"name": op.out, "activation": op.activation}, [inner], {}


def write(path, name, ops, size):
    """Writes a Keras 2 file, architecture and weights."""
    layers = list(keras_layers(ops, size))
    config = [{"class_name": kind, "name": c["name"], "config": {"trainable": True, **c}, "inbound_nodes": [[[i, 0, 0, {}] for i in inputs]] if inputs else []}
              for kind, c, inputs, _ in layers]
    model = {"class_name": "Functional", "config": {"name": name, "layers": config, "input_layers": [["input", 0, 0]], "output_layers": [[ops[-1].out, 0, 0]]}}
    partial = f"{path}.{os.getpid()}"
    with h5py.File(partial, "w") as f:
        f.attrs["keras_version"], f.attrs["backend"], f.attrs["model_config"] = "2.11.0", "tensorflow", json.dumps(model)
        root = f.create_group("model_weights")
        root.attrs["keras_version"], root.attrs["backend"] = b"2.11.0", b"tensorflow"
        root.attrs["layer_names"] = [c["name"].encode() for _, c, _, _ in layers]
        for _, c, _, weights in layers:
            group = root.create_group(c["name"])
            group.attrs["weight_names"] = np.array([f"{c['name']}/{role}:0".encode() for role in weights], "S")
            for role, values in weights.items():
                group.create_dataset(f"{c['name']}/{role}:0", data=values)
    os.replace(partial, path)


def named(name, work):
    activation, blocks, squeeze = {"mobilenetv2": ("relu6", MOBILENET, False), "efficientnetb0": ("swish", EFFICIENTNET, True)}[name]
    ops = Builder(activation).build(blocks, squeeze)
    path = pathlib.Path(work) / f"{name}_random.h5"
    if not path.exists():
        write(path, name, ops, 224)
    return network.Network(name, 224, 1000, ops, ["--model", str(path)])
