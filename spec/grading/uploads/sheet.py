"""A table that a platform wrote, in which single cells are filled in: every other byte stays."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from spec.harness.ground.errors import CannotDo

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SEPARATORS = (",", ";", "\t")
LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Cell:
    """One cell: its place in the text, and what it says."""

    begin: int
    end: int
    value: str
    quoted: bool


class Sheet:
    """The table of one file. `rows` are its cells, without lines that hold nothing."""

    def __init__(self, path: Path, option: str) -> None:
        """Read it. Raises CannotDo if it cannot be read, or holds no table."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CannotDo(
                f"{option} {path} cannot be read: {error.strerror}; name the file that you downloaded"
            ) from None
        self.name, self.title = path.name, f"{option} {path}"
        self._mark, self._encoding = next(
            ((mark, name) for mark, name in MARKS if content.startswith(mark)), (b"", "utf-8")
        )
        content = content[len(self._mark) :]
        try:
            self._text = content.decode(self._encoding)
        except UnicodeDecodeError:
            self._encoding = "latin-1"  # each byte stays what it is
            self._text = content.decode(self._encoding)
        if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise CannotDo(f"{self.title} is a workbook of Excel: download it as csv")
        self.separator = _separator(self._text)
        self.rows = _rows(self._text, self.separator)
        if len(self.rows) < 2:
            raise CannotDo(f"{self.title} has no rows below its headings: download it again")
        self._all_quoted = all(c.quoted for row in self.rows for c in row if c.value)
        self._filled: dict[int, tuple[Cell, str]] = {}

    @property
    def headings(self) -> list[str]:
        """The first row."""
        return [cell.value.strip() for cell in self.rows[0]]

    def value(self, row: int, column: int) -> str:
        """What a cell says; "" where the row is too short."""
        cells = self.rows[row]
        return cells[column].value if column < len(cells) else ""

    def fill(self, row: int, column: int, value: str) -> bool:
        """Fill a cell in, if it is there and the encoding of the file has the characters."""
        cells = self.rows[row]
        if column >= len(cells):
            return False
        cell = cells[column]
        if value != cell.value:
            self._filled[cell.begin] = (cell, value)
        return True

    def content(self) -> bytes:
        """The file with what was filled in."""
        parts, place = [], 0
        for cell, value in sorted(self._filled.values(), key=lambda filled: filled[0].begin):
            parts += [self._text[place : cell.begin], self._written(cell, value)]
            place = cell.end
        text = "".join(parts) + self._text[place:]
        errors = "xmlcharrefreplace" if self._encoding == "latin-1" else "backslashreplace"
        return self._mark + text.encode(self._encoding, errors)

    def _written(self, cell: Cell, value: str) -> str:
        special = {self.separator, '"', "\n", "\r"}
        if cell.quoted or self._all_quoted or special & set(value) or value != value.strip():
            return '"' + value.replace('"', '""') + '"'
        return value


def _separator(text: str) -> str:
    """What stands most often in the first line, outside of quotes."""
    first = re.sub(r'"[^"]*"', "", LINE_ENDS.split(text, maxsplit=1)[0])
    return max(SEPARATORS, key=first.count)


def _rows(text: str, separator: str) -> list[list[Cell]]:
    """The cells of a text, as RFC 4180 has it; a quote inside of a bare cell is itself."""
    bare = re.compile(rf"[^{re.escape(separator)}\r\n]*")
    quoted = re.compile(r'"((?:[^"]|"")*)"?')
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    place = 0
    while place <= len(text):
        found = quoted.match(text, place)
        if found:
            value = found[1].replace('""', '"')
        else:
            found = bare.match(text, place)
            assert found
            value = found[0]
        row.append(Cell(place, found.end(), value, text.startswith('"', place)))
        place = found.end()
        if text.startswith(separator, place):
            place += len(separator)
            continue
        end = LINE_ENDS.match(text, place)
        if any(cell.value for cell in row):
            rows.append(row)
        row = []
        if end is None and place < len(text):  # text behind a quoted cell: it is no cell of ours
            rest = bare.match(text, place)
            assert rest
            place = rest.end() + (1 if text.startswith(separator, rest.end()) else 0)
            continue
        if end is None:
            break
        place = end.end()
    return rows
