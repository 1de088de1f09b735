"""Running the suite for the book: obligations in a fork, on the implementation; theorems here.

What an implementation breaks dies with the fork, and what is left is run in another one. Theorems run
in this process, so that the figures find the networks which the tests have trained.
"""

import hashlib
import io
import linecache
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from spec.forked import Send
from spec.harness.engine import collection, warm
from spec.harness.engine.claim_coverage import ClaimCoverage, Function
from spec.harness.engine.claims import Ledger
from spec.harness.engine.results import Outcome, Record, Results, blank
from spec.harness.fronts.plugin import COVERAGE, LEDGER, TRIAL
from spec.harness.ground.calling import judging
from spec.harness.ground.errors import CannotDo
from spec.harness.subject.loading import Subject, load

from .evidence import Evidence, evidence, revived

LONGEST = 120.0  # seconds for all obligations
MOST_STOPPED = 2  # tests that had to be stopped; then the others are not run
PATIENCE = 0.2  # seconds between two looks at the fork

Step = Callable[[str], object]  # told of each test that has been run


@dataclass(frozen=True)
class Source:
    """A file of the implementation, or a cell of a notebook: its name for readers, and its text."""

    name: str
    path: str
    text: str


@dataclass
class Judged:
    """The implementation as the book shows it."""

    name: str = ""
    sha256: str = ""
    is_reference: bool = False
    refused: str = ""  # why none of its code could be run
    notes: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


@dataclass
class Findings:
    """What came of running the suite, by test."""

    ledger: Ledger
    results: Results
    judged: Judged
    evidence: dict[str, Evidence]
    detects: dict[str, dict[str, float]]  # what each test about chance finds
    seed: int

    def outcomes(self) -> dict[str, Outcome]:
        """How each claim ended that the book tells of, in the theory's order."""
        return {outcome.id: outcome for outcome in self.results.outcomes()}


class _Obligations(warm.Run):
    """A run in a fork that brings home the evidence, and which functions each claim exercises."""

    def __init__(
        self,
        session: pytest.Session,
        items: Sequence[pytest.Item],
        bring: Callable[[], Subject],
        found: "Findings",
    ) -> None:
        self.found = found
        super().__init__(session, items, bring, LONGEST)

    def judge(
        self, session: pytest.Session, items: Sequence[pytest.Item], subject: Subject, send: Send
    ) -> None:
        """Judge, tracing the implementation meanwhile."""
        by_name = {item.nodeid: item for item in items}
        send({"judged": asdict(_described(subject))})
        traced = ClaimCoverage([] if subject.path.suffix == ".ipynb" else subject.files)
        session.config.stash[COVERAGE] = traced

        def with_evidence(message: dict[str, Any]) -> None:
            if "record" in message:
                test = message["record"].test
                message |= {"evidence": asdict(evidence(by_name[test].stash[TRIAL]))}
            send(warm.as_data(message))

        warm.judged(session, items, subject, with_evidence)
        traced.stop()
        functions = [asdict(function) for function in traced.functions()]
        send({"functions": [function | {"file": str(function["file"])} for function in functions]})

    def take(self, message: dict[str, Any]) -> None:
        """Take in what came besides records."""
        if "evidence" in message:
            self.found.evidence[message["record"]["test"]] = revived(message["evidence"])
        if "judged" in message:
            plain = message["judged"]
            sources = [Source(**source) for source in plain["sources"]]
            self.found.judged = Judged(**plain | {"sources": sources})
        for plain in message.get("functions", ()):
            function = Function(**plain | {"file": Path(plain["file"])})
            self.found.judged.functions.append(function)


def _described(subject: Subject) -> Judged:
    if subject.path.suffix == ".ipynb":
        cells = [place for place in linecache.cache if subject.is_cell(place)]
        sources = [Source(place, place, "".join(linecache.getlines(place))) for place in cells]
    else:
        folder = subject.path.parent.parent if len(subject.files) > 1 else subject.path.parent
        sources = [
            Source(
                file.relative_to(folder).as_posix(),
                str(file),
                file.read_text(encoding="utf-8", errors="replace"),
            )
            for file in subject.files
        ]
    return Judged(
        subject.name,
        subject.sha256,
        subject.is_reference,
        notes=list(subject.notes),
        sources=sources,
    )


