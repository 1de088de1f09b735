"""What came of judging one submission: plain data, from which scores, feedback and statistics are made."""

from dataclasses import asdict, dataclass
from typing import Any

from spec.harness.ground.status import Status
from spec.harness.telling.explain import Explanation


@dataclass(frozen=True)
class Verdict:
    """How one obligation ended: a claim of the theory that asks something of an implementation.

    `test`, `line` and `why` (the test's docstring) are of its first test with the claim's status,
    and so is the explanation, None where the claim holds; `equation` is in Unicode. `waits_for` is the
    claim that fails before it.
    """

    claim: str
    status: Status
    equation: str = ""
    why: str = ""
    test: str = ""
    line: int = 0
    waits_for: str = ""
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Judgement:
    """One submission, judged by all obligations, in the theory's order.

    `sha256` is its content's, `suite` the hash of the specification that judged it, `walls` those that
    stood. `trouble` says in a sentence why nothing could be judged ("" where something was): then all
    verdicts are "not run". `notes` say what of a notebook was left out.
    """

    sha256: str
    suite: str
    walls: tuple[str, ...]
    trouble: str
    notes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    def as_data(self) -> dict[str, Any]:
        """Itself as what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Judgement":
        """The judgement that `as_data` gave."""
        verdicts = tuple(_verdict(each) for each in data["verdicts"])
        plain = {"walls": tuple(data["walls"]), "notes": tuple(data["notes"]), "verdicts": verdicts}
        return cls(**data | plain)


def _verdict(data: dict[str, Any]) -> Verdict:
    explanation = data["explanation"] and Explanation.from_data(data["explanation"])
    made: dict[str, Any] = {"status": Status(data["status"]), "explanation": explanation}
    return Verdict(**data | made)
