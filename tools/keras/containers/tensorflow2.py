"""Writes NAME_VERSION.zip in testdata/containers with one TensorFlow 2: SavedModels and checkpoints, an input, and what Keras makes of it.

    python tools/keras/containers/tensorflow2.py VERSION [NAME ...]     with the Python that has that TensorFlow
"""
import os
import pathlib
import sys
import tempfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

if int(tf.__version__.split(".")[1]) > 15:
    import tf_keras as k  # what became of Keras 2
else:
    k = tf.keras

import models
from packing import pack

OUT = pathlib.Path(__file__).resolve().parents[3] / "testdata" / "containers"


def write(name, version, options):
    k.backend.clear_session()
    rng = np.random.default_rng(zlib.crc32((name + version).encode()))
    model = getattr(models, name)(k)
    models.randomise(model, rng)
    shape = (2,) + tuple(int(n) for n in model.inputs[0].shape[1:])
    x = rng.uniform(0, 255 if name in ("preprocessing", "operators") else 1, shape).astype(np.float32)
    y = models.results(model, x)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        np.save(str(folder / "input.npy"), x)
        np.save(str(folder / "output.npy"), y)
        (folder / "config.json").write_text(model.to_json())
        k.models.save_model(model, str(folder / "savedmodel"), save_format="tf", **options)
        model.save_weights(str(folder / "weights" / "x"))
        if name == "functional":
            tf.train.Checkpoint(step=tf.Variable(7), net=model, optimizer=model.optimizer).save(str(folder / "training" / "ckpt"))
        shards(model, folder / "shards")
        again = k.models.load_model(str(folder / "savedmodel"))
        np.testing.assert_allclose(models.results(again, x), y, rtol=1e-3, atol=1e-5)
        OUT.mkdir(exist_ok=True)
        path = OUT / f"{name}_{version}.zip"
        pack(folder, path)
        print(path.name, path.stat().st_size, flush=True)


def shards(model, folder):
    """Writes a checkpoint of several data files, where TensorFlow can."""
    policy = getattr(tf.train.experimental, "MaxShardSizePolicy", None)
    if policy and tf.__version__.startswith("2.21"):
        options = tf.train.CheckpointOptions(experimental_sharding_callback=policy(max_shard_size=3000))
        model.save_weights(str(folder / "x"), options=options)


def main():
    version, *names = sys.argv[1:]
    minor = int(tf.__version__.split(".")[1])
    for name in names or ["nested", "functional", "sequential"] + ["preprocessing"] * (minor >= 6) + ["half"] * (minor in (6, 15)) + ["inside", "operators"] * (minor in (6, 15, 21)):
        traces = {} if name == "nested" or minor < 4 else {"save_traces": False}
        write(name, version, traces)


if __name__ == "__main__":
    main()
