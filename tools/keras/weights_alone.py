"""Writes applications/testdata/weights.zip: files of weights alone, and what they are.

    python tools/keras/weights_alone.py

A file or checkpoint each, and index.json, which says of each what it is and, where there is an input, what Keras answers.

MobileNet of the least width, for pictures of 64 x 64 and 7 classes, has all of its numbers: random, and rounded so that the
archive stays small. Of the others only the names and shapes of the weights are there, in the layout of the files that Keras
fetches, and the numbers of an EfficientNet's normalisation: HDF5 reads datasets that were never written as zeros.
"""
import gc
import json
import os
import pathlib
import re
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "keras" / "fixtures"))
import h5py
import keras
import numpy as np
import tf_keras

from write import calibrate, randomise

SIZE, CLASSES = 64, 7


def rounded(model):
    model.set_weights([np.sign(w) * np.maximum(np.round(np.abs(w) * 16), 1) / 16 if w.ndim else w for w in map(np.asarray, model.get_weights())])


def mobilenet(k, folder, top, rng):
    """A MobileNet with numbers, an input and its answer."""
    k.backend.clear_session()
    more = {"classes": CLASSES} if top else {"include_top": False}
    model = k.applications.MobileNet(weights=None, alpha=0.25, input_shape=(SIZE, SIZE, 3), **more)
    x = rng.uniform(-1, 1, (1, SIZE, SIZE, 3)).astype(np.float32)
    randomise(model, rng)
    calibrate(model, x, rng)
    rounded(model)
    stem = f"mobilenet_{'' if top else 'no_top_'}{k.__name__}"
    np.save(folder / f"{stem}_input.npy", x)
    np.save(folder / f"{stem}_output.npy", np.asarray(model(x, training=False)))
    files = [f"{stem}.weights.h5"]
    model.save_weights(str(folder / files[0]))
    if k is tf_keras:
        files += [f"{stem}.h5", f"{stem}_checkpoint"]
        model.save_weights(str(folder / files[1]))
        model.save_weights(str(folder / files[2]), save_format="tf")
    for file in files:
        yield {"file": file, "architecture": "mobilenet-0.25", "top": top, "classes": CLASSES if top else 0, "size": [SIZE, SIZE],
               "preset": "tf", "input": f"{stem}_input.npy", "output": f"{stem}_output.npy"}


def skeleton(model, path, rename):
    """The layout of save_weights of Keras 2, with names and shapes; numbers of Normalization alone."""
    with h5py.File(path, "w", track_order=True) as f:
        layers = [l for l in model.layers if l.weights]
        f.attrs["layer_names"] = [rename(l.name).encode() for l in layers]
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = tf_keras.__version__.encode()
        for layer in layers:
            group = f.create_group(rename(layer.name))
            # As Keras writes them: what is trained, then the others.
            weights = layer.trainable_weights + layer.non_trainable_weights
            names = [re.sub(re.escape(layer.name), lambda _: rename(layer.name), w.name, count=1) for w in weights]
            group.attrs["weight_names"] = [n.encode() for n in names]
            for name, w in zip(names, weights):
                d = group.create_dataset(name, tuple(w.shape), "float32" if w.dtype.is_floating else w.dtype.as_numpy_dtype)
                if layer.name == "normalization":
                    d[...] = w.numpy()


def later(layer):
    """The name in a file whose model was the second of its session: conv2d_94 for conv2d, as in Keras's own InceptionV3."""
    part = re.fullmatch(r"(conv2d|batch_normalization)(?:_(\d+))?", layer)
    return f"{part[1]}_{int(part[2] or 0) + 94}" if part else layer


def keras1(model):
    """ResNet50's names in Keras 1 to 2.2: res2a_branch2a, bn2a_branch2a ... for conv2_block1_1_conv, conv2_block1_1_bn ..."""
    def rename(layer):
        if part := re.fullmatch(r"conv(\d)_block(\d)_(\d)_(conv|bn)", layer):
            kind = {"conv": "res", "bn": "bn"}[part[4]]
            branch = {"0": "branch1", "1": "branch2a", "2": "branch2b", "3": "branch2c"}[part[3]]
            return f"{kind}{part[1]}{'abcdef'[int(part[2]) - 1]}_{branch}"
        return {"conv1_conv": "conv1", "conv1_bn": "bn_conv1", "predictions": f"fc{model.output_shape[-1]}"}[layer]
    return rename


def skeletons(folder):
    k = tf_keras.applications
    cases = [
        ("efficientnetb0", lambda: k.EfficientNetB0(weights=None), "efficientnetb0", True, "none"),
        ("efficientnetb0_scratch", lambda: k.EfficientNetB0(weights=None, classes=5), "efficientnetb0-weights-none", True, "none"),
        ("mobilenet_v3_small_no_top", lambda: k.MobileNetV3Small(weights=None, include_top=False), "mobilenetv3small", False, "none"),
        ("mobilenet_v3_small", lambda: k.MobileNetV3Small(weights=None), "mobilenetv3small", True, "none"),
        ("mobilenet_v2_1.4", lambda: k.MobileNetV2(weights=None, alpha=1.4), "mobilenetv2-1.4", True, "tf"),
        ("inception_v3", lambda: k.InceptionV3(weights=None), "inceptionv3", True, "tf"),
        ("vgg16_no_top", lambda: k.VGG16(weights=None, include_top=False), "vgg16", False, "caffe"),
        ("vgg16_64", lambda: k.VGG16(weights=None, input_shape=(64, 64, 3), classes=3), "vgg16", True, "caffe"),
        ("densenet121", lambda: k.DenseNet121(weights=None), "densenet121", True, "torch"),
        ("convnext_tiny", lambda: k.ConvNeXtTiny(weights=None), "convnexttiny", True, "none"),
        ("resnet50_keras1", lambda: k.ResNet50(weights=None), "resnet50-keras1", True, "caffe"),
        ("resnet50_course", lambda: k.ResNet50(weights=None, classes=6), "", True, ""),  # the exercise's net, or one of its variants
    ]
    for stem, build, architecture, top, preset in cases:
        tf_keras.backend.clear_session()
        gc.collect()
        model = build()
        rename = {"inception_v3": later, "resnet50_keras1": keras1(model), "resnet50_course": keras1(model)}.get(stem, lambda layer: layer)
        if stem == "efficientnetb0":
            for w in model.get_layer("normalization").weights[:2]:
                w.assign([0.485, 0.456, 0.406] if "mean" in w.name else [0.229, 0.224, 0.225])
        skeleton(model, folder / f"{stem}.h5", rename)
        classes = model.output_shape[-1] if top else 0
        print(stem, flush=True)
        yield {"file": f"{stem}.h5", "architecture": architecture, "top": top, "classes": classes, "size": [n or 224 for n in model.input_shape[1:3]], "preset": preset}


def main():
    rng = np.random.default_rng(30)
    out = ROOT / "applications" / "testdata" / "weights.zip"
    out.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        index = [*mobilenet(tf_keras, folder, True, rng), *mobilenet(tf_keras, folder, False, rng), *mobilenet(keras, folder, True, rng), *skeletons(folder)]
        lines = ",\n".join(json.dumps(line) for line in index)
        (folder / "index.json").write_text(f"[\n{lines}\n]\n")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
            for file in sorted(folder.iterdir()):
                if file.name != "checkpoint":
                    z.writestr(zipfile.ZipInfo(file.name), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()
