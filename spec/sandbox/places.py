"""The places of this machine, which no report may name: they differ from run to run."""

import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from spec.harness.subject.loading import ROOT

PLACE = "[...]"
BEGINNING = len("/home")  # characters by which a place is known at which a text was cut off


def hidden(value: Any, roots: Iterable[str] = ()) -> Any:
    """A text, also in containers, without this machine's places and those in `roots`; all else as it is."""
    if isinstance(value, str):
        return _pattern((*_own(), *roots)).sub(PLACE, value) if "/" in value else value
    if type(value) is dict:
        return {hidden(key, roots): hidden(item, roots) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(hidden(item, roots) for item in value)
    return value


@cache
def _own() -> tuple[str, ...]:
    """The folders of this machine that Python, this project and whoever runs it live in."""
    folders = [ROOT, Path.cwd(), Path.home(), Path(tempfile.gettempdir())]
    folders += map(Path, (sys.prefix, sys.base_prefix, sys.executable, *sys.path))
    folders += map(Path, sysconfig.get_paths().values())
    return tuple({str(way) for each in folders for way in (each.absolute(), each.resolve())})


@cache
def _pattern(places: tuple[str, ...]) -> re.Pattern[str]:
    """What matches a place with all that follows in it, or the beginning of one at the end of a text."""
    found = {each for each in places if len(each) > 1}
    begun = {each[:n] for each in found for n in range(BEGINNING, len(each))}
    whole, cut_off = map(_any_of, (found, begun))
    rest = r"(?![\w-])[^\s'\"`<>|,;:()\[\]]*"
    return re.compile(rf"{whole}{rest}|{cut_off}(?=\W*$)")


def _any_of(places: set[str]) -> str:
    """A pattern of any of them, the longest first; one of a single folder not within a word: a/root."""
    ordered = sorted(places, key=len, reverse=True)
    deep = "|".join(re.escape(each) for each in ordered if each.count("/") > 1)
    flat = "|".join(re.escape(each) for each in ordered if each.count("/") == 1)
    return rf"(?:{deep or '(?!)'}|(?<![\w.])(?:{flat or '(?!)'}))"
