"""A TOML file that an instructor writes: read with exact numbers, and all that is wrong in it at once."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from spec.harness.ground.errors import CannotDo

from .catalogue import Catalogue

MOST = 1_000_000  # points of one line


class Errors:
    """The sentences on what is wrong in one file; a block that raises CannotDo adds one."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[str] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Go on after what is wrong."""
        try:
            yield
        except CannotDo as error:
            self.found.append(str(error))

    def check(self) -> None:
        """Raise CannotDo with all of them, if there are any: one in a line with the file, more below it."""
        if len(self.found) == 1:
            raise CannotDo(f"{self.where}: {self.found[0]}")
        if self.found:
            lines = "".join(f"\n  {sentence}" for sentence in self.found)
            raise CannotDo(f"{self.where} has {len(self.found)} errors:{lines}")


def read_toml(path: Path, option: str, remedy: str) -> dict[str, Any]:
    """The content of a file. Raises CannotDo; `remedy` is what to do where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CannotDo(f"{option} {path} cannot be read: {error.strerror}; {remedy}") from None
    except UnicodeDecodeError:
        raise CannotDo(f"{option} {path} is not UTF-8 text: save it as such") from None
    try:
        return tomllib.loads(text, parse_float=_exact)
    except tomllib.TOMLDecodeError as error:
        raise CannotDo(
            f"{option} {path} is not valid TOML: {error}; is a name there twice, or without its quotes?"
        ) from None


def _exact(text: str) -> Fraction | str:
    """A number, exactly as written. What nobody means as points, such as inf or 1e400, stays a text."""
    return Fraction(text) if set(text) <= set("+-.0123456789") else text


def points(title: str, value: Any) -> Fraction:
    """A number of points, not negative."""
    if isinstance(value, dict):
        raise CannotDo(f'{title}: put names with a dot or a slash in quotes, such as "5.3" = 2')
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise CannotDo(f"{title} = {value}: expected a number of points, such as 2 or 0.5")
    if value > MOST:
        raise CannotDo(f"{title}: at most {MOST} points")
    if value < 0:
        raise CannotDo(
            f"{title} = {float(value):g}: points cannot be negative; for none, leave the line out"
        )
    return Fraction(value)


def meant(title: str, patterns: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    """The claims that these mean."""
    try:
        return catalogue.meant(patterns)
    except CannotDo as error:
        raise CannotDo(f"{title}: {error}") from None


def names(title: str, value: Any) -> list[str]:
    """A list of names."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise CannotDo(f'{title}: expected a list in brackets, such as ["5.3", "l2"]')


def close_to(name: str, known: Iterable[str]) -> str:
    """What may be meant by a name that is not known; "" if nothing is like it."""
    close = difflib.get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""