def _unusable(path: Path, why: str) -> Judged:
    """What can be shown of a file none of whose code can be run."""
    content = path.read_bytes() if path.is_file() else b""
    text = content.decode(errors="replace").replace("\0", "�") if path.suffix == ".py" else ""
    return Judged(
        path.name,
        hashlib.sha256(content).hexdigest() if content else "",
        refused=why.replace(str(path.resolve()), path.name),
        sources=[Source(path.name, str(path), text)] if text else [],
    )


def run(
    implementation: str | None, chosen: Callable[[Ledger], set[str]], begin: Callable[[int], Step]
) -> Findings:
    """Run the tests of the claims that are chosen; `begin` is told how many there are.

    CannotDo if there is no implementation to judge.
    """
    with redirect_stdout(io.StringIO()):  # pytest's own report
        return warm.start(
            lambda session: _run(session, implementation, chosen, begin), subject=warm.NOTHING
        )


def _run(
    session: pytest.Session,
    implementation: str | None,
    chosen: Callable[[Ledger], set[str]],
    begin: Callable[[int], Step],
) -> Findings:
    ledger: Ledger = session.config.stash[LEDGER]
    wanted = chosen(ledger)
    needed = wanted.union(*map(ledger.behind, wanted))  # so that what waits is seen to wait
    items = [item for item in session.items if collection.claim_of(item).id in needed]
    step = begin(len(items))
    option = session.config.option
    found = Findings(ledger, Results(ledger, warm.NOTHING, option), Judged(), {}, {}, option.seed)
    obligations = [item for item in items if collection.is_obligation(item)]
    records = _judge(session, obligations, implementation, found, step)
    records |= _prove(session, [i for i in items if not collection.is_obligation(i)], found, step)
    for item in items:
        mark = item.get_closest_marker("chance")
        found.detects[item.nodeid] = mark.kwargs["detects"] if mark else {}
        found.results.records[item.nodeid] = records.get(item.nodeid) or blank(item)
    found.results.settle()
    kept = found.results.records.items()
    found.results.records = {test: record for test, record in kept if record.claim.id in wanted}
    return found


def _judge(
    session: pytest.Session,
    items: list[pytest.Item],
    implementation: str | None,
    found: Findings,
    step: Step,
) -> dict[str, Record]:
    """Run the obligations, in a further fork whenever the implementation ends the one they run in."""
    limit: float = session.config.option.time_limit
    records: dict[str, Record] = {}
    begun, stopped = False, 0
    while items and stopped < MOST_STOPPED:
        with _Obligations(session, items, lambda: load(implementation, limit), found) as under_way:
            while not under_way.over:
                for record in under_way.arrived(PATIENCE):
                    records[record.test], begun = record, True
                    stopped += record.seconds >= limit
                    step(record.claim.id)
                if stopped >= MOST_STOPPED:
                    under_way.stop()
        if under_way.refused and under_way.unusable and implementation:
            found.judged = _unusable(Path(implementation), under_way.refused)
            return {}
        if under_way.refused:
            raise CannotDo(under_way.refused)
        if len(under_way.left) == len(items):
            break
        items = list(under_way.left.values())
    if items and not begun:
        raise CannotDo(f"none of the tests could be run; `{judging(None)}` says why")
    return records


def _prove(
    session: pytest.Session, items: list[pytest.Item], found: Findings, step: Step
) -> dict[str, Record]:
    """Run the theorems here."""
    by_name = {item.nodeid: item for item in items}

    def note(message: dict[str, Any]) -> None:
        if "record" in message:
            record: Record = message["record"]
            found.evidence[record.test] = evidence(by_name[record.test].stash[TRIAL])
            step(record.claim.id)

    return warm.judged(session, items, warm.NOTHING, note).records
