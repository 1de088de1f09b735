"""Holding the tests against the ledger: every test cites a claim, and every claim has its tests."""

import difflib
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from ..ground.compare import Comparison
from ..ground.diagnosis import indistinct
from ..ground.errors import CannotDo
from ..ground.trial import Trial
from .claims import Claim, Ledger

SPEC = Path(__file__).parents[2]
CHAPTER = re.compile(r"test_(\d\d)_\w+\.py")


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


def is_obligation(item: pytest.Item) -> bool:
    """Whether the test asks for the implementation; otherwise it is a theorem about the theory."""
    return "nn" in getattr(item, "fixturenames", ())


def check(config: pytest.Config, items: list[pytest.Item], ledger: Ledger) -> None:
    """Raise a usage error for a test without a claim, an unknown claim, or one left without tests."""
    problems = [problem for item in items if (problem := _citation_problem(item, ledger))]
    if not problems:
        problems = _missing(config, items, ledger)
    if problems:
        raise pytest.UsageError(*problems)


def _citation_problem(item: pytest.Item, ledger: Ledger) -> str:
    marks = list(item.iter_markers("claim"))
    if len(marks) != 1:
        return (
            f"{item.nodeid} cites {len(marks)} claims, expected one: put @claim(id, ...) above it"
        )
    id = claim_of(item).id
    if id not in ledger.entries:
        close = difflib.get_close_matches(id, ledger.entries, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{item.nodeid} cites {id}, which spec/claims.toml does not list{hint}"
    match = CHAPTER.fullmatch(item.path.name)
    if match and int(match[1]) != int(ledger.chapter(id)):
        return f"{item.nodeid} cites {id}, which belongs to chapter {ledger.chapter(id)}"
    return ""


def _missing(config: pytest.Config, items: list[pytest.Item], ledger: Ledger) -> list[str]:
    """Claims that lack a test, in the chapters that were collected whole."""
    if any("::" in argument for argument in config.args):
        return []
    collected = {item.path.name for item in items}
    whole = defaultdict(list)
    for path in SPEC.glob("test_*.py"):
        if match := CHAPTER.fullmatch(path.name):
            whole[str(int(match[1]))].append(path.name in collected)
    roles = defaultdict(set)
    for item in items:
        claim = claim_of(item)
        roles[claim.id].add("corrected" if claim.corrected else claim.verdict)
    problems = []
    for id in ledger.entries:
        if not all(whole[ledger.chapter(id)] or [False]):
            continue
        found = roles[id]
        if not found:
            problems.append(f"{id} of spec/claims.toml is cited by no test of its chapter")
        elif (found & {"conditional", "refuted"} != set()) != ("corrected" in found):
            problems.append(
                f"{id} needs both a counter-example (verdict=...) and a corrected=True test"
            )
    return problems


def select(config: pytest.Config, items: list[pytest.Item], ledger: Ledger) -> None:
    """Keep the tests that --claim and --errata ask for; a usage error for an unknown claim."""
    try:
        wanted = ledger.chosen(config.option.claim or [])
    except CannotDo as error:
        raise pytest.UsageError(f"--claim {error}") from None

    def kept(item: pytest.Item) -> bool:
        if not is_chapter(item):
            return not (wanted or config.option.errata)
        claim = claim_of(item)
        in_errata = claim.corrected or claim.verdict != "holds"
        return (not wanted or claim.id in wanted) and (in_errata or not config.option.errata)

    dropped = [item for item in items if not kept(item)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if kept(item)]


def in_order_of_needs(items: list[pytest.Item], ledger: Ledger) -> list[pytest.Item]:
    """The tests in the theory's order, but each behind all tests of the claims that its own needs."""
    last = {claim_of(item).id: place for place, item in enumerate(items)}

    def place(numbered: tuple[int, pytest.Item]) -> tuple[int, int]:
        own, item = numbered
        behind = ledger.behind(claim_of(item).id)
        return max(own, *(last.get(id, 0) for id in behind), 0), len(behind)

    return [item for _, item in sorted(enumerate(items), key=place)]


def keep_risk(item: pytest.Item, trial: Trial) -> None:
    """Fail a test that took a higher risk of a false alarm than it states."""
    __tracebackhide__ = True
    mark = item.get_closest_marker("chance")
    stated = mark.kwargs["false_alarms"] if mark else 0.0
    if trial.false_alarms > stated * (1 + 1e-9):
        raise AssertionError(
            f"the test spends a false-alarm rate of {trial.false_alarms:g}, but states {stated:g}"
        )


def keep_mistakes_apart(item: pytest.Item, trial: Trial) -> None:
    """Fail a test that lists a mistake which its own numbers cannot tell from the truth.

    Or mistakes that cannot be computed.
    """
    __tracebackhide__ = True
    name = item.nodeid.rpartition("/")[2]
    listed = dict(trial.indistinct)
    by_place: dict[tuple[str, int], list[Comparison]] = defaultdict(list)
    for (file, line, _), comparisons in trial.comparisons.items():
        by_place[file, line] += comparisons
    for comparisons in by_place.values():
        for comparison in comparisons:
            if error := comparison.error_in_mistakes:
                raise AssertionError(
                    f"{name} lists mistakes of {comparison.what} that cannot be computed: {error!r}"
                ) from error
        for cause in indistinct(comparisons):
            listed[cause] = "no example tells it from the truth"
    for cause, why in listed.items():
        raise AssertionError(
            f"{name} lists the mistake {cause!r}, but {why}: draw what does, or leave the entry out"
        )
