"""Writes a model's input and every layer's output, as Keras computes it, to an .npz: what `vkeras validate --against`
compares a device with.

    python tools/keras/reference_npz.py MODEL INPUT.npy OUT.npz [--tf-keras]

MODEL is a full model (.keras or legacy .h5); INPUT.npy has the batch axis. Names: a layer's own; `base/conv1` inside a
model nested as `base`; `conv1:1` for the second call of a layer that is called again.
"""
import argparse
import collections
import importlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np


def layers_of(model):
    """model.layers, and in Keras 3 the functions between them (x * 2); nothing for what is no model, as a Pipeline, which has layers too."""
    if type(model).__name__ == "Pipeline":
        return []
    return getattr(model, "operations", getattr(model, "layers", []))


def planes(layer):
    """Whether a layer, or one of a model, has its channels first, which convolutions on a CPU take in compiled functions alone."""
    return getattr(layer, "data_format", None) == "channels_first" or any(map(planes, layers_of(layer)))


def compiled(layer, call):
    if not planes(layer):
        return call
    import tensorflow as tf
    return tf.function(call, jit_compile=True)


def layer_outputs(model, x, before=lambda layer, x: None):
    """Runs the model on x; returns {name: (layer, output)} of every innermost layer in the order of the calls.

    before(layer, x), if given, sees each call first.
    """
    outputs, calls, path, undo, wrapped = {}, collections.Counter(), [], [], []

    def watch(layer, depth):
        method = "quantized_call" if getattr(layer, "quantization_mode", None) else "call"
        original = getattr(layer, method)
        undo.append((layer, method, original))

        def watched_call(*args, **kwargs):
            if wrapped or len(path) != depth:  # what a wrapper has inside may be a layer of the model too
                return original(*args, **kwargs)
            name = "/".join([*path, layer.name])
            calls[name] += 1
            if calls[name] > 1:
                name += f":{calls[name] - 1}"
            call = original if layers_of(layer) else compiled(layer, original)
            if layers_of(layer):
                path.append(name.rsplit("/", 1)[-1])
                y = call(*args, **kwargs)
                path.pop()
            else:
                before(layer, *args[:1])
                wrapped.append(layer)
                y = call(*args, **kwargs)
                wrapped.pop()
                first = "Attention" in type(layer).__name__ or "fused_batch_norm" in layer.name
                last = 0 if first else -1  # of several results, the last; neither attention's scores nor a batch's statistics
                outputs[name] = layer, np.asarray(y[last] if isinstance(y, (list, tuple)) else y)
            return y

        setattr(layer, method, watched_call)
        for inner in layers_of(layer):
            watch(inner, depth + 1)

    for layer in layers_of(model):
        watch(layer, 0)
    model(x, training=False)
    for layer, method, call in undo:
        setattr(layer, method, call)
    return outputs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("input", help=".npy with the batch axis")
    parser.add_argument("out", help=".npz to write")
    parser.add_argument("--tf-keras", action="store_true", help="load with tf_keras (Keras 2)")
    args = parser.parse_args()
    keras = importlib.import_module("tf_keras" if args.tf_keras else "keras")
    model = keras.models.load_model(args.model, compile=False)
    x = np.load(args.input)
    outputs = layer_outputs(model, x)
    inputs = {tensor.name.partition(":")[0]: x for tensor in model.inputs}
    np.savez_compressed(args.out, **inputs, **{name: y for name, (_, y) in outputs.items()})
    print(f"{args.out}: {len(outputs)} layers, keras {keras.__version__}")


if __name__ == "__main__":
    main()
