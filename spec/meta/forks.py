"""Judging many implementations, or one from many seeds, at the price of one start.

Each case runs in a fork of the process that has collected the specification, as many at a time as
there are cores; how is said in spec/harness/warm.py.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from spec.forked import Fork
from spec.harness.warm import judged, obligations, start

__all__ = ["command_line", "in_forks", "judged", "obligations"]

Case = TypeVar("Case")
Judge = Callable[[pytest.Session, Case], Any]  # what one fork does; its result must fit into JSON
JOBS = os.cpu_count() or 1
LIMIT = "--time-limit=5"
MOMENT = 0.02  # seconds for which one fork is listened to


def in_forks(
    cases: Sequence[Case], judge: Judge[Case], *options: str, jobs: int = JOBS
) -> list[Any]:
    """Collect the specification with these options of pytest; the result of `judge` for each case.

    None where its fork died before. CannotDo if the specification could not be collected.
    """
    return start(lambda session: _gathered(session, cases, judge, jobs), LIMIT, *options)


def _gathered(
    session: pytest.Session, cases: Sequence[Case], judge: Judge[Case], jobs: int
) -> list[Any]:
    outcomes: list[Any] = [None] * len(cases)
    waiting = list(enumerate(cases))[::-1]
    running: dict[int, Fork] = {}
    begin = time.monotonic()
    with ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < jobs:
                n, case = waiting.pop()
                running[n] = stack.enter_context(_fork(session, case, judge))
                _progress(n, len(cases), time.monotonic() - begin)
            for n, fork in list(running.items()):
                for outcome in fork.receive(MOMENT):
                    outcomes[n] = outcome
                if fork.over:
                    del running[n]
    return outcomes


def _fork(session: pytest.Session, case: Case, judge: Judge[Case]) -> Fork:
    return Fork(lambda send: send(judge(session, case)))


def _progress(done: int, n: int, seconds: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done + 1} of {n}, {seconds:.0f} s ")
        sys.stderr.flush()


def command_line(description: str) -> argparse.ArgumentParser:
    """What every program that judges in forks is told: where to write, and how many at a time."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the outcomes as JSON")
    parser.add_argument("--jobs", type=int, default=JOBS, help="forks at a time (default: cores)")
    return parser
