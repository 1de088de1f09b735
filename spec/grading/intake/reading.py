"""Whose is what: the form of `forms.py` and the depth that explain most of what was given, lists first."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from . import lists, plain
from .archives import is_archive
from .choosing import is_code
from .entries import Entry, Parts, moment, same
from .forms import FORMS, Form
from .plain import Reading
from .trees import File, Tree

DEEPEST_CLASS = 4  # folders around the learners
SAMPLE = 400  # paths that are tried by each form


@dataclass(frozen=True)
class Found:
    """A path that a form explains."""

    parts: Parts
    file: File | None
    match: re.Match[str]
    depth: int
    form: Form

    @cached_property
    def of(self) -> dict[str, str]:
        """The form's groups."""
        return {name: text for name, text in self.match.groupdict().items() if text}

    @property
    def own(self) -> Parts:
        """The path as its learner knows it."""
        of, text = self.of, self.match.string
        stem = of.get("stem") or of["name"] if "ending" in of else ""
        begin = of.get("file") or stem + of.get("ending", "")
        own = begin + text[self.match.end() :] if begin else text[self.match.end() :]
        return tuple(part for part in own.split("/") if part) or self.parts[-1:]


@dataclass(frozen=True)
class Named:
    """A form at a depth, below certain folders, and what it explains."""

    form: Form
    depth: int
    found: tuple[Found, ...]

    @property
    def above(self) -> Parts:
        """The folders around the learners."""
        return self.found[0].parts[: self.depth]


def read(tree: Tree, source: str, stem: str, layout: str = "", form: Form | None = None) -> Reading:
    """The learners in a tree. `layout` or `form` says how it is to be read; without, it is found out."""
    files = tree.files
    depth = re.fullmatch(r"folders:(\d+)", layout)
    if layout == "one":
        entry = Entry(stem, source, files=files)
        return Reading((entry,), said="all is one learner's")
    if layout in ("folders", "files") or depth:
        return plain.each_below(files, tree.empty, source, int(depth[1]) if depth else 1)
    if not form and layout in ("", "gradescope") and (listed := lists.gradescope(files)):
        return _by_list(tree, source, *listed)
    forms = [form] if form else [each for each in FORMS if layout in ("", each.platform)]
    if layout == "plain" or not (named := best(forms, tree, bool(form or layout))):
        return plain.read(files, tree.empty, source, stem)
    return _by_form(named, tree, source)


def _paths(tree: Tree) -> list[tuple[Parts, File | None]]:
    return [*((file.parts, file) for file in tree.files), *((parts, None) for parts in tree.empty)]


