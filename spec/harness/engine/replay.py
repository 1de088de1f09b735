"""The examples of a test, drawn once and tried again and again.

Whoever judges many implementations from one collected specification has each test's examples drawn
beforehand: they are the same for all. What fails on one of them is then left to Hypothesis, which looks
for the smallest such example.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ..ground import trial
from ..ground.outcomes import NotWrittenYet, TimeLimitExceeded

Example = dict[str, Any]
EXAMPLES = pytest.StashKey[list[Example]]()
FIXTURES = ("nn", "rng", "pytestconfig")  # what a test is given that no strategy draws


def record(item: pytest.Item) -> None:
    """Draw the examples of a test that has a strategy; its seed has been set."""
    test = getattr(item, "obj", None)
    handle = getattr(test, "hypothesis", None)
    if test is None or handle is None:
        return
    examples: list[Example] = []
    inner = handle.inner_test

    def note(**arguments: Any) -> None:
        examples.append({n: value for n, value in arguments.items() if n not in FIXTURES})

    handle.inner_test = note
    try:
        test(**dict.fromkeys(_fixtures(item)), **_parameters(item))
    finally:
        handle.inner_test = inner
    item.stash[EXAMPLES] = examples


def replayed(
    item: pytest.Function,
    key: pytest.StashKey[trial.Trial],
    seed: Callable[[pytest.Item], None],
) -> bool:
    """Try the recorded examples of a test, if it has some; whether that was all there was to do.

    The trial under way is kept in the item's stash at `key`. `seed(item)` seeds Hypothesis: for what
    is left to it, and that is all where there are no examples.
    """
    if EXAMPLES not in item.stash:
        seed(item)
        return False
    fixtures = {name: item.funcargs[name] for name in _fixtures(item)}
    try:
        for example in item.stash[EXAMPLES]:
            item.obj.hypothesis.inner_test(**fixtures, **example)
    except (NotWrittenYet, TimeLimitExceeded):
        raise
    except Exception:
        tried = item.stash[key]
        item.stash[key] = trial.begin()
        seed(item)
        item.obj(**fixtures, **_parameters(item))
        item.stash[key] = tried  # it passed: what fails now and then fails
        trial.resume(tried)
        raise
    return True


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _fixtures(item: pytest.Item) -> list[str]:
    return [name for name in FIXTURES if name in item._fixtureinfo.argnames]  # type: ignore[attr-defined]
