"""What the suite itself costs: the CPU seconds of each chapter, and of the whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
SPEC = ROOT / "spec"


def costs() -> Iterator[tuple[str, float, bool]]:
    """(what is run, its CPU seconds, whether it passes) for each chapter, then for all of them."""
    for chapter in sorted({path.name[: len("test_NN")] for path in SPEC.glob("test_*.py")}):
        yield f"spec/{chapter}_*.py", *_cost(*sorted(SPEC.glob(f"{chapter}_*.py")))
    yield "spec", *_cost(SPEC)


def _cost(*paths: Path) -> tuple[float, bool]:
    before = _cpu_seconds_of_children()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
    return _cpu_seconds_of_children() - before, done.returncode == 0


def _cpu_seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
