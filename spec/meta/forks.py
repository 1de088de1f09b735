"""Judging many implementations, or one from many seeds, at the price of one start.

pytest collects the specification once; then each case is judged in a fork of that process, as many at
a time as there are cores. A fork inherits the collected tests and the imported libraries, so a case
costs little more than its own calls, and what it breaks dies with it.
"""

import argparse
import gc
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from spec.harness import collection, results
from spec.harness.loading import REFERENCE, Subject
from spec.harness.plugin import LEDGER, SUBJECT

Case = TypeVar("Case")
Judge = Callable[[pytest.Session, Case], Any]  # what one fork does; its result must fit into JSON
Tell = Callable[
    [Case, Any], None
]  # is told each case as it ends, with its result, None for a crash
JOBS = os.cpu_count() or 1
QUICK = "--hypothesis-profile=quick"
OPTIONS = (
    str(REFERENCE.parent / "spec"),
    *("-qq", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Hypothesis is imported already
)


class Forks(Generic[Case]):
    """A pytest plugin that, instead of running the tests, runs `judge` in a fork for each case."""

    def __init__(
        self, cases: Sequence[Case], judge: Judge[Case], tell: Tell[Case], jobs: int
    ) -> None:
        self.cases, self.judge, self.tell, self.jobs = cases, judge, tell, jobs
        self.outcomes: dict[int, Any] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for each case, and gather what the forks find."""

        def judge(place: int) -> Any:
            session.config.pluginmanager.unregister(name="terminalreporter")
            return self.judge(session, self.cases[place])

        _warm_up()
        for place, outcome in forked(len(self.cases), self.jobs, judge):
            self.outcomes[place] = outcome
            self.tell(self.cases[place], outcome)
        return True


def forked(n: int, jobs: int, work: Callable[[int], Any]) -> Iterator[tuple[int, Any]]:
    """Do `work` on 0 ... n - 1, each in a fork, `jobs` at a time; yield each with its result as it ends.

    The result of a fork that crashed is None.
    """
    running: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as scratch:

        def ended() -> tuple[int, Any]:
            place = running.pop(os.wait()[0])
            path = Path(scratch, str(place))
            return place, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

        gc.freeze()  # a collection in a fork would copy the pages that it shares
        for place in range(n):
            if len(running) >= jobs:
                yield ended()
            pid = os.fork()
            if not pid:
                _work(work, place, Path(scratch, str(place)))
            running[pid] = place
        while running:
            yield ended()


def _work(work: Callable[[int], Any], place: int, path: Path) -> None:
    """Write what comes of the work to `path`, whole or not at all, and end this process."""
    status = 1
    try:
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(work(place)), encoding="utf-8")
        unfinished.rename(path)
        status = 0
    finally:
        os._exit(status)


def _warm_up() -> None:
    """Import, and compute, what tests need whatever the seed: once, before forking."""
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    from spec.harness import moons

    moons.moons()
    moons.fresh_moons()


def in_forks(
    cases: Sequence[Case],
    judge: Judge[Case],
    *options: str,
    tell: Tell[Case] = lambda case, outcome: None,
    jobs: int = JOBS,
) -> list[Any]:
    """Collect the specification with these options of pytest; the result of `judge` for each case.

    RuntimeError if it could not be collected.
    """
    forks = Forks(cases, judge, tell, jobs)
    pytest.main([*OPTIONS, *options], plugins=[forks])
    if len(forks.outcomes) != len(cases):
        raise RuntimeError("the specification could not be collected: `pytest spec` says why")
    return [forks.outcomes[place] for place in range(len(cases))]


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


def command_line(program: str, description: str) -> argparse.ArgumentParser:
    """The options that every program has that judges in forks."""
    parser = argparse.ArgumentParser(prog=f"python -m spec.meta.{program}", description=description)
    parser.add_argument(
        "--jobs", type=at_least_one, default=JOBS, help="forks at a time (default: the cores)"
    )
    return parser


def at_least_one(given: str) -> int:
    """A whole number of 1 or more, for argparse to refuse any other."""
    number = int(given)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{given}: expected a whole number of at least 1")
    return number
