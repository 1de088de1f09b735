"""What a failing run used: it is made once more, and what runs in the implementation is noted.

So a network that calls the implementation's softmax is told from one that has its own, and a softmax
that went wrong in this run from one that goes wrong elsewhere.
"""

from collections.abc import Iterator
from typing import Any

from ..ground import trial
from ..ground.contract import NAMES
from ..ground.outcomes import NotWrittenYet, TimeLimitExceeded
from ..ground.trial import Uses
from ..mathematics.right_calls import RIGHT, goes_wrong
from ..subject.loading import Subject
from .cases import Case
from .examples import seed_all

LONGEST = 0.4  # of the time limit: a run that took longer is not made once more


def uses(case: Case, given: dict[str, Any], subject: Subject, seed: int) -> Uses:
    """Make the run that has just failed once more, with what it asks for, and note what it uses."""
    failed = trial.current()
    called = tuple(sorted(failed.functions))
    ran, wrong = set(called), set()
    trial.begin()
    try:
        noted = _noted(case, given | (failed.example or case.parameters), subject, seed)
    finally:
        trial.resume(failed)
    for names, calls in _read(noted):
        ran.update(names)
        if any(goes_wrong(names[0], *call) for call in calls):
            wrong.update(names)
    return Uses(called, tuple(sorted(ran)), tuple(sorted(wrong)))


def _noted(case: Case, arguments: dict[str, Any], subject: Subject, seed: int) -> Any:
    seed_all(case, seed)
    test = case.test if case.drawing is None else case.drawing.inner_test
    noted: Any = []
    try:
        subject.beside("note", list(NAMES), list(RIGHT))
        try:
            test(**arguments)
        finally:
            noted = subject.beside("noted")
    except (KeyboardInterrupt, TimeLimitExceeded):
        raise
    except BaseException:  # the failure once more, or whatever kind the code under test raises
        return noted
    return noted


def _read(noted: Any) -> Iterator[tuple[list[str], list[Any]]]:
    """Names and calls of each function noted, as far as it has that form: it may come from elsewhere."""
    for each in noted if isinstance(noted, list) else []:
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], str):
            names, calls = each[0].split(","), each[1] if isinstance(each[1], list) else []
            yield names, [call for call in calls if isinstance(call, list) and len(call) == 3]


def may_be_made_again(error: BaseException, seconds: float, limit: float) -> bool:
    """Whether a run that ended so, after so long, can be made once more."""
    ends = (NotWrittenYet, TimeLimitExceeded, KeyboardInterrupt, SystemExit)
    return not isinstance(error, ends) and seconds < LONGEST * limit
