"""The judgement on one submission: plain data, from which scores, feedback and statistics are made."""

from dataclasses import asdict, dataclass
from typing import Any

from spec.harness.ground.status import Status
from spec.harness.telling.explain import Explanation


@dataclass(frozen=True)
class Verdict:
    """How one obligation ended: a claim of the theory that asks something of an implementation.

    `test`, `line`, `why` (the test's docstring) and the explanation come from the claim's first test with
    this status; the explanation is None where the claim holds. `equation` is in Unicode. `waits_for` is
    the claim that must hold first. `share` says of how many parts of the claim how many hold.
    """

    claim: str
    status: Status
    equation: str = ""
    why: str = ""
    test: str = ""
    line: int = 0
    waits_for: str = ""
    explanation: Explanation | None = None
    share: tuple[int, int] = (0, 1)


@dataclass(frozen=True)
class Judgement:
    """One submission, judged by all obligations, in the theory's order.

    `sha256` is the hash of its content, `suite` that of the specification; `walls` are those that stood.
    `trouble` says in a sentence why nothing could be judged; then all verdicts are NOT_RUN. It is "" where
    something was judged. `notes` say what of a notebook was left out. A judgement that `broke_off` says
    nothing of the submission. `form` is a hash of the code that names and layout do not change.
    """

    sha256: str
    suite: str
    walls: tuple[str, ...]
    trouble: str
    notes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    broke_off: bool = False
    form: str = ""

    def as_data(self) -> dict[str, Any]:
        """The same as plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Judgement":
        """The judgement from what `as_data` returned."""
        verdicts = tuple(_verdict(each) for each in data["verdicts"])
        plain = {"walls": tuple(data["walls"]), "notes": tuple(data["notes"]), "verdicts": verdicts}
        return cls(**data | plain)


def _verdict(data: dict[str, Any]) -> Verdict:
    explanation = data["explanation"] and Explanation.from_data(data["explanation"])
    made: dict[str, Any] = {
        "status": Status(data["status"]),
        "explanation": explanation,
        "share": tuple(data["share"]),
    }
    return Verdict(**data | made)
