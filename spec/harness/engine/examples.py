"""The examples of a case, drawn once and tried again and again.

Whoever judges many implementations from one collected specification has each case's examples drawn
beforehand: they are the same for all. What fails on one of them is then left to Hypothesis, which looks
for the smallest such example.
"""

from typing import Any

import hypothesis
import numpy as np
from hypothesis.reporting import with_reporter

from ..ground import seeds, trial
from ..ground.outcomes import NotWrittenYet, TimeLimitExceeded
from .cases import GIVEN, Case

Example = dict[str, Any]


def seed_all(case: Case, seed: int) -> int:
    """Seed what a case draws from besides `rng`, NumPy's global generator among it. Return the seed of that.

    Hypothesis is seeded when it is asked: the cases of a parametrised test share one function.
    """
    seeds.begin(seed)
    globally = seeds.derived(seed, f"NumPy {case.name}", 32)
    np.random.seed(globally)
    return globally


def drawn(case: Case, seed: int) -> list[Example] | None:
    """The examples of a case: those that are drawn, and one of each class that is always tried.

    None where it has no strategy.
    """
    handle = case.drawing
    if handle is None:
        return None
    found: list[Example] = []
    inner = handle.inner_test

    def note(**arguments: Any) -> None:
        found.append({n: value for n, value in arguments.items() if n not in GIVEN})

    seed_all(case, seed)
    handle.inner_test = note
    try:
        _search(case, dict.fromkeys(case.asks), seed)
    finally:
        handle.inner_test = inner
    return found


def always_tried(case: Case) -> list[Example]:
    """The examples that every run tries, as `always` ties them to a test: made from the run's seed."""
    makers = getattr(case.test, "always", ())
    return [case.parameters | {name: make() for name, make in some.items()} for some in makers]


def try_all(
    case: Case, given: dict[str, Any], seed: int, examples: list[Example] | None = None
) -> None:
    """Call the test of a case: on these examples, or on those that Hypothesis draws; once without any.

    `given` is what the case asks for. Raises whatever the test does, on the smallest example found.
    """
    __tracebackhide__ = True
    if case.drawing is None:
        case.test(**given, **case.parameters)
    elif examples is None:
        _search(case, given, seed)
    else:
        _replay(case, given, seed, examples)


def _search(case: Case, given: dict[str, Any], seed: int) -> None:
    """Let Hypothesis draw the examples, and shrink the one that fails."""
    __tracebackhide__ = True
    hypothesis.seed(seeds.derived(seed, f"examples {case.name}"))(case.test)
    with with_reporter(lambda text: None):  # what fails is told in the learner's terms
        case.test(**given, **case.parameters)
    for example in always_tried(case):
        case.drawing.inner_test(**given, **example)


def _replay(case: Case, given: dict[str, Any], seed: int, examples: list[Example]) -> None:
    __tracebackhide__ = True
    try:
        for example in examples:
            case.drawing.inner_test(**given, **example)
    except (NotWrittenYet, TimeLimitExceeded):
        raise
    except Exception:
        tried = trial.current()
        trial.begin()
        _search(case, given, seed)
        trial.resume(tried)  # it passed: what fails now and then fails
        raise
