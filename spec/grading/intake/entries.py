"""What belongs to one learner, as it was found in an export: names, ids, attempts, files."""

import re
import unicodedata
from dataclasses import dataclass

from .trees import File

Parts = tuple[str, ...]
MONTHS = {  # how months begin, in the languages that sites are often set to
    1: "jan ene gen stycz sty", 2: "feb fév fev lut", 3: "mar mär mrt maa mrz", 4: "apr avr abr kwi",
    5: "may mai mei maj mag", 6: "jun juin giu cze", 7: "jul juil lug lip", 8: "aug aoû aou ago sie",
    9: "sep set wrz", 10: "oct okt out ott paź", 11: "nov lis", 12: "dec dez dic déc gru",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What one learner handed in, before a file is chosen.

    `files` are those of the attempt that counts, `earlier` those of attempts before it; `attempt` is its
    number, 0 where an export does not say. `late` is "yes", "no" or "unknown". With `answers`, several
    files of one kind are several attempts. `by_upload` has the number of each file's upload, by its path.
    """

    name: str
    source: str
    id: str = ""
    files: tuple[File, ...] = ()
    earlier: tuple[File, ...] = ()
    attempt: int = 0
    late: str = "unknown"
    answers: bool = False
    by_upload: tuple[tuple[str, int], ...] = ()


def same(text: str) -> str:
    """The text by which names are compared: composed letters, and no difference of case."""
    return unicodedata.normalize("NFC", text).casefold()


def moment(text: str) -> tuple[int, ...]:
    """A date and a time as numbers that can be compared; month names of many languages are read."""
    digits = [int(number) for number in re.findall(r"\d+", text)]
    words = re.findall(r"[^\W\d_]+", same(text))
    month = next((m for word in words if (m := _month(word))), 0)
    if not month:
        return tuple(digits)
    year = next((n for n in digits if 1900 <= n < 2100), 0)
    rest = [n for n in digits if n != year] or [0]
    if len(rest) < 2 and digits.count(year) == 2:
        rest.append(year)  # ten past eight, in the evening, is 2010 as well
    day, *clock = rest
    hour, minute = divmod(clock[0], 100) if len(clock) == 1 else (*clock[:2], 0, 0)[:2]
    if re.search(r"\d ?p\.?m\b", text, re.I):
        hour = hour % 12 + 12
    elif re.search(r"\d ?a\.?m\b", text, re.I):
        hour %= 12
    return year, month, day, hour, minute


def _month(word: str) -> int:
    found = [
        (len(begin), number)
        for number, begins in MONTHS.items()
        for begin in begins.split()
        if word.startswith(begin)
    ]
    return max(found, default=(0, 0))[1]
