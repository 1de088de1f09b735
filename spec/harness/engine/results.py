"""The outcome of every claim: gathered while the tests run, summed up for the report and for machines."""

import argparse
import inspect
import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ..ground.compare import Disagreement
from ..ground.latex import to_unicode
from ..ground.limits import time_limit
from ..ground.outcomes import NotWrittenYet, TimeLimitExceeded
from ..ground.trial import Trial
from ..subject.loading import Subject
from ..subject.proxy import Implementation
from ..telling.explain import LONGEST_SENTENCE, WIDTH, Explanation, explain, told
from ..telling.hints import hint, with_own_lines
from ..telling.shrinking import smaller
from ..telling.snippet import snippet
from .claims import Claim, Ledger
from .collection import claim_of, is_obligation

HOLDS, FAILS, WAITS, TODO, NOT_RUN = "holds", "fails", "waits", "not written yet", "not run"
WORST_FIRST = (FAILS, WAITS, TODO, NOT_RUN, HOLDS)
LONGEST = (
    5.0  # seconds to look for a cause, beside those that the code under test computes meanwhile
)
FORMAT = 2  # of the JSON file; raised whenever a reader would have to change


@dataclass
class Record:
    """How one test of a claim ended.

    It waits where it fails and a claim that it needs, `waits_for`, fails as well; and where it is
    `hollow`: it holds, but means nothing before another claim does.
    """

    test: str
    claim: Claim
    line: int
    why: str
    obligation: bool
    status: str = NOT_RUN
    waits_for: str = ""
    hollow: bool = False
    explanation: Explanation | None = None
    figures: list[tuple[str, float | str]] = field(default_factory=list)
    examples: int = 0
    comparisons: int = 0
    false_alarms: float = 0.0
    seconds: float = 0.0
    printed: str = ""  # by the implementation


def blank(item: pytest.Item) -> Record:
    """The record of a test that has not been run."""
    return Record(
        item.nodeid,
        claim_of(item),
        (item.location[1] or 0) + 1,
        inspect.cleandoc(getattr(item, "obj", None).__doc__ or ""),
        is_obligation(item),
    )


@dataclass(frozen=True)
class Outcome:
    """How a claim ended: its tests together."""

    id: str
    records: list[Record]

    @property
    def status(self) -> str:
        """The worst that any test of the claim says."""
        statuses = {record.status for record in self.records}
        return next(status for status in WORST_FIRST if status in statuses)

    @property
    def is_theorem(self) -> bool:
        """Whether no test of the claim asks for the implementation."""
        return not any(record.obligation for record in self.records)

    @property
    def verdict(self) -> str:
        """The verdict on the theory: holds, conditional or refuted."""
        return next((r.claim.verdict for r in self.records if r.claim.verdict != "holds"), "holds")

    @property
    def is_convention(self) -> bool:
        """Whether all that fails in it is a matter of convention, which spoils no other claim."""
        failing = [record.explanation for record in self.records if record.status == FAILS]
        return bool(failing) and all(found and found.convention for found in failing)

    @property
    def worst(self) -> Record:
        """The first test with the claim's status."""
        return next(record for record in self.records if record.status == self.status)


