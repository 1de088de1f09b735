"""One graded submission: what was handed in, the judgement, and the score."""

from dataclasses import dataclass
from functools import cached_property

from ..intake.handed_in import HandedIn
from .catalogue import Catalogue
from .judgement import Judgement, Verdict
from .overrides import UNCHANGED, Adjustment
from .rubric import Rubric
from .scoring import Score, score


@dataclass(frozen=True)
class Graded:
    """A submission, judged and scored by a rubric."""

    submission: HandedIn
    judgement: Judgement
    rubric: Rubric
    catalogue: Catalogue
    adjustment: Adjustment = UNCHANGED

    @cached_property
    def score(self) -> Score:
        """Its points."""
        late = self.submission.late == "yes"
        return score(self.judgement, self.rubric, self.catalogue, self.adjustment, late=late)

    @property
    def judged(self) -> bool:
        """Whether there is a judgement at all."""
        return not self.judgement.trouble

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """How each claim ended, by its id, in the theory's order."""
        return {verdict.claim: verdict for verdict in self.judgement.verdicts}

    @property
    def notes(self) -> tuple[str, ...]:
        """Which file was chosen, and what was left out."""
        return (*self.submission.notes, *self.judgement.notes)

    def of_status(self, *statuses: str) -> list[Verdict]:
        """The verdicts with one of these statuses, on claims that are worth points or required.

        As in a terminal, a mere convention comes behind what is wrong.
        """
        counts = {*self.rubric.points, *self.rubric.required}
        found = [v for v in self.verdicts.values() if v.claim in counts and v.status in statuses]
        return sorted(found, key=lambda v: bool(v.explanation and v.explanation.convention))
