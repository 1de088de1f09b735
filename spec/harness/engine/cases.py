"""Cases: what pytest has collected of the chapters, as plain data, made once and judged many times.

A chapter's test that is parametrised makes several cases. A case that asks for `nn`, the implementation,
is an *obligation*; one that does not is a *theorem* about the theory.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ..ground.latex import to_unicode
from ..ground.trial import current as current_trial
from .claims import Claim, Ledger

SPEC = Path(__file__).parents[2]
CHAPTER = re.compile(r"test_(\d\d)_\w+\.py")
PARTS = ("activation", "output")  # the parameters of a test that judges one kind of network
GIVEN = ("nn", "rng", "run_seed")  # what a test may ask for that no strategy draws


@dataclass(frozen=True)
class Case:
    """One test with one set of parameters.

    `id` is what pytest calls it in a checkout ("spec/test_03_2_softmax.py::test_...[relu]"), wherever it
    is installed and called; `says` is the claim in the words of the ledger, `asks` which of GIVEN the test
    is to be handed. `by_its_word` says that it rests on the word of the implementation's own process.
    `false_alarms` is the rate that a test of chance states, and `detects` the departures
    that it finds.
    """

    id: str
    claim: Claim
    says: str
    test: Callable[..., object]
    parameters: dict[str, Any]
    asks: tuple[str, ...]
    line: int
    why: str
    false_alarms: float
    detects: dict[str, float]
    by_its_word: bool

    @property
    def is_obligation(self) -> bool:
        """Whether it asks for the implementation."""
        return "nn" in self.asks

    @property
    def equation(self) -> str:
        """The claim's equation in Unicode; where words carry it, these."""
        return to_unicode(self.claim.latex) or self.says

    @property
    def name(self) -> str:
        """File and test without the folder. Its random numbers follow from it: renamed, it draws others."""
        return self.id.rpartition("/")[2]

    @property
    def part(self) -> str:
        """Which part of its claim it is, where a claim is judged for several kinds of network; else ""."""
        kind = [self.parameters.get(option, "") for option in PARTS]
        return ", ".join(kind) if all(kind) else ""

    @property
    def drawing(self) -> Any:
        """Hypothesis' handle of the test, whose `inner_test` takes one example; None without strategies."""
        return getattr(self.test, "hypothesis", None)


def is_chapter(item: pytest.Item) -> bool:
    """Whether the test stands in a chapter of the book (and not in the meta suite)."""
    return _holds_a_chapter(item.path)


@cache
def _holds_a_chapter(path: Path) -> bool:
    return path.parent == SPEC and CHAPTER.fullmatch(path.name) is not None


def claim_of(item: pytest.Item) -> Claim:
    """The claim that a chapter's test is tied to."""
    mark = item.get_closest_marker("claim")
    assert mark is not None
    claim: Claim = mark.args[0]
    return claim


def case_of(item: pytest.Item, ledger: Ledger) -> Case:
    """The case that a collected test of a chapter is; its examples are reported from now on."""
    assert isinstance(item, pytest.Function)
    _report_examples(item.obj)
    claim, chance = claim_of(item), item.get_closest_marker("chance")
    return Case(
        f"spec/{item.path.name}::{item.name}",
        claim,
        ledger.entries[claim.id].says,
        item.obj,
        dict(item.callspec.params) if hasattr(item, "callspec") else {},
        tuple(name for name in GIVEN if name in item.fixturenames),
        (item.location[1] or 0) + 1,
        inspect.cleandoc(item.obj.__doc__ or ""),
        chance.kwargs["false_alarms"] if chance else 0.0,
        chance.kwargs["detects"] if chance else {},
        item.get_closest_marker("by_its_word") is not None,
    )


def _report_examples(test: Any) -> None:
    """Make Hypothesis tell the trial under way of each example that it tries."""
    handle = getattr(test, "hypothesis", None)
    if handle is None or hasattr(handle.inner_test, "reports_examples"):
        return
    inner = handle.inner_test

    # not functools.wraps: Hypothesis would tokenise the source of the test that it leads to
    def reporting(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        current_trial().new_example({k: v for k, v in kwargs.items() if k not in GIVEN})
        return inner(*args, **kwargs)

    reporting.reports_examples = True  # type: ignore[attr-defined]
    handle.inner_test = reporting


def obligations(cases: Iterable[Case]) -> list[Case]:
    """Those that ask for an implementation."""
    return [case for case in cases if case.is_obligation]


def laws_first(cases: list[Case]) -> list[Case]:
    """The cases in the theory's order, but first those of claims that find single functions wrong.

    So what is shown while a run is under way, as by `watch`, seldom has to be taken back.
    """
    laws = {case.claim.id for case in cases if case.claim.names}
    return sorted(cases, key=lambda case: case.claim.id not in laws)
