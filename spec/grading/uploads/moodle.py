"""Moodle: the grading worksheet that was downloaded, filled in, and the zip of feedback files."""

import html
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from spec.harness.ground.errors import CannotDo

from ..gradebook.entries import Entry
from ..scores.scoring import shown
from .joining import Joined, number, scaled, written
from .sheet import Sheet

# headings as Moodle translates them; those of other languages are known by their place
IDENTIFIER = {
    "identifier",
    "identificador",
    "id",
    "kennung",
    "id-nummer",
    "identifiant",
    "identificativo",
}
IDENTIFIER |= {"identificatie", "identifikator", "identyfikator"}
GRADE = {
    "grade",
    "bewertung",
    "calificación",
    "qualificació",
    "note",
    "valutazione",
    "nota",
    "cijfer",
}
GRADE |= {"beoordeling", "ocena", "karakter", "betyg"}
MAXIMUM = {
    "maximum grade",
    "bestwertung",
    "höchstbewertung",
    "calificación máxima",
    "qualificació màxima",
}
MAXIMUM |= {
    "note maximale",
    "valutazione massima",
    "nota máxima",
    "maximumcijfer",
    "puntuación máxima",
}
FEEDBACK = {"feedback comments", "feedback als kommentar", "comentarios de retroalimentación"}
FEEDBACK |= {
    "comentaris de retroacció",
    "feedback par commentaires",
    "commenti",
    "feedbackopmerkingen",
}
FEEDBACK |= {"comentários do feedback", "comentarios de retroalimentació"}
NO = {"no", "nein", "non", "nee", "não", "nie", "nej"}
DATED = re.compile(r"\d{1,2}:\d{2}|\d{4}")
OURS = re.compile(r'<p class="nn-spec">.*?</p>', re.S)
ENTRY = re.compile(r"(?P<who>[^/]*?_(?P<id>\d+))_assignsubmission_[a-z]+")
BEHIND = 4  # columns behind Maximum Grade where there are comments: the last one is theirs


@dataclass(frozen=True)
class Columns:
    """Where the columns are; `feedback` and `locked` are None where there are none."""

    id: int
    grade: int
    maximum: int
    locked: int | None
    feedback: int | None


def fill(sheet: Sheet, entries: Sequence[Entry]) -> Joined:
    """Fill in grades and comments of the learners whose ids are in the worksheet. Raises CannotDo."""
    columns, joined = _columns(sheet), Joined()
    rows: dict[str, list[int]] = {}
    for row in range(1, len(sheet.rows)):
        found = re.search(r"(\d+)\s*$", sheet.value(row, columns.id))
        rows.setdefault(found[1] if found else "", []).append(row)
    for entry in entries:
        theirs = rows.get(entry.id, []) if entry.id else []
        if len(theirs) != 1:
            why = "no id is known" if not entry.id else f"no row has the id {entry.id}"
            joined.left_out.append(f"{entry.name}: {why}")
        elif entry.excused or entry.trouble:
            why = "excused" if entry.excused else f"could not be judged: {entry.trouble}"
            joined.left_out.append(f"{entry.name}: {why}")
        else:
            _fill_row(sheet, theirs[0], columns, entry, joined)
    return joined


def _fill_row(sheet: Sheet, row: int, columns: Columns, entry: Entry, joined: Joined) -> None:
    like = sheet.value(row, columns.maximum)
    maximum = number(like)
    if maximum is None:
        joined.left_out.append(f"{entry.name}: {like!r} is no number; a scale is not filled in")
        return
    locked = columns.locked
    if locked is not None and sheet.value(row, locked).strip().casefold() in NO:
        joined.left_out.append(f"{entry.name}: Moodle says that the grade cannot be changed")
        return
    if entry.points > entry.most:
        joined.remarks.append(
            f"{entry.name}: more than the maximum, which is all that Moodle takes"
        )
    if entry.most != maximum:
        note = f"points of {shown(entry.most)} are scaled to {shown(maximum)}"
        joined.remarks += [note] if note not in joined.remarks else []
    if not sheet.fill(row, columns.grade, written(scaled(entry, maximum), like)):
        joined.left_out.append(f"{entry.name}: the row is too short")
        return
    joined.n_filled += 1
    if columns.feedback is not None:
        sheet.fill(row, columns.feedback, comment(sheet.value(row, columns.feedback), entry))


def comment(there: str, entry: Entry) -> str:
    """What is to stand as a comment: what is there stays, but for what an earlier run wrote."""
    said = [f"{shown(entry.points)} of {shown(entry.most)} points."]
    said += [f"First to mend: {entry.first}."] if entry.first else []
    said += [html.escape(entry.comment)] if entry.comment else []
    return OURS.sub("", there) + f'<p class="nn-spec">{" ".join(said)}</p>'


def _columns(sheet: Sheet) -> Columns:
    names = [heading.casefold() for heading in sheet.headings]
    id = _place(names, IDENTIFIER)
    grade = _place(names, GRADE)
    maximum = _place(names, MAXIMUM)
    if maximum is None and grade is not None:
        maximum = grade + 1
    if maximum is None:
        maximum = next(filter(lambda c: _same_numbers(sheet, c), range(2, len(names))), None)
    if grade is None and maximum is not None:
        grade = maximum - 1
    if id is None and all(
        re.search(r"\D\s*\d+\s*$", sheet.value(r, 0)) for r in range(1, len(sheet.rows))
    ):
        id = 0
    if id is None or grade is None or maximum is None or maximum >= len(names):
        raise CannotDo(
            f"{sheet.title} is no grading worksheet of Moodle: there is no "
            f"{'Identifier' if id is None else 'Grade and Maximum Grade'} among "
            f"{', '.join(sheet.headings)}; download it with View all submissions, Grading action"
        )
    feedback = _place(names, FEEDBACK)
    behind = len(names) - maximum - 1
    if feedback is None and behind >= BEHIND and not _dated(sheet, len(names) - 1):
        feedback = len(names) - 1
    locked = maximum + 1 if behind >= 1 else None
    return Columns(id, grade, maximum, locked, feedback)


def _place(names: list[str], known: set[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in known), None)


def _same_numbers(sheet: Sheet, column: int) -> bool:
    """Whether a column holds one and the same number in all rows, as Maximum Grade does."""
    values: set[Fraction | None] = {
        number(sheet.value(r, column)) for r in range(1, len(sheet.rows))
    }
    return len(values) == 1 and None not in values


def _dated(sheet: Sheet, column: int) -> bool:
    """Whether a column holds times, or dashes in place of one."""
    values = [sheet.value(row, column).strip() for row in range(1, len(sheet.rows))]
    return any(DATED.search(value) and len(value) < 60 for value in values) or "-" in values


def feedback_zip(entries: Sequence[Entry], page: Callable[[Entry], bytes], joined: Joined) -> bytes:
    """The zip of feedback files: a page for each entry of the export, as Moodle named it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written_zip:
        for entry in entries:
            found = ENTRY.match(entry.source.rpartition("/")[2])
            if found is None:
                joined.left_out.append(f"{entry.name}: no entry of a Moodle export")
                continue
            place = f"{found['who']}_assignsubmission_file_/feedback.html"
            info = zipfile.ZipInfo(place)  # of 1980: the same bytes on each run
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            written_zip.writestr(info, page(entry))
            joined.n_filled += 1
    return content.getvalue()
