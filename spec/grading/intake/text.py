"""Text from a submission, or from its name, made harmless where it is shown."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#|~&$@!^]"  # wherever it stands
    r"|^\s*[-+=]|(?<=\d)[.)](?=\s)"  # at the beginning of a line: lists, headings
    r"|(?<=www)\.|:(?=//)",  # links that need no brackets
    re.IGNORECASE,
)
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet knows one
LONGEST_NAME = 50  # characters of a file's name, before what tells it apart


def legible(text: str) -> str:
    """The text in one line; what cannot be printed is escaped."""
    if text.isprintable():  # nearly always: surrogates are not
        return text
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, without markup or links."""
    return MARKUP.sub(lambda found: f"\\{found[0].lstrip()}", legible(text))


def fenced(lines: Iterable[str]) -> str:
    """Lines as a block of code in Markdown, in a fence that none of them can end."""
    text = "\n".join(map(legible, lines))
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def cell(text: str) -> str:
    """Text for a cell of a table: a spreadsheet must not take it for a formula."""
    text = legible(text)
    begins = unicodedata.normalize("NFKC", text).lstrip()
    return f"'{text}" if begins.startswith(FORMULA) else text


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each of these unique names: the name itself if possible, else one like it."""
    plain = {
        name: re.sub(r"[^\w.-]+", "-", name).strip(".-")[:LONGEST_NAME] or "_" for name in names
    }
    shared = Counter(text.casefold() for name, text in plain.items() if text == name)
    return {
        name: text if text == name and shared[text.casefold()] == 1 else _told_apart(text, name)
        for name, text in plain.items()
    }


def _told_apart(text: str, name: str) -> str:
    """The text with a part that no unchanged name contains, so nobody can choose another's name."""
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return f"{text}~{digest}"
