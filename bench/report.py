"""docs/performance.md from what peers.py measured: all of its text is here."""

import statistics

MIB = 1 << 20

HEAD = """# Performance

Rewritten as a whole by `make peers` (`bench/README.md`), on {date}, in {minutes:.0f} minutes. The raw
figures are in [performance.json](performance.json).

`vkeras` is the Vulkan device, `vkeras cpu` the native code on the processor (`--device cpu`), `fp16w` the same
with weights stored as float16, `1 thread` the same on one core.
Every engine computes the same networks from the same weights on the same inputs, in float32, from
arrays in memory to arrays in memory. All of them answered alike before they were timed: the largest
difference of a probability from vkeras's is in the tables. {rounds} rounds; in each, every engine has
a turn, so that a noisy moment hits all alike. A turn is 0.2 s to warm up and some runs; its figure is their
median, the tables' is the median over turns, and the spread is from the fastest to the slowest turn.
Ratios are formed within rounds.

| | |
| --- | --- |
| processor | {processor}, {cores} cores |
| memory | {memory:.0f} GiB |
| Vulkan device | {device} ({type}), driver {driver} |
| system | {system} |
| load when it began, ended | {load_before:.1f}, {load_after:.1f} (runnable processes; above the number of cores, other work was in the way) |
| versions | {versions} |
"""

NAMES = {"exercise": "the course exercise's ResNet50, 64 x 64, 6 classes (the demo model)", "resnet50": "keras.applications' ResNet50, 224 x 224, 1000 classes (random weights)",
         "mobilenetv2": "keras.applications' MobileNetV2, 224 x 224, 1000 classes (random weights)",
         "efficientnetb0": "keras.applications' EfficientNetB0, 224 x 224, 1000 classes (random weights, without the scaling of its input)"}

LIMITS = """## What this does not show

- One machine. Other GPUs, other drivers and other processors rank differently; a Vulkan driver that
  runs on the CPU says little about a GPU.
- Peers as they come from the package index, with their defaults for float32 and all cores; nobody
  tuned them, nor compiled them for this processor. OpenVINO's default precision here is bfloat16 and is
  set to float32; ncnn's half-precision storage is off. Normalisations are folded and rectifiers fused
  for ncnn, as its own optimiser does; ONNX Runtime and OpenVINO do it themselves; PyTorch's eager mode
  does not.
- ncnn computes images one at a time: its batch of 8 is eight runs.
- Graph compilers (torch.compile, TVM, IREE, TensorRT) are not among the peers.
- The time of loading a model, but for the section on start-up; nor energy, nor memory of the peers.
- Throughput under several clients at once.
"""


def median(values):
    return statistics.median(values)


def round_medians(engine):
    return [r["p50"] for r in engine["rounds"]]


def ratios(case, name):
    """How many times as long as vkeras the engine takes, by round."""
    ours, theirs = round_medians(case["engines"]["vkeras"]), round_medians(case["engines"][name])
    return [b / a for a, b in zip(ours, theirs)]


def find(result, model, batch):
    return next((c for c in result["cases"] if (c["model"], c["batch"]) == (model, batch)), None)


