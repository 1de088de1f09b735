"""What an instructor decides by hand: points, comments, lateness, exemptions, late penalties.

`overrides.toml` is applied whenever scores are computed. It stands above all judgements, and judges nothing
again. The same keys may stand with all claims of a pattern, with a learner, and with one learner's claims;
what is nearer to one claim of one learner counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from spec.harness.ground.errors import CannotDo

from .catalogue import Catalogue
from .toml_file import Errors, close_to, meant, points, read_toml

PERCENT = Fraction(1, 100)
WHOLE = 100  # percent
EXAMPLE = """[learners."Anna Alpha"]
points = 30"""
KEYS = ("points", "comment", "late", "exempt", "late_penalty")
TABLES = ("late", "claims", "learners")
LATE_KEYS = ("percent_a_day", "at_most")


@dataclass(frozen=True)
class Change:
    """What is decided for one thing: a learner, a claim, or a claim of one learner. None: nothing.

    `late` is a number of days, each begun one counted whole, and 0 is in time. `late_penalty` is the
    part of the points that is lost, whatever the number of days.
    """

    points: Fraction | None = None
    comment: str = ""
    late: Fraction | None = None
    exempt: bool | None = None
    late_penalty: Fraction | None = None

    def under(self, nearer: "Change") -> "Change":
        """This one, where the nearer one says nothing."""
        return Change(
            self.points if nearer.points is None else nearer.points,
            nearer.comment or self.comment,
            self.late if nearer.late is None else nearer.late,
            self.exempt if nearer.exempt is None else nearer.exempt,
            self.late_penalty if nearer.late_penalty is None else nearer.late_penalty,
        )


NOTHING = Change()


@dataclass(frozen=True)
class Penalty:
    """What being late costs: a part of the points for each day, and at most so much."""

    a_day: Fraction = Fraction()
    at_most: Fraction = Fraction(1)

    def lost(self, days: Fraction) -> Fraction:
        """The part of the points that is lost."""
        begun = -(-days.numerator // days.denominator)
        return min(self.a_day * begun, self.at_most)


@dataclass(frozen=True)
class Adjustment:
    """All that is decided for one learner: for the whole, and for single claims."""

    whole: Change = NOTHING
    claims: Mapping[str, Change] = field(default_factory=dict)
    penalty: Penalty = Penalty()

    def lost(self, claim: str, late: bool) -> Fraction:
        """The part of a claim's points that is lost to lateness; `late` is what the platform says."""
        change = self.whole.under(self.claims.get(claim, NOTHING))
        days = Fraction(late) if change.late is None else change.late
        if days <= 0:
            return Fraction()
        return self.penalty.lost(days) if change.late_penalty is None else change.late_penalty


UNCHANGED = Adjustment()


@dataclass(frozen=True)
class Overrides:
    """The decisions of one file."""

    claims: Mapping[str, Change] = field(default_factory=dict)
    learners: Mapping[str, Change] = field(default_factory=dict)
    of_learners: Mapping[str, Mapping[str, Change]] = field(default_factory=dict)
    penalty: Penalty = Penalty()

    def of(self, *names: str) -> Adjustment:
        """What is decided for a learner, who goes by any of these names (the name, the platform's id)."""
        known = next((name for name in names if name and name in self.learners), "")
        own = self.of_learners.get(known, {})
        claims = dict(self.claims)
        for claim, change in own.items():
            claims[claim] = claims.get(claim, NOTHING).under(change)
        if not known and not claims and not self.penalty.a_day:
            return UNCHANGED
        return Adjustment(self.learners.get(known, NOTHING), claims, self.penalty)


