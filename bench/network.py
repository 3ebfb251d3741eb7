"""Networks as lists of operations; ResNet50 with weights from Keras's HDF5 files.

Two networks of He et al. 2015 (stride in the first 1x1 of a block): the course
exercise's, 64 x 64 to 6 classes, and keras.applications', 224 x 224 to 1000;
mobile.py has two more.
Every engine gets the same list and the same arrays, in Keras's layouts:
kernels HWIO, dense (in, out).
"""

import dataclasses
import os
import pathlib

import h5py
import numpy as np


@dataclasses.dataclass
class Op:
    kind: str  # conv, pool, mean, squeeze (a mean that stays 1 x 1), gate, dense, softmax, add
    out: str
    inputs: list
    stride: int = 1
    pad: tuple = (0, 0)  # before and after, of both axes
    groups: int = 1  # as many as channels: depthwise
    kernel: np.ndarray = None  # HWIO, depthwise (height, width, channels, 1), dense (in, out)
    bias: np.ndarray = None
    norm: tuple = None  # gamma, beta, mean, variance, epsilon
    activation: str = None  # relu, relu6, swish, sigmoid


@dataclasses.dataclass
class Network:
    name: str
    size: int
    classes: int
    ops: list
    arguments: list  # by which vkeras opens the same model

    def weight_bytes(self):
        arrays = [a for op in self.ops for a in (op.kernel, op.bias, *(op.norm or ())[:4]) if a is not None]
        return sum(a.nbytes for a in arrays)


def fold(op):
    """The convolution's kernel and bias with its normalisation in them."""
    kernel, bias = op.kernel.astype(np.float64), op.bias.astype(np.float64)
    if op.norm:
        gamma, beta, mean, variance, epsilon = op.norm
        scale = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
        kernel, bias = kernel * (scale[:, None] if op.groups > 1 else scale), (bias - mean) * scale + beta
    return kernel.astype(np.float32), bias.astype(np.float32)


class Builder:
    def __init__(self, weights, epsilon):
        self.weights, self.epsilon, self.ops = weights, epsilon, []

    def op(self, kind, inputs, **fields):
        out = f"t{len(self.ops)}"
        self.ops.append(Op(kind, out, inputs, **fields))
        return out

    def conv(self, x, name, norm, stride=1, pad=0, activation="relu"):
        kernel, bias = self.weights[name]
        return self.op("conv", [x], kernel=kernel, bias=bias, norm=(*self.weights[norm], self.epsilon), stride=stride, pad=(pad, pad), activation=activation)

    def block(self, x, names, stride, project):
        y = self.conv(x, *names("1"), stride=stride)
        y = self.conv(y, *names("2"), pad=1)
        y = self.conv(y, *names("3"), activation=None)
        if project:
            x = self.conv(x, *names("0"), stride=stride, activation=None)
        return self.op("add", [y, x], activation="relu")

    def build(self, stem, pool_pad, names, head):
        x = self.conv("input", *stem, stride=2, pad=3)
        x = self.op("pool", [x], stride=2, pad=(pool_pad, pool_pad))
        for stage, blocks in enumerate((3, 4, 6, 3), start=2):
            for i in range(blocks):
                x = self.block(x, names(stage, i), 2 if i == 0 and stage > 2 else 1, i == 0)
        x = self.op("mean", [x])
        kernel, bias = self.weights[head]
        x = self.op("dense", [x], kernel=kernel, bias=bias)
        self.op("softmax", [x])
        return self.ops


def read(path):
    """The weights by layer of a legacy HDF5 file."""
    with h5py.File(path) as f:
        root = f.get("model_weights", f)
        return {name: [np.asarray(group[w]) for w in group.attrs["weight_names"]] for name, group in root.items() if len(group.attrs["weight_names"])}


def exercise(root):
    path = root / "testdata/demo/signs_resnet50.h5"
    branches = {"0": "branch1", "1": "branch2a", "2": "branch2b", "3": "branch2c"}

    def names(stage, i):
        block = f"{stage}{'abcdef'[i]}_"
        return lambda part: (f"res{block}{branches[part]}", f"bn{block}{branches[part]}")

    ops = Builder(read(path), 1e-3).build(("conv1", "bn_conv1"), 0, names, "fc6")
    return Network("exercise", 64, 6, ops, ["--model", str(path)])


def application_layers():
    """Names and kernel shapes of keras.applications.ResNet50, in order."""
    yield "conv1_conv", "conv1_bn", (7, 7, 3, 64)
    channels = 64
    for stage, (blocks, width) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512)), start=2):
        for i in range(blocks):
            block = f"conv{stage}_block{i + 1}_"
            if i == 0:
                yield block + "0_conv", block + "0_bn", (1, 1, channels, 4 * width)
            yield block + "1_conv", block + "1_bn", (1, 1, channels, width)
            yield block + "2_conv", block + "2_bn", (3, 3, width, width)
            yield block + "3_conv", block + "3_bn", (1, 1, width, 4 * width)
            channels = 4 * width


def write_application(path):
    """Writes a weights file with random weights that keep activations of order 1."""
    rng = np.random.default_rng(1)
    layers = {}
    for conv, norm, shape in application_layers():
        fan_in, filters = shape[0] * shape[1] * shape[2], shape[3]
        kernel = rng.standard_normal(shape, np.float32) * np.float32((2 / fan_in) ** 0.5)
        layers[conv] = {"kernel": kernel, "bias": rng.standard_normal(filters, np.float32) * np.float32(0.01)}
        gamma = 0.2 if norm.endswith("3_bn") else 1.0
        layers[norm] = {
            "gamma": np.full(filters, gamma, np.float32), "beta": rng.standard_normal(filters, np.float32) * np.float32(0.01),
            "moving_mean": rng.standard_normal(filters, np.float32) * np.float32(0.01), "moving_variance": rng.uniform(0.8, 1.2, filters).astype(np.float32),
        }
    layers["predictions"] = {"kernel": rng.standard_normal((2048, 1000), np.float32) * np.float32(0.02), "bias": np.zeros(1000, np.float32)}
    partial = f"{path}.{os.getpid()}"
    with h5py.File(partial, "w") as f:
        f.attrs["layer_names"] = [name.encode() for name in layers]
        f.attrs["keras_version"], f.attrs["backend"] = b"2.3.0", b"tensorflow"
        for name, arrays in layers.items():
            group = f.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{role}:0".encode() for role in arrays]
            for role, values in arrays.items():
                group.create_dataset(f"{name}/{role}:0", data=values)
    os.replace(partial, path)


def application(work):
    path = pathlib.Path(work) / "resnet50_random.h5"
    if not path.exists():
        write_application(path)

    def names(stage, i):
        block = f"conv{stage}_block{i + 1}_"
        return lambda part: (f"{block}{part}_conv", f"{block}{part}_bn")

    ops = Builder(read(path), 1.001e-5).build(("conv1_conv", "conv1_bn"), 1, names, "predictions")
    return Network("resnet50", 224, 1000, ops, ["--model", str(path), "--architecture", "resnet50"])


def named(name, root, work):
    if name in ("mobilenetv2", "efficientnetb0"):
        import mobile  # which makes what is defined here

        return mobile.named(name, work)
    return exercise(root) if name == "exercise" else application(work)


def pictures(network, batch):
    """Inputs as preprocessing leaves them, NHWC; the same for every engine."""
    rng = np.random.default_rng(7)
    return rng.random((batch, network.size, network.size, 3), np.float32)
