"""Runs a worker, and kills it, once, at the line that holds a word.

    python fragile.py MARK WORD WORKER ARGUMENT...

The file MARK is there from then on, and the line does no harm any more. Each run
adds a line to MARK.runs.
"""
import os
import subprocess
import sys


def main():
    mark, word, *command = sys.argv[1:]
    with open(mark + ".runs", "a") as runs:
        runs.write("run\n")
    worker = subprocess.Popen(command, stdin=subprocess.PIPE)
    for line in sys.stdin.buffer:
        if word.encode() in line and once(mark):
            worker.kill()
            worker.wait()
            sys.exit(70)
        try:
            worker.stdin.write(line)
        except BrokenPipeError:
            break
    try:
        worker.stdin.close()
    except BrokenPipeError:
        pass
    sys.exit(worker.wait())


def once(mark):
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


main()
