"""Two gradebooks side by side: who gained or lost what."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from spec.harness.ground.errors import CannotDo

from . import edition
from .intake.text import legible
from .scores.scoring import shown

MOST_NAMED = 5  # claims of one learner
FILE = "changes.csv"


@dataclass(frozen=True)
class Row:
    """A learner in a gradebook: the points, and the claims that hold."""

    name: str
    total: Fraction | None
    holds: frozenset[str]


def rows(folder: Path) -> dict[str, Row]:
    """The learners in a gradebook, by the platform's id where there is one, else by name."""
    try:
        grades = _table(folder / "grades.csv")
        matrix = {row["name"]: row for row in _table(folder / "matrix.csv")}
        found = {}
        for row in grades:
            claims = matrix[row["name"]].items()
            holds = frozenset(claim for claim, value in claims if "/" in claim and value == "1")
            total = None if row["total"] == "excused" else Fraction(row["total"])
            found[row["id"] or row["name"]] = Row(row["name"], total, holds)
    except (OSError, KeyError, ValueError) as error:
        raise CannotDo(
            f"--compare {folder} is no gradebook that can be read: {error!r}; name a folder that "
            "`python -m spec grade` wrote with --out"
        ) from None
    return found


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def compare(old: dict[str, Row], new: dict[str, Row]) -> Iterator[list[str]]:
    """A row for each learner of whom anything changed: name, points before and now, gained and lost."""
    for key in sorted(old.keys() | new.keys()):
        before, now = old.get(key), new.get(key)
        if before is None or now is None:
            only = now or before
            assert only
            what = "only in the new gradebook" if now else "only in the old gradebook"
            yield [only.name, _points(before), _points(now), what, ""]
        elif (before.total, before.holds) != (now.total, now.holds):
            gained, lost = sorted(now.holds - before.holds), sorted(before.holds - now.holds)
            yield [now.name, _points(before), _points(now), "; ".join(gained), "; ".join(lost)]


def _points(row: Row | None) -> str:
    if row is None:
        return ""
    return "excused" if row.total is None else shown(row.total)


def summary(changes: list[list[str]], old: Path, out: Path) -> Iterator[str]:
    """What changed, a line for each learner."""
    before, now = edition.of(old), edition.of(out)
    if before != now:
        yield f"the old gradebook was made by {before or 'an older suite'}, the new one by {now}"
    if not changes:
        yield f"nothing changed since {old}"
    for name, was, is_now, gained, lost in changes:
        parts = [f"{legible(name)}: {was or 'nothing'} -> {is_now or 'nothing'} points"]
        parts += [f"gained {_few(gained)}"] if gained else []
        parts += [f"lost {_few(lost)}"] if lost else []
        yield "; ".join(parts)


def _few(claims: str) -> str:
    listed = claims.split("; ")
    more = len(listed) - MOST_NAMED
    return ", ".join(listed[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
