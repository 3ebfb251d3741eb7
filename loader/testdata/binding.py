"""Writes binding.zip: models whose weights Keras finds by their order, or whose names or numbers of calls mislead.

    python loader/testdata/binding.py

Real Keras writes each file, loads it again and answers; where the names of an earlier TensorFlow are wanted, h5py
changes them before that.

    NAME.h5, NAME.keras             a whole model, or with NAME.json its weights alone
    x.npy, NAME.y.npy               the input of all, and what the model answers; several outputs one behind the other
"""
import os
import pathlib
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import h5py
import keras
import numpy as np
import tf_keras

OUT = pathlib.Path(__file__).with_name("binding.zip")


def renamed_as(k, model, new):
    """The model with other names of its layers, the weights of which keep theirs."""
    for layer in model.layers:
        if type(layer).__name__ != "InputLayer":
            setattr(layer, "_name" if hasattr(layer, "_name") else "name", new(layer.name))
    return k.Model(model.input, model.output, name=model.name)


def base(k, name="base", names=("one", "two", "three"), size=8, norm=True):
    """Three convolutions of the same shapes, which only names and order tell apart."""
    L = k.layers
    x_in = x = k.Input((size, size, 3))
    for n in names:
        x = L.Conv2D(3, 3, padding="same", activation="tanh", name=n)(x)
        if norm:
            x = L.BatchNormalization(name=n + "_bn")(x)
    return k.Model(x_in, x, name=name)


def head(k, *bases, name="net"):
    L = k.layers
    x_in = k.Input((8, 8, 3), name="pictures")
    xs = [b(x_in) for b in bases]
    x = L.Concatenate(name="join")(xs) if len(xs) > 1 else xs[0]
    return k.Model(x_in, L.Dense(3, name="logits")(L.GlobalAveragePooling2D(name="pool")(x)), name=name)


def slashes(k):
    """As in DenseNet: "bn" beside "conv1/bn", and a name that ends in another without a slash."""
    L = k.layers
    x_in = k.Input((8, 8, 3))
    x = L.Conv2D(3, 3, name="conv1/conv")(x_in)
    x = L.BatchNormalization(name="conv1/bn")(x)
    x = L.Conv2D(3, 3, name="conv2/conv1/conv")(x)
    x = L.BatchNormalization(name="conv2/conv1/bn")(x)
    x = L.BatchNormalization(name="conv1_bn")(x)
    return head(k, k.Model(x_in, L.BatchNormalization(name="bn")(x), name="densenet"))


def renamed(k):
    """Two models in one, whose layers got a prefix after they were built."""
    return head(k, *(renamed_as(k, base(k, name), lambda n: f"{name}_{n}") for name in "AB"))


def renamed_partly_frozen(k):
    tower = renamed_as(k, base(k), lambda n: "new_" + n)
    tower.get_layer("new_one").trainable = False
    tower.get_layer("new_two_bn").trainable = False
    return head(k, tower)


def renamed_frozen_around_trainable(k):
    """Frozen as a whole, then one layer set free: Keras 3 keeps the layers' order, Keras 2 does not."""
    tower = renamed_as(k, base(k), lambda n: "new_" + n)
    tower.trainable = False
    tower.get_layer("new_three").trainable = True
    return head(k, tower)


def renamed_in_frozen_middle(k):
    L = k.layers
    inner = renamed_as(k, base(k, "inner"), lambda n: n + "_old")
    x_in = k.Input((8, 8, 3))
    x = inner(L.Conv2D(3, 1, name="before")(x_in))
    middle = renamed_as(k, k.Model(x_in, L.Conv2D(3, 1, name="after")(x), name="middle"), lambda n: n + "_old")
    inner.trainable = False
    inner.get_layer("two_old").trainable = True
    return head(k, middle)


def renamed_alike(k):
    """Layers of two models, one in the other, that were built with one name."""
    inner = renamed_as(k, base(k, "inner"), lambda n: n + "_inner")
    x_in = k.Input((8, 8, 3))
    norm = k.layers.BatchNormalization(name="one")
    return head(k, k.Model(x_in, norm(inner(x_in)), name="middle"))


def renamed_in_turn(k):
    """Each layer has the name that another was built with."""
    return head(k, renamed_as(k, base(k, norm=False), {"one": "two", "two": "three", "three": "one"}.get))


def shared(k):
    """A layer and a model that are called both outside and inside of another model."""
    L = k.layers
    inner = k.Sequential([k.Input((8, 8, 3)), L.Conv2D(3, 3, padding="same", name="one"), L.BatchNormalization(name="norm")], name="inner")
    mix = L.Conv2D(3, 1, name="mix")
    y_in = k.Input((8, 8, 3), name="pictures")
    y = mix(inner(y_in))
    x_in = k.Input((8, 8, 3))
    outer = k.Model(x_in, L.Conv2D(3, 1, name="last")(inner(mix(x_in))), name="outer")
    x = outer(y)
    x = L.Conv2D(3, 1, name="then")(x)
    return k.Model(y_in, L.Dense(3, name="logits")(L.GlobalAveragePooling2D(name="pool")(x)), name="net")


def called_thrice(k):
    """Where the model ends, Keras counts a nested model's calls from 1, in Keras 3 elsewhere from 0."""
    inner = base(k, "inner", ("one",))
    x_in = k.Input((8, 8, 3), name="pictures")
    first = inner(x_in)
    second = inner(first)
    third = inner(k.layers.Add(name="sum")([first, second]))
    pool = k.layers.GlobalAveragePooling2D(name="pool")
    return k.Model(x_in, [pool(first), third, first], name="net")


