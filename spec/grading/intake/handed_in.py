"""What was handed in, as an ordered list of named submissions: nothing that was given is left out.

A folder, or a zip from a learning platform, holds one entry for each learner: a folder, or files whose
names begin alike (Moodle: `Name_123_assignsubmission_file_`, Canvas: `name_123_456_x.py`). If a learner
has several files, the one with the most names of the contract is judged.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath

from spec.harness.ground.contract import NAMES
from spec.harness.ground.errors import CannotDo
from spec.harness.subject.formats import SUFFIXES
from spec.harness.subject.loading import resembling

from .text import legible
from .trees import CannotRead, File, Tree, archive, folder, one_file

MOODLE = re.compile(r"(?P<who>.+_\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.S)
CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)", re.S)
# at the beginning of a line, of a line of a notebook, or after a line's end in a notebook's string
BEGINS = r'(?:^|"|\\n)'
DEFINED = re.compile(rf"{BEGINS}(?:def|class) +({'|'.join(NAMES)})\b".encode(), re.M)
# each part ends where the next can begin, so no text, however made, is read more than once
IMPORTED = re.compile(rf"{BEGINS}from +([\w.]+) +import +(\([^()]*\)|[^\n]*)".encode(), re.M)
WORD = re.compile(rb"\w+|\*")
MOST_NAMED = 5  # files, in a note
MOST_READ = 50 * 2**20  # bytes of a learner's files that are read to choose one
MOST_BESIDE, LARGEST_BESIDE = 500, 15 * 2**20  # modules beside it, and their bytes together
PLAIN = re.compile(r"\w[\w.-]{0,79}", re.A)
KNOWN = {name.encode() for name in NAMES}


@dataclass(frozen=True)
class Contents:
    """What is judged: a file, under the name that its learner knows, and modules that it may import."""

    name: str
    content: bytes
    companions: dict[str, bytes]


@dataclass(frozen=True)
class HandedIn:
    """What one learner handed in: `name` is unique, and `file` is what is judged.

    `source` is its place in what was given, and `companions` are the modules beside the file. `trouble`
    says why there is nothing to judge.
    """

    name: str
    source: str
    file: File | None = None
    trouble: str = ""
    notes: tuple[str, ...] = ()
    companions: tuple[File, ...] = ()
    id: str = ""
    late: str = "unknown"  # or "yes" or "no"
    attempt: int = 0  # 0 is unknown

    @property
    def shown(self) -> str:
        """The name of the file as its learner knows it."""
        if self.file is None:
            return ""
        name = _without_learner(self.file.name)
        if PLAIN.fullmatch(name):
            return name
        beside = {_beside(other, self.file) for other in self.companions}
        names = (f"submission{number or ''}{self.file.suffix}" for number in count())
        return next(name for name in names if name not in beside)

    def read(self) -> Contents:
        """The contents to judge. Raises CannotRead, which names the file."""
        if self.file is None:
            raise CannotRead(self.trouble)
        content = _read(self.file)
        companions = {_beside(other, self.file): _read(other) for other in self.companions}
        return Contents(self.shown, content, companions)


def _read(file: File) -> bytes:
    try:
        return file.read()
    except CannotRead as error:
        raise CannotRead(f"{file.name} {error}") from None


def handed_in(given: Sequence[Path], out: Path) -> list[HandedIn]:
    """All submissions in the given files, notebooks, folders and zips, in order, with unique names.

    Raises CannotDo if one of these is missing, or if the results would lie among them.
    """
    found: list[HandedIn] = []
    for path in given:
        _check(path, out)
        source, tree = legible(path.resolve().name), _tree(path)
        if tree:
            found += _learners(tree, source)
        else:
            found.append(_chosen(legible(path.stem), source, [one_file(path)]))
    return _apart(found)


def alone(given: Sequence[Path], out: Path) -> list[HandedIn]:
    """All that is given, as one submission of one learner."""
    files: list[File] = []
    for path in given:
        _check(path, out)
        tree = _tree(path)
        files += tree.files if tree else [one_file(path)]
    source = ", ".join(legible(path.resolve().name) for path in given)
    return [_chosen("submission", source, files)]


def _check(path: Path, out: Path) -> None:
    if not path.exists():
        raise CannotDo(f"there is no file or folder {path}{resembling(path)}")
    if not path.is_file() and not path.is_dir():
        raise CannotDo(f"{path} is neither a file nor a folder; name what was handed in")
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise CannotDo(
            f"--out {out} lies inside {path}, among the submissions; choose a folder outside of it"
        )


def _tree(path: Path) -> Tree | None:
    """The files in a folder or a zip; None for any other file."""
    if path.is_dir():
        return folder(path)
    return archive(path) if path.suffix.lower() == ".zip" else None


def _learners(tree: Tree, source: str) -> list[HandedIn]:
    """The submissions in a tree: one for each learner."""
    above = _wrapped(tree)
    depth = len(above)
    groups: dict[str, list[File]] = {}
    places: dict[str, str] = {}
    entries = [(file.parts, file) for file in tree.files]
    for parts, file in [*entries, *(((*parts, ""), None) for parts in tree.empty)]:
        name = _learner(parts[depth:])
        places.setdefault(name, "/".join((source, *parts[: depth + 1])))
        groups.setdefault(name, []).extend([file] if file else [])
    if not groups:
        return [HandedIn(source, source, trouble=f"{source} is empty")]
    return [
        replace(_chosen(name, places[name], groups[name]), id=_id(places[name]))
        for name in sorted(groups)
    ]


def _id(place: str) -> str:
    """The platform's id in an entry of its export."""
    entry = place.rpartition("/")[2]
    if match := MOODLE.fullmatch(entry):
        return match["who"].rpartition("_")[2]
    match = CANVAS.fullmatch(entry)
    return match["id"] if match else ""


