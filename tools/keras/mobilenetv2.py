"""Writes explore/browsertest/testdata/mobilenetv2.keras: a small MobileNetV2 by real Keras.

    python tools/keras/mobilenetv2.py

Its weights are drawn at random and rounded to 15 levels a tensor, so that the file
compresses; Keras reads it as it stands.
"""
import os
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
import numpy as np  # noqa: E402

target = os.path.join(os.path.dirname(__file__), "../../explore/browsertest/testdata/mobilenetv2.keras")


def rounded(w):
    most = np.abs(w).max()
    return w if w.ndim < 2 or most == 0 else (np.round(w / most * 7) / 7 * most).astype(w.dtype)


keras.utils.set_random_seed(7)
model = keras.applications.MobileNetV2(input_shape=(64, 64, 3), alpha=0.35, weights=None, classes=10)
model.set_weights([rounded(w) for w in model.get_weights()])
os.makedirs(os.path.dirname(target), exist_ok=True)
with tempfile.TemporaryDirectory() as folder:
    stored = os.path.join(folder, "model.keras")
    model.save(stored)
    with zipfile.ZipFile(stored) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after:
        for entry in before.infolist():
            fixed = zipfile.ZipInfo(entry.filename)  # the same bytes whenever it is written
            fixed.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(fixed, before.read(entry))
keras.models.load_model(target)
