"""The rest of the evidence: what a test would have compared, had its first wrong value not ended it.

A test stops at the first wrong value, where two mistakes may still look alike: at the first step of an
optimiser, say, at the first of several activations, or at the examples that came before the others. So a
test that has failed is run once more on all of its examples, and notes each value that it compares.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from ..ground import trial
from ..ground.limits import time_limit
from ..ground.outcomes import NotWrittenYet
from ..ground.trial import Trial, Tried
from ..subject.loading import Subject
from .cases import Case
from .examples import Example, drawn, seed_all


def gather(
    case: Case,
    subject: Subject,
    given: Callable[[], dict[str, Any]],
    seed: int,
    limit: float,
    examples: list[Example] | None,
) -> None:
    """Add to the current trial all comparisons that the case makes on all its examples, before its own.

    With them go the examples themselves, and whether each held. Where the time did not last for all, the
    trial is noted to be `cut_short`.
    """
    failed = trial.current()
    found = trial.begin(gathers=True)
    try:
        with time_limit(limit, "the search for the cause"):
            tried = drawn(case, seed) if examples is None else examples
            found.comparisons.clear()
            with subject.each_test(seed_all(case, seed)):
                asked = given()
                for call in _calls(case, asked, tried):
                    failed.tried.append(_tried(call, found))
    except KeyboardInterrupt:
        raise
    except BaseException:  # the time is up, or the process that was to answer has ended
        failed.cut_short = True
    finally:
        trial.resume(failed)
    _put_before(failed, found)


def _tried(call: Callable[[], object], found: Trial) -> Tried:
    """One example: it holds if nothing is raised, and every value that it compares is right."""
    before = {site: len(comparisons) for site, comparisons in found.comparisons.items()}
    found.calls.clear()
    held = False
    with suppress(Exception, NotWrittenYet):  # what came before it counts
        call()
        held = True
    new = (c for site, some in found.comparisons.items() for c in some[before.get(site, 0) :])
    return Tried(held and not any(c.problem() for c in new), tuple(found.calls))


def _calls(
    case: Case, asked: dict[str, Any], examples: list[Example] | None
) -> list[Callable[[], object]]:
    if examples is None:
        return [partial(case.test, **asked, **case.parameters)]
    return [partial(case.drawing.inner_test, **asked, **example) for example in examples]


def _put_before(failed: Trial, found: Trial) -> None:
    for site, comparisons in found.comparisons.items():
        failed.comparisons[site] = comparisons + failed.comparisons.get(site, [])
