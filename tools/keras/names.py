"""Writes loader/testdata/keras_names.json: every layer, activation and operation of Keras, for docs/supported.md.

    python tools/keras/names.py [OUT.json]

An operation is listed with the class under which Keras saves it in a model, null where it saves none of its own.
"""
import inspect
import json
import os
import pathlib
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras

ROOT = pathlib.Path(__file__).resolve().parents[2]


def layers():
    """Each name of a layer and the class that it stands for: AvgPool2D is AveragePooling2D."""
    found = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    return {name: kind.__name__ for name, kind in found.items() if inspect.isclass(kind) and issubclass(kind, keras.layers.Layer)}


def activations():
    others = ("get", "serialize", "deserialize")
    return [name for name in dir(keras.activations) if not name.startswith("_") and name not in others and callable(getattr(keras.activations, name))]


def operation(function):
    """The class whose symbolic_call the function or one that it returns calls, or that has its name; if any."""
    function = inspect.unwrap(function)
    source, module = inspect.getsource(function), vars(inspect.getmodule(function))
    found = re.search(r"(\w+)\([^()]*(?:\([^()]*\)[^()]*)*\)\s*\.symbolic_call", source)
    if found:
        return found.group(1)
    named = "".join(part.capitalize() for part in function.__name__.split("_"))
    if inspect.isclass(module.get(named)):
        return named
    found = re.search(r"return (\w+)\(", source)
    if found and inspect.isfunction(module.get(found.group(1))) and found.group(1) != function.__name__:
        return operation(module[found.group(1)])
    return None


def operations():
    names = [name for name in dir(keras.ops) if not name.startswith("_") and inspect.isfunction(getattr(keras.ops, name))]
    spaces = {"image": keras.ops.image, "linalg": keras.ops.linalg}
    found = {name: operation(getattr(keras.ops, name)) for name in names}
    for space, module in spaces.items():
        for name in dir(module):
            if not name.startswith("_") and inspect.isfunction(getattr(module, name)):
                found[f"{space}.{name}"] = operation(getattr(module, name))
    return found


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "loader/testdata/keras_names.json")
    names = {"keras": keras.__version__, "layers": layers(), "activations": activations(), "operations": operations()}
    out.write_text(json.dumps(names, indent=1) + "\n")
    print(f"{out}: {len(names['layers'])} layers, {len(names['activations'])} activations, {len(names['operations'])} operations")


if __name__ == "__main__":
    main()
