"""Draws the picture in the README, the report of a run, anew: `python -m spec.meta.picture`.

It judges `missing_mean.py` as a learner's `my_net.py` is judged. Whoever changes what a report says
calls it and looks at the picture.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from spec.harness.subject.loading import ROOT

PICTURE = ROOT / "spec" / "learning" / "report.svg"
WRONG = Path(__file__).with_name("missing_mean.py")
COMMAND = "python -m spec judge my_net.py --claim 5.3"
COLUMNS = 82
FONT = 'font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;'
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def report() -> list[str]:
    """The command and what it says from its table to the first claim to mend, in colour."""
    with TemporaryDirectory() as folder:
        shutil.copyfile(WRONG, Path(folder, "my_net.py"))
        _, *arguments = COMMAND.split()
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)},
            capture_output=True,
            encoding="utf-8",
        )
    lines = done.stdout.splitlines()
    plain = [ESCAPES.sub("", line) for line in lines]
    first = next(n for n, line in enumerate(plain) if " holds theorem " in line)
    title = next(n for n, line in enumerate(plain) if line.startswith("First to mend"))
    last = next(n for n in range(title, len(plain)) if "this one alone" in plain[n])
    return [f"$ {COMMAND}", *lines[first:last]]


def drawn(lines: list[str]) -> str:
    """The lines as a terminal shows them, in SVG; nothing of it is fetched from anywhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, highlight=False)
        console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)
        svg = console.export_svg(title="my_net.py", unique_id="report")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code, monospace;", FONT, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(report()), encoding="utf-8")