def table(result, case):
    lines = [f"## {NAMES[case['model']]}, batch {case['batch']}", "",
             "| engine | median ms | fastest run | spread of turns | images/s | GFLOP/s | times as long as vkeras | largest difference |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, engine in sorted(case["engines"].items(), key=lambda item: median(round_medians(item[1]))):
        turns = round_medians(engine)
        ms, fastest = median(turns), min(r["min"] for r in engine["rounds"])
        ratio = "1" if name == "vkeras" else f"{median(ratios(case, name)):.2f}"
        difference = "" if name == "vkeras" else f"{engine['difference']:.1e}"
        bold = "**" if name == "vkeras" else ""
        lines.append(f"| {bold}{name}{bold} | {ms:.2f} | {fastest:.2f} | {min(turns):.2f} to {max(turns):.2f} | {1000 * case['batch'] / ms:.1f} | "
                     f"{2 * case['macs'] * case['batch'] / ms / 1e6:.1f} | {ratio} | {difference} |")
    lines += ["", ceiling(result, case["model"]), "", f"GFLOP/s count two operations for each of the {case['macs']:,} multiply-accumulates of the network as written, for every engine:",
              "what an engine leaves out shows as speed."]
    return "\n".join(lines)


def ceiling(result, model):
    """The step that a network waits for longest."""
    c = result["profiles"].get(model, {}).get("ceiling")
    if not c:
        return ""
    roof = f", {100 * c['of_roof']:.0f} % of the device's roof" if c["of_roof"] else ""
    return (f"The ceiling is `{c['name']}`, {c['operation']} to {c['output_shape']}: {c['median_ms']:.2f} ms, {100 * c['share']:.0f} % of the kernels' time in {c['steps']} steps, "
            f"by {' + '.join(f'`{k}`' for k in c['kernels'])} at {c['gflops']:.1f} GFLOP/s and {c['gb_per_second']:.1f} GB/s, bound by {c['bound'] or 'nothing'}{roof}.")


def busy(result):
    """Whether other work took so much of the machine that figures mean little."""
    m = result["machine"]
    return max(m["load"][0] - 1, m["load_after"][0] - m["cores"] - 1) > m["cores"]


BUSY = """**Other work had most of this machine while this was measured.** Engines whose threads wait for one another
suffer most from that, so even the ratios mislead, and no target is judged. Run it again on an idle machine."""


def short(model):
    """A model's name, with the size of its pictures."""
    return f"{NAMES[model].split(',')[0].split()[-1]} {224 if model != 'exercise' else 64}"


class Target:
    """A target of the design: what is asked, what was found."""

    def __init__(self, text, found, met, why=""):
        self.text, self.found, self.met, self.why = text, found, met, why


def ahead(case, name, others):
    """How many times as long as name the fastest of others takes, by round."""
    ours = round_medians(case["engines"][name])
    theirs = zip(*(round_medians(case["engines"][o]) for o in others))
    return [min(b) / a for a, b in zip(ours, theirs)]


def natively(result, model, batch, name, least):
    """A target of the native code: so many times the speed of the fastest engine for processors."""
    text = f"{short(model)}, batch {batch}, `{name}`: at least {least} times the fastest of the processor's engines in float32"
    case = find(result, model, batch)
    others = [n for n in (case or {"engines": {}})["engines"] if n.endswith(" CPU")]
    if not others or name not in case["engines"]:
        return Target(text, "not measured", None)
    r = ahead(case, name, others)
    fastest = min(others, key=lambda n: median(round_medians(case["engines"][n])))
    met = median(r) >= least
    return Target(text, f"{median(r):.2f} times ({min(r):.2f} to {max(r):.2f}), {fastest}", met, "" if met else "docs/cpu.md tells what it waits for.")


def scaling(result, model, batch):
    """A target of how much of linear all cores are, from one."""
    case, cores = find(result, model, batch), result["machine"]["cores"]
    text = f"{short(model)}, batch {batch}, `vkeras cpu`: from one core to {cores} at least 0.8 of linear"
    if case is None or "vkeras cpu, 1 thread" not in case["engines"] or cores < 2:
        return Target(text, "not measured", None)
    one, all_cores = (round_medians(case["engines"][n]) for n in ("vkeras cpu, 1 thread", "vkeras cpu"))
    r = [a / b / cores for a, b in zip(one, all_cores)]
    return Target(text, f"{median(r):.2f} ({min(r):.2f} to {max(r):.2f})", median(r) >= 0.8, "docs/cpu.md tells where memory is what it waits for.")


def against(result, model, text, peer, least):
    """A target of so many times a peer's speed at batch 1."""
    case = find(result, model, 1)
    if case is None or peer not in case["engines"]:
        return Target(text, "not measured", None)
    r = ratios(case, peer)
    met = median(r) >= least
    return Target(text, f"{median(r):.2f} times ({min(r):.2f} to {max(r):.2f})", met, "" if met else why(result, case, peer))


def beside(result, model, least):
    """A target of at most so small a part of ResNet50's time, by minima, for the two are not timed in turns."""
    text = f"{NAMES[model].split(',')[0].split()[-1]} 224, batch 1: at most 1/{least} of ResNet50's time"
    cases = [find(result, "resnet50", 1), find(result, model, 1)]
    if None in cases:
        return Target(text, "not measured", None)
    slow, quick = (min(r["min"] for r in c["engines"]["vkeras"]["rounds"]) for c in cases)
    return Target(text, f"1/{slow / quick:.1f}, by the fastest runs of both", slow / quick >= least, ceiling(result, model))


def as_far_ahead(result, model):
    """A target of as many times ncnn's Vulkan as on ResNet50."""
    case = find(result, "resnet50", 1)
    if case is None or "ncnn Vulkan" not in case["engines"]:
        return Target(f"{model}, batch 1: as far ahead of ncnn's Vulkan as on ResNet50", "not measured", None)
    least = median(ratios(case, "ncnn Vulkan"))
    text = f"{NAMES[model].split(',')[0].split()[-1]} 224, batch 1: as far ahead of ncnn's Vulkan as on ResNet50, {least:.1f} times"
    return against(result, model, text, "ncnn Vulkan", least)


def why(result, case, peer):
    """What the profile says of a missed target."""
    p = result["profiles"].get(case["model"])
    if not p:
        return ""
    rows = sorted(p["rows"], key=lambda r: -r["median_ms"])
    top = rows[0]
    theirs = 2 * case["macs"] / median(round_medians(case["engines"][peer])) / 1e6
    account, roof = p["account"], ""
    if p["roof"]:
        roof = f" (the device does {p['roof']['gflops']:.0f} in a plain chain of operations)"
    return (f"Of a run of {account['wall_ms']:.1f} ms, {account['steps_ms']:.1f} ms are in kernels and {account['wall_ms'] - account['steps_ms']:.1f} ms between them and in copies. "
            f"`{top['name']}` takes {100 * top['share']:.0f} % of the kernels' time at {top['gflops']:.1f} GFLOP/s{roof}; {peer} computes the whole network at {theirs:.1f}.")


def verdict(result, target):
    if target.met is None:
        return ""
    if busy(result):
        return "not judged"
    return "met" if target.met else "**missed**"


def targets(result):
    found = [
        against(result, "exercise", "exercise, batch 1: at least 12 times as fast as ncnn's Vulkan on the same driver", "ncnn Vulkan", 12),
        against(result, "exercise", "exercise, batch 1: level with PyTorch eager on the CPU (within 10 %)", "PyTorch CPU", 0.9),
        against(result, "resnet50", "ResNet50 224, batch 1: at least 5 times as fast as ncnn's Vulkan", "ncnn Vulkan", 5),
        beside(result, "mobilenetv2", 6), as_far_ahead(result, "mobilenetv2"),
        beside(result, "efficientnetb0", 3), as_far_ahead(result, "efficientnetb0"),
    ]
    found += [natively(result, model, batch, "vkeras cpu", 1) for model, batch in
              (("exercise", 1), ("exercise", 8), ("resnet50", 1), ("mobilenetv2", 1), ("efficientnetb0", 1))]
    found.append(natively(result, "exercise", 1, "vkeras cpu fp16w", 1.6))
    found += [scaling(result, case["model"], case["batch"]) for case in result["cases"]]
    if any("PyTorch CUDA" in c["engines"] for c in result["cases"]):
        found += [against(result, "resnet50", "ResNet50 224, batch 1: faster than PyTorch eager on the GPU", "PyTorch CUDA", 1),
                  against(result, "resnet50", "ResNet50 224, batch 1: within 2 times of CUDA graphs", "PyTorch CUDA graph", 0.5)]
    start = result["start"]
    warm, cold = median([r["seconds"] for r in start["warm"]]), median([r["seconds"] for r in start["cold"]])
    cpu = lambda kind: median([r["cpu_seconds"] for r in start[kind]])
    peak = max(r["peak_bytes"] for r in start["warm"] + start["cold"]) / start["weight_bytes"]
    least = min(r["seconds"] for r in start["cpu"]) - min(start["read"])
    small = max(r["peak_bytes"] for r in start["cpu"]) / start["weight_bytes"]
    takes = "It takes {:.2f} s of processor time, the least that a free machine with one core needs."
    found += [
        Target("start to first answer, demo model: under 0.5 s with the driver's shader cache", f"{warm:.2f} s", warm < 0.5, takes.format(cpu("warm"))),
        Target("start to first answer, demo model: under 3 s without it", f"{cold:.2f} s", cold < 3, takes.format(cpu("cold")) + " The driver makes machine code of every kernel when it first meets it."),
        Target("peak memory of that: under 3 times the weights", f"{peak:.2f} times", peak < 3, "Besides the weights, the driver's compiler and the tool itself count."),
        Target("eight such at once: at most twice the processor time of one", together(start),
               all(times <= 2 for times in crowded(start).values()),
               "One makes the kernels and seven wait for them; then each of them starts the driver, reads the weights and packs them, which is a fifth of a cold start where nothing is compressed. "
               "The cheaper the cold start is, the higher this is."),
        Target("start to first answer, demo model, `--device cpu`: at most 0.1 s more than HDF5's library takes to read the file", f"{least:.2f} s more", least <= 0.1, takes.format(cpu("cpu"))),
        Target("peak memory of that: under 2.2 times the weights", f"{small:.2f} times", small < 2.2, "Besides the packed weights, what is read and the tool itself count."),
    ]
    lines = ["## Targets", "", "| target | found | |", "| --- | --- | --- |"]
    for t in found:
        lines.append(f"| {t.text} | {t.found} | {verdict(result, t)} |")
    missed = [t for t in found if t.met is False and not busy(result)]
    if missed:
        lines += ["", "Why those that are missed are:", ""] + [f"- {t.text}: {t.found}. {t.why}" for t in missed]
    return "\n".join(lines)


def crowded(start):
    """How many times the processor time of one cold start eight at once take."""
    return {name: median([r["eight"]["cpu_seconds"] / r["one"]["cpu_seconds"] for r in runs]) for name, runs in start["crowds"].items()}


def together(start):
    times = crowded(start)
    return f"{times['plain']:.1f} times, {times['demo']:.1f} where the file is compressed"


def start_up(result):
    start = result["start"]
    lines = ["## Start-up and memory", "", "The whole of `vkeras classify PICTURE` with the demo model, from the process's start to its end.", "",
             "| driver's shader cache | median s | fastest | processor time s | peak memory MiB | of the weights |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for kind, name in (("cold", "empty"), ("warm", "full"), ("cpu", "none (`--device cpu`)")):
        runs = start[kind]
        peak = max(r["peak_bytes"] for r in runs)
        lines.append(f"| {name} | {median([r['seconds'] for r in runs]):.2f} | {min(r['seconds'] for r in runs):.2f} | {median([r['cpu_seconds'] for r in runs]):.2f} | "
                     f"{peak / MIB:.0f} | {peak / start['weight_bytes']:.2f} times |")
    lines += ["", f"The weights are {start['weight_bytes'] / MIB:.0f} MiB as float32, {len(start['cold'])} cold starts and {len(start['warm'])} of each other kind were made.",
              f"HDF5's own library reads the file in {min(start['read']):.2f} s at best."]
    said = {"demo": "the demo's file, which is compressed", "plain": "the same weights as Keras writes them"}
    for name, runs in start["crowds"].items():
        middle = lambda which, key: median([r[which][key] for r in runs])
        lines.append(f"Eight processes at once with an empty cache, {said[name]}: {middle('eight', 'seconds'):.1f} s until the last has answered, {middle('eight', 'cpu_seconds'):.1f} s of processor time; "
                     f"one: {middle('one', 'seconds'):.1f} s and {middle('one', 'cpu_seconds'):.1f} s.")
    return "\n".join(lines)


def camera(result):
    """Decoders of JPEG files on pictures of a camera's size."""
    c = result["camera"]
    first = c["runs"]["--decoder go"]
    lines = [f"{c['pictures']} JPEGs of 1024 x 768 (4:2:0, noisy), the demo model on `--device cpu`; processor time is user and system, start-up and the net's own time included.", "",
             "| `vkeras classify` | processor time a picture | of `--decoder go` | pictures a second | other classes than `--decoder go` |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, runs in c["runs"].items():
        each = lambda key, runs=runs: median([r[key] for r in runs["turns"]]) / c["pictures"]
        ratio = median([a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(runs["turns"], first["turns"])])
        lines.append(f"| `{name}` | {1000 * each('cpu_seconds'):.1f} ms | {ratio:.2f} | {1 / each('seconds'):.0f} | {runs['others']} |")
    lines += ["", "By stage, in ms a picture, by the clock; the cores decode and compute at the same time, so the parts do not add up to the whole:", "",
              "| `vkeras classify` | decode | wait for the batch | compute | write |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, runs in c["runs"].items():
        stage = lambda key, runs=runs: median([r["stages"][key] for r in runs["turns"]])
        lines.append(f"| `{name}` | {stage('decode'):.2f} | {stage('queue'):.2f} | {stage('device'):.2f} | {stage('write'):.3f} |")
    lines += ["", "The same files through `vkeras serve`, one a request, by 16 clients of Python's that share these cores; decode, wait and answer for a picture, the device for its part of a batch:", "",
              "| `vkeras serve` | pictures a second | processor time a picture | decode | wait for the batch | compute | request |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, run in c["serve"].items():
        s = run["stages"]
        lines.append(f"| `{name}` | {c['pictures'] / run['seconds']:.0f} | {1000 * run['cpu_seconds'] / c['pictures']:.1f} ms | {s['decode']:.2f} | {s['queue']:.2f} | {s['device']:.2f} | {s['request']:.2f} |")
    return "\n".join(lines)


def folder(result):
    f = result["folder"]
    return "\n".join([
        "## A folder of pictures", "",
        f"`vkeras classify --csv` on {f['pictures']:,} JPEGs of the demo's size took {f['seconds']:.1f} s, start-up included: {f['pictures'] / f['seconds']:.1f} pictures a second.",
        f"The device alone, on tensors in memory at the same batch of 16, makes {f['device_images_per_second']:.1f} a second. The tool's own account:", "",
        f"    {f['account']}", "",
        "Where the device is the CPU, decoding takes its cores from it, and neither time is what it would be alone.", "", camera(result)])


def profiles(result):
    lines = ["## Where the time goes", "", "One run at batch 1 by kernel, by the device's clock (`vkeras profile --by kernel`)."]
    for model, p in result["profiles"].items():
        lines += ["", f"### {NAMES[model]}", "", "| kernel | median ms | share | MMAC | GFLOP/s | GB/s | of the roof | bound by |",
                  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
        for r in sorted(p["rows"], key=lambda r: -r["median_ms"]):
            lines.append(f"| {r['name']} | {r['median_ms']:.3f} | {100 * r['share']:.1f} % | {r['macs'] / 1e6:.1f} | {r['gflops']:.1f} | {r['gb_per_second']:.1f} | "
                         f"{100 * (r['of_roof'] or 0):.0f} % | {r['bound'] or ''} |")
        lines += ["", f"Wall {p['account']['wall_ms']:.2f} ms, of it {p['account']['steps_ms']:.2f} ms in kernels."]
    return "\n".join(lines)


def write(result):
    m, d = result["machine"], result["device"]
    head = HEAD.format(
        date=result["date"], minutes=max(1, result["seconds"] / 60), rounds=result["rounds"], processor=m["processor"], cores=m["cores"], memory=m["memory_bytes"] / (1 << 30),
        device=d["name"], type=d["type"], driver=d["driver"], system=m["system"], load_before=m["load"][0], load_after=m["load_after"][0],
        versions=", ".join(f"{name} {version}".replace("vkeras vkeras", "vkeras") for name, version in result["versions"].items()))
    parts = [head, *([BUSY] if busy(result) else []), *(table(result, c) for c in result["cases"]), targets(result), start_up(result), folder(result), profiles(result)]
    if result["missing"]:
        parts.append("## Not measured\n\n" + "\n".join(f"- {name}: {error}" for name, error in result["missing"].items()))
    return "\n\n".join(part.strip() for part in [*parts, LIMITS]) + "\n"
