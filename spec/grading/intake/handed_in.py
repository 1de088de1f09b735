"""What was handed in, as an ordered list of named submissions: nothing that was given is left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from spec.harness.ground.errors import CannotDo
from spec.harness.subject.loading import resembling

from .archives import archive, folder, is_archive
from .choosing import PLAIN, beside, chosen, contents, is_code
from .entries import Entry, same
from .forms import Form
from .plain import Reading
from .reading import read
from .text import legible
from .trees import CannotRead, File, Tree, one_file


@dataclass(frozen=True)
class Contents:
    """What is judged: a file, under the name that its learner knows, and files that it may use."""

    name: str
    content: bytes
    companions: dict[str, bytes]


@dataclass(frozen=True)
class HandedIn:
    """What one learner handed in: `name` is unique, `called` is the learner's own, and `file` is judged.

    `source` is its place in what was given, and `companions` are modules and data beside the file. `trouble`
    says why there is nothing to judge. `id` is the platform's. `attempt` counts from 1; 0 is not known.
    `late` is "yes", "no" or "unknown". `earlier` are paths of what was handed in before, and is not judged.
    """

    name: str
    source: str
    file: File | None = None
    trouble: str = ""
    notes: tuple[str, ...] = ()
    companions: tuple[File, ...] = ()
    called: str = ""
    id: str = ""
    attempt: int = 0
    late: str = "unknown"
    earlier: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name of the file as its learner knows it."""
        if self.file is None:
            return ""
        if PLAIN.fullmatch(self.file.name):
            return self.file.name
        taken = {beside(other, self.file) for other in self.companions}
        names = (f"submission{number or ''}{self.file.suffix}" for number in count())
        return next(name for name in names if name not in taken)

    def read(self) -> Contents:
        """The contents to judge. Raises CannotRead, which names the file."""
        if self.file is None:
            raise CannotRead(self.trouble)
        companions = {beside(other, self.file): contents(other) for other in self.companions}
        return Contents(self.shown, contents(self.file), companions)


@dataclass(frozen=True)
class Intake:
    """All that was given: the learners, the paths of what is nobody's, and how it was read."""

    learners: tuple[HandedIn, ...]
    strays: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How what is given is to be read, where that shall not be found out: a name, or a form."""

    name: str = ""
    form: Form | None = None


FOUND_OUT = Layout()


def handed_in(given: Sequence[Path], out: Path | None, layout: Layout = FOUND_OUT) -> Intake:
    """All submissions in the given files, notebooks, folders and archives, in order, with unique names.

    Raises CannotDo if one of these is missing, or if the results would lie among them.
    """
    found: list[HandedIn] = []
    strays: list[str] = []
    said: list[str] = []
    for path in given:
        _check(path, out)
        source, tree = legible(path.resolve().name), _tree(path)
        stem = source if path.is_dir() else legible(_stem(path))
        if tree:
            reading = _read(tree, source, stem, layout)
            found += sorted(map(_submission, reading.entries), key=lambda each: each.called)
            strays += [f"{source}/{file.path}" for file in reading.strays]
            said.append(_said(source, reading))
        else:
            found.append(_submission(Entry(stem, source, files=(one_file(path),))))
    return Intake(tuple(_apart(found)), tuple(strays), tuple(said))


def _read(tree: Tree, source: str, stem: str, layout: Layout) -> Reading:
    if not tree.files and not tree.empty:
        return Reading((Entry(source, source),), said="it is empty")
    return read(tree, source, stem, layout.name, layout.form)


def _said(source: str, reading: Reading) -> str:
    doubt = "; if that is wrong, choose another reading with --layout" if reading.ambiguous else ""
    return f"{source} is read so: {reading.said}{doubt}"


def alone(given: Sequence[Path], out: Path | None) -> Intake:
    """All that is given, as one submission of one learner."""
    files: list[File] = []
    for path in given:
        _check(path, out)
        tree = _tree(path)
        files += tree.files if tree else [one_file(path)]
    source = ", ".join(legible(path.resolve().name) for path in given)
    return Intake((_submission(Entry("submission", source, files=tuple(files))),))


def _check(path: Path, out: Path | None) -> None:
    if not path.exists():
        raise CannotDo(f"there is no file or folder {path}{resembling(path)}")
    if not path.is_file() and not path.is_dir():
        raise CannotDo(f"{path} is neither a file nor a folder; name what was handed in")
    if path.is_dir() and out and out.resolve().is_relative_to(path.resolve()):
        raise CannotDo(
            f"--out {out} lies inside {path}, among the submissions; choose a folder outside of it"
        )


def _stem(path: Path) -> str:
    stem = path.stem
    return stem[:-4] if stem.lower().endswith(".tar") else stem


def _tree(path: Path) -> Tree | None:
    """The files in a folder or an archive; None for any other file."""
    if path.is_dir():
        return folder(path)
    return archive(path) if is_archive(path.name) else None


def _submission(entry: Entry) -> HandedIn:
    """The submission of one learner: the file to judge is chosen."""
    choice = chosen(entry.files, dict(entry.by_upload))
    earlier = [file.path for file in (*entry.earlier, *choice.older) if is_code(file)]
    notes = list(choice.notes)
    if entry.earlier:
        where = ", ".join(file.path for file in entry.earlier[:3])
        notes.append(f"attempt {entry.attempt} is judged; earlier ones are not: {where}")
    attempt = 1 + len(choice.older) if entry.answers and choice.older else entry.attempt
    return HandedIn(
        entry.name,
        entry.source,
        choice.file,
        choice.trouble,
        tuple(notes),
        choice.beside,
        entry.name,
        entry.id,
        attempt,
        entry.late,
        tuple(earlier),
    )


def _apart(found: list[HandedIn]) -> list[HandedIn]:
    """The submissions with unique names: where two are the same, ids tell them apart, or their places."""
    names = _numbered(found, Counter(same(each.name) for each in found))
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)]


def _numbered(found: list[HandedIn], shared: Counter[str]) -> Iterable[str]:
    ids = Counter((same(each.name), each.id) for each in found)
    taken = {same(each.name) for each in found if shared[same(each.name)] == 1}
    for each in found:
        if shared[same(each.name)] == 1:
            yield each.name
            continue
        by_id = each.id and ids[same(each.name), each.id] == 1
        name = unique = f"{each.name} ({each.id})" if by_id else each.source
        number = 1
        while same(unique) in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add(same(unique))
        yield unique
