"""Writes loader/testdata/monte_carlo.h5: a net whose layers and functions draw at random at inference too, by tf_keras, and what Keras gives without them.

    python tools/keras/monte_carlo.py [FOLDER]

monte_carlo.x.npy goes in; monte_carlo.y.npy is the answer of the same weights in a net without the layers that draw.
"""
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf
import tf_keras as keras

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2] / "loader/testdata")


def net(draws):
    keras.utils.set_random_seed(7)
    x = picture = keras.Input((6, 5, 3))
    if draws:
        x = keras.layers.RandomFlip("horizontal", name="flip")(x, training=True)
        x = tf.image.random_flip_up_down(x)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    if draws:
        x = keras.layers.Dropout(0.5, name="drop")(x, training=True)
        x = tf.nn.dropout(x, 0.3)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(picture, keras.layers.Dense(3, activation="softmax", name="fc")(x))


x = np.random.default_rng(1).random((2, 6, 5, 3), np.float32)
random, calm = net(True), net(False)
calm.set_weights(random.get_weights())
random.save(FOLDER / "monte_carlo.h5")
np.save(FOLDER / "monte_carlo.x.npy", x)
np.save(FOLDER / "monte_carlo.y.npy", calm.predict(x, verbose=0))