def most_pressing(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What fails before what is to be written, and what is a mere convention behind what is wrong.

    Otherwise the order, the theory's, is kept. A convention may be a choice, made in good faith: it
    must not keep a mistake out of sight.
    """
    return sorted(outcomes, key=lambda outcome: (outcome.status == TODO, outcome.is_convention))


RESULTS = pytest.StashKey["Results"]()


class Results:
    """All records of a run, by test."""

    def __init__(self, ledger: Ledger, subject: Subject, option: argparse.Namespace) -> None:
        self.ledger = ledger
        self.subject = subject
        self.option = option
        self.records: dict[str, Record] = {}
        self.n_collected = 0
        self.risk = 0.0  # how often the whole suite, as collected, fails a right implementation

    def expect(self, items: list[pytest.Item]) -> None:
        """Note what was collected, before anything is deselected."""
        self.n_collected = len({claim_of(item).id for item in items})
        marks = [item.get_closest_marker("chance") for item in items]
        self.risk = sum(mark.kwargs["false_alarms"] for mark in marks if mark)

    def collected(self) -> str:
        """How many claims the theory has, and how many of them were collected."""
        return f"claims: {len(self.ledger.entries)} in the theory, {self.n_collected} collected"

    def add(
        self,
        item: pytest.Item,
        report: pytest.TestReport,
        error: BaseException | None,
        trial: Trial,
    ) -> None:
        """Record how a test ended, and tell pytest's own report the same in the learner's terms."""
        record = replace(
            blank(item),
            figures=trial.figures,
            examples=trial.n_examples,
            comparisons=sum(map(len, trial.comparisons.values())),
            false_alarms=trial.false_alarms,
            seconds=report.duration,
        )
        self.records[item.nodeid] = record
        if report.passed:
            record.status = HOLDS
        elif isinstance(error, NotWrittenYet):
            record.status = TODO
            report.not_written_yet = True  # type: ignore[attr-defined]
        elif report.failed:
            record.waits_for = self._blocker(record.claim.id)
            record.status = WAITS if record.waits_for else FAILS
            report.waits_for = record.waits_for  # type: ignore[attr-defined]
        if error is not None and (record.obligation or isinstance(error, Disagreement)):
            record.explanation = self._explanation(item, record, error, trial)
            if report.failed:
                report.longrepr = "\n".join(self.headline(record) + self.told(record))
        record.printed = _shortened(report.capstdout)
        report.sections = [(title, _shortened(text)) for title, text in report.sections]

    def _explanation(
        self, item: pytest.Item, record: Record, error: BaseException, trial: Trial
    ) -> Explanation:
        """Why a test does not hold. An answer may be too strange to tell: its outcome stands all the same."""
        try:
            with time_limit(LONGEST, "the search for the cause"):
                found = self._explained(item, record, error, trial)
                return with_own_lines(found, self.subject)
        except (Exception, TimeLimitExceeded) as trouble:
            sentence = textwrap.shorten(str(error), LONGEST_SENTENCE, placeholder=" ...")
            return Explanation(f"{sentence} (no cause was found: {type(trouble).__name__})")

    def _explained(
        self, item: pytest.Item, record: Record, error: BaseException, trial: Trial
    ) -> Explanation:
        """The explanation of the failing example; of a smaller one, where that can be shown in code."""
        equation = self.equation(record)
        if isinstance(error, NotWrittenYet):
            return explain(error, trial, equation=equation)
        nn = Implementation(self.subject.module, self.subject.name)
        code = snippet(error, trial, nn)
        if not code or "\n" in code:
            for found, tried in smaller(item, error, trial):
                shorter = snippet(found, tried, nn)
                if shorter and (not code or len(shorter) < len(code)):
                    return explain(found, tried, equation=equation, code=shorter)
        return explain(error, trial, equation=equation, code=code)

    def _blocker(self, id: str) -> str:
        """The first claim that fails among those without which `id` cannot be judged; "" if none does.

        Those have been judged before: the plugin runs them first.
        """
        failing = {record.claim.id for record in self.records.values() if record.status == FAILS}
        return min(self.ledger.behind(id) & failing, key=self.ledger.order.__getitem__, default="")

    def settle(self) -> None:
        """Decide anew which tests wait, where records came in another order than that of needs."""
        for record in self.records.values():
            if record.hollow:
                record.status, record.waits_for, record.hollow = HOLDS, "", False
        failed = [record for record in self.records.values() if record.status in (FAILS, WAITS)]
        ids = {record.claim.id for record in failed}
        for record in failed:
            record.status = WAITS if self.ledger.behind(record.claim.id) & ids else FAILS
        for record in failed:
            record.waits_for = self._blocker(record.claim.id) if record.status == WAITS else ""
        self.weigh()

    def weigh(self) -> None:
        """Let a claim wait that holds, but means nothing yet."""
        outcomes = self.outcomes()
        statuses = {outcome.id: outcome.status for outcome in outcomes}
        for outcome in outcomes:
            others = self.ledger.entries[outcome.id].means_with
            found = {statuses.get(id, NOT_RUN) for id in others}
            if outcome.status == HOLDS and found and not found & {HOLDS, NOT_RUN}:
                for record in outcome.records:
                    record.status, record.waits_for, record.hollow = WAITS, others[0], True

    def equation(self, record: Record) -> str:
        """The claim's equation in Unicode; where words carry it, these."""
        return to_unicode(record.claim.latex) or self.ledger.entries[record.claim.id].says

    def headline(self, record: Record, width: int = WIDTH) -> list[str]:
        """The claim, its equation and why it is so, as lines of text."""
        lines = textwrap.wrap(
            self.equation(record), width - 2, initial_indent="    ", subsequent_indent="      "
        )
        lines += textwrap.wrap(record.why, width - 2, initial_indent="  ", subsequent_indent="  ")
        return [f"{record.claim.id}   {record.test}:{record.line}", *lines, ""]

    def told(self, record: Record, width: int = WIDTH) -> list[str]:
        """What went wrong in a test, and as much of why as is asked for, as lines of text."""
        if record.hollow:
            return ["  it holds, as it does of code that computes nothing"]
        if record.explanation is None:
            return [f"  {record.status}: see above"]
        hints = hint(record.explanation, self.option.hints, width=width)
        return told(record.explanation, hints, width=width)

    def outcomes(self) -> list[Outcome]:
        """The claims that were judged, in the theory's order."""
        grouped: dict[str, list[Record]] = {}
        for record in self.records.values():
            grouped.setdefault(record.claim.id, []).append(record)
        ordered = sorted(grouped, key=self.ledger.order.__getitem__)
        return [Outcome(id, grouped[id]) for id in ordered]

    def complete(self, todo_ok: bool) -> bool:
        """Whether all that was selected was run and holds (or, if allowed, is not written yet)."""
        allowed = {HOLDS, TODO} if todo_ok else {HOLDS}
        return all(record.status in allowed for record in self.records.values())


def _shortened(text: str, longest: int = 2000) -> str:
    """Captured output, cut in the middle of what nobody would read."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n[... {len(text) - longest} characters left out ...]\n{text[-half:]}"


def as_json(results: Results) -> dict[str, Any]:
    """The outcome of every claim as plain data; `format` is raised when its shape changes."""
    subject = results.subject
    return {
        "format": FORMAT,
        "implementation": {
            "name": subject.name,
            "path": str(subject.path),
            "sha256": subject.sha256,
            "is_reference": subject.is_reference,
        },
        "seed": results.option.seed,
        "false_alarms": results.risk,
        "claims": [_claim_as_json(results, outcome) for outcome in results.outcomes()],
    }


def _claim_as_json(results: Results, outcome: Outcome) -> dict[str, Any]:
    entry = results.ledger.entries[outcome.id]
    return {
        "id": outcome.id,
        "says": entry.says,
        "kind": entry.kind,
        "verdict": outcome.verdict,
        "instead": next((r.claim.instead for r in outcome.records if r.claim.instead), ""),
        "theorem": outcome.is_theorem,
        "status": outcome.status,
        "tests": [
            {
                "test": record.test,
                "latex": record.claim.latex,
                "corrected": record.claim.corrected,
                "obligation": record.obligation,
                "status": record.status,
                "waits_for": record.waits_for,
                "explanation": asdict(record.explanation) if record.explanation else None,
                "figures": dict(record.figures),
                "examples": record.examples,
                "comparisons": record.comparisons,
                "false_alarms": record.false_alarms,
                "seconds": round(record.seconds, 4),
            }
            for record in outcome.records
        ],
    }


def write_json(results: Results, path: Path) -> None:
    """Write `as_json` to a file; a usage error if that cannot be done."""
    try:
        path.write_text(
            json.dumps(as_json(results), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    except OSError as error:
        raise pytest.UsageError(f"--claims-json {path}: {error.strerror}") from None
