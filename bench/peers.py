"""Times vkeras and its peers and writes docs/performance.md; see README.md."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent import futures
from urllib import request

import numpy as np

import network
import report

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "bench/.work"
VKERAS = ROOT / "bin/vkeras"
VULKAN = "0"  # the best Vulkan device
# Model, batch, runs a round. A round's runs are what one turn of an engine is.
CASES = (("exercise", 1, 12), ("exercise", 8, 3), ("resnet50", 1, 2), ("mobilenetv2", 1, 6), ("efficientnetb0", 1, 4))
PACKAGES = {"ncnn": "ncnn", "ONNX Runtime": "onnxruntime", "OpenVINO": "openvino", "PyTorch": "torch", "NumPy": "numpy"}
# The largest difference of a probability that is still the same answer.
TOLERANCE, HALF_TOLERANCE = 1e-4, 2e-2


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Peer:
    """A peer's process, alive for all rounds of a model."""

    def __init__(self, name, model):
        self.name = name
        self.log = tempfile.TemporaryFile("w+")
        command = [sys.executable, str(ROOT / "bench/engines.py"), name, model, str(ROOT), str(WORK)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def ask(self, **order):
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.process.wait()
            self.log.seek(0)
            lines = [l for l in self.log.read().splitlines() if l.strip()] or ["no word"]
            raise RuntimeError(f"{self.name}: {lines[-1].strip()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Vkeras:
    """The tool, started for each turn: loading is not part of what it times."""

    def __init__(self, net, device, precision="fp32", threads=None):
        self.net, self.device, self.precision = net, device, ("--precision", precision)
        self.env = dict(os.environ, GOMAXPROCS=str(threads)) if threads else None

    def load(self, x):
        x_file, y_file = WORK / "x.npy", WORK / "y.npy"
        np.save(x_file, x)
        tool("predict", *self.net.arguments, "--device", self.device, *self.precision, "--batch", str(len(x)), "--input", str(x_file), "--output", str(y_file))
        self.batch = len(x)
        return np.load(y_file)

    def turn(self, runs):
        out = tool("bench", *self.net.arguments, "--devices", self.device, *self.precision, "--batch", str(self.batch), "--runs", str(runs), "--no-reference", "--json", env=self.env)
        return json.loads(out)["runs"][0]["latency_ms"]


def tool(*arguments, **options):
    done = subprocess.run([str(VKERAS), *arguments, "--quiet"], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"vkeras {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def summary(times):
    times = sorted(times)
    at = lambda p: times[min(len(times) - 1, int(p * len(times)))]
    return {"min": times[0], "p50": at(0.5), "p90": at(0.9), "p99": at(0.99)}


def engines():
    names = ["ncnn Vulkan", "ncnn CPU", "ONNX Runtime CPU", "OpenVINO CPU", "PyTorch CPU"]
    probe = "import torch; print(torch.cuda.is_available())"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True).stdout
    if "True" in found:
        names += ["PyTorch CUDA", "PyTorch CUDA graph", "PyTorch CUDA fp16"]
    return names


def measure_case(net, peers, batch, runs, rounds, missing):
    """All engines on one input: do they agree, and how long do they take?"""
    x = network.pictures(net, batch)
    ours = Vkeras(net, VULKAN)
    want = ours.load(x)
    rows, turns = {"vkeras": {"rounds": [], "difference": 0.0}}, [("vkeras", ours.turn)]
    loads = {}
    for name, precision, threads in (("vkeras cpu", "fp32", None), ("vkeras cpu fp16w", "fp16w", None), ("vkeras cpu, 1 thread", "fp32", 1)):
        native = Vkeras(net, "cpu", precision, threads)
        loads[name] = (lambda native=native: native.load(x), native.turn)
    for name, peer in peers.items():
        loads[name] = (lambda peer=peer: np.array(peer.ask(batch=batch)["output"]), lambda n, peer=peer: summary(peer.ask(runs=n)["ms"]))
    for name, (load, turn) in loads.items():
        try:
            got = load()
        except RuntimeError as error:
            missing[name] = str(error)
            continue
        difference = float(np.abs(got - want).max())
        allowed = HALF_TOLERANCE if "fp16" in name else TOLERANCE
        if not (difference <= allowed and (got.argmax(1) == want.argmax(1)).all()):
            raise SystemExit(f"bench: {name} and vkeras disagree on {net.name}: a probability differs by {difference}")
        rows[name] = {"rounds": [], "difference": difference}
        turns.append((name, turn))
    for i in range(rounds):
        for name, turn in turns[i % len(turns):] + turns[:i % len(turns)]:
            rows[name]["rounds"].append(turn(runs))
    macs = json.loads(tool("summary", *net.arguments, "--json"))["totals"]["macs"]
    return {"model": net.name, "batch": batch, "runs": runs, "macs": macs, "engines": rows}


def measure_model(name, names, rounds, missing, wanted):
    net = network.named(name, ROOT, WORK)
    peers = {n: Peer(n, name) for n in names if n not in missing}
    cases = []
    try:
        for model, batch, runs in CASES:
            if model == name and model in wanted:
                say(f"{model}, batch {batch}: {rounds} rounds of {4 + len(peers)} engines")
                cases.append(measure_case(net, {n: p for n, p in peers.items() if n not in missing}, batch, runs, rounds, missing))
    finally:
        for peer in peers.values():
            peer.close()
    return cases


def profile(net):
    """Where the time of one run goes, by kernel, and the step that takes longest."""
    by = lambda what: json.loads(tool("profile", *net.arguments, "--device", VULKAN, "--by", what, "--runs", "5", "--batch", "1", "--json"))
    out, steps = by("kernel"), by("step")["rows"]
    kept = ("name", "median_ms", "share", "macs", "gflops", "gb_per_second", "of_roof", "bound")
    ceiling = max(steps, key=lambda row: row["median_ms"])
    return {
        "account": out["account"], "roof": out.get("roof"), "rows": [{k: row.get(k) for k in kept} for row in out["rows"]],
        "ceiling": {k: ceiling.get(k) for k in (*kept, "operation", "output_shape")} | {"kernels": [k["name"] for k in ceiling["kernels"]], "steps": len(steps)},
    }


def child(command, cache):
    """Wall time, processor time and peak memory of a process."""
    env = dict(os.environ, XDG_CACHE_HOME=cache)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(errors.strip())
    scale = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes or KiB
    return {"seconds": time.perf_counter() - begin, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * scale}


def crowd(command, count):
    """Processes that start at the same time with one empty cache: wall time until the
    last has ended, and the processor time of all."""
    with tempfile.TemporaryDirectory() as cache:
        env = dict(os.environ, XDG_CACHE_HOME=cache)
        begin = time.perf_counter()
        processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) for _ in range(count)]
        cpu = 0
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            if status != 0:
                raise RuntimeError(f"{command} failed where {count} started at once")
            cpu += usage.ru_utime + usage.ru_stime
        return {"seconds": time.perf_counter() - begin, "cpu_seconds": cpu}


