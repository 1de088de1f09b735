"""What messages say of this package: how its commands are called, and where it comes from."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

PLACE = ""  # to install this package from, and to report its faults to; "" while there is none
GIVER = PLACE or "whoever gave you this package"
PROGRAM = "nn-spec" if Path(sys.argv[0]).stem == "nn-spec" else "python -m spec"


def command(*arguments: str) -> str:
    """One of this package's commands, as it is typed here."""
    quoted = subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)
    return f"{PROGRAM} {quoted}"


def judging(implementation: str | None, *options: str) -> str:
    """The command that judges an implementation, or the reference for None."""
    if implementation is None:
        return " ".join(["pytest --pyargs spec", *options])
    return command("judge", implementation, *options)


def missing(what: str, *libraries: str) -> str:
    """The sentence that something needs libraries, by the names that pip knows."""
    return f"{what} needs {' and '.join(libraries)}: pip install {' '.join(libraries)}"
