"""A failure as data: what was raised, of which kind it is, and its diagnosis, made once.

Explaining, shrinking and the snippet are handed it; no one reads in a sentence what stands in a field.
"""

from dataclasses import dataclass
from pathlib import Path

import hypothesis.errors

from .compare import Disagreement
from .diagnosis import Diagnosis, diagnose
from .errors import frames
from .outcomes import Kind, NotWrittenYet, Raised, Refuted, TimeLimitExceeded
from .trial import Trial


@dataclass(frozen=True)
class Failure:
    """How a case ended other than well, with the transcript of the example that showed it."""

    error: BaseException
    trial: Trial
    kind: Kind
    diagnosis: Diagnosis

    @classmethod
    def of(cls, error: BaseException, trial: Trial) -> "Failure":
        """The failure that an exception and the transcript under way then stand for."""
        found = Diagnosis()
        if isinstance(error, Disagreement):
            found = Diagnosis() if trial.cut_short else _diagnosed(error, trial)
        elif isinstance(error, Refuted) and error.cause:
            found = Diagnosis(causes=(error.cause,))
        return cls(error, trial, _kind(error, trial), found)

    @property
    def shows(self) -> bool:
        """Whether a value that is printed can show it."""
        if self.kind in (Kind.CHANGED_IN_PLACE, Kind.ENDLESS, Kind.NOT_WRITTEN):
            return False
        return not isinstance(self.error, Disagreement) or self.error.comparison.shows

    def is_the_same_as(self, other: "Failure") -> bool:
        """Whether two examples show one failure: at one place, of one kind, and for the same causes."""
        if type(self.error) is not type(other.error) or _where(self.error) != _where(other.error):
            return False
        if isinstance(self.error, Disagreement) and isinstance(other.error, Disagreement):
            same_site = self.error.site == other.error.site
            return same_site and self.diagnosis.causes == other.diagnosis.causes
        if isinstance(self.error, Raised) and isinstance(other.error, Raised):
            return self.error.comes_from(other.error)
        return self.kind is other.kind


def _diagnosed(error: Disagreement, trial: Trial) -> Diagnosis:
    """By what was compared at its `agree`: of this value, and of others, as those of later steps."""
    file, line, _ = error.site
    others = [
        comparison
        for site, comparisons in trial.comparisons.items()
        if site[:2] == (file, line) and site != error.site
        for comparison in comparisons
    ]
    return diagnose(trial.comparisons[error.site], others)


def _kind(error: BaseException, trial: Trial) -> Kind:
    if isinstance(error, Refuted):
        return error.kind
    if isinstance(error, NotWrittenYet):
        return Kind.NOT_WRITTEN
    if isinstance(error, TimeLimitExceeded):
        return Kind.ENDLESS
    if isinstance(error, hypothesis.errors.Flaky):
        return Kind.UNSTEADY
    return trial.at_stake if isinstance(error, AssertionError) else Kind.RAISED


def _where(error: BaseException) -> tuple[str, int] | None:
    """The innermost line of a chapter that it came through."""
    passed = [(file, line) for file, line in frames(error) if Path(file).name.startswith("test_")]
    return passed[-1] if passed else None
