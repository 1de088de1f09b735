"""Whose row is whose: learners of the gradebook and rows of a platform's table, joined or listed."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..gradebook.entries import Entry

UNORDERED = frozenset


@dataclass
class Joined:
    """What came of filling in: who is in the table, and who is not, with the reason."""

    n_filled: int = 0
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def by_keys(
    entries: Sequence[Entry], keys: Sequence[Sequence[str]], joined: Joined
) -> dict[int, Entry]:
    """For rows with these keys each (ids, logins, names) the entries that they belong to.

    The platform's id is looked for first, in the keys of a row in turn; then the name, whatever the order
    of its parts. What fits two rows or two learners fits none. Who has no row is listed.
    """
    found: dict[int, Entry] = {}
    left = list(entries)
    for of_entry, of_row in ((_id, _ids), (_name, _names)):
        rows: dict[object, list[int]] = {}
        for number, own in enumerate(keys):
            for key in of_row(own) if number not in found else ():
                rows.setdefault(key, []).append(number)
        times = Counter(of_entry(entry) for entry in left)
        for entry in list(left):
            key = of_entry(entry)
            numbers = rows.get(key, []) if key else []
            if len(numbers) == 1 and times[key] == 1 and numbers[0] not in found:
                found[numbers[0]] = entry
                left.remove(entry)
    joined.left_out += [f"{entry.name}: no row of the file is theirs for certain" for entry in left]
    return found


def _id(entry: Entry) -> object:
    return entry.id.strip().casefold()


def _ids(keys: Sequence[str]) -> set[object]:
    return {key.strip().lstrip("#").casefold() for key in keys if key.strip()}


def _name(entry: Entry) -> object:
    return _parts(entry.called)


def _names(keys: Sequence[str]) -> set[object]:
    return {parts for key in keys if (parts := _parts(key))}


def _parts(name: str) -> frozenset[str]:
    """The words of a name, without accents: "Mu, Nia" is "nia mu"."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return UNORDERED(words)


def scaled(entry: Entry, maximum: Fraction | None) -> Fraction:
    """The points of a learner, in those of the platform, which takes no more than its maximum."""
    if maximum is None or not entry.most:
        return entry.points
    return min(entry.points * maximum / entry.most, maximum)


def number(text: str) -> Fraction | None:
    """A number as a table has it, with whichever decimal sign; None if it is none."""
    try:
        return Fraction(text.strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        return None


def written(points: Fraction, like: str, places: int = 2) -> str:
    """Points as a table writes numbers: with the decimal sign and the places of `like`."""
    sign = "," if "," in like else "."
    _, _, decimals = like.strip().replace(",", ".").partition(".")
    text = f"{float(points):.{len(decimals) or places}f}"
    return (text if decimals else text.rstrip("0").rstrip(".")).replace(".", sign)
