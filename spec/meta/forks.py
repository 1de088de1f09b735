"""Judging many implementations, or one from many seeds, at the price of one start.

pytest collects the specification once; then each case runs in a fork of that process, as many at a
time as there are cores. A fork inherits the collected tests and the imported libraries, so a case
costs little more than its own calls, and what it breaks dies with it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from spec.harness import collection, results
from spec.harness.loading import REFERENCE, Subject
from spec.harness.plugin import LEDGER, SUBJECT

Case = TypeVar("Case")
Judge = Callable[[pytest.Session, Case], Any]  # what one fork does; its result must fit into JSON
JOBS = os.cpu_count() or 1
OPTIONS = (
    str(REFERENCE.parent / "spec"),
    *("-q", "-p", "no:cacheprovider", "--time-limit=5"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Hypothesis is imported already
)


class Forks(Generic[Case]):
    """A pytest plugin that, instead of running the tests, runs `judge` in a fork for each case."""

    def __init__(self, cases: Sequence[Case], judge: Judge[Case], jobs: int) -> None:
        self.cases, self.judge, self.jobs = cases, judge, jobs
        self.outcomes: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for each case and gather what the forks found, in the order of the cases."""
        _warm_up()
        running: set[int] = set()
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            paths = [Path(scratch, f"{n}.json") for n in range(len(self.cases))]
            for done, (case, path) in enumerate(zip(self.cases, paths, strict=True)):
                if len(running) >= self.jobs:
                    running.discard(os.wait()[0])
                running.add(self._fork(session, case, path))
                _progress(done, len(self.cases), time.monotonic() - begin)
            while running:
                running.discard(os.wait()[0])
            self.outcomes = list(_gathered(paths))
        return True

    def _fork(self, session: pytest.Session, case: Case, path: Path) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            session.config.pluginmanager.unregister(name="terminalreporter")
            path.write_text(json.dumps(self.judge(session, case)), encoding="utf-8")
            status = 0
        finally:
            os._exit(status)


def _gathered(paths: list[Path]) -> Iterator[Any]:
    """What each fork wrote; None where it died before."""
    for path in paths:
        yield json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _progress(done: int, n: int, seconds: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done + 1} of {n}, {seconds:.0f} s ")
        sys.stderr.flush()


def _warm_up() -> None:
    """Import what tests import when first used, once, before forking."""
    import scipy.stats  # noqa: F401
    import sklearn.datasets
    import sklearn.linear_model  # noqa: F401


def in_forks(
    cases: Sequence[Case], judge: Judge[Case], *options: str, jobs: int = JOBS
) -> list[Any]:
    """Collect the specification with these options of pytest; the result of `judge` for each case.

    RuntimeError if it could not be collected.
    """
    forks = Forks(cases, judge, jobs)
    pytest.main([*OPTIONS, *options], plugins=[forks])
    if len(forks.outcomes) != len(cases):
        raise RuntimeError("the specification could not be collected; `pytest spec` says why")
    return forks.outcomes


def judged(
    session: pytest.Session, items: Sequence[pytest.Item], subject: Subject | None = None
) -> results.Results:
    """Run these of the collected tests, on another implementation if one is given."""
    config = session.config
    subject = subject or config.stash[SUBJECT]
    found = results.Results(config.stash[LEDGER], subject, config.option)
    config.stash[SUBJECT], config.stash[results.RESULTS] = subject, found
    for item, following in zip(items, [*items[1:], None], strict=True):
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return found


def obligations(session: pytest.Session) -> list[pytest.Item]:
    """The collected tests that ask for an implementation."""
    return [item for item in session.items if collection.is_obligation(item)]


def command_line(description: str) -> argparse.ArgumentParser:
    """What every program that judges in forks is told: where to write, and how many at a time."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the outcomes as JSON")
    parser.add_argument("--jobs", type=int, default=JOBS, help="forks at a time (default: cores)")
    return parser
