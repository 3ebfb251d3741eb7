"""Writes applications/table: the architectures of keras.applications, as real Keras writes them.

    python tools/keras/applications_table.py [FUNCTION ...]      all of them, or those whose name begins so: a whole family

Two kinds of file, which package applications embeds:
    index.json       a line an architecture: how it was made, how its pictures are scaled, digests of its weights' shapes
    FAMILY.zst       model.to_json() of each architecture of the family, a line each, compressed by the tool zstd

An architecture is one function of keras.applications with one set of arguments, with its top and without. Its text is that
of Keras but for three changes: what does not change the result at inference is left out (initialisers, regularisers, types);
the input's height and width are open; and layers whose padding Keras chooses for the size of what they read
(imagenet_utils.correct_pad) have the one for even and open sizes, and the index names them.

A digest is the sum, modulo 2^64, of the 64-bit FNV-1a of each weight's shape, written "3,3,3,64" without extents of 1, and
without scalars: the order of weights differs from container to container. `features` is that of the net without its top; `body` that of the whole net
but for its last kernel and bias, whose shape depends on the number of classes.

The ResNets are not here: package resnet builds them. What was not made is not recognised.
"""
import importlib
import inspect
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
import tf_keras

OUT = pathlib.Path(__file__).resolve().parents[2] / "applications" / "table"
CLASSES = 1000
OPEN = 224  # height and width where the function leaves them open: MobileNetV3's weights are of that
TWINS = ("MobileNetV3",)  # what tf_keras builds of other layers than Keras 3, for the same weights
DROPPED = ("initializer", "regularizer", "constraint")
# What of a layer's config says nothing of what it computes.
IDLE = ("trainable", "dtype", "synchronized", "batch_size", "ragged", "sparse", "optional", "momentum", "noise_shape", "seed",
        "renorm", "virtual_batch_size", "fused", "quantization_config", "lora_rank", "lora_alpha", "beta_quantization_config")


def functions():
    """(name, maker, function, arguments, again) of every architecture; again: tf_keras builds one of Keras's of other layers."""
    for maker in (keras, tf_keras):
        for name in sorted(n for n in dir(maker.applications) if n[0].isupper()):
            again = maker is tf_keras and hasattr(keras.applications, name)
            if again and not name.startswith(TWINS) or name.startswith("ResNet") and "RS" not in name:
                continue
            for suffix, arguments in variants(name):
                if again and "minimalistic" in arguments:  # without the activations that are built otherwise
                    continue
                yield name.lower() + suffix, maker, name, arguments, again


def variants(name):
    """The arguments for which Keras has weights, and what they add to the name."""
    if name.startswith("EfficientNetB"):
        return [("", {"weights": "imagenet"})]  # that of weights=None is made of it
    if name == "MobileNet":
        return [("" if a == 1 else f"-{a}", {"alpha": a}) for a in (1.0, 0.75, 0.5, 0.25)]
    if name == "MobileNetV2":
        return [("" if a == 1 else f"-{a}", {"alpha": a}) for a in (1.0, 1.4, 1.3, 0.75, 0.5, 0.35)]
    if name.startswith("MobileNetV3"):
        return [("", {}), ("-0.75", {"alpha": 0.75}), ("-minimalistic", {"minimalistic": True})]
    return [("", {})]


def build(maker, name, arguments, **more):
    """The model, without fetching weights: what is asked for as ImageNet's is left as it was initialised."""
    maker.backend.clear_session()
    function = getattr(maker.applications, name)
    wanted = {"weights": None} | arguments | more
    if wanted["weights"] is None:
        return function(**wanted)
    module = inspect.getmodule(inspect.unwrap(function))
    fetch = module.file_utils if maker is keras else module.data_utils
    kept, load = fetch.get_file, maker.Model.load_weights
    fetch.get_file, maker.Model.load_weights = lambda *a, **k: "", lambda *a, **k: None
    try:
        return function(**wanted)
    finally:
        fetch.get_file, maker.Model.load_weights = kept, load


def family(maker, name):
    return inspect.getmodule(inspect.unwrap(getattr(maker.applications, name))).__name__.rsplit(".", 1)[1]


def preset(maker, name):
    """What the family's preprocess_input does, by what it makes of a picture."""
    module = importlib.import_module(f"{maker.__name__}.src.applications.{family(maker, name)}")
    utils = importlib.import_module(f"{maker.__name__}.src.applications.imagenet_utils")
    x = np.random.default_rng(1).uniform(0, 255, (1, 4, 4, 3)).astype("float32")
    got = np.array(module.preprocess_input(x.copy()))
    if np.array_equal(got, x):
        return "none"
    return next(m for m in ("caffe", "tf", "torch") if np.array_equal(got, utils.preprocess_input(x.copy(), mode=m)))


