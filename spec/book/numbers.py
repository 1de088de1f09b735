"""Names and numbers: what number a claim has, where links lead to, how figures are written."""

from collections import Counter

from spec.harness.engine.citations import Citation

from .chapters import ChapterFile


def numbered(files: list[ChapterFile]) -> dict[str, str]:
    """The number of each claim: that of its section, and its place among those that begin there."""
    numbers: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for file in files:
        for part in file.parts:
            if isinstance(part, Citation) and part.claim.id not in numbers:
                section = part.claim.section
                counts[section] += 1
                numbers[part.claim.id] = f"{section}.{counts[section]}"
    return numbers


def claim_anchor(id: str) -> str:
    """Where a claim is told of."""
    return f"claim-{id.replace('/', '-')}"


def entry_anchor(id: str) -> str:
    """Where a claim stands in the ledger."""
    return f"ledger-{id.replace('/', '-')}"


def file_anchor(file: ChapterFile) -> str:
    """Where a file of the book begins."""
    return file.path.stem.removeprefix("test_").replace("_", "-")


def test_anchor(file: ChapterFile, name: str) -> str:
    """Where a test stands; two files may have one of the same name."""
    return f"{file_anchor(file)}-{name.replace('_', '-')}"


def as_sentence(text: str) -> str:
    """A text with a capital letter in front, unless it begins with a symbol or a name."""
    first = text.partition(" ")[0]
    return text if not first.isalpha() or not first.islower() else text[0].upper() + text[1:]


def in_words(value: float | str) -> str:
    """A figure that was measured, as people read it."""
    return value if isinstance(value, str) else f"{value:.4g}"


def rounded(value: float) -> str:
    """An error or a rate in two digits: 1.4·10⁻¹⁴."""
    if value == 0:
        return "0"
    digits, _, exponent = f"{value:.1e}".partition("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits.removesuffix('.0')}·10{power}"