def called_twice(k):
    """The number of the output is that of the other call elsewhere."""
    inner = base(k, "inner", ("one",))
    x_in = k.Input((8, 8, 3), name="pictures")
    first = inner(x_in)
    return k.Model(x_in, [first, k.layers.GlobalAveragePooling2D(name="pool")(inner(first))], name="net")


def called_outside(k):
    """A nested model that was called before, outside of the model."""
    inner = base(k, "inner", ("one",))
    inner(k.Input((8, 8, 3)))
    x_in = k.Input((8, 8, 3), name="pictures")
    first = inner(x_in)
    return k.Model(x_in, [first, k.layers.GlobalAveragePooling2D(name="pool")(first)], name="net")


def colons(k):
    """What ends a weight's name in Keras 2 is a part of the layers' names."""
    return head(k, base(k, "a:b", ("x:0", "kernel:0", "::")))


def long_names(k, n):
    return head(k, base(k, "b" * n, [c * n for c in "pqr"]), name="n" * n)


def automatic(k):
    """Names that Keras makes up, in a model's layers and in the model in it."""
    L = k.layers
    tower = k.Sequential([k.Input((8, 8, 3)), L.Conv2D(3, 3), L.BatchNormalization(), L.Conv2D(3, 3)])
    x_in = k.Input((8, 8, 3))
    x = L.Conv2D(3, 3, padding="same")(L.Conv2D(3, 3, padding="same")(x_in))
    return k.Model(x_in, L.Dense(3)(L.GlobalAveragePooling2D()(tower(x))))


def numbered_scopes(path):
    """TensorFlow 1 numbered the scope of a name that another graph had taken."""
    with h5py.File(path, "r+") as f:
        group = f["model_weights/base"]
        names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["weight_names"]]
        values = [group[n][()] for n in names]
        for name in list(group):
            del group[name]
        new = [n.replace("/", "_1/", 1) for n in names]
        for name, value in zip(new, values):
            group[name] = value
        group.attrs["weight_names"] = [n.encode() for n in new]


def randomise(model, rng):
    seen = set()
    for w in model.weights:
        if id(w) not in seen:
            seen.add(id(w))
            w.assign(rng.uniform(0.5, 2, w.shape) if "variance" in w.name else rng.uniform(-0.5, 0.5, w.shape))


def write(folder):
    x = np.random.default_rng(1).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
    np.save(folder / "x.npy", x)

    def run(model):
        outputs = model(x, training=False)
        if not isinstance(outputs, (list, tuple)):
            return np.asarray(outputs)
        return np.concatenate([np.ravel(y) for y in outputs])

    def answer(name, model):
        np.save(folder / f"{name}.y.npy", run(model))

    def whole(name, k, model, change=None):
        randomise(model, np.random.default_rng(2))
        path = str(folder / f"{name}.h5")
        model.save(path)
        if change:
            change(path)
        again = k.models.load_model(path, compile=False)
        np.testing.assert_allclose(run(again), run(model), rtol=1e-5, atol=1e-6)
        answer(name, again)

    def alone(name, k, saved, other, right=True):
        randomise(saved, np.random.default_rng(2))
        path = folder / f"{name}.h5"
        saved.save_weights(str(path))
        (folder / f"{name}.json").write_text(other.to_json())
        other.load_weights(str(path))
        assert np.allclose(run(other), run(saved), rtol=1e-5, atol=1e-6) == right
        answer(name, saved)

    for version, k in (("keras2", tf_keras), ("keras3", keras)):
        for build in (
            slashes, renamed, renamed_partly_frozen, renamed_frozen_around_trainable, renamed_in_frozen_middle, renamed_alike, renamed_in_turn,
            called_twice, called_thrice, called_outside, colons,
        ):
            if (k, build) in ((keras, slashes), (tf_keras, colons), (tf_keras, renamed_in_frozen_middle)):
                continue  # Keras 3 allows no slashes, Keras 2 no colons; tf_keras does not read what it wrote
            k.backend.clear_session()
            whole(f"{version}_{build.__name__}", k, build(k))
        for n in (422, 5000):
            k.backend.clear_session()
            whole(f"{version}_names_of_{n}_bytes", k, long_names(k, n))
    whole("keras2_numbered_scopes", tf_keras, head(tf_keras, base(tf_keras)), change=numbered_scopes)
    # Keras 3.15 writes this one and cannot read it: the answer is that of the model that was written.
    model = shared(keras)
    randomise(model, np.random.default_rng(2))
    model.save(folder / "keras3_shared.keras")
    answer("keras3_shared", model)

    k = tf_keras
    k.backend.clear_session()
    first = automatic(k)
    alone("weights_of_other_numbers", k, automatic(k), first)
    first = head(k, base(k), name="net")
    alone("weights_renamed", k, head(k, base(k, "b", ("x", "y", "z"))), first)
    # Keras goes by the order, which depends on the layers that were frozen when they were saved: it loads them wrong.
    first = base(k, norm=False)
    first.get_layer("one").trainable = False
    alone("weights_frozen_otherwise", k, head(k, first), head(k, base(k, norm=False)), right=False)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder)
        with zipfile.ZipFile(OUT, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    info = zipfile.ZipInfo(str(path.relative_to(folder)))
                    info.compress_type = zipfile.ZIP_DEFLATED
                    z.writestr(info, path.read_bytes())


if __name__ == "__main__":
    main()