def read(path: Path, catalogue: Catalogue, learners: Sequence[str]) -> Overrides:
    """The overrides in a file, for learners of these names and ids.

    Raises CannotDo for whatever is wrong with it: all at once, a sentence each.
    """
    content = read_toml(path, "--overrides", f"write one, such as {EXAMPLE!r}")
    errors = Errors(f"--overrides {path}")
    _no_others("", content, TABLES, errors)
    penalty = _penalty(_table("late", content, errors), errors)
    claims = _claims("[claims]", _table("claims", content, errors), catalogue, errors)
    known = set(learners)
    decided: dict[str, Change] = {}
    of_learners: dict[str, dict[str, Change]] = {}
    for name, given in _table("learners", content, errors).items():
        title = f'[learners."{name}"]'
        if name not in known:
            errors.found.append(f"{title}: there is no such learner{close_to(name, known)}")
        if not isinstance(given, dict):
            errors.found.append(f"{title}: expected a table, such as {EXAMPLE!r}")
            continue
        own = _table("claims", given, errors, title)
        of_learners[name] = _claims(f"{title} claims", own, catalogue, errors)
        rest = {key: value for key, value in given.items() if key != "claims"}
        decided[name] = _change(title, rest, errors)
    errors.check()
    return Overrides(claims, decided, of_learners, penalty)


def _table(name: str, content: dict[str, Any], errors: Errors, above: str = "") -> dict[str, Any]:
    found = content.get(name, {})
    if isinstance(found, dict):
        return found
    errors.found.append(f"{above} `{name}` must be a table: write [{name}] above its lines".strip())
    return {}


def _no_others(title: str, given: dict[str, Any], known: Sequence[str], errors: Errors) -> None:
    for key in given:
        if key not in known:
            meant_by = close_to(key, known) or f"; they are {', '.join(known)}"
            errors.found.append(f"{title} there is no key `{key}`{meant_by}".strip())


def _penalty(given: dict[str, Any], errors: Errors) -> Penalty:
    _no_others("[late]", given, LATE_KEYS, errors)
    parts = {}
    for key in LATE_KEYS:
        with errors.noted():
            if key in given:
                parts[key] = _percent(f"[late] {key}", given[key])
    return Penalty(parts.get("percent_a_day", Fraction()), parts.get("at_most", Fraction(1)))


def _claims(
    title: str, given: dict[str, Any], catalogue: Catalogue, errors: Errors
) -> dict[str, Change]:
    """What is decided for claims, sections or exercises; what names fewer claims counts."""
    found: list[tuple[tuple[str, ...], Change]] = []
    for pattern, value in given.items():
        here = f"{title} {pattern}"
        with errors.noted():
            ids = meant(title, [pattern], catalogue)
            if not isinstance(value, dict):
                raise CannotDo(f"{here}: expected a table, such as {{ points = 1 }}")
            change = _change(here, value, errors)
            if change.points is not None and len(ids) > 1:
                raise CannotDo(f"{here}: points go to one claim; write its whole id, {ids[0]}")
            found.append((ids, change))
    changes: dict[str, Change] = {}
    for ids, change in sorted(found, key=lambda each: -len(each[0])):
        changes |= {id: changes.get(id, NOTHING).under(change) for id in ids}
    return changes


def _change(title: str, given: dict[str, Any], errors: Errors) -> Change:
    _no_others(title, given, KEYS, errors)
    read: dict[str, Any] = {}
    readers = {
        "points": points,
        "comment": _text,
        "late": _days,
        "exempt": _yes_or_no,
        "late_penalty": _percent,
    }
    for key in KEYS:
        with errors.noted():
            if key in given:
                read[key] = readers[key](f"{title} {key}", given[key])
    return Change(**read)


def _text(title: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise CannotDo(f'{title} = {value}: expected a text in quotes, such as "see me"')


def _yes_or_no(title: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise CannotDo(f"{title} = {value}: expected true or false")


def _days(title: str, value: Any) -> Fraction:
    if isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, (int, Fraction)) and value >= 0:
        return Fraction(value)
    raise CannotDo(f"{title} = {value}: expected true, false, or a number of days, such as 2")


def _percent(title: str, value: Any) -> Fraction:
    number = isinstance(value, (int, Fraction)) and not isinstance(value, bool)
    if number and 0 <= value <= WHOLE:
        return Fraction(value) * PERCENT
    raise CannotDo(f"{title} = {value}: expected a number of percent, from 0 to {WHOLE}")