def _wrapped(tree: Tree) -> tuple[str, ...]:
    """The folder around all learners' folders, if a tree has nothing else at its top."""
    tops = {file.parts[0] for file in tree.files} | {parts[0] for parts in tree.empty}
    deep = all(len(file.parts) > 2 for file in tree.files)
    return tuple(tops) if len(tops) == 1 and deep and tree.files else ()


def _learner(parts: tuple[str, ...]) -> str:
    """The learner's name, from a path below the class's folder."""
    if match := MOODLE.fullmatch(parts[0]):
        return match["who"]
    if match := CANVAS.fullmatch(parts[0]):
        return f"{match['who']}_{match['id']}"
    itself = len(parts) == 1 or parts[0].lower().endswith(".zip")
    return PurePosixPath(parts[0]).stem if itself else parts[0]


def _without_learner(name: str) -> str:
    for pattern in (MOODLE, CANVAS):
        if match := pattern.fullmatch(name):
            return match["file"]
    return name


def _beside(file: File, chosen: File) -> str:
    """The path of a file from the chosen file's folder; "" if it does not lie in there."""
    n = len(chosen.parts) - 1
    if file.parts[:n] != chosen.parts[:n]:
        return ""
    return "/".join((*file.parts[n:-1], _without_learner(file.name)))


def _chosen(name: str, source: str, files: list[File]) -> HandedIn:
    """The submission of one learner: the file to judge is chosen."""
    candidates = [file for file in files if file.suffix in SUFFIXES]
    if not candidates:
        return HandedIn(name, source, trouble=_nothing_to_judge(files))
    if len(candidates) == 1:
        return HandedIn(name, source, candidates[0])
    looked_at, notes = _looked_at(candidates)
    if not looked_at:
        return HandedIn(name, source, trouble="; ".join(notes))
    modules = {_module(each.file): each for each in looked_at}
    names = {each.file: _names(each, modules) for each in looked_at}

    def merits(each: _LookedAt) -> tuple[int, int, int]:
        return len(names[each.file]), len(each.defined), -len(each.file.parts)

    best = max(looked_at, key=merits)
    others = [each.file.name for each in looked_at if each is not best]
    if others:
        taken = f"{best.file.name} was chosen, with {len(names[best.file])} of the names"
        notes.append(f"{taken}; also there: {', '.join(_few(others))}")
    beside, left_out = _companions(best.file, looked_at)
    if left_out:
        notes.append(f"too many or too large to be imported: {', '.join(_few(left_out))}")
    return HandedIn(name, source, best.file, "", tuple(notes), beside)


