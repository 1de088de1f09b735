"""The gradebooks of Canvas, Brightspace and Blackboard: the exported file, one column of it filled in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from spec.harness.ground.errors import CannotDo

from ..gradebook.entries import Entry
from ..scores.scoring import shown
from .joining import Joined, by_keys, number, scaled, written
from .sheet import Sheet

CANVAS_COLUMN = re.compile(r"(?P<title>.+) \((?P<id>\d+)\)")
BRIGHTSPACE_COLUMN = re.compile(
    r"(?P<title>.+?) Points Grade(?: <Numeric MaxPoints:(?P<most>[\d.,]+).*>)?", re.S
)
BLACKBOARD_COLUMN = re.compile(
    r"(?P<title>.+?) ?\[(?:[^\]]*?)(?P<most>[\d.,]+)[^\]]*\] ?\|(?P<id>\d+)"
)
POINTS_POSSIBLE, READ_ONLY = "points possible", "(read only)"


@dataclass(frozen=True)
class Platform:
    """How a gradebook is known by its headings, which columns tell who, and which can be filled in."""

    name: str
    known: Callable[[list[str]], bool]
    keys: tuple[tuple[str, ...], ...]  # each is a heading, or several that make a name together
    column: re.Pattern[str]
    excused: str = ""


PLATFORMS = (
    Platform(
        "Canvas",
        lambda h: "ID" in h[:3] and "Section" in h and h[0] in ("Student", "LastName"),
        (("ID",), ("SIS User ID",), ("SIS Login ID",), ("Student",), ("FirstName", "LastName")),
        CANVAS_COLUMN,
        "EX",
    ),
    Platform(
        "Brightspace",
        lambda h: h[-1].startswith("End-of-Line") and h[0] in ("OrgDefinedId", "Username"),
        (("OrgDefinedId",), ("Username",), ("First Name", "Last Name")),
        BRIGHTSPACE_COLUMN,
    ),
    Platform(
        "Blackboard",
        lambda h: any(BLACKBOARD_COLUMN.fullmatch(heading) for heading in h),
        (("Username",), ("Student ID",), ("First Name", "Last Name")),
        BLACKBOARD_COLUMN,
    ),
)


def fill(sheet: Sheet, entries: Sequence[Entry], column: str) -> tuple[Platform, Joined]:
    """Fill in the column of the assignment meant; `column` is its title, "" where there is one alone."""
    platform = next((p for p in PLATFORMS if p.known(sheet.headings)), None)
    if platform is None:
        raise CannotDo(
            f"{sheet.title} is no gradebook of Canvas, Brightspace or Blackboard by its headings "
            f"({', '.join(sheet.headings[:6])}): export it there, and do not change the first line"
        )
    place, joined = _meant(sheet, platform, column), Joined()
    first, most, like = _points_possible(sheet, platform, place)
    keys = [_keys(sheet, row, platform) for row in range(first, len(sheet.rows))]
    for number_of_row, entry in by_keys(entries, keys, joined).items():
        value = written(scaled(entry, most), like if "," in like else "")
        if entry.trouble or entry.excused:
            value = platform.excused if entry.excused else ""
            if not value:
                why = entry.trouble or f"excused, which {platform.name} does not take from a file"
                joined.left_out.append(f"{entry.name}: {why}")
                continue
        if sheet.fill(first + number_of_row, place, value):
            joined.n_filled += 1
        else:
            joined.left_out.append(f"{entry.name}: the row is too short")
        if most is not None and entry.most != most:
            note = f"points of {shown(entry.most)} are scaled to {shown(most)}"
            joined.remarks += [note] if note not in joined.remarks else []
    return platform, joined


def _keys(sheet: Sheet, row: int, platform: Platform) -> list[str]:
    headings = sheet.headings
    keys = []
    for names in platform.keys:
        if all(name in headings for name in names):
            keys.append(" ".join(sheet.value(row, headings.index(name)) for name in names))
    return keys


def _meant(sheet: Sheet, platform: Platform, column: str) -> int:
    """The column of the assignment. Raises CannotDo if it is not certain which one is meant."""
    found = {
        place: match
        for place, heading in enumerate(sheet.headings)
        if (match := platform.column.fullmatch(heading))
    }
    wanted = {
        place
        for place, match in found.items()
        if not column or column in (match["title"], match[0], match.groupdict().get("id"))
    }
    if len(wanted) == 1:
        return wanted.pop()
    titles = ", ".join(match["title"] for match in found.values()) or "none"
    raise CannotDo(
        f"{sheet.title}: {f'there is no one column {column!r}' if column else 'which column is meant?'} "
        f"Name it with --column TITLE; those of assignments are: {titles}"
    )


def _points_possible(
    sheet: Sheet, platform: Platform, place: int
) -> tuple[int, Fraction | None, str]:
    """The first row of a learner, the maximum of the column, and how it is written."""
    if platform.name != "Canvas":
        match = platform.column.fullmatch(sheet.headings[place])
        like = (match and match["most"]) or ""
        return 1, number(like), like
    for row in range(1, min(4, len(sheet.rows))):
        if sheet.value(row, 0).strip().casefold().startswith(POINTS_POSSIBLE):
            like = sheet.value(row, place)
            if like.strip() == READ_ONLY:
                raise CannotDo(
                    f"{sheet.title}: Canvas does not import the column {sheet.headings[place]}"
                )
            return row + 1, number(like), like
    return 1, None, ""
