"""Writes networks of keras.applications at full size and what Keras makes of a picture: all ResNets, and one of each other family.

    python tools/keras/applications.py FOLDER [NAME ...]     all of them, or those whose name begins with a NAME

A folder a model, such as FOLDER/ResNet50V2_tfkeras:
    picture.png                          a picture, made here
    input.npy                            preprocess_input(img_to_array(load_img(picture.png, target_size=(H, W)))), a batch of one
    model.keras, model.legacy.h5         model.save
    model.weights.h5                     model.save_weights
    model.weights.legacy.h5              the same of Keras 2 (tf_keras alone writes it)
    output.npy                           the model's output
    exact.npy                            the same computed by Keras in float64: how far float32 is off, whoever computes
    about.json                           the model's name, what wrote it, its containers

The weights are random (weights=None), seeded by the folder's name, with BatchNormalization statistics that keep 152 layers
of them in the range of trained ones. All of it takes 12 GB: keep it out of the repository. FOLDER/ResNet50_keras3 and so on are
written one after the other, so that a NAME and the test may take turns where the disk is small.
"""
import importlib
import inspect
import json
import os
import pathlib
import sys
import time
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "fixtures"))
import keras
import numpy as np
import tf_keras

from pictures_corpus import photo
from write import calibrate, randomise, save

NAMES = [f"ResNet{depth}{version}" for version in ("", "V2") for depth in (50, 101, 152)]
# One of each other family, the smallest; those that tf_keras builds otherwise by both.
BOTH = ["MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "ConvNeXtTiny", "InceptionResNetV2"]
KERAS3 = ["NASNetMobile", "DenseNet121", "EfficientNetV2B0", "InceptionV3", "Xception", "VGG16"]
TFKERAS = ["RegNetX002", "RegNetY002", "ResNetRS50"]
CONTAINERS = {"keras3": ["model.keras", "model.legacy.h5", "model.weights.h5"],
              "tfkeras": ["model.keras", "model.legacy.h5", "model.weights.h5", "model.weights.legacy.h5"]}
MAKERS = {"keras3": keras, "tfkeras": tf_keras}


def read(k, path, name, size):
    """The picture at path as the model named wants it, a batch of one."""
    family = inspect.getmodule(inspect.unwrap(getattr(k.applications, name))).__name__
    pixels = k.utils.img_to_array(k.utils.load_img(path, target_size=size))
    return importlib.import_module(family).preprocess_input(pixels[np.newaxis])


def build(k, name):
    more = {"input_shape": (224, 224, 3)} if name.startswith("MobileNetV3") else {}  # else it leaves the size open
    return getattr(k.applications, name)(weights=None, **more)


def exact(k, name, model, x):
    """The model's output in float64."""
    set_type(k, "float64")
    twin = build(k, name)
    twin.set_weights(model.get_weights())
    y = np.asarray(twin(x.astype(np.float64), training=False))
    set_type(k, "float32")
    assert y.dtype == np.float64
    return y


def set_type(k, dtype):
    k.backend.set_floatx(dtype)
    k.mixed_precision.set_global_policy(dtype)


def write(folder, name, maker):
    k, rng = MAKERS[maker], np.random.default_rng(zlib.crc32(folder.name.encode()))
    folder.mkdir(parents=True, exist_ok=True)
    photo(500, 375).save(folder / "picture.png")
    model = build(k, name)
    x = read(k, folder / "picture.png", name, model.input_shape[1:3])
    randomise(model, rng)
    calibrate(model, x, rng)
    # Logits of standard deviation 4 make classes of 0.3 and of 0.000001, as a trained head does.
    head = [l for l in model.layers if l.weights][-1]
    head.set_weights([4 * head.get_weights()[0], head.get_weights()[1]])
    for container in CONTAINERS[maker]:
        save(model, folder / container)
    np.save(folder / "input.npy", x)
    np.save(folder / "exact.npy", exact(k, name, model, x))
    np.save(folder / "output.npy", np.asarray(model(x, training=False)))
    about = {"model": name, "maker": f"{k.__name__} {k.__version__}", "containers": CONTAINERS[maker]}
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n")


def main():
    out, wanted = pathlib.Path(sys.argv[1]), tuple(sys.argv[2:])
    for name in BOTH + KERAS3 + TFKERAS + NAMES:
        for maker in MAKERS:
            if name in KERAS3 and maker == "tfkeras" or name in TFKERAS and maker == "keras3":
                continue
            folder = out / f"{name}_{maker}"
            if wanted and not folder.name.startswith(wanted) or (folder / "about.json").exists():
                continue
            began = time.monotonic()
            MAKERS[maker].backend.clear_session()
            write(folder, name, maker)
            print(f"{folder.name:20} {time.monotonic() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
