"""Has a real Spark cluster, a master and two workers on the loopback interface, drive vkeras worker through RDD.pipe.

    python tools/spark/spark_pipe.py bin/vkeras [ITEMS]

The sample pictures are classified many times over. One item kills the vkeras worker that gets it, the first time. Every
result must be there exactly once, and be what vkeras classify answers. All processes are ended, whatever happens.
"""
import collections
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pyspark
from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "testdata/demo/pictures"
PARTITIONS = 4  # each starts a worker, which opens the model: few and large
TOLERANCE = 1e-5  # of scores: batches of other sizes add in another order


def main():
    vkeras = str(pathlib.Path(sys.argv[1]).resolve())
    items = int(sys.argv[2]) if len(sys.argv) > 2 else 900
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", SPARK_HOME=str(pathlib.Path(pyspark.__file__).parent), PYSPARK_PYTHON=sys.executable)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through the clean-up below
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vkeras-spark-")))
        os.environ.update(SPARK_LOCAL_DIRS=str(work / "local"))
        poison = work / "poison.png"
        shutil.copy(SAMPLES / "four_1.png", poison)
        paths = sorted(SAMPLES.glob("*.png")) + sorted(SAMPLES.glob("*.jpg"))
        lines = [json.dumps({"id": i, "path": str(poison if i == items // 2 else paths[i % len(paths)])}) for i in range(items)]
        want = classify(vkeras, paths + [poison])
        master = cluster(stack, work)
        began = time.monotonic()
        spark = stack.enter_context(session(master))
        started = time.monotonic()
        mark = work / "mark"
        command = [sys.executable, HERE / "fragile.py", mark, poison.name, vkeras, "worker", "--allow-cpu", "--quiet"]
        # Without checkCode the answers of a worker that died would be missing, unnoticed. Without env it has no HOME.
        results = spark.sparkContext.parallelize(lines, PARTITIONS).pipe(shlex.join(map(str, command)), env=dict(os.environ), checkCode=True).collect()
        took = time.monotonic() - started
        check([json.loads(r) for r in results], items, lines, want)
        runs = len((work / "mark.runs").read_text().split())
        assert mark.exists() and runs == PARTITIONS + 1, f"{runs} runs of the worker for {PARTITIONS} partitions, one of which was to be done again"
        print(f"Spark {pyspark.__version__}: {items} items in {PARTITIONS} partitions, {len(results)} results, all distinct and as vkeras classify answers; "
              f"the worker was started {runs} times and killed once; {took:.1f} s, after {started - began:.1f} s until Spark was there")


def classify(vkeras, paths):
    """Returns the answer of vkeras classify for each path."""
    done = subprocess.run([vkeras, "classify", "--json", "--quiet", *map(str, paths)], check=True, capture_output=True)
    return {p["file"]: p["classes"][0] for p in json.loads(done.stdout)["pictures"]}


def check(results, items, lines, want):
    counts = collections.Counter(r["id"] for r in results)
    twice, lost = [i for i, n in counts.items() if n > 1], set(range(items)) - set(counts)
    assert not twice and not lost and len(results) == items, f"twice: {twice}; lost: {lost}"
    for r in results:
        assert r["path"] == json.loads(lines[r["id"]])["path"], r
        assert "error" not in r, r
        got, right = r["classes"][0], want[r["path"]]
        assert (got["index"], got["label"]) == (right["index"], right["label"]), (r, right)
        assert abs(got["score"] - right["score"]) <= TOLERANCE, (r, right)


def cluster(stack, work):
    """Starts a master and two workers, which end with stack, and returns the master's address."""
    port = free_port()
    master = f"spark://127.0.0.1:{port}"
    start(stack, work, "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", free_port())
    wait_for("the master", lambda: answers(port), work / "master.log")
    for name in ("worker-1", "worker-2"):
        start(stack, work, name, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", free_port(), "-c", 1, "-m", "1g", "-d", work / name, master)
        wait_for(name, lambda: "Successfully registered with master" in (work / f"{name}.log").read_text(), work / f"{name}.log")
    return master


def start(stack, work, name, *arguments):
    """Starts a Java class of Spark's in a session of its own: executors, and what they start, end with it."""
    log = stack.enter_context(open(work / f"{name}.log", "w"))
    process = subprocess.Popen([pathlib.Path(os.environ["SPARK_HOME"]) / "bin/spark-class", *map(str, arguments)],
                               stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)

    def end():
        while left := members(process.pid):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

    stack.callback(end)


def members(session):
    """Returns the processes of a session that are not dead: Spark's Python processes leave their process group."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


@contextlib.contextmanager
def session(master):
    spark = (SparkSession.builder.master(master).appName("vkeras")
             .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
             .config("spark.executor.memory", "512m").config("spark.cores.max", 2)
             .config("spark.ui.enabled", False).config("spark.ui.showConsoleProgress", False).getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(what, there, log, seconds=120):
    for _ in range(seconds * 5):
        if there():
            return
        time.sleep(0.2)
    raise SystemExit(f"{what} did not come up:\n{log.read_text()[-2000:]}")


main()
