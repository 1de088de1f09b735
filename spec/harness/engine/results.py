"""The records of a run, put together: who waits for whom, and what is told of each claim."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..ground.errors import CannotDo
from ..ground.status import Status
from ..subject.loading import Subject
from ..telling.explain import WIDTH, told
from ..telling.hints import cause_in_short, hint
from .cases import Case
from .claims import Claim, Ledger
from .records import Outcome, Record
from .waiting import Waiting

FORMAT = 2  # of the JSON file; raised whenever a reader would have to change


@dataclass(frozen=True)
class Setting:
    """What a run was asked for: the seed, the seconds a test may compute, how much is told, and of what."""

    seed: int = 0
    limit: float = 10.0
    hints: str = "full"
    given: str | None = None  # what was named to be judged


class Results:
    """All records of a run, by test."""

    def __init__(self, ledger: Ledger, subject: Subject, setting: Setting | None = None) -> None:
        self.ledger = ledger
        self.subject = subject
        self.setting = setting or Setting()
        self.records: dict[str, Record] = {}
        self.n_collected = 0
        self.n_left_out = 0  # theorems that were proved without the implementation
        self._errata: dict[str, Claim] = {}
        self._names: dict[str, frozenset[str]] = {}
        self.risk = 0.0  # how often the whole suite, as collected, fails a right implementation

    def expect(self, cases: Iterable[Case]) -> None:
        """Note what was collected, before anything is left out."""
        cases = list(cases)
        self.n_collected = len({case.claim.id for case in cases})
        self.risk = sum(case.false_alarms for case in cases)
        self.know(cases)

    def know(self, cases: Iterable[Case]) -> None:
        """Note the claims of what was collected, whichever of these cases will be run."""
        self._note([case.claim for case in cases])

    def _note(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            self._names[claim.id] = self._names.get(claim.id, frozenset()) | claim.names
            if claim.verdict != "holds":
                self._errata[claim.id] = claim

    def collected(self) -> str:
        """How many claims the theory has, and how many of them were collected."""
        return f"claims: {len(self.ledger.entries)} in the theory, {self.n_collected} collected"

    def add(self, record: Record) -> None:
        """Take in a record. Whether it waits is known when all are there: see `settle`."""
        self.records[record.test] = record

    def settle(self) -> None:
        """Decide which tests wait, of those that there are."""
        for record in self.records.values():
            if record.hollow:
                record.status, record.waits_for, record.hollow = Status.HOLDS, "", False
        self._note(record.claim for record in self.records.values())
        waiting = Waiting(self.records.values(), self.ledger, self._names)
        for test, waits_for in waiting.decide().items():
            record = self.records[test]
            record.waits_for = waits_for
            record.status = Status.WAITS if waits_for else Status.FAILS
        self._weigh()

    def _weigh(self) -> None:
        """Let a claim wait that holds, but means nothing yet."""
        outcomes = self.outcomes()
        statuses = {outcome.id: outcome.status for outcome in outcomes}
        for outcome in outcomes:
            others = self.ledger.entries[outcome.id].means_with
            found = {statuses.get(id, Status.NOT_RUN) for id in others}
            means_something = found & {Status.HOLDS, Status.NOT_RUN}
            if outcome.status is Status.HOLDS and found and not means_something:
                for record in outcome.records:
                    record.status, record.waits_for, record.hollow = Status.WAITS, others[0], True

    def headline(self, record: Record, width: int = WIDTH) -> list[str]:
        """The claim, its equation and why it is so, as lines of text."""
        lines = textwrap.wrap(
            record.equation, width - 2, initial_indent="    ", subsequent_indent="      "
        )
        lines += textwrap.wrap(record.why, width - 2, initial_indent="  ", subsequent_indent="  ")
        return [f"{record.claim.id}   {record.test}:{record.line}", *lines, ""]

    def told(self, record: Record, width: int = WIDTH) -> list[str]:
        """What went wrong in a test, and as much of why as is asked for, as lines of text."""
        if record.hollow:
            return ["  it holds, as it does of code that computes nothing"]
        if record.explanation is None:
            return [f"  {record.status}: see above"]
        hints = hint(record.explanation, self.setting.hints, width=width)
        return told(record.explanation, hints, width=width)

    def causes_behind(self, id: str = "", level: str = "") -> list[tuple[str, str]]:
        """The claims that wait and have a known cause, and that cause; those that wait for `id` alone.

        A cause that a claim to be mended has, too, is told there.
        """
        level = level or self.setting.hints
        told = {r.cause for r in self.records.values() if r.status is Status.FAILS}
        waiting = [r for r in self.records.values() if r.status is Status.WAITS and r.cause]
        found: dict[str, str] = {}
        for record in waiting:
            if record.cause not in told and record.waits_for == (id or record.waits_for):
                told.add(record.cause)
                found.setdefault(record.claim.id, cause_in_short(record.explanation, level))
        return [(claim, cause) for claim, cause in found.items() if cause]

    def outcomes(self) -> list[Outcome]:
        """The claims that were judged, in the theory's order."""
        grouped: dict[str, list[Record]] = {}
        for record in self.records.values():
            grouped.setdefault(record.claim.id, []).append(record)
        self._note(record.claim for record in self.records.values())
        ordered = sorted(grouped, key=self.ledger.order.__getitem__)
        return [Outcome(id, grouped[id], self._errata.get(id)) for id in ordered]

    def complete(self, todo_ok: bool) -> bool:
        """Whether all that was selected was run and holds (or, if allowed, is not written yet)."""
        allowed = {Status.HOLDS, Status.TODO} if todo_ok else {Status.HOLDS}
        return all(record.status in allowed for record in self.records.values())


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
        "seed": results.setting.seed,
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
        "instead": outcome.erratum.instead if outcome.erratum else "",
        "theorem": outcome.is_theorem,
        "status": outcome.status,
        "tests": [_test_as_json(record) for record in outcome.records],
    }


def _test_as_json(record: Record) -> dict[str, Any]:
    return {
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


def write_json(results: Results, path: Path) -> None:
    """Write `as_json` to a file; CannotDo if that cannot be done."""
    try:
        path.write_text(
            json.dumps(as_json(results), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    except OSError as error:
        raise CannotDo(f"{path}: {error.strerror}") from None
