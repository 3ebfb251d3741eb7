"""Writes testdata/containers/others.zip: models that are none of Keras's, and snappy.zip: a checkpoint whose index is compressed.

    python tools/keras/containers/others.py     with the Python that has TensorFlow 2 and tensorflowjs
"""
import pathlib
import struct
import sys
import tempfile

from tensorflow2 import OUT, k, models, np, pack, tf

import cramjam
import tensorflowjs as tfjs
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def small():
    return k.Sequential([k.Input((4, 4, 3)), k.layers.Conv2D(2, 3), k.layers.Flatten(), k.layers.Dense(2)])


class Plain(tf.Module):
    """A program without Keras."""

    def __init__(self):
        super().__init__()
        self.weight = tf.Variable([2.0])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, x):
        return self.weight * x


class Own(k.Model):
    """A model whose layers are attributes."""

    def __init__(self):
        super().__init__()
        self.dense = k.layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def others(folder):
    model = small()
    tf.saved_model.save(Plain(), str(folder / "plain"))
    model.export(str(folder / "exported"))
    own = Own()
    own(np.zeros((1, 3), np.float32))
    own.save(str(folder / "subclassed"), save_format="tf")
    own.save_weights(str(folder / "subclassed_weights" / "x"))
    tf.train.Checkpoint(a=small(), b=small()).save(str(folder / "two" / "ckpt"))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("conv1/weights", (3,))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(folder / "tensorflow1" / "x"), write_meta_graph=False)
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec((1, 4, 4, 3), tf.float32))
    (folder / "frozen.pb").write_bytes(convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString())
    (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    (folder / "model.yaml").write_text("backend: tensorflow\nclass_name: Sequential\nconfig: {}\n")
    tfjs.converters.convert_tf_saved_model(str(folder / "plain"), str(folder / "graphmodel"))


def masked(data):
    """TensorFlow's checksum: crc32c, masked."""
    import google_crc32c
    sum = google_crc32c.value(data)
    return ((sum >> 15 | sum << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def encode(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def compress(index):
    """Rewrites a table of one block with that block compressed by snappy."""
    data = index.read_bytes()
    footer = data[-48:]
    _, at = varint(footer, 0)
    _, at = varint(footer, at)
    offset, at = varint(footer, at)
    size, at = varint(footer, at)
    entries = data[offset:offset + size]
    shared, at = varint(entries, 0)
    own, at = varint(entries, at)
    length, at = varint(entries, at)
    key, handle = entries[at:at + own], entries[at + own:at + own + length]
    start, at = varint(handle, 0)
    length, at = varint(handle, at)
    assert shared == 0 and start == 0, "a table of one block"

    def block(content, kind):
        content += bytes([kind])
        return content + struct.pack("<I", masked(content))

    packed = bytes(cramjam.snappy.compress_raw(data[:length]))
    out = block(packed, 1)
    handle = encode(0) + encode(len(packed))
    meta = len(out)
    out += block(struct.pack("<II", 0, 1), 0)
    at = len(out)
    entries = encode(0) + encode(len(key)) + encode(len(handle)) + key + handle + struct.pack("<II", 0, 1)
    out += block(entries, 0)
    footer = encode(meta) + encode(8) + encode(at) + encode(len(entries))
    index.write_bytes(out + footer.ljust(40, b"\0") + data[-8:])


def snappy(folder):
    model = models.nested(k)
    models.randomise(model, np.random.default_rng(5))
    x = np.random.default_rng(6).uniform(0, 1, (2, 16, 16, 3)).astype(np.float32)
    np.save(str(folder / "input.npy"), x)
    np.save(str(folder / "output.npy"), models.results(model, x))
    (folder / "config.json").write_text(model.to_json())
    model.save_weights(str(folder / "weights" / "x"))
    compress(folder / "weights" / "x.index")
    again = k.models.model_from_json(model.to_json())
    again.load_weights(str(folder / "weights" / "x")).assert_consumed()
    np.testing.assert_allclose(models.results(again, x), models.results(model, x), rtol=1e-5)


def main():
    for make, name in ((others, "others.zip"), (snappy, "snappy.zip")):
        with tempfile.TemporaryDirectory() as scratch:
            make(pathlib.Path(scratch))
            pack(pathlib.Path(scratch), OUT / name)
            print(name, (OUT / name).stat().st_size, flush=True)


if __name__ == "__main__":
    sys.exit(main())