def pruned(node):
    """A config without what does not matter at inference."""
    if isinstance(node, list):
        return [pruned(n) for n in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "__keras_tensor__":
        return {"class_name": "__keras_tensor__", "config": {"keras_history": node["config"]["keras_history"]}}
    kept = {}
    for key, value in node.items():
        if key in ("build_config", "build_input_shape", "compile_config", "keras_version", "backend", "shared_object_id"):
            continue
        if key in IDLE or any(key.endswith(d) for d in DROPPED) or key == "registered_name" and not str(value).count(">"):
            continue
        kept[key] = pruned(value)
    return kept


def config(model, chosen):
    root = pruned(json.loads(model.to_json()))
    open_inputs(root)
    for layer in root["config"]["layers"]:
        if layer["config"]["name"] in chosen:
            layer["config"]["padding"] = [[behind - 1, behind] for _, behind in layer["config"]["padding"]]
    return root


def open_inputs(model):
    """Leaves the height and width of a model's inputs open, and of those in it."""
    for layer in model["config"]["layers"]:
        if "layers" in layer["config"]:
            open_inputs(layer)
        for key in ("batch_shape", "batch_input_shape"):
            if layer["class_name"] == "InputLayer" and key in layer["config"]:
                layer["config"][key] = [None, None, None, layer["config"][key][-1]]


def without_top(top, shapes_of):
    """The net without its top, from the whole one: up to what its last global pooling reads. None where Keras does otherwise."""
    layers = top["config"]["layers"]
    names = [l["config"]["name"] for l in layers]
    last = max((i for i, l in enumerate(layers) if l["class_name"] == "GlobalAveragePooling2D"), default=None)
    if last is None:
        return None, None
    reads = json.dumps(layers[last]["inbound_nodes"])
    output = next(n for n in reversed(names) if f'["{n}", 0, 0' in reads)
    kept = layers[: names.index(output) + 1]
    bare = top | {"config": top["config"] | {"layers": kept, "output_layers": type_of(top["config"]["output_layers"], output)}}
    return bare, [s for n in names[: len(kept)] for s in shapes_of.get(n, [])]


def type_of(ends, name):
    """A model's ends, [[name, 0, 0]] or [name, 0, 0], with another name."""
    return [[name, 0, 0]] if isinstance(ends[0], list) else [name, 0, 0]


def unscaled(model):
    """EfficientNet as weights=None makes it: without the layer that weights="imagenet" adds."""
    text = json.dumps(model)
    layers = [l for l in json.loads(text)["config"]["layers"] if l["config"]["name"] != "rescaling_1"]
    reader = next(l for l in layers if l["config"]["name"] == "stem_conv_pad")
    reader["inbound_nodes"] = json.loads(json.dumps(reader["inbound_nodes"]).replace('"rescaling_1"', '"normalization"'))
    return model | {"config": model["config"] | {"layers": layers}}


def digest(shapes):
    total = 0
    for shape in shapes:
        h = 0xCBF29CE484222325
        for byte in ",".join(str(n) for n in shape if n != 1).encode():
            h = (h ^ byte) * 0x100000001B3 % 2**64
        total += h
    return f"{total % 2**64:016x}"


def shapes(model):
    return [tuple(w.shape) for w in model.weights if len(w.shape) > 0]


def hasten():
    """Lets the weights of one shape be one variable: none is read here, and making them takes most of the time."""
    from keras.src.backend.tensorflow.core import Variable

    made, initialise = {}, Variable._initialize_with_initializer

    def shared(self, initializer):
        key = (tuple(self._shape), self._dtype)
        if key not in made:
            initialise(self, initializer)
            made[key] = self._value
        self._value = made[key]

    Variable._initialize_with_initializer = shared


class Chosen(tuple):
    """A padding that Keras chose for the size of what it pads."""


def mark_chosen(maker):
    """Makes Keras's correct_pad say that a padding is its own; returns the names of the layers that get such, as they are made."""
    utils = importlib.import_module(f"{maker.__name__}.src.applications.imagenet_utils")
    names, initialise, correct_pad = [], maker.layers.ZeroPadding2D.__init__, getattr(utils, "correct_pad", None)
    if correct_pad is None or hasattr(correct_pad, "names"):
        return getattr(correct_pad, "names", names)

    def marked(self, padding=(1, 1), **more):
        initialise(self, padding=padding, **more)
        if isinstance(padding, Chosen):
            names.append(self.name)

    maker.layers.ZeroPadding2D.__init__ = marked
    utils.correct_pad = lambda *a, **k: Chosen(correct_pad(*a, **k))
    utils.correct_pad.names = names
    return names


def check_body(top, bare):
    """The net without its top is the beginning of the whole one; its own last layers are few."""
    a, b = top["config"]["layers"], bare["config"]["layers"]
    same = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    assert len(b) - same <= 2, (len(a), len(b), same, a[same], b[same])


def classes(top):
    """Where the number of classes stands: [layer, field], and the layer whose kernel and bias it is an extent of."""
    found = []
    for layer in top["config"]["layers"]:
        for field in ("units", "filters", "target_shape"):
            if layer["config"].get(field) in (CLASSES, [CLASSES]):
                found.append([layer["config"]["name"], field])
    assert found
    return found


derived = {}  # by family: the net without its top is the whole one, cut; found out of the first


def write(name, maker, function, arguments):
    module = inspect.getmodule(inspect.unwrap(getattr(maker.applications, function)))
    padded = mark_chosen(maker)
    padded.clear()
    model = build(maker, function, arguments)
    chosen = list(padded)
    top, whole, size = config(model, chosen), shapes(model), [n or OPEN for n in model.input_shape[1:]]
    head = model.get_layer(classes(top)[0][0])
    kernel, bias = (tuple(w.shape) for w in head.weights)
    assert kernel[-1] == CLASSES and bias == (CLASSES,)
    body = list(whole)
    body.remove(kernel)
    body.remove(bias)
    flat = next((l.kernel.shape[0] for l in model.layers if l.name == "fc1"), 0)  # VGG's first: a row a value of the last feature map
    bare, features = without_top(top, {l.name: shapes(l) for l in model.layers})
    if not derived.get(module):
        # Of open size NASNet is another net, whose layers do not fit each other.
        sized = {"input_shape": tuple(size)} if function.startswith("NASNet") else {}
        model = build(maker, function, arguments, include_top=False, **sized)
        made = config(model, chosen)
        derived[module] = bare is not None and made["config"] == bare["config"] and shapes(model) == features
        bare, features = made, shapes(model)
    check_body(top, bare)
    line = {
        "name": name, "function": function, "arguments": arguments, "maker": f"{maker.__name__} {maker.__version__}",
        "family": family(maker, function), "preset": preset(maker, function), "input": size, "classes": classes(top), "head": kernel[:-1],
        "body": digest(body), "features": digest(features),
    }
    if chosen:
        line["padded"] = chosen
    if flat:
        line["flat"] = flat
    return line, top, bare


def of_texts(line, texts, index, top, bare):
    index.append(line | {"line": len(texts)})
    texts += [compact(top), compact(bare)]


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def main():
    wanted = tuple(w.lower() for w in sys.argv[1:])
    hasten()
    OUT.mkdir(parents=True, exist_ok=True)
    index, texts = [], {}
    for name, maker, function, arguments, again in functions():
        if wanted and not name.startswith(wanted):
            continue
        began = time.monotonic()
        line, top, bare = write(name, maker, function, arguments)
        if again:
            line["twin"] = True
        of = texts.setdefault(line["family"], [])
        of_texts(line, of, index, top, bare)
        if arguments.get("weights") == "imagenet":
            top, bare = unscaled(top), unscaled(bare)
            if name == "efficientnetb0":
                real, open_one = write(name, maker, function, {"weights": None})[1:]
                assert real["config"] == top["config"] and open_one["config"] == bare["config"]
            of_texts(line | {"name": name + "-weights-none", "arguments": {"weights": None}}, of, index, top, bare)
        print(f"{name:28} {line['preset']:6} {line['input']} {len(line.get('padded', []))} {time.monotonic() - began:5.1f} s", flush=True)
        save(index, texts)


def save(index, texts):
    """Writes the families that were made; the index keeps those that were not."""
    for name, lines in texts.items():
        packed = subprocess.run(["zstd", "-19", "--ultra", "-22", "--no-check", "-q", "-c"], input=("\n".join(lines) + "\n").encode(), capture_output=True, check=True)
        (OUT / f"{name}.zst").write_bytes(packed.stdout)
    file = OUT / "index.json"
    kept = [l for l in json.loads(file.read_text()) if l["family"] not in texts] if file.exists() else []
    lines = sorted(kept + index, key=lambda l: (l["family"], l["line"]))
    file.write_text("[\n" + ",\n".join(compact(l) for l in lines) + "\n]\n")


if __name__ == "__main__":
    main()
