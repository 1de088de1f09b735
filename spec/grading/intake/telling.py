"""What the console says of what was handed in, before anything is judged."""

import difflib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from spec.harness.ground.errors import CannotDo

from .entries import same
from .handed_in import Intake
from .lists import table
from .text import legible

MOST_STRAYS = 10
LARGEST_ROSTER = 20 * 2**20  # bytes


def beginning(intake: Intake) -> list[str]:
    """How many learners there are, the first and the last, how that was read, and what is nobody's."""
    learners = intake.learners
    n = f"{len(learners)} learners" if len(learners) > 1 else "1 learner"
    ends = [learners[0].name, *(["..."] if len(learners) > 2 else []), learners[-1].name]
    lines = [f"{n}: {', '.join(ends if len(learners) > 1 else ends[:1])}", *intake.said]
    if strays := intake.strays:
        more = f", and {len(strays) - MOST_STRAYS} more" if len(strays) > MOST_STRAYS else ""
        lines.append(f"nobody's, and not judged: {', '.join(strays[:MOST_STRAYS])}{more}")
    return lines


def listing(intake: Intake) -> list[str]:
    """All learners, a line each: name, id, attempt, lateness, the file to judge or why there is none."""
    lines = []
    for each in intake.learners:
        id = f" [{each.id}]" if each.id and each.id not in each.name else ""
        attempt = f", attempt {each.attempt}" if each.attempt else ""
        late = ", late" if each.late == "yes" else ""
        what = each.file.path if each.file else each.trouble
        lines.append(f"  {each.name}{id}{attempt}{late}: {what}")
        lines += [f"    {note}" for note in each.notes]
    return lines


def absent(intake: Intake, roster: Path) -> list[str]:
    """Who on a roster has handed in nothing, and who is not on it. Raises CannotDo if it is none."""
    rows = _rows(roster)
    keys = [(row, _keys(row)) for row in rows]
    there = [
        (each, _keys([each.called or each.name, each.id, each.name])) for each in intake.learners
    ]
    known = set().union(*(own for _, own in keys))
    with_file = set().union(*(own for each, own in there if each.file or not each.trouble))
    missing = [_named(row) for row, own in keys if not own & with_file]
    strangers = [each.name for each, own in there if not own & known]
    lines = [
        f"{len(missing)} of {len(rows)} in {roster.name} handed in nothing: {', '.join(missing)}"
    ]
    if not missing:
        lines = [f"all {len(rows)} in {roster.name} handed in something"]
    if strangers:
        lines.append(f"not in {roster.name}: {', '.join(strangers)}")
    return lines


def _rows(roster: Path) -> list[list[str]]:
    try:
        content = roster.read_bytes()[:LARGEST_ROSTER]
    except OSError as error:
        raise CannotDo(f"--roster {roster} cannot be read: {error.strerror}") from None
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    rows = table(content.decode("utf-16" if utf16 else "utf-8-sig", errors="replace"))
    rows = [row for row in rows if any(row)][1:]
    if not rows:
        raise CannotDo(
            f"--roster {roster}: expected a csv with a line of headings and a line for each learner"
        )
    return rows


def _keys(cells: Iterable[str]) -> set[str]:
    """By what a learner is known: each cell, whatever the order of its words, and two cells together."""
    cells = [same(cell) for cell in cells if cell]
    pairs = [f"{a} {b}" for a, b in pairwise(cells)]
    words = [cell.replace(",", " ").split() for cell in (*cells, *pairs)]
    found = {" ".join(sorted(each)) for each in words if each}
    joined = {"".join(filter(str.isalnum, "".join(each))) for each in words if len(each) > 1}
    turned = {
        "".join(filter(str.isalnum, "".join(each[1:] + each[:1]))) for each in words if each[1:]
    }
    return found | joined | turned


def _named(row: list[str]) -> str:
    return legible(" ".join(cell for cell in row[:3] if cell))


def named(intake: Intake, names: Iterable[str]) -> set[str]:
    """The learners that `--only` names, by name or id. Raises CannotDo for one that nobody has."""
    found = set()
    for name in names:
        those = [
            each
            for each in intake.learners
            if same(name) in {same(each.name), same(each.called), same(each.id)}
        ]
        if not those:
            near = difflib.get_close_matches(name, [each.name for each in intake.learners], 1)
            hint = f" (did you mean {near[0]}?)" if near else "; --list names all"
            raise CannotDo(f"--only {name}: no learner is called so{hint}")
        found |= {each.name for each in those}
    return found
