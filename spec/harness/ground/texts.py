"""Texts of the code under test, cut where they come in: a line of it may be as long as its author likes."""

import textwrap

LONGEST_LINE = 300  # characters of a line of source that are shown
ELLIPSIS = " ..."


def cut(text: str, longest: int) -> str:
    """The text, or its beginning where it has more characters than that."""
    return text if len(text) <= longest else f"{text[: longest - len(ELLIPSIS)]}{ELLIPSIS}"


def shortened(text: str, longest: int) -> str:
    """The same in one line, cut between two words. What lies far beyond is not even looked at."""
    return textwrap.shorten(text[: 4 * longest], longest, placeholder=ELLIPSIS)