@dataclass(frozen=True)
class _LookedAt:
    """A file, the names of the contract that it defines or imports, and the modules it imports whole."""

    file: File
    defined: frozenset[bytes]
    imported: frozenset[bytes]
    whole: frozenset[str]
    size: int  # bytes


def _looked_at(candidates: list[File]) -> tuple[list[_LookedAt], list[str]]:
    """The files that can be read, up to a limit; and notes on the others."""
    found: list[_LookedAt] = []
    notes: list[str] = []
    size = 0
    for file in candidates:
        try:
            if size > MOST_READ:
                raise CannotRead(
                    f"was not read: of one learner, {MOST_READ >> 20} MB are read at most"
                )
            content = file.read()
            size += len(content)
        except CannotRead as error:
            notes.append(f"{'/'.join(file.parts)} {error}")
        else:
            imports = [(m, set(WORD.findall(words))) for m, words in IMPORTED.findall(content)]
            found.append(
                _LookedAt(
                    file,
                    frozenset(DEFINED.findall(content)),
                    frozenset(name for _, words in imports for name in words & KNOWN),
                    frozenset(m.decode().lstrip(".") for m, words in imports if b"*" in words),
                    len(content),
                )
            )
    return found, _few(notes)


def _module(file: File) -> tuple[str, ...]:
    """A file's name as a module: its folders and its name; `__init__` is the folder itself."""
    *above, _ = file.parts
    name = _without_learner(file.name).removesuffix(".py")
    return tuple(above) if name == "__init__" else (*above, name)


def _names(file: _LookedAt, modules: dict[tuple[str, ...], _LookedAt]) -> frozenset[bytes]:
    """The names of the contract that a file has, with those of modules that it imports by `*`."""
    found: frozenset[bytes] = frozenset()
    pending, seen = [file], {file.file}
    while pending:
        each = pending.pop()
        found |= each.defined | each.imported
        for name in each.whole:
            other = modules.get((*each.file.parts[:-1], *name.split(".")))
            if other and other.file not in seen:
                seen.add(other.file)
                pending.append(other)
    return found


def _few(texts: list[str]) -> list[str]:
    """The first of the texts, and how many more there are."""
    more = len(texts) - MOST_NAMED
    return [*texts[:MOST_NAMED], f"and {more} more"] if more > 0 else texts


def _companions(chosen: File, looked_at: list[_LookedAt]) -> tuple[tuple[File, ...], list[str]]:
    """The modules beside the chosen file that it can import; and the names of those beyond the limits."""
    kept: list[_LookedAt] = []
    left_out: list[str] = []
    taken = {_without_learner(chosen.name)}
    for each in looked_at:
        name = _beside(each.file, chosen)
        can_be_imported = each.file.suffix == ".py" and all(map(PLAIN.fullmatch, name.split("/")))
        if not can_be_imported or name in taken:
            continue
        taken.add(name)
        if len(kept) < MOST_BESIDE and each.size + sum(k.size for k in kept) <= LARGEST_BESIDE:
            kept.append(each)
        else:
            left_out.append(name)
    return tuple(each.file for each in kept), left_out


def _nothing_to_judge(files: list[File]) -> str:
    troubles = [f"{file.name} {file.trouble}" for file in files if file.trouble]
    if troubles:
        return "; ".join(troubles)
    if not files:
        return "the folder is empty"
    names = ", ".join(file.name for file in files[:5])
    return f"there is no .py file and no notebook: {names}"


def _apart(found: list[HandedIn]) -> list[HandedIn]:
    """The submissions with unique names: where two are the same, the source is the name."""
    names = _numbered(found, Counter(each.name for each in found))
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)]


def _numbered(found: list[HandedIn], shared: Counter[str]) -> Iterable[str]:
    taken = {name for name, n in shared.items() if n == 1}
    for each in found:
        name = each.name if shared[each.name] == 1 else each.source
        unique, number = name, 1
        while shared[each.name] > 1 and unique in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add(unique)
        yield unique
