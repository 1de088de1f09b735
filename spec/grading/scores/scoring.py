"""From a judgement and a rubric to points: for each claim, section and exercise, and in total."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from spec.harness.ground.status import Status

from .catalogue import Catalogue
from .judgement import Judgement, Verdict
from .overrides import NOTHING, UNCHANGED, Adjustment
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
    """All points of one submission. Exercises are another view of the same points as sections.

    `changes` says, a sentence each, what an instructor decided. Who is `excused` has no points.
    """

    claims: tuple[ClaimScore, ...]
    statuses: dict[Status, int]
    rubric: Rubric
    catalogue: Catalogue
    changes: tuple[str, ...] = ()
    decided: Fraction | None = None
    excused: bool = False

    @cached_property
    def sections(self) -> dict[str, Part]:
        """The points by section, of those that are worth any."""
        return self._parts(self.catalogue.sections)

    @cached_property
    def exercises(self) -> dict[str, Part]:
        """The points by exercise, of those that are worth any."""
        return self._parts(self.catalogue.exercises)

    @cached_property
    def total(self) -> Part:
        """The points of all claims: what is extra up to its limit; or as an instructor decided."""
        whole = _together(self.claims, self.rubric)
        if self.decided is not None:
            return Part(self.decided, whole.maximum)
        most = self.rubric.most_extra
        if most is None:
            return whole
        extra = _together(tuple(claim for claim in self.claims if claim.extra), self.rubric)
        return Part(whole.points - max(extra.points - most, Fraction()), whole.maximum)

    def _parts(self, groups: Mapping[str, tuple[str, ...]]) -> dict[str, Part]:
        by_id = {claim.claim: claim for claim in self.claims}
        points = self.rubric.points
        worth = {name: [id for id in ids if id in points] for name, ids in groups.items()}
        return {
            name: _together(tuple(by_id[id] for id in ids if id in by_id), self.rubric)
            for name, ids in worth.items()
            if ids
        }


def _together(claims: tuple[ClaimScore, ...], rubric: Rubric) -> Part:
    """The sum of some claims' points: as whole numbers where nothing was decided by hand."""
    points = _sum([claim.points for claim in claims], rubric.unit)
    maximum = _sum([claim.maximum for claim in claims if not claim.extra], rubric.unit)
    return Part(points, maximum)


def _sum(parts: list[Fraction], unit: int) -> Fraction:
    whole, rest = 0, Fraction()
    for part in parts:
        if unit % part.denominator:
            rest += part
        else:
            whole += part.numerator * (unit // part.denominator)
    return Fraction(whole, unit) + rest


def score(
    judgement: Judgement,
    rubric: Rubric,
    catalogue: Catalogue,
    adjustment: Adjustment = UNCHANGED,
    *,
    late: bool = False,
) -> Score:
    """Score a judgement by a rubric. A claim that is worth nothing is in no section and no exercise.

    `late` is what the platform says, and `adjustment` what an instructor decided.
    """
    statuses = {verdict.claim: verdict.status for verdict in judgement.verdicts}
    shares = {verdict.claim: _share(verdict) for verdict in judgement.verdicts}
    lacking = {
        id for id in rubric.required if statuses[id] != Status.HOLDS and not _exempt(id, adjustment)
    }
    counts = Counter(statuses[id] for id in rubric.points)
    scored = (
        _scored(id, statuses[id], shares[id], rubric, lacking)
        for id in rubric.points
        if not _exempt(id, adjustment)
    )
    if adjustment is UNCHANGED:
        return Score(tuple(scored), counts, rubric, catalogue)
    claims = tuple(_adjusted(claim, adjustment, late) for claim in scored)
    whole = adjustment.whole
    excused = whole.exempt is True
    decided = Fraction() if excused else whole.points
    said = tuple(_said(adjustment, late))
    return Score(claims, counts, rubric, catalogue, said, decided, excused)


def _exempt(id: str, adjustment: Adjustment) -> bool:
    return adjustment.claims.get(id, NOTHING).exempt is True


def _share(verdict: Verdict) -> Fraction:
    """The part of a claim's points that it brings: its parts share them equally."""
    if verdict.status == Status.HOLDS:
        return Fraction(1)
    in_part = verdict.status in (Status.FAILS, Status.TODO)  # what waits brings nothing
    return Fraction(*verdict.share) if in_part else Fraction()


def _scored(id: str, status: str, share: Fraction, rubric: Rubric, lacking: set[str]) -> ClaimScore:
    maximum, extra = rubric.points[id], id in rubric.extra
    if not share:
        return ClaimScore(id, status, Fraction(), maximum, extra)
    if not lacking:
        return ClaimScore(id, status, share * maximum, maximum, extra)
    withheld = next(
        (
            needed
            for needed in rubric.required
            if needed in lacking and id in rubric.required[needed]
        ),
        "",
    )
    return ClaimScore(
        id, status, Fraction() if withheld else share * maximum, maximum, extra, withheld
    )


def _adjusted(claim: ClaimScore, adjustment: Adjustment, late: bool) -> ClaimScore:
    """A claim's points by hand stand as they are; what was judged loses what being late costs."""
    decided = adjustment.claims.get(claim.claim, NOTHING).points
    if decided is None:
        points = claim.points * (1 - adjustment.lost(claim.claim, late))
        withheld = claim.withheld
    else:
        points, withheld = decided, ""
    return ClaimScore(claim.claim, claim.status, points, claim.maximum, claim.extra, withheld)


def _said(adjustment: Adjustment, late: bool) -> list[str]:
    """What was decided, a few words each."""
    whole = adjustment.whole
    said = []
    if whole.exempt:
        said.append("excused")
    if whole.points is not None:
        said.append(f"{shown(whole.points)} points in all, set by hand")
    if whole.late is not None:
        said.append(f"{_days(whole.late)}, set by hand")
    lost = adjustment.lost("", late)
    if lost:
        said.append(f"late: {shown(100 * lost)} % off")
    elif late and whole.late_penalty is not None:
        said.append("late: no penalty")
    for id, change in adjustment.claims.items():
        if change.exempt:
            said.append(f"{id} exempt")
        if change.points is not None:
            said.append(f"{id} {shown(change.points)} points, set by hand")
        if change.late is not None or change.late_penalty is not None:
            off = adjustment.lost(id, late)
            said.append(f"{id} {shown(100 * off)} % off for lateness")
        if change.comment:
            said.append(f"{id}: {change.comment}")
    if whole.comment:
        said.append(whole.comment)
    return said


def _days(days: Fraction) -> str:
    if not days:
        return "in time"
    return "1 day late" if days == 1 else f"{shown(days)} days late"


def shown(points: Fraction) -> str:
    """Points for people: two decimals at most."""
    if points.denominator == 1:
        return str(points.numerator)
    text = f"{float(points):.2f}"
    return text.rstrip("0").rstrip(".")
