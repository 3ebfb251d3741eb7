"""Runs the commands in the README and writes what they print below them.

    python tools/readme/outputs.py [README.md]

In ```console blocks, each line "$ vkeras ..." is run by bash in the repository's root with bin/ on the path, and the lines
up to the next "$ " become its output, standard error first. "$ make ..." and blocks after "<!-- as it is -->" are left alone.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def output(command: str) -> list[str]:
    path = f"{ROOT / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    return [line.rstrip() for line in (done.stderr + done.stdout).splitlines()]


def refresh(block: re.Match) -> str:
    lines, kept = block[2].splitlines(), []
    if not any(line.startswith("$ vkeras") for line in lines):
        return block[0]
    for line in lines:
        if line.startswith("$ "):
            kept += [line, *(output(line[2:]) if line.startswith("$ vkeras") else [])]
    return block[1] + "\n".join(kept) + "\n```"


def main() -> None:
    readme = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "README.md")
    text = readme.read_text()
    pattern = r"(?<!<!-- as it is -->\n)(```console\n)(.*?)```"
    readme.write_text(re.sub(pattern, refresh, text, flags=re.S))


if __name__ == "__main__":
    main()
