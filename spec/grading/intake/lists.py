"""The lists that platforms put beside what was handed in: they know more than names of files do.

Each is read within bounds; one that cannot be read is no list, and the names of files decide.
"""

import csv
import importlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from spec.harness.ground.calling import missing
from spec.harness.ground.errors import CannotDo

from .entries import Parts, same
from .text import legible
from .trees import CannotRead, File

LARGEST_LIST = 20 * 2**20  # bytes
LARGEST_NOTE = 2**20
METADATA = "submission_metadata.yml"
GRADES = "grades.csv"
WHO = re.compile(r"^[^\n:]+:[ \t]*(?P<name>.*\S)[ \t]*\((?P<id>[^()\n]+)\)[ \t]*$", re.M)
PAIR = re.compile(r"^[ \t]+[^\n:]+:[ \t]*(\S.*?)[ \t]*$", re.M)
LATE, ON_TIME = {"late", "verspätet", "en retard", "tarde", "te laat"}, {"on time", "pünktlich"}


@dataclass(frozen=True)
class Listed:
    """A learner in a list."""

    name: str
    id: str = ""
    late: str = "unknown"


def text_of(file: File, most: int = LARGEST_LIST) -> str:
    """A list's text; "" if it cannot be read."""
    try:
        content = file.read(most)
    except CannotRead:
        return ""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def gradescope(files: Iterable[File]) -> tuple[Parts, dict[str, list[Listed]]] | None:
    """Where Gradescope's list lies, and who submitted each folder or file in it; None without one."""
    found = [file for file in files if file.parts[-1] in (METADATA, METADATA[:-4] + ".yaml")]
    for file in sorted(found, key=lambda file: len(file.parts)):
        data = _yaml(text_of(file))
        if isinstance(data, dict) and any(_submitters(value) for value in data.values()):
            return file.parts[:-1], {
                legible(str(key)): _submitters(value) or [Listed(legible(str(key)))]
                for key, value in data.items()
            }
    return None


def _yaml(text: str) -> Any:
    """Plain values from YAML; None if it is none. Aliases, which may grow without end, are refused."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise CannotDo(missing("reading Gradescope's list of names", "yaml")) from None
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, loader)):
            return None
        return yaml.load(text, loader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _submitters(value: Any) -> list[Listed]:
    if not isinstance(value, dict):
        return []
    plain = {str(key).lstrip(":"): each for key, each in value.items()}
    people = plain.get("submitters")
    return [
        Listed(legible(str(of.get("name") or mail_or_id)), legible(str(mail_or_id)))
        for person in (people if isinstance(people, list) else [])
        if isinstance(person, dict)
        for of in [{str(key).lstrip(":"): each for key, each in person.items()}]
        for mail_or_id in [of.get("sid") or of.get("email") or ""]
    ]


def blackboard(file: File) -> tuple[Listed | None, dict[str, str]]:
    """Who made an attempt, by the text beside it; and the true names of its files, by those in the export."""
    text = text_of(file, LARGEST_NOTE)
    who = WHO.search(text.partition("\n\n")[0])
    values = PAIR.findall(text)
    true = {legible(second): legible(first) for first, second in pairwise(values)}
    return (Listed(legible(who["name"]), legible(who["id"])) if who else None), true


def sakai(text: str) -> dict[str, Listed]:
    """The learners in Sakai's grades.csv, by their ids."""
    found = {}
    rows = table(text)
    begin = next(
        (i for i, row in enumerate(rows) if len(row) >= 5 and "" not in row[:4]), len(rows)
    )
    for row in rows[begin + 1 :]:
        if len(row) >= 4 and row[1]:
            late = row[-1].strip().casefold()
            said = "yes" if late in LATE else "no" if late in ON_TIME else "unknown"
            found[same(row[1])] = Listed(f"{row[3]} {row[2]}".strip(), row[1], said)
    return found


def github(files: Iterable[File]) -> dict[str, str]:
    """Names by GitHub's user names, from a classroom_roster.csv."""
    found: dict[str, str] = {}
    for file in files:
        if file.parts[-1] == "classroom_roster.csv":
            head, *rows = table(text_of(file)) or [[]]
            for row in rows:
                of = dict(zip(head, row, strict=False))
                name = of.get("identifier") or of.get("name", "")
                if of.get("github_username") and name:
                    found[same(of["github_username"])] = name
    return found


def table(text: str) -> list[list[str]]:
    """The rows of a csv, whatever separates its cells."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            rows.append([legible(cell.strip()) for cell in row])
    except csv.Error:
        pass  # a cell that is too long, or a null byte: the rows before it are kept
    return rows
