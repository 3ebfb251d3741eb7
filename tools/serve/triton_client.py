"""Hold `vkeras serve` to NVIDIA's own client (tritonclient, over HTTP).

Usage: triton_client.py HOST:PORT, of a server that serves the demo model as
`signs`. It compares with testdata/demo/expected.json, which real Keras wrote, and
ends with status 1 at the first difference. Then it measures, for a few seconds.
"""

import json
import pathlib
import sys
import threading
import time

import numpy as np
import tritonclient.http as triton
from PIL import Image
from tritonclient.utils import InferenceServerException

DEMO = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "demo"
MODEL = "signs"
SECONDS = 4  # that each measurement takes


def tensor_of(path):
    """What keras.utils.load_img and x / 255 make of a picture: (64, 64, 3)."""
    picture = Image.open(path).convert("RGB").resize((64, 64), Image.NEAREST)
    return np.asarray(picture, np.float32) / 255


def tensor_input(name, x, binary=True):
    i = triton.InferInput(name, list(x.shape), "FP32")
    i.set_data_from_numpy(x, binary_data=binary)
    return i


def picture_input(name, files):
    i = triton.InferInput(name, [len(files)], "BYTES")
    i.set_data_from_numpy(np.array(files, dtype=np.object_), binary_data=True)
    return i


def close(got, want, tolerance, what):
    worst = float(np.max(np.abs(got - want)))
    if not worst <= tolerance:
        sys.exit(f"{what}: differs from Keras by {worst}, more than {tolerance}")
    return worst


def check(client):
    """Every call of the protocol that the client has for a model."""
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, "1") and not client.is_model_ready("nobody")
    assert client.get_server_metadata()["name"] == "vkeras"
    about = client.get_model_metadata(MODEL)
    assert about["inputs"][0]["shape"] == [-1, 64, 64, 3], about
    x, y = about["inputs"][0]["name"], about["outputs"][0]["name"]

    expected = json.loads((DEMO / "expected.json").read_text())["pictures"]
    names = sorted(expected)
    want = np.array([expected[n]["nearest"] for n in names], np.float32)
    jpeg = np.array([n.endswith(".jpg") for n in names])
    batch = np.stack([tensor_of(DEMO / n) for n in names])
    for binary in (True, False):
        out = [triton.InferRequestedOutput(y, binary_data=binary)]
        got = client.infer(MODEL, [tensor_input(x, batch, binary)], outputs=out, request_id="1")
        assert got.get_response()["id"] == "1"
        worst = close(got.as_numpy(y), want, 1e-4, "tensors")
        print(f"{len(names)} tensors, {'binary' if binary else 'JSON'}: at most {worst:.1e} from Keras")

    files = [(DEMO / n).read_bytes() for n in names]
    got = client.infer(MODEL, [picture_input(x, files)]).as_numpy(y)
    worst = close(got[~jpeg], want[~jpeg], 1e-4, "PNG files")
    worst_jpeg = close(got[jpeg], want[jpeg], 2e-2, "JPEG files")
    print(f"{len(names)} encoded pictures: at most {worst:.1e} from Keras, JPEG {worst_jpeg:.1e}")

    best = client.infer(MODEL, [picture_input(x, files)], outputs=[triton.InferRequestedOutput(y, class_count=1)]).as_numpy(y)
    for text, name in zip(best[:, 0], names):
        assert text.decode().split(":")[2] == str(expected[name]["sign"]), (name, text)
    print("classification: every sign by its name")

    for what, broken in {
        "a model that is not there": lambda: client.infer("nobody", [tensor_input(x, batch)]),
        "another shape": lambda: client.infer(MODEL, [tensor_input(x, batch[:, :32])]),
        "a picture that is none": lambda: client.infer(MODEL, [picture_input(x, [b"no picture"])]),
    }.items():
        try:
            broken()
        except InferenceServerException as e:
            print(f"{what}: {e.message()}")
        else:
            sys.exit(f"{what}: no error")
    return x


def measure(address, what, make, images, clients):
    """Requests of so many clients, for SECONDS: images a second."""
    times, failed = [], []

    def work():
        client = triton.InferenceServerClient(address)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            try:
                client.infer(MODEL, [make()])
                times.append(time.monotonic() - begin)
            except InferenceServerException as e:
                failed.append(e)
        client.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    begin = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wall = time.monotonic() - begin
    if failed:
        sys.exit(f"{what}: {len(failed)} requests failed: {failed[0]}")
    times.sort()
    at = lambda share: 1000 * times[int(share * (len(times) - 1))]
    print(f"{what}: {images * len(times) / wall:.0f} images a second; a request median {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms ({len(times)} requests)")


def main():
    address = sys.argv[1]
    client = triton.InferenceServerClient(address)
    x = check(client)
    client.close()
    picture = (DEMO / "pictures" / "five_3.jpg").read_bytes()
    one = tensor_of(DEMO / "pictures" / "five_3.jpg")[None]
    sixteen = np.repeat(one, 16, axis=0)
    measure(address, "1 client, 1 tensor, binary", lambda: tensor_input(x, one), 1, 1)
    measure(address, "1 client, 1 tensor, JSON", lambda: tensor_input(x, one, False), 1, 1)
    measure(address, "1 client, 1 picture", lambda: picture_input(x, [picture]), 1, 1)
    measure(address, "1 client, 16 pictures", lambda: picture_input(x, [picture] * 16), 16, 1)
    measure(address, "8 clients, 1 picture each", lambda: picture_input(x, [picture]), 1, 8)
    measure(address, "4 clients, 16 tensors each", lambda: tensor_input(x, sixteen), 16, 4)


if __name__ == "__main__":
    main()
