"""From a judgement and a rubric to points: for each claim, section and exercise, and in total."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from spec.harness.ground.status import Status

from .catalogue import Catalogue
from .judgement import Judgement
from .rubric import Rubric


@dataclass(frozen=True)
class ClaimScore:
    """The points that one claim brought: `points` of `maximum`.

    `withheld` names the required claim that does not hold, if the claim brought nothing for that reason.
    """

    claim: str
    status: str
    points: Fraction
    maximum: Fraction
    extra: bool = False
    withheld: str = ""


@dataclass(frozen=True)
class Part:
    """The points of a section or an exercise; `maximum` does not count what is extra."""

    points: Fraction
    maximum: Fraction


@dataclass(frozen=True)
class Score:
    """All points of one submission. Exercises are another view of the same points as sections."""

    claims: tuple[ClaimScore, ...]
    sections: dict[str, Part]
    exercises: dict[str, Part]
    statuses: dict[Status, int]

    @property
    def total(self) -> Part:
        """The points of all claims."""
        return together(self.claims)


def together(claims: tuple[ClaimScore, ...]) -> Part:
    """The sum of some claims' points."""
    points = sum((claim.points for claim in claims), Fraction())
    maximum = sum((claim.maximum for claim in claims if not claim.extra), Fraction())
    return Part(points, maximum)


def score(judgement: Judgement, rubric: Rubric, catalogue: Catalogue) -> Score:
    """Score a judgement by a rubric. A claim that is worth nothing is in no section and no exercise."""
    statuses = {verdict.claim: verdict.status for verdict in judgement.verdicts}
    lacking = {id for id in rubric.required if statuses[id] != Status.HOLDS}
    claims = {id: _scored(id, statuses[id], rubric, lacking) for id in rubric.points}

    def parts(groups: dict[str, tuple[str, ...]]) -> dict[str, Part]:
        worth = {name: [claims[i] for i in ids if i in claims] for name, ids in groups.items()}
        return {name: together(tuple(found)) for name, found in worth.items() if found}

    counts = Counter(statuses[id] for id in rubric.points)
    return Score(
        tuple(claims.values()), parts(catalogue.sections), parts(catalogue.exercises), counts
    )


def _scored(id: str, status: str, rubric: Rubric, lacking: set[str]) -> ClaimScore:
    maximum, extra = rubric.points[id], id in rubric.extra
    if status != Status.HOLDS:
        return ClaimScore(id, status, Fraction(), maximum, extra)
    withheld = next(
        (
            needed
            for needed in rubric.required
            if needed in lacking and id in rubric.required[needed]
        ),
        "",
    )
    return ClaimScore(id, status, Fraction() if withheld else maximum, maximum, extra, withheld)


def shown(points: Fraction) -> str:
    """Points for people: two decimals at most."""
    text = f"{float(points):.2f}"
    return text.rstrip("0").rstrip(".")
