"""A plugin of pytest: each mistake of a test, computed at its comparison, and once more after the test.

    pytest spec -p spec.meta.late

A test fails whose mistakes are another value by then, or ask something of the implementation.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spec.harness.ground import trial
from spec.harness.ground.compare import Array, Comparison
from spec.harness.subject import proxy

EARLY: list[tuple[Comparison, dict[str, Array]]] = []  # of the test under way
NUMBER = pytest.StashKey[int]()


class Asked(AssertionError):
    """A mistake asks something of the implementation."""


def computed(comparison: Comparison) -> dict[str, Array]:
    """The mistakes of a comparison, computed anew; Asked if the implementation has a part in it."""

    def refused(name: str, own: Any, action: Callable[[], Any]) -> None:
        raise Asked(f"a mistake of {comparison.what} asks {name} of the implementation")

    anew, run = replace(comparison), proxy._run
    proxy._run = refused
    try:
        if error := anew.error_in_mistakes:
            raise error
        return anew.mistakes
    finally:
        proxy._run = run


def changed(comparison: Comparison, early: dict[str, Array]) -> list[str]:
    """The mistakes that are no longer what they were."""
    now = computed(comparison)
    assert now.keys() == early.keys()
    return [cause for cause in now if not np.array_equal(now[cause], early[cause], equal_nan=True)]


def pytest_configure(config: pytest.Config) -> None:
    """Have the mistakes computed at each comparison."""
    config.stash[NUMBER] = 0
    compared = trial.Trial.compared

    def at_once(self: trial.Trial, site: trial.Site, comparison: Comparison) -> None:
        EARLY.append((comparison, computed(comparison)))
        compared(self, site, comparison)

    trial.Trial.compared = at_once  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Compute them once more."""
    EARLY.clear()
    result = yield
    for comparison, early in EARLY:
        causes = changed(comparison, early)
        assert not causes, f"{item.nodeid}: after the test, {comparison.what} has other {causes}"
        item.config.stash[NUMBER] += len(early)
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many there were."""
    terminalreporter.write_line(f"{config.stash[NUMBER]} mistakes were computed twice")
