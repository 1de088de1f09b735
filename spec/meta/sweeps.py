"""Sweeps: many cases of one kind, of which each run of the meta suite takes a twentieth.

Which ones is drawn by the day; what has changed since the last commit is always among them. The
variable SWEEPS=whole asks for all, as `tox -e sweeps` does, and SWEEPS_DAY=N for what day N draws.
"""

import os
import random
import subprocess
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from spec.harness.subject.loading import ROOT

Case = TypeVar("Case")
SHARE = 20  # one in so many is drawn
WHOLE = os.environ.get("SWEEPS") == "whole"
DAY = int(
    os.environ.setdefault("SWEEPS_DAY", str(date.today().toordinal()))
)  # processes agree on it


def drawn(
    cases: Sequence[Case],
    is_new: Callable[[Case], bool] = lambda case: False,
    share: int = SHARE,
) -> list[Case]:
    """One case in `share`, one at least, and those that are new, in their order; or all."""
    if WHOLE:
        return list(cases)
    places = random.Random(DAY).sample(range(len(cases)), -(-len(cases) // share))  # noqa: S311
    return [case for n, case in enumerate(cases) if n in places or is_new(case)]


def told() -> str:
    """What of the sweeps is run, for the head of a report."""
    share = (
        "whole" if WHOLE else f"one case in {SHARE}, drawn by SWEEPS_DAY={DAY}, and what changed"
    )
    return f"sweeps: {share}"


@cache
def changed() -> frozenset[Path]:
    """The files that are not as they were committed; none where there is no commit to compare with."""
    return frozenset(ROOT / name for name in _git("diff", "--name-only", "--no-renames", "HEAD"))


def committed(file: Path) -> str:
    """The text of a file as it was committed; "" if it was not."""
    return "\n".join(_git("show", f"HEAD:{file.relative_to(ROOT).as_posix()}"))


def _git(*arguments: str) -> list[str]:
    """The lines that git answers; none where it cannot."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return []
    return done.stdout.splitlines() if not done.returncode else []
