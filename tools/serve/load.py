"""Sends pictures to a server or a balancer from several clients for a while, each
request once, without retries; ends with status 1 unless every one was answered,
and rightly. Usage: load.py HOST:PORT SECONDS
"""

import collections
import http.client
import json
import pathlib
import sys
import threading
import time

DEMO = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "demo"
CLIENTS = 6


def main():
    address, seconds = sys.argv[1], float(sys.argv[2])
    expected = json.loads((DEMO / "expected.json").read_text())["pictures"]
    pictures = [((DEMO / name).read_bytes(), p["sign"]) for name, p in expected.items()]
    outcomes, times = collections.Counter(), []
    end = time.monotonic() + seconds

    def work(first):
        at = first
        while time.monotonic() < end:
            picture, sign = pictures[at % len(pictures)]
            at += 1
            begin = time.monotonic()
            try:
                c = http.client.HTTPConnection(address, timeout=60)
                c.request("POST", "/v2/models/signs/infer", picture, {"Inference-Header-Content-Length": "0"})
                r = c.getresponse()
                body = r.read()
                c.close()
            except OSError as e:
                outcomes[f"{type(e).__name__}: {e}"] += 1
                continue
            if r.status != 200:
                outcomes[f"status {r.status}"] += 1
                continue
            scores = json.loads(body)["outputs"][0]["data"]
            outcomes["answered" if scores.index(max(scores)) == sign else "answered wrongly"] += 1
            times.append(time.monotonic() - begin)

    threads = [threading.Thread(target=work, args=(3 * i,)) for i in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    times.sort()
    print(f"{dict(outcomes)} in {seconds:.0f} s; the slowest took {times[-1]:.2f} s, the median {times[len(times) // 2]:.3f} s")
    if set(outcomes) != {"answered"}:
        sys.exit(1)


if __name__ == "__main__":
    main()
