"""The record of one case that was run, and the outcome of a claim: that of its cases together."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..ground.compare import Disagreement
from ..ground.failures import Failure
from ..ground.limits import time_limit
from ..ground.outcomes import Kind, NotWrittenYet, Raised, TimeLimitExceeded
from ..ground.status import Status, worst
from ..ground.texts import shortened
from ..ground.trial import Trial, Uses
from ..subject.loading import Subject
from ..subject.proxy import Implementation
from ..telling.explain import LONGEST_SENTENCE, Explanation, explain
from ..telling.hints import with_own_lines
from ..telling.only_where import only_where
from ..telling.shrinking import smaller
from ..telling.snippet import snippet
from .cases import Case
from .claims import Claim

LONGEST = (
    5.0  # seconds to look for a cause, beside those that the code under test computes meanwhile
)


@dataclass
class Record:
    """How one case ended.

    It waits where it fails and another claim, `waits_for`, explains that; and where it is `hollow`: it
    holds, but means nothing before another claim does. `uses` is what its failing run used, `raised_at`
    where the implementation raised something in it, if it did, and `raised_by` in which call. `error` is
    what was raised, for this process alone.
    """

    test: str
    claim: Claim
    part: str
    equation: str
    line: int
    why: str
    obligation: bool
    status: Status = Status.NOT_RUN
    waits_for: str = ""
    hollow: bool = False
    explanation: Explanation | None = None
    figures: list[tuple[str, float | str]] = field(default_factory=list)
    examples: int = 0
    comparisons: int = 0
    false_alarms: float = 0.0
    seconds: float = 0.0
    uses: Uses = field(default_factory=Uses)
    raised_at: str = ""
    raised_by: str = ""
    printed: str = ""  # by the implementation
    error: BaseException | None = field(default=None, repr=False)

    @property
    def has_failed(self) -> bool:
        """Whether it fails, or waits because it does."""
        return self.status in (Status.FAILS, Status.WAITS) and not self.hollow

    @property
    def kind(self) -> Kind:
        """The kind of its failure."""
        return self.explanation.kind if self.explanation else Kind.WRONG

    @property
    def cause(self) -> str:
        """The listed mistake that explains its numbers, "" if there is none."""
        return self.explanation.cause if self.explanation else ""

    @classmethod
    def blank(cls, case: Case) -> "Record":
        """The record of a case that has not been run."""
        return cls(
            case.id, case.claim, case.part, case.equation, case.line, case.why, case.is_obligation
        )

    @classmethod
    def stopped(cls, case: Case, sentence: str) -> "Record":
        """The record of a case that a clock ended, with the process it was run in."""
        why = Explanation(sentence, kind=Kind.ENDLESS)
        return replace(cls.blank(case), status=Status.FAILS, explanation=why)

    @classmethod
    def of(
        cls,
        case: Case,
        subject: Subject,
        error: BaseException | None,
        trial: Trial,
        seconds: float,
        given: dict[str, Any],
    ) -> "Record":
        """The record of a case that was run with what it asks for: it raised `error`, or nothing."""
        record = replace(
            cls.blank(case),
            status=_status(error),
            figures=trial.figures,
            examples=trial.n_examples,
            comparisons=sum(map(len, trial.comparisons.values())),
            false_alarms=trial.false_alarms,
            seconds=seconds,
            uses=trial.uses,
            error=error,
        )
        if isinstance(error, Raised):
            record.raised_at, record.raised_by = error.at, error.function
        if error is not None and (record.obligation or isinstance(error, Disagreement)):
            record.explanation = _explanation(case, subject, error, trial, given)
        return record

    def as_data(self) -> dict[str, Any]:
        """Itself as what JSON can hold."""
        return asdict(replace(self, error=None))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Record":
        """The record that `as_data` gave."""
        explanation = data["explanation"]
        claim, uses = data["claim"], data["uses"]
        tuples = {name: tuple(claim[name]) for name in ("states", "judges")}
        made = {
            "claim": Claim(**claim | tuples),
            "uses": Uses(**{name: tuple(names) for name, names in uses.items()}),
            "status": Status(data["status"]),
            "explanation": explanation and Explanation.from_data(explanation),
        }
        return cls(**data | made)


def _status(error: BaseException | None) -> Status:
    if error is None:
        return Status.HOLDS
    return Status.TODO if isinstance(error, NotWrittenYet) else Status.FAILS


def _explanation(
    case: Case, subject: Subject, error: BaseException, trial: Trial, given: dict[str, Any]
) -> Explanation:
    """Why a case does not hold. An answer may be too strange to tell: its outcome stands all the same."""
    try:
        with time_limit(LONGEST, "the search for the cause"):
            told = with_own_lines(_explained(case, subject, error, trial, given), subject)
            return (
                told
                if told.cause
                else replace(told, only=only_where([] if trial.cut_short else trial.tried))
            )
    except (Exception, TimeLimitExceeded) as trouble:
        sentence = shortened(str(error), LONGEST_SENTENCE)
        return Explanation(f"{sentence} (no cause was found: {type(trouble).__name__})")


def _explained(
    case: Case, subject: Subject, error: BaseException, trial: Trial, given: dict[str, Any]
) -> Explanation:
    """The explanation of the failing example; of a smaller one, where that can be shown in code."""
    failure = Failure.of(error, trial)
    nn = Implementation(subject.module, subject.name)
    code = snippet(failure, nn)
    if not code or "\n" in code:
        for found in smaller(case.drawing, given, failure):
            shorter = snippet(found, nn)
            if shorter and (not code or len(shorter) < len(code)):
                return explain(found, equation=case.equation, code=shorter)
    return explain(failure, equation=case.equation, code=code)


@dataclass(frozen=True)
class Outcome:
    """How a claim ended: its cases together.

    `erratum` is what its counter-example says, where the theory is wrong or lacks a condition.
    """

    id: str
    records: list[Record]
    erratum: Claim | None = None

    @property
    def status(self) -> Status:
        """The worst that any case of the claim says."""
        return worst({record.status for record in self.records})

    @property
    def share(self) -> tuple[int, int]:
        """Of how many parts how many hold, those that all tests of the claim speak of included.

        A claim that is judged as a whole is one part; and where what belongs to no part fails, none holds.
        """
        held: dict[str, bool] = {}
        for record in self.records:
            held[record.part] = held.get(record.part, True) and record.status is Status.HOLDS
        whole = held.pop("", True)
        if not held:
            return int(whole), 1
        return sum(held.values()) if whole else 0, len(held)

    @property
    def is_theorem(self) -> bool:
        """Whether no case of the claim asks for the implementation."""
        return not any(record.obligation for record in self.records)

    @property
    def verdict(self) -> str:
        """The verdict on the theory: holds, conditional or refuted."""
        return self.erratum.verdict if self.erratum else "holds"

    @property
    def is_convention(self) -> bool:
        """Whether all that fails in it is a matter of convention, which spoils no other claim."""
        failing = [r.explanation for r in self.records if r.status is Status.FAILS]
        return bool(failing) and all(found and found.convention for found in failing)

    @property
    def worst(self) -> Record:
        """The first record with the claim's status."""
        return next(record for record in self.records if record.status is self.status)


def most_pressing(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What fails before what is to be written, and what is a mere convention behind what is wrong.

    Otherwise the order, the theory's, is kept. A convention may be a choice, made in good faith: it
    must not keep a mistake out of sight.
    """
    return sorted(
        outcomes, key=lambda outcome: (outcome.status is Status.TODO, outcome.is_convention)
    )
