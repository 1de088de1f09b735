"""Judging many implementations, or one from many seeds, at the price of one start.

Each case is judged in a fork of the process that has collected the specification, as many at a time
as there are cores; how is said in spec/harness/engine/forked_run.py.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from spec.forked import Fork
from spec.harness.engine.suite import Suite, collected, warm_up
from spec.harness.subject.loading import Subject, load

Case = TypeVar("Case")
Judge = Callable[[Suite, Case], Any]  # what one fork does; its result must fit into JSON
Tell = Callable[
    [Case, Any], None
]  # is told each case as it ends, with its result, None for a crash
JOBS = os.cpu_count() or 1
QUICK = "--hypothesis-profile=quick"
SECONDS = 60.0  # for the import of what is judged
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
    suite = collected(*options)
    warm_up()
    return each(suite, cases, judge, tell=tell, jobs=jobs)


def drawn(*options: str) -> Suite:
    """The specification, collected with these options of pytest, with each obligation's examples.

    So they are drawn once for all forks, as long as these keep the seed. CannotDo as above.
    """
    suite = collected(*options)
    warm_up()
    suite.draw(suite.obligations)
    return suite


def reference() -> Subject:
    """The reference, as what is judged."""
    return load(None, SECONDS)


def each(
    suite: Suite,
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
                running[n] = stack.enter_context(_fork(suite, case, judge))
            for n, fork in list(running.items()):
                for outcome in fork.receive(MOMENT):
                    outcomes[n] = outcome
                if fork.over:
                    del running[n]
                    tell(cases[n], outcomes[n])
    return outcomes


def _fork(suite: Suite, case: Case, judge: Judge[Case]) -> Fork:
    return Fork(lambda send: send(judge(suite, case)))


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
