"""A class as a whole: how each claim ended, the most frequent diagnoses, the median."""

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from spec.harness.ground.status import BEST_FIRST

from ..scores.catalogue import Catalogue
from ..scores.graded import Graded
from ..scores.judgement import Verdict
from .feedback import TO_MEND


@dataclass(frozen=True)
class Diagnosis:
    """A mistake, the claim that it breaks, and the number of submissions that make it."""

    n: int
    what: str
    claim: str


class Statistics:
    """Counts over the submissions that were added, in any order."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.totals: list[Fraction] = []
        self._statuses: dict[str, Counter[str]] = defaultdict(Counter)
        self._diagnoses: Counter[tuple[str, str]] = Counter()

    def add(self, graded: Graded) -> None:
        """Count one submission."""
        self.totals.append(graded.score.total.points)
        for verdict in graded.judgement.verdicts:
            self._statuses[verdict.claim][verdict.status] += 1
            if what := diagnosed(verdict):
                self._diagnoses[verdict.claim, what] += 1

    @property
    def n(self) -> int:
        """How many submissions there are."""
        return len(self.totals)

    @property
    def median(self) -> Fraction:
        """The median of all totals."""
        return statistics.median(self.totals) if self.totals else Fraction()

    def statuses(self, claim: str) -> dict[str, int]:
        """For each status, the number of submissions in which a claim ended so."""
        return {status: self._statuses[claim][status] for status in BEST_FIRST}

    def diagnoses(self) -> list[Diagnosis]:
        """All mistakes, the most frequent first."""
        order = self.catalogue.ledger.order
        found = [Diagnosis(n, what, claim) for (claim, what), n in self._diagnoses.items()]
        return sorted(found, key=lambda d: (-d.n, order[d.claim], d.what))


def diagnosed(verdict: Verdict) -> str:
    """What is wrong, and in which value; "" if that is not known."""
    explanation = verdict.explanation
    if verdict.status not in TO_MEND or explanation is None or not explanation.cause:
        return ""
    value = explanation.entry if explanation.entry[:1].isalpha() else explanation.function
    return f"{explanation.cause} ({value})" if value else explanation.cause
