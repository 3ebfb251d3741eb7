"""Writes layersmodel_NAME_VERSION.zip in testdata/containers: layers models that TensorFlow.js's converter made, an input, and what Keras makes of it.

    python tools/keras/containers/tensorflowjs_models.py     with the Python that has TensorFlow 2 and tensorflowjs
"""
import pathlib
import tempfile
import zlib

from tensorflow2 import OUT, k, models, np, pack

import tensorflowjs as tfjs

QUANTIZED = {"float16": "float16", "uint8": "uint8", "uint16": "uint16"}


def convert(model, folder, quantize):
    options = {"weight_shard_size_bytes": 700}
    if quantize:
        options["quantization_dtype_map"] = {QUANTIZED[quantize]: True}
    tfjs.converters.save_keras_model(model, str(folder), **options)


def write(name, quantize):
    k.backend.clear_session()
    rng = np.random.default_rng(zlib.crc32((name + (quantize or "")).encode()))
    model = getattr(models, name)(k)
    models.randomise(model, rng)
    shape = (2,) + tuple(int(n) for n in model.inputs[0].shape[1:])
    x = rng.uniform(0, 1, shape).astype(np.float32)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        convert(model, folder / "model", quantize)
        # The quantised weights, as the converter's own reader makes floats of them.
        before = models.results(model, x)
        k.backend.clear_session()
        again = tfjs.converters.load_keras_model(str(folder / "model" / "model.json"))
        np.save(str(folder / "input.npy"), x)
        np.save(str(folder / "output.npy"), models.results(again, x))
        if not quantize:
            np.testing.assert_allclose(models.results(again, x), before, rtol=1e-3, atol=1e-5)
        path = OUT / f"layersmodel_{name}{'_' + quantize if quantize else ''}_tfjs{tfjs.__version__}.zip"
        pack(folder, path)
        print(path.name, path.stat().st_size, flush=True)


def main():
    for name in ("nested", "functional", "sequential"):
        write(name, None)
    for quantize in QUANTIZED:
        write("nested", quantize)


if __name__ == "__main__":
    main()
