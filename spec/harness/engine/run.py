"""Running a case: the one function by which every front judges, read from top to bottom."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import numpy as np

from ..ground import trial
from ..ground.limits import time_limit
from ..ground.outcomes import Refuted
from ..ground.seeds import derived
from ..ground.trial import Uses
from ..subject.loading import Subject
from ..subject.proxy import Implementation
from .cases import Case
from .evidence import gather
from .examples import Example, seed_all, try_all
from .records import Record
from .self_checks import keep_mistakes_apart, keep_risk
from .uses import may_be_made_again, uses

OWN_MODULES = r"(spec|impl)(\.|$)"
USUAL_EXAMPLES = 12  # of a test, where no profile says otherwise


def run(
    case: Case, subject: Subject, seed: int, limit: float, examples: list[Example] | None = None
) -> Record:
    """Judge a subject by one case, from the case's own seeds; it may compute for `limit` seconds.

    `examples` are those to try, where they were drawn beforehand. However the test ends, there is a
    record of it; KeyboardInterrupt alone is let through. Until the next run, `trial.current()` is the
    transcript of this one.
    """
    trial.begin()
    begun = time.perf_counter()
    error: BaseException | None = None
    asked = given(case, subject, seed)
    with own_warnings_are_errors():
        try:
            with time_limit(limit, "the test"), subject.each_test(seed_all(case, seed)):
                try:
                    try_all(case, asked, seed, examples)
                except BaseException as raised:  # of whatever kind the code under test raises
                    called = tuple(sorted(trial.current().functions))
                    trial.current().uses = Uses(called, called)
                    if case.is_obligation and may_be_made_again(
                        raised, time.perf_counter() - begun, limit
                    ):
                        again = given(case, subject, seed)
                        trial.current().uses = uses(case, again, subject, seed)
                    raise
            keep_risk(case.false_alarms, trial.current())
            if subject.is_reference and _is_usual(seed):
                keep_mistakes_apart(case.name, trial.current())
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # of whatever kind the code under test raises
            error = raised
        if isinstance(error, (Refuted, AssertionError)):
            gather(case, subject, lambda: given(case, subject, seed), seed, limit, examples)
        seconds = time.perf_counter() - begun
        return Record.of(case, subject, error, trial.current(), seconds, asked)


def given(case: Case, subject: Subject, seed: int) -> dict[str, Any]:
    """What the case asks for: the implementation, a generator of its own, the seed of the run."""
    made: dict[str, Callable[[], Any]] = {
        "nn": lambda: Implementation(subject.module, subject.name),
        "rng": lambda: np.random.default_rng(derived(seed, f"rng {case.name}")),
        "run_seed": lambda: seed,
    }
    return {name: made[name]() for name in case.asks}


def _is_usual(seed: int) -> bool:
    """Whether the examples are the usual ones: a few drawn at random need not show every mistake."""
    return seed == 0 and hypothesis.settings().max_examples >= USUAL_EXAMPLES


@contextmanager
def own_warnings_are_errors() -> Iterator[None]:
    """What warns in a module of this project fails; what a library warns of is its own affair."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=OWN_MODULES)
        # BLAS may leave a flag of the processor behind without cause, and what is NaN shows in the numbers
        warnings.filterwarnings("ignore", ".* encountered in matmul", RuntimeWarning)
        yield
