"""Hold `vkeras serve` to NVIDIA's own clients (tritonclient, over HTTP and gRPC).

Usage: triton_client.py HTTP_HOST:PORT GRPC_HOST:PORT, of a server that serves the
demo model as `signs`. It compares with testdata/demo/expected.json, which real
Keras wrote, and ends with status 1 at the first difference. Then it measures, for
a few seconds.
"""

import json
import pathlib
import sys
import threading
import time

import numpy as np
import tritonclient.grpc
import tritonclient.http
from PIL import Image
from tritonclient.utils import InferenceServerException

DEMO = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "demo"
MODEL = "signs"
SECONDS = 4  # that each measurement takes


def tensor_of(path):
    """What keras.utils.load_img and x / 255 make of a picture: (64, 64, 3)."""
    picture = Image.open(path).convert("RGB").resize((64, 64), Image.NEAREST)
    return np.asarray(picture, np.float32) / 255


class Http:
    """What the client for HTTP has in its own way."""

    name, forms, triton = "HTTP", (True, False), tritonclient.http

    def fill(i, x, binary):
        i.set_data_from_numpy(x, binary_data=binary)

    def output(name, binary=True, **how):
        return tritonclient.http.InferRequestedOutput(name, binary_data=binary, **how)

    def id(answer):
        return answer.get_response()["id"]

    def server(client):
        return client.get_server_metadata()

    def model(client):
        return client.get_model_metadata(MODEL)

    def has(client, model):
        return client.is_model_ready(model)


class Grpc:
    """What the client for gRPC has in its own way."""

    name, forms, triton = "gRPC", (True,), tritonclient.grpc

    def fill(i, x, binary):
        i.set_data_from_numpy(x)

    def output(name, binary=True, **how):
        return tritonclient.grpc.InferRequestedOutput(name, **how)

    def id(answer):
        return answer.get_response().id

    def server(client):
        return client.get_server_metadata(as_json=True)

    def model(client):
        about = client.get_model_metadata(MODEL, as_json=True)
        for tensor in about["inputs"] + about["outputs"]:
            tensor["shape"] = [int(n) for n in tensor["shape"]]
        return about

    def has(client, model):
        try:
            return client.is_model_ready(model)
        except InferenceServerException as e:
            assert e.status() == "StatusCode.NOT_FOUND", e
            return False


def tensor_input(over, name, x, binary=True):
    i = over.triton.InferInput(name, list(x.shape), "FP32")
    over.fill(i, x, binary)
    return i


def picture_input(over, name, files):
    i = over.triton.InferInput(name, [len(files)], "BYTES")
    over.fill(i, np.array(files, dtype=np.object_), True)
    return i


def close(got, want, tolerance, what):
    worst = float(np.max(np.abs(got - want)))
    if not worst <= tolerance:
        sys.exit(f"{what}: differs from Keras by {worst}, more than {tolerance}")
    return worst


def check(over, client):
    """Every call of the protocol that the client has for a model. Returns the name
    of the input and the answers to all pictures."""
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, "1") and not over.has(client, "nobody")
    assert over.server(client)["name"] == "vkeras"
    about = over.model(client)
    assert about["inputs"][0]["shape"] == [-1, 64, 64, 3], about
    x, y = about["inputs"][0]["name"], about["outputs"][0]["name"]

    expected = json.loads((DEMO / "expected.json").read_text())["pictures"]
    names = sorted(expected)
    want = np.array([expected[n]["nearest"] for n in names], np.float32)
    jpeg = np.array([n.endswith(".jpg") for n in names])
    batch = np.stack([tensor_of(DEMO / n) for n in names])
    for binary in over.forms:
        out = [over.output(y, binary)]
        got = client.infer(MODEL, [tensor_input(over, x, batch, binary)], outputs=out, request_id="1")
        assert over.id(got) == "1"
        worst = close(got.as_numpy(y), want, 1e-4, "tensors")
        print(f"{over.name}, {len(names)} tensors, {'binary' if binary else 'JSON'}: at most {worst:.1e} from Keras")

    files = [(DEMO / n).read_bytes() for n in names]
    got = client.infer(MODEL, [picture_input(over, x, files)]).as_numpy(y)
    worst = close(got[~jpeg], want[~jpeg], 1e-4, "PNG files")
    worst_jpeg = close(got[jpeg], want[jpeg], 2e-2, "JPEG files")
    print(f"{over.name}, {len(names)} encoded pictures: at most {worst:.1e} from Keras, JPEG {worst_jpeg:.1e}")

    best = client.infer(MODEL, [picture_input(over, x, files)], outputs=[over.output(y, class_count=1)]).as_numpy(y)
    for text, name in zip(best[:, 0], names):
        assert text.decode().split(":")[2] == str(expected[name]["sign"]), (name, text)
    print(f"{over.name}, classification: every sign by its name")

    for what, broken in {
        "a model that is not there": lambda: client.infer("nobody", [tensor_input(over, x, batch)]),
        "another shape": lambda: client.infer(MODEL, [tensor_input(over, x, batch[:, :32])]),
        "a picture that is none": lambda: client.infer(MODEL, [picture_input(over, x, [b"no picture"])]),
    }.items():
        try:
            broken()
        except InferenceServerException as e:
            print(f"{over.name}, {what}: {e}")
        else:
            sys.exit(f"{over.name}, {what}: no error")
    return x, got


def measure(over, address, what, make, images, clients):
    """Requests of so many clients, for SECONDS: images a second."""
    times, failed = [], []

    def work():
        client = over.triton.InferenceServerClient(address)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            try:
                client.infer(MODEL, [make(over)])
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
    print(f"{over.name}, {what}: {images * len(times) / wall:.0f} images a second; a request median {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms ({len(times)} requests)")


def main():
    transports = list(zip((Http, Grpc), sys.argv[1:], strict=True))
    answers = []
    for over, address in transports:
        client = over.triton.InferenceServerClient(address)
        x, answer = check(over, client)
        client.close()
        answers.append(answer)
    assert np.array_equal(*answers), "HTTP and gRPC answer differently"
    print("the answers over HTTP and over gRPC are the same, bit for bit")

    picture = (DEMO / "pictures" / "five_3.jpg").read_bytes()
    one = tensor_of(DEMO / "pictures" / "five_3.jpg")[None]
    four, sixteen = np.repeat(one, 4, axis=0), np.repeat(one, 16, axis=0)
    measure(*transports[0], "1 client, 1 tensor, JSON", lambda over: tensor_input(over, x, one, False), 1, 1)
    for over, address in transports:
        measure(over, address, "1 client, 1 tensor, binary", lambda over: tensor_input(over, x, one), 1, 1)
        measure(over, address, "1 client, 4 tensors, binary", lambda over: tensor_input(over, x, four), 4, 1)
        measure(over, address, "1 client, 1 picture", lambda over: picture_input(over, x, [picture]), 1, 1)
        measure(over, address, "1 client, 16 pictures", lambda over: picture_input(over, x, [picture] * 16), 16, 1)
        measure(over, address, "8 clients, 1 picture each", lambda over: picture_input(over, x, [picture]), 1, 8)
        measure(over, address, "4 clients, 16 tensors each", lambda over: tensor_input(over, x, sixteen), 16, 4)


if __name__ == "__main__":
    main()
