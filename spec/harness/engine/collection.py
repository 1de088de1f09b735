"""Holding the tests against the ledger: every test cites a claim, and every claim has its tests."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pytest

from .cases import CHAPTER, SPEC, Case, claim_of
from .claims import Ledger


def problems(items: list[pytest.Item], ledger: Ledger, *, whole_files: bool) -> list[str]:
    """What is wrong: a test without a claim, an unknown claim, or one that is left without its tests.

    `whole_files` says that no file was collected in parts.
    """
    found = [problem for item in items if (problem := _citation_problem(item, ledger))]
    return found or (_missing(items, ledger) if whole_files else [])


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


def _missing(items: list[pytest.Item], ledger: Ledger) -> list[str]:
    """Claims that lack a test, in the chapters that were collected whole."""
    collected = {item.path.name for item in items}
    whole = defaultdict(list)
    for path in SPEC.glob("test_*.py"):
        if match := CHAPTER.fullmatch(path.name):
            whole[str(int(match[1]))].append(path.name in collected)
    roles = defaultdict(set)
    for item in items:
        claim = claim_of(item)
        roles[claim.id].add("corrected" if claim.corrected else claim.verdict)
    found = []
    for id in ledger.entries:
        if not all(whole[ledger.chapter(id)] or [False]):
            continue
        cited = roles[id]
        if not cited:
            found.append(f"{id} of spec/claims.toml is cited by no test of its chapter")
        elif (cited & {"conditional", "refuted"} != set()) != ("corrected" in cited):
            found.append(
                f"{id} needs both a counter-example (verdict=...) and a corrected=True test"
            )
    return found


def selected(
    cases: Iterable[Case], ledger: Ledger, patterns: Sequence[str], *, errata: bool
) -> list[Case]:
    """The cases that --claim and --errata ask for; CannotDo for a claim that is none."""
    wanted = ledger.chosen(patterns)

    def is_kept(case: Case) -> bool:
        in_errata = case.claim.corrected or case.claim.verdict != "holds"
        return (not wanted or case.claim.id in wanted) and (in_errata or not errata)

    return [case for case in cases if is_kept(case)]
