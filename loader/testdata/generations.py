"""Writes generations.zip: one small network as versions of Keras that the fixtures lack would write it, and files to refuse.

    python loader/testdata/generations.py

Real Keras writes each file; where that is another version than the file stands for, the names or attributes in which
the versions differ are changed afterwards with h5py.

    config.json, base.h5        the network, by tf_keras (Keras 2)
    same/*                      the same weights: loading them must give what base.h5 gives
    refused/*                   files to refuse, each for what its name says
"""
import io
import os
import pathlib
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import h5py
import keras
import numpy as np
import tf_keras
from tf_keras.src.saving import saving_lib

OUT = pathlib.Path(__file__).with_name("generations.zip")


def network(k, dtype=None):
    """A net with a model nested in it; both have a layer named stem."""
    L = k.layers
    inner_input = k.Input((4, 4, 4), name="inner_input")
    x = L.Conv2D(4, 3, padding="same", use_bias=False, name="stem")(inner_input)
    x = L.BatchNormalization(scale=False, name="norm")(x)
    inner = k.Model(inner_input, L.ReLU(name="out")(x), name="inner")
    x = image = k.Input((8, 8, 3), name="image")
    x = L.Dropout(0.1, name="drop")(x)
    x = L.Conv2D(4, 3, 2, "same", activation="relu", name="stem")(x)
    x = inner(L.BatchNormalization(name="norm")(x))
    x = L.Conv2D(5, 1, use_bias=False, name="mix")(x)
    x = L.DepthwiseConv2D(3, name="depth")(x)
    x = L.GlobalAveragePooling2D(name="pool")(x)
    return k.Model(image, L.Dense(3, activation="softmax", name="head", dtype=dtype)(x), name="net")


def randomise(model):
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype("float32") for w in model.get_weights()])


def rename(group, change, split=False):
    """Rewrites a layer's weights under other names; split puts the names into numbered attributes, two in each."""
    values = {n: group[n][()] for n in (str(name) for name in group.attrs["weight_names"])}
    del group.attrs["weight_names"]
    for name in list(group):
        del group[name]
    names = [change(name) for name in values]
    for name, value in zip(names, values.values()):
        group[name] = value
    write_names(group, "weight_names", names, split)


def write_names(group, attribute, names, split):
    names = [n.encode() for n in names]
    if not split or not names:
        group.attrs[attribute] = names
        return
    for i in range(0, len(names), 2):
        group.attrs[f"{attribute}{i // 2}"] = names[i:i + 2]


def legacy(path, change, split=False):
    """Changes the names of the weights of all layers; change(layer, name) returns the new name."""
    with h5py.File(path, "r+") as f:
        layers = [str(n) for n in f.attrs["layer_names"]]
        for layer in layers:
            rename(f[layer], lambda name: change(layer, name), split)
        if split:
            del f.attrs["layer_names"]
            write_names(f, "layer_names", layers, split)


def keras1(layer, name):
    """conv1/kernel:0 becomes conv1_W:0."""
    scope, role = name.split("/")[-2:]
    role = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"}.get(role[:-2], role[:-2])
    return f"{scope}_{role}:0"


def edit(path, change):
    with h5py.File(path, "r+") as f:
        change(f)


def write(folder):
    same, refused = folder / "same", folder / "refused"
    same.mkdir()
    refused.mkdir()
    model = network(tf_keras)
    randomise(model)
    (folder / "config.json").write_text(model.to_json())
    model.save(folder / "base.h5")

    def weights(path):
        model.save_weights(str(path))
        return path

    weights(same / "plain.h5")
    weights(same / "plain.weights.h5")
    legacy(weights(same / "split_attributes.h5"), lambda layer, name: name, split=True)
    legacy(weights(same / "keras1_names.h5"), lambda layer, name: name if layer in ("depth", "inner") else keras1(layer, name))
    legacy(weights(same / "keras1_names_nested.h5"), lambda layer, name: name if layer == "depth" else keras1(layer, name))
    legacy(weights(same / "numbered_scopes.h5"), lambda layer, name: name if layer == "inner" else name.replace("/", "_1/").replace(":", "_2:"))
    legacy(weights(same / "keras3_0_names.h5"), lambda layer, name: name if layer == "inner" else name.split("/")[-1][:-2])
    legacy(weights(same / "model_prefix.h5"), lambda layer, name: "net/" + ("inner/" if layer == "inner" else "") + name)

    # Keras 2.12 walked a model's attributes in the order of their names and did not skip this one, so that it came
    # before "layers".
    walk, skipped = saving_lib._walk_trackable, saving_lib.ATTR_SKIPLIST
    saving_lib._walk_trackable = lambda trackable: reversed(list(walk(trackable)))
    saving_lib.ATTR_SKIPLIST = skipped - {"_layer_checkpoint_dependencies"}
    weights(same / "keras2_12.weights.h5")
    saving_lib._walk_trackable, saving_lib.ATTR_SKIPLIST = walk, skipped
    with h5py.File(same / "keras2_12.weights.h5") as f:
        assert "_layer_checkpoint_dependencies/depthwise_conv2d" in f and not f.get("layers")

    three = network(keras)
    randomise(three)
    for a, b in zip(model.layers, three.layers):
        a.get_weights() and b.set_weights(a.get_weights())
    three.save(same / "keras3.h5")
    three.save_weights(same / "keras3.weights.h5")

    edit(weights(refused / "theano_backend.h5"), lambda f: f.attrs.__setitem__("backend", "theano"))
    edit(weights(refused / "extra_weight.h5"), lambda f: rename_extra(f["head"]))
    edit(weights(refused / "dangling_name.h5"), lambda f: f["head"].__delitem__("head/kernel:0"))
    edit(weights(refused / "ambiguous.h5"), ambiguous)
    three.save_weights(refused / "permuted_names.weights.h5")
    edit(refused / "permuted_names.weights.h5", permute)
    three.save_weights(refused / "missing_bias.weights.h5")
    edit(refused / "missing_bias.weights.h5", lambda f: f["layers/dense/vars"].__delitem__("1"))
    three.save_weights(refused / "missing_layer.weights.h5")
    edit(refused / "missing_layer.weights.h5", lambda f: f["layers"].__delitem__("dense"))
    three.save_weights(refused / "sharded.weights.json", max_shard_size=2e-6)
    for shard in refused.glob("sharded_*.h5"):
        shard.unlink()
    quantized = network(keras)
    quantized.quantize("int8")
    quantized.save_weights(refused / "int8.weights.h5")


def rename_extra(head):
    head["head/lora:0"] = np.zeros(3, "float32")
    head.attrs["weight_names"] = [b"head/kernel:0", b"head/bias:0", b"head/lora:0"]


def ambiguous(f):
    """Two kernels that may be the one of inner/stem."""
    names = [str(n) for n in f["inner"].attrs["weight_names"]]
    f["inner"]["other/stem/kernel:0"] = f["inner"]["stem/kernel:0"][()]
    del f["inner"].attrs["weight_names"]
    f["inner"].attrs["weight_names"] = [n.encode() for n in names + ["other/stem/kernel:0"]]


def permute(f):
    """The names that the layers had say that the two normalisations are in another order."""
    a, b = f["layers/conv2d/vars"], f["layers/batch_normalization/vars"]
    a.attrs["name"], b.attrs["name"] = b.attrs["name"], a.attrs["name"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    z.writestr(entry, path.read_bytes())
                    print(f"{entry.filename:40} {path.stat().st_size:8}")
        OUT.write_bytes(archive.getvalue())


if __name__ == "__main__":
    main()
