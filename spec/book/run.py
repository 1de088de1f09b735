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

from spec.forked import Send
from spec.harness.engine.cases import Case, obligations
from spec.harness.engine.claim_coverage import ClaimCoverage, Function
from spec.harness.engine.claims import Ledger
from spec.harness.engine.forked_run import NOTHING, ForkedRun, as_data
from spec.harness.engine.records import Outcome, Record
from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite, collected, warm_up
from spec.harness.ground import trial
from spec.harness.ground.calling import judging
from spec.harness.ground.errors import CannotDo
from spec.harness.subject.formats import is_notebook
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


class _Obligations(ForkedRun):
    """A run in a fork that brings home the evidence, and which functions each claim exercises."""

    def __init__(
        self,
        suite: Suite,
        cases: Sequence[Case],
        bring: Callable[[], Subject],
        found: "Findings",
    ) -> None:
        self.found = found
        super().__init__(suite, cases, bring, LONGEST)

    def judge(self, suite: Suite, cases: Sequence[Case], subject: Subject, send: Send) -> None:
        """Judge, tracing the implementation meanwhile."""
        claims = {case.id: case.claim.id for case in cases}
        send({"judged": asdict(_described(subject))})
        traced = ClaimCoverage([] if is_notebook(subject.path) else subject.files)

        def with_evidence(message: dict[str, Any]) -> None:
            if "begins" in message:
                traced.judging(claims[message["begins"]])
            if "record" in message:
                message |= {"evidence": asdict(evidence(trial.current()))}
            send(as_data(message))

        suite.judge(cases, subject, with_evidence)
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
    if is_notebook(subject.path):
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
    suite = collected()
    warm_up()
    ledger, setting = suite.ledger, suite.setting
    wanted = chosen(ledger)
    laws = {case.id for case in suite.obligations if case.claim.names}  # what waits is seen to wait
    cases = [case for case in suite.cases if case.claim.id in wanted or case.id in laws]
    step = begin(len(cases))
    found = Findings(ledger, Results(ledger, NOTHING, setting), Judged(), {}, {}, setting.seed)
    found.results.know(suite.cases)
    with redirect_stdout(io.StringIO()):  # what tests print
        records = _judge(suite, obligations(cases), implementation, found, step)
        records |= _prove(suite, [case for case in cases if not case.is_obligation], found, step)
    for case in cases:
        found.detects[case.id] = case.detects
        found.results.records[case.id] = records.get(case.id) or Record.blank(case)
    found.results.settle()
    kept = found.results.records.items()
    found.results.records = {test: record for test, record in kept if record.claim.id in wanted}
    return found


def _judge(
    suite: Suite,
    cases: list[Case],
    implementation: str | None,
    found: Findings,
    step: Step,
) -> dict[str, Record]:
    """Run the obligations, in a further fork whenever the implementation ends the one they run in."""
    limit = suite.setting.limit
    records: dict[str, Record] = {}
    begun, stopped = False, 0
    while cases and stopped < MOST_STOPPED:
        with _Obligations(suite, cases, lambda: load(implementation, limit), found) as under_way:
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
        if len(under_way.left) == len(cases):
            break
        cases = list(under_way.left.values())
    if cases and not begun:
        raise CannotDo(f"none of the tests could be run; `{judging(None)}` says why")
    return records


def _prove(suite: Suite, cases: list[Case], found: Findings, step: Step) -> dict[str, Record]:
    """Run the theorems here."""

    def note(message: dict[str, Any]) -> None:
        if "record" in message:
            record: Record = message["record"]
            found.evidence[record.test] = evidence(trial.current())
            step(record.claim.id)

    return suite.judge(cases, NOTHING, note).records
