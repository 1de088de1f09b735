"""Judging many implementations, or one from many seeds, at the price of one start.

Each case is judged in a fork of the process that has collected the specification, as many at a time
as there are cores; how is said in spec/harness/engine/warm.py.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest

from spec.forked import Fork
from spec.harness.engine.warm import judged, obligations, start
from spec.harness.fronts.plugin import draw_examples

__all__ = [
    "QUICK",
    "at_least_one",
    "command_line",
    "each",
    "in_forks",
    "judged",
    "obligations",
    "with_examples",
]

Case = TypeVar("Case")
Found = TypeVar("Found")
Judge = Callable[[pytest.Session, Case], Any]  # what one fork does; its result must fit into JSON
Tell = Callable[
    [Case, Any], None
]  # is told each case as it ends, with its result, None for a crash
JOBS = os.cpu_count() or 1
QUICK = "--hypothesis-profile=quick"
MOMENT = 0.02  # seconds for which one fork is listened to


def in_forks(
    cases: Sequence[Case],
    judge: Judge[Case],
    *options: str,
    tell: Tell[Case] = lambda case, outcome: None,
    jobs: int = JOBS,
) -> list[Any]:
    """Collect the specification with these options of pytest; the result of `judge` for each case.

    None where its fork crashed. CannotDo if the specification could not be collected.
    """
    return start(lambda session: each(session, cases, judge, tell=tell, jobs=jobs), *options)


def with_examples(action: Callable[[pytest.Session], Found], *options: str) -> Found:
    """Collect the specification, draw each obligation's examples, and return what `action` returns.

    So they are drawn once for all forks, as long as these keep the seed. CannotDo as above.
    """

    def begun(session: pytest.Session) -> Found:
        draw_examples(obligations(session))
        return action(session)

    return start(begun, *options)


def each(
    session: pytest.Session,
    cases: Sequence[Case],
    judge: Judge[Case],
    *,
    tell: Tell[Case] = lambda case, outcome: None,
    jobs: int = JOBS,
) -> list[Any]:
    """The result of `judge` for each case, in forks of this process; None where its fork crashed."""
    outcomes: list[Any] = [None] * len(cases)
    waiting = list(enumerate(cases))[::-1]
    running: dict[int, Fork] = {}
    with ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < jobs:
                n, case = waiting.pop()
                running[n] = stack.enter_context(_fork(session, case, judge))
            for n, fork in list(running.items()):
                for outcome in fork.receive(MOMENT):
                    outcomes[n] = outcome
                if fork.over:
                    del running[n]
                    tell(cases[n], outcomes[n])
    return outcomes


def _fork(session: pytest.Session, case: Case, judge: Judge[Case]) -> Fork:
    return Fork(lambda send: send(judge(session, case)))


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
