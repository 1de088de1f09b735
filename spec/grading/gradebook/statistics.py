"""A class as a whole: statistics over those that were judged, and who the others are.

The analysis of claims is that of a test's items. A claim's *difficulty* is the share of those judged for whom
it holds. Its *discrimination* is the correlation of that with the number of all other claims that hold:
near 1 it tells strong from weak, near 0 it does not, and below 0 something is amiss with it.
"""

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from spec.harness.ground.status import BEST_FIRST, Status

from ..scores.catalogue import Catalogue
from .entries import CODES, Entry

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Diagnosis:
    """A mistake, the claim that it breaks, and the number of submissions that make it."""

    n: int
    what: str
    claim: str


@dataclass(frozen=True)
class Help:
    """A learner who may need help: how many points are there, and what comes first."""

    name: str
    points: Fraction
    maximum: Fraction
    first: str
    n_unwritten: int


class Statistics:
    """Counts over the submissions that were added, in any order."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.totals: list[Fraction] = []
        self.troubles: dict[str, str] = {}
        self.excused: list[str] = []
        self.late: list[str] = []
        self._judged: list[str] = []  # the statuses of each, a digit a claim
        self._help: list[Help] = []
        self._forms: dict[str, list[str]] = defaultdict(list)
        self._diagnoses: Counter[tuple[str, str]] = Counter()

    def add(self, entry: Entry) -> None:
        """Count one submission."""
        if entry.excused:
            self.excused.append(entry.name)
        elif entry.trouble:
            self.troubles[entry.name] = entry.trouble
        if entry.late:
            self.late.append(f"{entry.name}, {entry.id}" if entry.id else entry.name)
        if entry.trouble:
            return
        self._judged.append(entry.statuses)
        if entry.form and entry.n_hold:
            self._forms[entry.form].append(entry.name)
        for claim, what in entry.diagnoses:
            self._diagnoses[claim, what] += 1
        if entry.excused:
            return
        self.totals.append(entry.points)
        if entry.points < entry.most * HALF:
            last = (entry.first, entry.n_unwritten)
            self._help.append(Help(entry.name, entry.points, entry.most, *last))

    @property
    def n(self) -> int:
        """How many were judged."""
        return len(self._judged)

    @property
    def n_given(self) -> int:
        """How many there are, those who could not be judged among them."""
        return self.n + len(self.troubles) + self._n_excused_unjudged

    @property
    def _n_excused_unjudged(self) -> int:
        return len(self.excused) - (self.n - len(self.totals))

    @property
    def median(self) -> Fraction:
        """The median of the totals of those judged."""
        return self.five[2]

    @cached_property
    def five(self) -> tuple[Fraction, ...]:
        """Minimum, lower quartile, median, upper quartile and maximum of the totals of those judged."""
        totals = sorted(self.totals)
        if len(totals) < 2:
            return tuple(totals or [Fraction()]) * 5
        quartiles = statistics.quantiles(totals, n=4, method="inclusive")
        return (totals[0], *quartiles, totals[-1])

    @cached_property
    def _digits(self) -> Any:
        """The statuses of those judged, (n, number of claims)."""
        import numpy as np

        whole = np.frombuffer("".join(self._judged).encode(), dtype=np.uint8) - ord("0")
        return whole.reshape(self.n, len(self.catalogue.claims))

    @cached_property
    def _counts(self) -> dict[str, dict[Status, int]]:
        counted = [(status, (self._digits == int(CODES[status])).sum(0)) for status in BEST_FIRST]
        return {
            claim: {status: int(counts[place]) for status, counts in counted}
            for place, claim in enumerate(self.catalogue.claims)
        }

    def statuses(self, claim: str) -> dict[Status, int]:
        """For each status, the number of those judged in which a claim ended so."""
        return self._counts[claim]

    def difficulty(self, claim: str) -> float | None:
        """The share of those judged for whom it holds; None if there is nobody."""
        return self.statuses(claim)[Status.HOLDS] / self.n if self.n else None

    @cached_property
    def _discriminations(self) -> list[float | None]:
        import numpy as np

        holds = self._digits == int(CODES[Status.HOLDS])
        n, total, column = self.n, holds.sum(1), holds.sum(0)
        together = np.array([total[holds[:, i]].sum() for i in range(len(column))])
        # of h and r = total - h, where h is 0 or 1: sums of r, h r and r ** 2
        rest, product = total.sum() - column, together - column
        squares = (total**2).sum() - 2 * together + column
        covariance = n * product - column * rest
        spread = np.sqrt((n * column - column**2) * (n * squares - rest**2).astype(float))
        return [float(c / s) if s else None for c, s in zip(covariance, spread, strict=True)]

    def discrimination(self, claim: str) -> float | None:
        """The correlation with how many other claims hold; None where all, or nobody, has it right."""
        return self._discriminations[self._places[claim]] if self.n else None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {claim: place for place, claim in enumerate(self.catalogue.claims)}

    def diagnoses(self) -> list[Diagnosis]:
        """All mistakes, the most frequent first."""
        order = self.catalogue.ledger.order
        found = [Diagnosis(n, what, claim) for (claim, what), n in self._diagnoses.items()]
        return sorted(found, key=lambda d: (-d.n, order[d.claim], d.what))

    def help(self) -> list[Help]:
        """Who has less than half of the points, the fewest first."""
        return sorted(self._help, key=lambda one: (one.points, one.name))

    def alike(self) -> list[list[str]]:
        """Those whose files are the same but for names and layout, the largest group first."""
        groups = [sorted(names) for names in self._forms.values() if len(names) > 1]
        return sorted(groups, key=lambda names: (-len(names), names))
