"""A rubric: what each claim is worth, what is required, and what is extra. It is read from TOML.

Sections, exercises and claims can have points. The claims of a section or an exercise share its points
equally, except for claims that have points of their own. All sums are exact.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from spec.harness.ground.errors import CannotDo

from .catalogue import Catalogue

TABLES = ("sections", "exercises", "claims", "required", "extra")
ALL = "all"
MOST = 1_000_000  # points of one line


@dataclass(frozen=True)
class Rubric:
    """The points of each claim that is worth any, in the theory's order.

    If a claim in `required` does not hold, the claims beside it are worth nothing. Claims in `extra` add to
    the total, but not to the maximum.
    """

    points: dict[str, Fraction]
    required: dict[str, frozenset[str]] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()

    @property
    def maximum(self) -> Fraction:
        """The points of all claims that are not extra."""
        return sum((p for id, p in self.points.items() if id not in self.extra), Fraction())


def default(catalogue: Catalogue) -> Rubric:
    """One point for each obligation."""
    return Rubric(dict.fromkeys(catalogue.claims, Fraction(1)))


def read(path: Path, catalogue: Catalogue) -> Rubric:
    """The rubric in a file. Raises CannotDo, in one sentence, for whatever is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotDo(
            f"--rubric {path} cannot be read: {error.strerror}; "
            f"`python -m spec grade --rubric-template {path.name}` writes one to start from"
        ) from None
    except UnicodeDecodeError:
        raise CannotDo(f"--rubric {path} is not UTF-8 text: save it as such") from None
    try:
        content = tomllib.loads(text, parse_float=_exact)
        return _checked(content, catalogue)
    except tomllib.TOMLDecodeError as error:
        raise CannotDo(
            f"--rubric {path} is not valid TOML: {error}; is a name there twice, or without its quotes?"
        ) from None
    except CannotDo as error:
        raise CannotDo(f"--rubric {path}: {error}") from None


def _exact(text: str) -> Fraction | str:
    """A number, exactly as written. What nobody means as points, such as inf or 1e400, stays a text."""
    return Fraction(text) if set(text) <= set("+-.0123456789") else text


def _checked(content: dict[str, Any], catalogue: Catalogue) -> Rubric:
    for name in content:
        if name not in TABLES:
            raise CannotDo(f"there is no table `{name}`{_meant(name, TABLES)}")
    for name in TABLES[:-1]:
        if not isinstance(content.get(name, {}), dict):
            raise CannotDo(f"`{name}` must be a table: write [{name}] above its lines")
    points = _points(content, catalogue)
    extra = _extra(content.get("extra", []), catalogue, points)
    required = _required(content.get("required", {}), catalogue)
    rubric = Rubric({id: points[id] for id in catalogue.claims if points.get(id)}, required, extra)
    if not rubric.maximum:
        raise CannotDo(
            "nothing is worth points, except for what is extra: "
            "give some to a section, an exercise or a claim"
        )
    return rubric


def _points(content: dict[str, Any], catalogue: Catalogue) -> dict[str, Fraction]:
    """The points of each claim that has any, by itself or through its section or exercise."""
    points: dict[str, Fraction] = {}
    given_by: dict[str, str] = {}
    for id, value in content.get("claims", {}).items():
        if _known("[claims]", [id], catalogue) != (id,):
            raise CannotDo(f"[claims] {id}: write the whole id of one claim{_ids(id, catalogue)}")
        points[id] = _number(f"[claims] {id}", value)
    own = set(points)
    groups = [("sections", name, value) for name, value in content.get("sections", {}).items()]
    groups += [("exercises", name, value) for name, value in content.get("exercises", {}).items()]
    for table, name, value in groups:
        title, total = f"[{table}] {name}", _number(f"[{table}] {name}", value)
        ids = [id for id in _group(table, name, catalogue) if id not in own]
        if not ids and total:
            raise CannotDo(
                f"{title}: all its claims have points of their own; leave out these or the line itself"
            )
        for id in ids:
            if id in given_by:
                raise CannotDo(
                    f"{id} gets points twice, from {given_by[id]} and {title}: leave one of them "
                    f"out, or give {id} points of its own under [claims]"
                )
            given_by[id], points[id] = title, total / len(ids)
    return points


def _group(table: str, name: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The claims of a section (or a chapter), or of an exercise."""
    if table == "exercises":
        if name not in catalogue.exercises:
            known = f"; they are {', '.join(catalogue.exercises)}"
            raise CannotDo(
                f"[exercises] {name}: there is no such exercise"
                f"{_meant(name, catalogue.exercises) or known}"
            )
        return catalogue.exercises[name]
    if name not in catalogue.ledger.titles:
        raise CannotDo(
            f"[sections] {name}: there is no such section{_meant(name, catalogue.ledger.titles)}"
        )
    return _known(f"[sections] {name}", [name], catalogue)


def _extra(given: Any, catalogue: Catalogue, points: Mapping[str, Fraction]) -> frozenset[str]:
    extra: set[str] = set()
    for name in _names("extra", given):
        worth = {id for id in _known("extra", [name], catalogue) if points.get(id)}
        if not worth:
            raise CannotDo(
                f"extra: {name} has no points; give points to it, or to its section or exercise"
            )
        extra |= worth
    return frozenset(extra)


def _required(given: dict[str, Any], catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """For each required claim, the claims that are worth nothing if it does not hold."""
    required: dict[str, frozenset[str]] = {}
    for id, depends in given.items():
        title = f"[required] {id}"
        if _known("[required]", [id], catalogue) != (id,):
            raise CannotDo(f"{title}: write the whole id of one claim{_ids(id, catalogue)}")
        if depends == ALL:
            required[id] = frozenset(catalogue.claims)
        else:
            required[id] = frozenset(_known(title, _names(title, depends), catalogue))
    return required


def _known(title: str, patterns: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    try:
        return catalogue.meant(patterns)
    except CannotDo as error:
        raise CannotDo(f"{title}: {error}") from None


def _names(title: str, value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise CannotDo(f'{title}: expected a list in brackets, such as ["5.3", "l2"]')


def _number(title: str, value: Any) -> Fraction:
    if isinstance(value, dict):
        raise CannotDo(f'{title}: put names with a dot or a slash in quotes, such as "5.3" = 2')
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise CannotDo(f"{title} = {value}: expected a number of points, such as 2 or 0.5")
    if value > MOST:
        raise CannotDo(f"{title}: at most {MOST} points")
    if value < 0:
        raise CannotDo(
            f"{title} = {float(value):g}: points cannot be negative; for none, leave the line out"
        )
    return Fraction(value)


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _ids(name: str, catalogue: Catalogue) -> str:
    ids = catalogue.meant([name])
    return f", such as {ids[0]}"
