"""Writes reference/testdata/ops.zip: what functions of keras.ops make of random inputs, in float64.

    python tools/keras/op_cases.py [OUT.zip]

The entries are those of layer_cases.py, for operations that no layer stands for.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
from keras import ops
from layer_cases import ROOT, write


class Function(keras.layers.Layer):
    """A function of one input or several as a layer."""
    def __init__(self, function):
        super().__init__(dtype="float64")
        self.function = function

    def call(self, x):
        return self.function(*x) if isinstance(x, (list, tuple)) else self.function(x)


def binaries():
    functions = {
        "subtract": ops.subtract, "divide": ops.divide, "maximum": ops.maximum, "minimum": ops.minimum,
        "squared_difference": lambda a, b: ops.square(ops.subtract(a, b)), "floor_divide": ops.floor_divide, "remainder": ops.mod,
        "power": lambda a, b: ops.power(ops.abs(a), b),
        "where": lambda a, b: ops.where(a > 0, b, 0.0), "unless": lambda a, b: ops.where(a > 0, 0.0, b),
        "equal": ops.equal, "not_equal": ops.not_equal, "less": ops.less, "less_equal": ops.less_equal,
        "greater": ops.greater, "greater_equal": ops.greater_equal,
    }
    for name, function in functions.items():
        compared = "equal" in name or name in ("less", "greater", "where", "unless")
        for shapes in ([(4, 5, 3), (4, 5, 3)], [(4, 1, 3), (5, 1)], [(2, 3, 4, 3), (2, 1, 1, 3)]):
            rank = 1 + max(map(len, shapes))
            f = lambda a, b, function=function, rank=rank: ops.cast(function(lifted(a, rank), lifted(b, rank)), "float64")
            prepare = (lambda x: np.abs(np.sign(np.round(x)))) if name in ("where", "unless") else (lambda x: np.sign(np.round(x))) if compared else (lambda x: np.abs(x) + 0.25) if name == "power" else (lambda x: x)
            yield "Binary", {"Func": name}, Function(f), [prepare, *shapes]


def unaries():
    positive, plain = (lambda x: np.abs(x) + 0.1), (lambda x: 2 * x)
    for name, function, prepare in (
        ("log", ops.log, positive), ("log1p", ops.log1p, lambda x: np.abs(x) - 0.5), ("expm1", ops.expm1, plain), ("sqrt", ops.sqrt, positive),
        ("rsqrt", ops.rsqrt, positive), ("reciprocal", ops.reciprocal, positive), ("abs", ops.abs, plain), ("sign", ops.sign, plain),
        ("floor", ops.floor, plain), ("ceil", ops.ceil, plain), ("round", ops.round, lambda x: np.round(4 * x) / 2), ("trunc", ops.trunc, plain),
        ("sin", ops.sin, plain), ("cos", ops.cos, plain), ("erf", ops.erf, plain),
        ("erfc", ops.erfc, plain), ("arctan", ops.arctan, plain),
        ("float8", lambda x: ops.cast(ops.cast(ops.clip(x, -448, 448), "float8_e4m3fn"), "float64"), lambda x: np.round(16 * x) * np.exp2(np.arange(7) * 2.0 - 10)),
    ):
        yield "Unary", {"Func": name}, Function(function), [prepare, (5, 7)]


def moves():
    for axes, shape in (((1, 0), (3, 4)), ((2, 0, 1), (3, 4, 5)), ((0, 2, 1, 3, 4), (2, 3, 2, 4, 3)), ((5, 3, 1, 4, 0, 2), (2, 3, 2, 2, 1, 3))):
        yield "Transpose", {"Axes": axes}, Function(lambda x, axes=axes: ops.transpose(x, (0, *(a + 1 for a in axes)))), [shape]
    yield "Slice", {"Start": (0, 0, 2), "Count": (4, 5, 3), "Step": (1, 1, -1)}, Function(lambda x: x[..., ::-1]), [(4, 5, 3)]
    yield "Slice", {"Start": (1, 4, 0), "Count": (2, 3, 2), "Step": (2, -2, 1)}, Function(lambda x: x[:, 1::2, ::-2, :2]), [(5, 5, 3)]
    for axis, positions in ((0, [2, 0, 0, 3]), (2, [1, 1, 0])):
        yield "Gather", {"Axis": axis, "Positions": positions}, Function(lambda x, a=axis, p=positions: ops.take(x, p, axis=a + 1)), [(4, 3, 2)]
    pad = Function(lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 0)), constant_values=0.5))
    yield "Gather", {"Axis": 0, "Positions": [-1, -1, 0, 1, 2, -1], "Fill": 0.5}, pad, [(3, 2)]
    reflect = Function(lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 0)), mode="reflect"))
    yield "Gather", {"Axis": 0, "Positions": [2, 1, 0, 1, 2, 1]}, reflect, [(3, 2)]
    value = np.arange(6, dtype=np.float32).reshape(2, 3) / 8
    full = Function(lambda x: ops.zeros_like(x[:, :1, None]) + value[None])
    yield "Constant", {"Value": {"Shape": value.shape, "Data": value.ravel().tolist()}}, full, [(4,)]


def reductions():
    functions = {"sum": ops.sum, "mean": ops.mean, "max": ops.max, "min": ops.min, "prod": ops.prod}
    for name, function in functions.items():
        for axes, keep, shape in (((0,), False, (7,)), ((0, 1), True, (4, 5, 3)), ((1,), False, (4, 5, 3)), ((0, 2), False, (4, 5, 3)), ((0, 1, 2), False, (4, 5, 3))):
            f = lambda x, function=function, axes=axes, keep=keep: function(x, axis=tuple(a + 1 for a in axes), keepdims=keep)
            yield "Reduce", {"Func": name, "Axes": axes, "KeepDims": keep}, Function(f), [shape]
    for name, function in (("argmax", ops.argmax), ("argmin", ops.argmin)):
        for axis, keep in ((0, False), (2, True)):
            f = lambda x, function=function, axis=axis, keep=keep: ops.cast(function(x, axis=axis + 1, keepdims=keep), "float64")
            yield "Reduce", {"Func": name, "Axes": (axis,), "KeepDims": keep}, Function(f), [(4, 5, 3)]


def sorts():
    whole = lambda x: np.round(4 * x)  # of which some are equal
    for axis in (0, 1, 2):
        yield "Sort", {"Axis": axis}, Function(lambda x, a=axis: ops.sort(x, axis=a + 1)), [whole, (4, 15, 3)]
        yield "Sort", {"Axis": axis, "Positions": True}, Function(lambda x, a=axis: ops.cast(ops.argsort(x, axis=a + 1), "float64")), [whole, (4, 15, 3)]
    for i in (0, 1):
        yield "Sort", {"Axis": 0, "Descending": True, "Positions": i == 1}, Function(lambda x, i=i: ops.cast(ops.top_k(x, 20)[i], "float64")), [whole, (20,)]


def products():
    swap = lambda x, do: ops.swapaxes(x, -1, -2) if do else x
    for a, b in (((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((4, 5), (2, 5, 3)), ((2, 1, 4, 5), (3, 5, 2))):
        for ta, tb in ((False, False), (True, False), (False, True), (True, True)):
            f = lambda x, y, ta=ta, tb=tb, r=max(len(a), len(b)): ops.matmul(*(lifted(swap(v, t), r + 1) for v, t in ((x, ta), (y, tb))))
            turned = lambda s, do: (*s[:-2], s[-1], s[-2]) if do else s
            yield "MatMul", {"TransposeA": ta, "TransposeB": tb}, Function(f), [turned(a, ta), turned(b, tb)]


def lifted(x, rank):
    """The batch's axis stays in front where axes of 1 are added."""
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1)
    return x


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else ROOT / "reference/testdata/ops.zip", (unaries, binaries, moves, reductions, sorts, products))