def best(forms: Iterable[Form], tree: Tree, whatever: bool = False) -> Named | None:
    """The form that explains more than half of what may be judged, and most; `whatever`: anything at all."""
    paths = _paths(tree)
    codes = [path for path in paths if path[1] and _may_be_judged(path[1])] or paths
    sample = codes[:: len(codes) // SAMPLE + 1]
    found: list[tuple[tuple[int, int], Named]] = []
    for form in forms:
        for depth in range(DEEPEST_CLASS):
            named = _explained(form, depth, sample, tree)
            if not named or not (whatever or _explains_most(named, sample)):
                continue
            learners = len({_key(each, each.of) for each in named.found})
            found.append(((len(named.found), learners), named))
    if not found:
        return None
    choice = max(found, key=lambda each: each[0])[1]
    return _explained(choice.form, choice.depth, paths, tree)


def _explains_most(named: Named, paths: list[tuple[Parts, File | None]]) -> bool:
    """Whether more than half of what lies at the depth of a form, or above it, is named by it."""
    n = named.depth + 1
    entries = {parts[:n] for parts, _ in paths}
    return 2 * len({each.parts[:n] for each in named.found}) > len(entries)


def _may_be_judged(file: File) -> bool:
    return is_code(file) or is_archive(file.parts[-1])


def _explained(
    form: Form, depth: int, paths: list[tuple[Parts, File | None]], tree: Tree
) -> Named | None:
    found = []
    for parts, file in paths:
        if len(parts) <= depth:
            continue
        if form.within and not (depth and re.fullmatch(form.within, parts[depth - 1], re.S)):
            continue
        text = "/".join(parts[depth:]) + ("" if file else "/")
        if match := form.pattern.match(text):
            found.append(Found(parts, file, match, depth, form))
    if not form.anywhere:
        found = _most_common(found, lambda each: (each.parts[:depth], each.of.get("shared", "")))
    if form.beside and not any(
        re.fullmatch(form.beside, "/".join(file.parts[depth:]), re.S) for file in tree.files
    ):
        return None
    return Named(form, depth, tuple(found)) if found else None


def _most_common(found: list[Found], key: object) -> list[Found]:
    assert callable(key)
    counted = Counter(key(each) for each in found)
    return [each for each in found if key(each) == counted.most_common(1)[0][0]]


def _key(found: Found, of: dict[str, str]) -> tuple[str, str]:
    """What tells one learner from another."""
    name = (
        same(found.form.called(of)) if of.keys() & {"name", "id", "whole", "last", "mail"} else ""
    )
    numbers = of.get("numbers", "")
    id = same(of.get("id", numbers))
    return (id, name if found.form.by_name or not id else "")


def _by_form(named: Named, tree: Tree, source: str) -> Reading:
    form = named.form
    of_lists = _blackboard(named)
    divided = _divided(named, of_lists)
    groups: dict[tuple[str, str], list[tuple[Found, dict[str, str]]]] = defaultdict(list)
    for each in named.found:
        of = each.of | divided.get(each.of.get("both", ""), {})
        groups[_key(each, of)].append((each, of))
    entries = [_entry(group, source, of_lists.true) for group in groups.values()]
    taken = {each.parts for each in named.found}
    rest = [file for file in tree.files if file.parts not in taken]
    if form.platform == "openolat":
        rest = [file for file in rest if "solutions" not in file.parts]
    if form.platform == "sakai":
        entries, rest = _sakai(entries, rest, source)
    if form.platform == "github-classroom":
        names = lists.github(rest)
        entries = [replace(entry, name=names.get(same(entry.id), entry.name)) for entry in entries]
    others = plain.unnamed(rest, named.depth, source)
    said = f"as {form.platform} names it" if form.platform != "--names" else "as --names says"
    return Reading((*_blind(entries), *others.entries), others.strays, said)


@dataclass(frozen=True)
class _Lists:
    """What Blackboard's texts tell: who is meant by a name in the export, and the true names of files."""

    people: dict[str, lists.Listed]
    true: dict[str, str]


def _blackboard(named: Named) -> _Lists:
    people: dict[str, lists.Listed] = {}
    true: dict[str, str] = {}
    for each in named.found:
        if named.form.platform == "blackboard" and each.file and "file" not in each.of:
            who, names = lists.blackboard(each.file)
            true |= names
            if who:
                people[each.of["both"]] = who
    return _Lists(people, true)


def _divided(named: Named, of_lists: _Lists) -> dict[str, dict[str, str]]:
    """For each `both` of a class, the learner's id in it, and the name where a list has it."""
    boths = {each.of["both"] for each in named.found if "both" in each.of}
    shared = _shared(boths)
    if named.form.within and named.depth:
        shared = f"{named.above[-1].removesuffix('-submissions')}-"
    for both, who in of_lists.people.items():
        if both.endswith(who.id) and both != who.id:
            shared = both.removesuffix(who.id)
    found = {}
    for both in boths:
        who = of_lists.people.get(both, lists.Listed(""))
        id = who.id or (both.removeprefix(shared) or both)
        found[both] = {"id": id, "name": who.name or id}
    return found


def _shared(boths: set[str]) -> str:
    """What all begin with, up to a `_` or `-`; of one alone all but its last piece."""
    if len(boths) == 1:
        return re.sub(r"[^_]*\Z", "", next(iter(boths)))
    first, last = min(boths, default=""), max(boths, default="")
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return re.sub(r"[^_-]*\Z", "", first[:n])


def _entry(group: list[tuple[Found, dict[str, str]]], source: str, true: dict[str, str]) -> Entry:
    """What one learner handed in: of several attempts the last counts."""
    first, of = group[0]
    form = first.form
    attempts: dict[tuple[int, ...], list[Found]] = defaultdict(list)
    for each, groups in group:
        attempts[_order(form, groups)].append(each)
    order = sorted(attempts)
    last = order[-1]
    if form.attempts == "each" and all("coach" in each.of for each in attempts[last]):
        last = next(
            (n for n in reversed(order) if any("coach" not in e.of for e in attempts[n])), last
        )
    files = _files(attempts[last], true)
    earlier = [f for n in order if n < last for f in _files(attempts[n], true) if is_code(f)]
    attempt = 0
    if form.attempts == "each":
        numbered = "number" in form.pattern.groupindex
        attempt = form.first + last[0] if numbered else order.index(last) + 1
    late = "yes" if any("late" in each.of for each in attempts[last]) else "no"
    uploads = [
        (e.file.path, int(e.of["upload"][:18])) for e, _ in group if e.file and "upload" in e.of
    ]
    return Entry(
        form.called(of),
        "/".join((source, *first.parts[: first.depth + 1])),
        of.get("id") or of.get("numbers") or of.get("key", ""),
        tuple(files),
        tuple(earlier),
        attempt,
        late if form.said else "unknown",
        form.attempts == "found",
        tuple(uploads),
    )


def _order(form: Form, of: dict[str, str]) -> tuple[int, ...]:
    if form.attempts != "each":
        return (0,)
    if "number" in form.pattern.groupindex:
        return int(of.get("number", "0")[:9]), int(of.get("upload", "0")[:18])
    return moment(of.get("time", ""))


def _files(found: list[Found], true: dict[str, str]) -> list[File]:
    """The files of an attempt, by the names that their learner gave them; without what a coach added."""
    files = []
    for each in found:
        if each.file and "coach" not in each.of:
            own = each.own
            name = true.get(each.file.parts[each.depth], "")
            own = (name, *own[1:]) if name and "/" not in name else own
            files.append(replace(each.file, own=own))
    return files


def _blind(entries: list[Entry]) -> list[Entry]:
    """Where all go by one word, as in blind marking, the ids are put to their names."""
    names = {entry.name for entry in entries}
    if len(entries) > 1 and len(names) == 1 and not re.search(r"\s", entries[0].name):
        return [replace(entry, name=f"{entry.name} {entry.id}".strip()) for entry in entries]
    return entries


def _sakai(entries: list[Entry], rest: list[File], source: str) -> tuple[list[Entry], list[File]]:
    """Lateness and names by grades.csv, who is only there, and a row for each of several submitters."""
    known: dict[str, lists.Listed] = {}
    for file in rest:
        if file.parts[-1] == lists.GRADES:
            known |= lists.sakai(lists.text_of(file))
    found = []
    for entry in entries:
        people = [*re.findall(r"([^;()]+)\(([^()]+)\)", entry.name), (entry.name, entry.id)]
        if len(people) > 1:
            people[-1] = (people[-1][0].rpartition("; ")[2], entry.id)
        for name, id in people:
            who = known.pop(
                same(id), lists.Listed(" ".join(reversed(name.strip(" ;").split(", "))))
            )
            name = who.name if who.id or len(people) > 1 else entry.name
            found.append(replace(entry, name=name, id=id, late=who.late))
    found += [Entry(who.name, source, who.id, late=who.late) for who in known.values()]
    return found, [file for file in rest if file.parts[-1] != lists.GRADES]


def _by_list(
    tree: Tree, source: str, above: Parts, people: dict[str, list[lists.Listed]]
) -> Reading:
    """Gradescope's export: a folder, or a file, for each key of its list."""
    depth = len(above)
    groups: dict[str, list[File]] = {key: [] for key in people}
    rest, empty = [], set[str]()
    for parts, file in _paths(tree):
        if parts[:depth] != above or len(parts) == depth:
            rest += [file] if file else []
        elif file and (len(parts) > depth + 1 or parts[depth] in people):
            own = parts[depth + 1 :] or parts[-1:]
            groups.setdefault(parts[depth], []).append(replace(file, own=own))
        elif file:
            rest += [file] if not parts[-1].startswith("submission_metadata.") else []
        else:
            empty.add(parts[depth])
    for key in empty:
        groups.setdefault(key, [])
    entries = [
        Entry(who.name, "/".join((source, *above, key)), who.id, tuple(files))
        for key, files in groups.items()
        for who in people.get(key, [lists.Listed(key)])
    ]
    others = plain.unnamed(rest, depth, source)
    return Reading((*entries, *others.entries), others.strays, "as gradescope's list has it")
