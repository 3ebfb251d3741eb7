"""Draws commands and what they print as a terminal, in SVG, for the README.

    pip install rich==14.2.0
    python terminal.py OUT.svg TITLE COMMAND...
"""

import subprocess
import sys

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text


def main() -> None:
    out, title, *commands = sys.argv[1:]
    console = Console(record=True, width=108, file=open("/dev/null", "w"))
    for command in commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        console.print(Text("$ ", style="bold green") + Text(command, style="bold"))
        if done.stderr:
            console.print(Text(done.stderr.rstrip("\n"), style="yellow"), soft_wrap=False)
        console.print(Text(done.stdout.rstrip("\n")))
        console.print()
    console.save_svg(out, title=title, theme=MONOKAI)


if __name__ == "__main__":
    main()
