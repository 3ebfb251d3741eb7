"""Runs the commands in the README and docs/commands.md and writes what they print below them.

    python tools/readme/outputs.py [FILE.md...]

In ```console blocks, each line "$ vkeras ..." is run by bash in the repository's root with bin/ on the path, and the lines
up to the next "$ " become its output, standard error first. "$ make ..." and blocks after "<!-- as it is -->" are left alone.
"""

import os
import pathlib
import re
import shutil
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
    for folder in ("/tmp/shards", "/tmp/sheets"):  # that the pages' commands write
        shutil.rmtree(folder, ignore_errors=True)
    pattern = r"(?<!<!-- as it is -->\n)(```console\n)(.*?)```"
    for name in sys.argv[1:] or [ROOT / "README.md", ROOT / "docs" / "commands.md"]:
        page = pathlib.Path(name)
        page.write_text(re.sub(pattern, refresh, page.read_text(), flags=re.S))


if __name__ == "__main__":
    main()