PLAIN = """
import sys, h5py
def copy(group, to):
    to.attrs.update(group.attrs)
    for name, item in group.items():
        if isinstance(item, h5py.Group):
            copy(item, to.create_group(name))
        else:
            to.create_dataset(name, data=item[()]).attrs.update(item.attrs)
with h5py.File(sys.argv[1]) as f, h5py.File(sys.argv[2], "w") as to:
    copy(f, to)
"""

READ = """
import sys, time, h5py
begin = time.perf_counter()
with h5py.File(sys.argv[1]) as f:
    arrays = []  # what a visitor returns would end the visit
    f.visititems(lambda _, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None)
    for array in arrays:
        array[()]
print(time.perf_counter() - begin)
"""


def read_file(path):
    """Seconds to read all arrays of an HDF5 file by HDF5's own library: in a process
    of its own, for a child's peak memory counts its parent's before it."""
    return float(subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True).stdout)


def measure_start(net):
    """The whole of `vkeras classify` on one picture: by Vulkan, with the caches of
    drivers empty and full, and natively, beside reading the file alone."""
    picture = str(ROOT / "testdata/demo/pictures/one_1.png")
    command = lambda device, arguments=net.arguments: [str(VKERAS), "classify", "--quiet", *arguments, "--device", device, picture]
    cold, warm, native, read = [], [], [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(child(command(VULKAN), cache))
            for _ in range(3):
                warm.append(child(command(VULKAN), cache))
                native.append(child(command("cpu"), cache))
                read.append(read_file(ROOT / "testdata/demo/signs_resnet50.h5"))
    with tempfile.TemporaryDirectory() as folder:
        plain = f"{folder}/plain.h5"  # as Keras writes it
        subprocess.run([sys.executable, "-c", PLAIN, str(ROOT / "testdata/demo/signs_resnet50.h5"), plain], check=True)
        files = {"demo": command(VULKAN), "plain": command(VULKAN, ["--model", plain])}
        crowds = {name: [{"one": crowd(c, 1), "eight": crowd(c, 8)} for _ in range(3)] for name, c in files.items()}
    return {"cold": cold, "warm": warm, "cpu": native, "read": read, "crowds": crowds, "weight_bytes": net.weight_bytes()}


def measure_folder(count):
    """A folder of JPEGs, and its parts: decoding alone, the device alone."""
    sources = sorted((ROOT / "testdata/demo/pictures").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            shutil.copyfile(sources[i % len(sources)], f"{folder}/{i:06d}.jpg")
        begin = time.perf_counter()
        done = subprocess.run([str(VKERAS), "classify", "--csv", folder], capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - begin
    if done.stdout.count("\n") != count + 1:
        raise SystemExit("bench: the folder's answers are not all there")
    account = [line for line in done.stderr.splitlines() if " a second; " in line]
    bench = json.loads(tool("bench", "--batch", "16", "--runs", "5", "--no-reference", "--json"))["runs"][0]
    return {"pictures": count, "seconds": seconds, "account": account[0] if account else "", "device_images_per_second": bench["images_per_second"]}


def measure_camera(count):
    """JPEGs of a camera's size by both decoders, in turns."""
    from PIL import Image

    rng = np.random.default_rng(3)
    sources = sorted((ROOT / "testdata/demo/pictures").glob("*.jpg"))
    choices = ("--decoder go", "--decoder turbojpeg", "--fast-jpeg")
    runs = {c: {"turns": [], "others": 0} for c in choices}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            if i < 2 * len(sources):
                picture = np.asarray(Image.open(sources[i % len(sources)]).convert("RGB").resize((1024, 768), Image.Resampling.BICUBIC), np.int16)
                noisy = np.clip(picture + rng.integers(-12, 13, picture.shape), 0, 255).astype(np.uint8)
                Image.fromarray(noisy).save(f"{folder}/{i:06d}.jpg", quality=90)
            else:
                shutil.copyfile(f"{folder}/{i % (2 * len(sources)):06d}.jpg", f"{folder}/{i:06d}.jpg")
        answers, cache = {}, os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        stats = pathlib.Path(folder) / "stats"
        for _ in range(2):
            for choice in choices:
                command = ["classify", "--csv", "--top", "1", "--device", "cpu", *choice.split(), folder]
                turn = child([str(VKERAS), *command, "--quiet", "--stats", str(stats)], cache)
                turn["stages"] = {k: v["ms_per_picture"] for k, v in json.loads(stats.read_text())["stages"].items()}
                stats.unlink()
                runs[choice]["turns"].append(turn)
                if choice not in answers:
                    answers[choice] = [line.split(",")[:3] for line in tool(*command).splitlines()]
        pictures = [path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())]
        served = {choice: measure_serve(choice.split(), pictures) for choice in choices}
    for choice in choices:
        runs[choice]["others"] = sum(a != b for a, b in zip(answers[choice], answers[choices[0]]))
    return {"pictures": count, "runs": runs, "serve": served}


def measure_serve(choice, pictures):
    """Pictures through `vkeras serve`, a request each, by clients that wait for an answer before they ask again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    server = subprocess.Popen([str(VKERAS), "serve", "--listen", address, "--device", "cpu", "--drain-delay", "0s", "--log-level", "error", *choice])
    try:
        for _ in range(300):
            try:
                request.urlopen(f"http://{address}/v2/health/ready").read()
                break
            except OSError:
                time.sleep(0.1)

        def ask(picture):
            order = request.Request(f"http://{address}/v2/models/signs/infer", picture, {"Inference-Header-Content-Length": "0"})
            with request.urlopen(order) as answer:
                return answer.read()

        begin = time.perf_counter()
        with futures.ThreadPoolExecutor(16) as clients:
            for _ in clients.map(ask, pictures):
                pass
        seconds = time.perf_counter() - begin
        with request.urlopen(f"http://{address}/metrics") as answer:
            lines = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#"))
    finally:
        server.terminate()
        server.wait()
    total = lambda name: sum(float(v) for k, v in lines.items() if k.split("{")[0] == name)
    if total("vkeras_images_total") != len(pictures):
        raise SystemExit("bench: the server did not answer every picture")
    stage = lambda name: 1000 * total(f"vkeras_{name}_seconds_sum") / len(pictures)
    return {"seconds": seconds, "cpu_seconds": total("process_cpu_seconds_total"), "stages": {n: stage(n) for n in ("decode", "queue", "device", "request")}}


def machine():
    model = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next((line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_bytes": memory, "system": platform.platform(), "load": os.getloadavg()}


def versions():
    from importlib import metadata

    found = {"Python": platform.python_version()}
    for name, package in PACKAGES.items():
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["vkeras"] = tool("version").strip().splitlines()[0]
    found["Go"] = subprocess.run(["go", "version"], capture_output=True, text=True).stdout.split()[2].removeprefix("go")
    return found


def main():
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--rounds", type=int, default=7, help="turns of every engine, interleaved")
    flags.add_argument("--pictures", type=int, default=1000, help="JPEGs of the folder")
    flags.add_argument("--models", default="exercise,resnet50,mobilenetv2,efficientnetb0")
    flags.add_argument("--output", type=pathlib.Path, default=ROOT / "docs", help="folder of performance.md and performance.json")
    args = flags.parse_args()
    begin = time.perf_counter()
    WORK.mkdir(parents=True, exist_ok=True)
    devices = json.loads(tool("devices", "--json"))["devices"]
    result = {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"), "machine": machine(), "versions": versions(),
        "device": devices[0], "rounds": args.rounds, "cases": [], "missing": {}, "profiles": {},
    }
    wanted = args.models.split(",")
    for name in wanted:
        result["cases"] += measure_model(name, engines(), args.rounds, result["missing"], wanted)
        say(f"{name}: where the time goes")
        result["profiles"][name] = profile(network.named(name, ROOT, WORK))
    say("start-up and memory")
    result["start"] = measure_start(network.exercise(ROOT))
    say(f"a folder of {args.pictures} pictures")
    result["folder"] = measure_folder(args.pictures)
    result["camera"] = measure_camera(args.pictures)
    result["seconds"] = time.perf_counter() - begin
    result["machine"]["load_after"] = os.getloadavg()
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "performance.json").write_text(json.dumps(result, indent=1) + "\n")
    (args.output / "performance.md").write_text(report.write(result))
    say(f"wrote {args.output}/performance.md in {result['seconds']:.0f} s")


if __name__ == "__main__":
    main()
