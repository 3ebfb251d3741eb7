"""Trains the exercise's net with every way to halve a feature map, alike, and writes one JSON line a run.

    pip install -r tools/keras/downsampling/requirements.txt
    python tools/keras/downsampling/train.py --out runs.jsonl    # the recipe of docs/downsampling.md

study/accuracy.jsonl is such a file: package study embeds it. Pictures, their order, augmentation, schedule and seeds are
the same for all variants; the net has every width divided by --divisor and --depth blocks a stage, so that 30 runs are
done within an hour on one core. A run that already stands in --out is not repeated: a script that was stopped goes on
where it was. The pictures are those of the demo model (tools/keras/demo/signs.py): rendered hand signs, no photographs.
"""
import argparse
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "demo")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import keras
import numpy as np
import tensorflow as tf

from architectures import VARIANTS, exercise
from train import augmented, pictures  # of the demo model

TRAIN_FROM, TEST_FROM = 1000, 900000  # first seeds of signs.render: the two sets share no picture


def load(cache, train, test):
    """The training and the test set (x uint8 (n, 64, 64, 3), y); rendered once and kept in cache."""
    if cache and cache.exists():
        kept = np.load(cache)
        if len(kept["x"]) == train and len(kept["xt"]) == test:
            return kept["x"], kept["y"], kept["xt"], kept["yt"]
    x, y = pictures(train, TRAIN_FROM, 1)
    xt, yt = pictures(test, TEST_FROM, 1)
    if cache:
        np.savez(cache, x=x, y=y, xt=xt, yt=yt)
    return x, y, xt, yt


def answers(model, x, batch=250):
    """The sign that the net sees in each picture."""
    parts = [model.predict_on_batch(x[i:i + batch] / np.float32(255)) for i in range(0, len(x), batch)]
    return np.concatenate(parts).argmax(1)


def shifted(x, dy, dx):
    """The pictures moved by dy rows and dx columns; the edge is repeated where they leave it."""
    p = max(abs(dy), abs(dx))
    h, w = x.shape[1:3]
    return np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), "edge")[:, p - dy:p - dy + h, p - dx:p - dx + w]


def compiled(variant, a):
    """A net that is ready to be trained. It is traced once and started anew for each seed, which saves most of a short run."""
    model = exercise(variant=variant, divisor=a.divisor, depth=a.depth)
    for layer in model.layers:  # few steps: the moving statistics must keep up
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.95
    rate = keras.optimizers.schedules.CosineDecay(a.rate, a.steps - a.warmup, alpha=0.01, warmup_target=a.rate, warmup_steps=a.warmup)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", jit_compile=False)
    return model


def run(model, variant, seed, data, a):
    """Trains a net from that seed's first weights; returns its JSON line."""
    x, y, xt, yt = data
    keras.utils.set_random_seed(seed)
    model.set_weights(exercise(variant=variant, divisor=a.divisor, depth=a.depth).get_weights())
    model.optimizer.build(model.trainable_variables)
    for v in model.optimizer.variables:
        if v is not model.optimizer.learning_rate:
            v.assign(np.zeros(v.shape, v.dtype))
    rng, order, losses, started = np.random.default_rng(seed), [], [], time.process_time()
    for _ in range(a.steps):
        if len(order) < a.batch:
            order = list(rng.permutation(len(x)))
        pick, order = order[:a.batch], order[a.batch:]
        losses.append(float(model.train_on_batch(augmented(x[pick], rng), y[pick])))
        model.reset_metrics()
    plain = answers(model, xt)
    moved = [answers(model, shifted(xt, *by)) for by in ((0, 1), (1, 0), (1, 1))]
    return {
        "variant": variant, "seed": seed, "accuracy": float(np.mean(plain == yt)), "loss": float(np.mean(losses[-50:])),
        "consistency": float(np.mean([m == plain for m in moved])), "parameters": model.count_params(), "cpu_seconds": round(time.process_time() - started, 1),
        "recipe": {k: getattr(a, k) for k in ("train", "test", "divisor", "depth", "steps", "batch", "rate", "warmup")} | {"optimizer": "Adam", "keras": keras.__version__},
    }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs.jsonl"))
    p.add_argument("--cache", type=pathlib.Path, help="an .npz to keep the rendered pictures in")
    p.add_argument("--variants", nargs="*", default=VARIANTS)
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--train", type=int, default=4000, help="pictures to train on")
    p.add_argument("--test", type=int, default=1000, help="pictures to test on")
    p.add_argument("--divisor", type=int, default=8, help="of every width")
    p.add_argument("--depth", type=int, nargs=4, default=[1, 1, 1, 1], help="blocks of each stage; the exercise's net has 3 4 6 3")
    p.add_argument("--steps", type=int, default=350)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--warmup", type=int, default=30)
    a = p.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    done = set()
    if a.out.exists():
        done = {(r["variant"], r["seed"]) for r in map(json.loads, a.out.read_text().splitlines())}
    data = load(a.cache, a.train, a.test)
    models = {}
    for seed in range(1, a.seeds + 1):  # seeds outermost: whatever is there is comparable
        for variant in a.variants:
            if (variant, seed) in done:
                continue
            models[variant] = models.get(variant) or compiled(variant, a)
            line = json.dumps(run(models[variant], variant, seed, data, a))
            with a.out.open("a") as f:
                f.write(line + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main()
