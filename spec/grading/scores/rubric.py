"""A rubric: what each claim is worth, what is required, and what is extra. It is read from TOML.

Sections, exercises and claims can have points. The claims of a section or an exercise share its points
equally, except for claims that have points of their own. All sums are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm
from pathlib import Path
from typing import Any

from spec.harness.ground.errors import CannotDo

from .catalogue import Catalogue
from .toml_file import Errors, close_to, meant, names, read_toml
from .toml_file import points as number

TABLES = ("sections", "exercises", "claims", "required")
KEYS = (*TABLES, "extra", "max_extra")
ALL = "all"


@dataclass(frozen=True)
class Rubric:
    """The points of each claim that is worth any, in the theory's order.

    If a claim in `required` does not hold, the claims beside it are worth nothing. Claims in `extra` add to
    the total, but not to the maximum; all together add `most_extra` points at most, if that is not None.
    """

    points: dict[str, Fraction]
    required: dict[str, frozenset[str]] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    most_extra: Fraction | None = None

    @cached_property
    def unit(self) -> int:
        """Of so many parts of a point each claim's points are a whole number: sums of ints are fast."""
        return lcm(*(points.denominator for points in self.points.values()))

    @cached_property
    def weights(self) -> dict[str, int]:
        """The points of each claim, in these parts."""
        return {id: int(points * self.unit) for id, points in self.points.items()}

    @cached_property
    def maximum(self) -> Fraction:
        """The points of all claims that are not extra."""
        return sum((p for id, p in self.points.items() if id not in self.extra), Fraction())


def default(catalogue: Catalogue) -> Rubric:
    """One point for each obligation."""
    return Rubric(dict.fromkeys(catalogue.claims, Fraction(1)))


def read(path: Path, catalogue: Catalogue) -> Rubric:
    """The rubric in a file. Raises CannotDo for whatever is wrong with it: all at once, a sentence each."""
    remedy = f"`python -m spec grade --rubric-template {path.name}` writes one to start from"
    content = read_toml(path, "--rubric", remedy)
    errors = Errors(f"--rubric {path}")
    rubric = _checked(content, catalogue, errors)
    errors.check()
    return rubric


def _checked(content: dict[str, Any], catalogue: Catalogue, errors: Errors) -> Rubric:
    for name in content:
        with errors.noted():
            if name not in KEYS:
                raise CannotDo(f"there is no table `{name}`{close_to(name, KEYS)}")
    tables = {}
    for name in TABLES:
        tables[name] = content.get(name, {})
        if not isinstance(tables[name], dict):
            errors.found.append(f"`{name}` must be a table: write [{name}] above its lines")
            tables[name] = {}
    points = _points(tables, catalogue, errors)
    extra = _extra(content.get("extra", []), catalogue, points, errors)
    most_extra = None
    with errors.noted():
        if "max_extra" in content:
            most_extra = number("max_extra", content["max_extra"])
    required = _required(tables["required"], catalogue, errors)
    worth = {id: points[id] for id in catalogue.claims if points.get(id)}
    rubric = Rubric(worth, required, extra, most_extra)
    if not rubric.maximum and not errors.found:
        errors.found.append(
            "nothing is worth points, except for what is extra: "
            "give some to a section, an exercise or a claim"
        )
    return rubric


def _points(
    tables: dict[str, dict[str, Any]], catalogue: Catalogue, errors: Errors
) -> dict[str, Fraction]:
    """The points of each claim that has any, by itself or through its section or exercise."""
    points: dict[str, Fraction] = {}
    given_by: dict[str, str] = {}
    for id, value in tables["claims"].items():
        with errors.noted():
            _one_claim("[claims]", f"[claims] {id}", id, catalogue)
            points[id] = number(f"[claims] {id}", value)
    own = set(points)
    for table in ("sections", "exercises"):
        for name, value in tables[table].items():
            with errors.noted():
                title, total = f"[{table}] {name}", number(f"[{table}] {name}", value)
                ids = [id for id in _group(table, name, catalogue) if id not in own]
                points |= _shared(title, total, ids, given_by)
    return points


def _shared(
    title: str, total: Fraction, ids: list[str], given_by: dict[str, str]
) -> dict[str, Fraction]:
    """The share of each claim in the points of a section or an exercise."""
    if not ids and total:
        raise CannotDo(
            f"{title}: all its claims have points of their own; leave out these or the line itself"
        )
    twice = next((id for id in ids if id in given_by), "")
    if twice:
        raise CannotDo(
            f"{twice} gets points twice, from {given_by[twice]} and {title}: leave one of them "
            f"out, or give {twice} points of its own under [claims]"
        )
    given_by |= dict.fromkeys(ids, title)
    return {id: total / len(ids) for id in ids}


def _group(table: str, name: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The claims of a section (or a chapter), or of an exercise."""
    if table == "exercises":
        if name not in catalogue.exercises:
            known = f"; they are {', '.join(catalogue.exercises)}"
            raise CannotDo(
                f"[exercises] {name}: there is no such exercise"
                f"{close_to(name, catalogue.exercises) or known}"
            )
        return catalogue.exercises[name]
    if name not in catalogue.ledger.titles:
        raise CannotDo(
            f"[sections] {name}: there is no such section{close_to(name, catalogue.ledger.titles)}"
        )
    return meant(f"[sections] {name}", [name], catalogue)


def _extra(
    given: Any, catalogue: Catalogue, points: Mapping[str, Fraction], errors: Errors
) -> frozenset[str]:
    extra: set[str] = set()
    listed: list[str] = []
    unknown = bool(errors.found)  # points may be missing only since their line is wrong
    with errors.noted():
        listed = names("extra", given)
    for name in listed:
        with errors.noted():
            worth = {id for id in meant("extra", [name], catalogue) if points.get(id)}
            if not worth and not unknown:
                raise CannotDo(
                    f"extra: {name} has no points; give points to it, or to its section or exercise"
                )
            extra |= worth
    return frozenset(extra)


def _required(
    given: dict[str, Any], catalogue: Catalogue, errors: Errors
) -> dict[str, frozenset[str]]:
    """For each required claim, the claims that are worth nothing if it does not hold."""
    required: dict[str, frozenset[str]] = {}
    for id, depends in given.items():
        title = f"[required] {id}"
        with errors.noted():
            _one_claim("[required]", title, id, catalogue)
            if depends == ALL:
                required[id] = frozenset(catalogue.claims)
                continue
            listed = names(title, depends)
            required[id] = frozenset(meant(title, listed, catalogue))
    return required


def _one_claim(table: str, title: str, id: str, catalogue: Catalogue) -> None:
    """Raise CannotDo unless this is the whole id of one claim."""
    found = meant(table, [id], catalogue)
    if found != (id,):
        raise CannotDo(f"{title}: write the whole id of one claim, such as {found[0]}")
