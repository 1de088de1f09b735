"""Of a learner's files the one that is judged: that with most names; of two that are whole, the newer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spec.harness.ground.contract import NAMES
from spec.harness.subject.formats import SUFFIXES

from .entries import same
from .notebooks import without_outputs
from .trees import LARGEST, CannotRead, File

# at the beginning of a line, of a line of a notebook, or after a line's end in a notebook's string
BEGINS = r'(?:^|"|\\n)'
DEFINED = re.compile(rf"{BEGINS}(?:def|class) +({'|'.join(NAMES)})\b".encode(), re.M)
# each part ends where the next can begin, so no text, however made, is read more than once
IMPORTED = re.compile(rf"{BEGINS}from +([\w.]+) +import +(\([^()]*\)|[^\n]*)".encode(), re.M)
WORD = re.compile(rb"\w+|\*")
MOST_NAMED = 5  # files, in a note
MOST_READ = 50 * 2**20  # bytes of a learner's files that are read to choose one
MOST_BESIDE, LARGEST_BESIDE = 500, 15 * 2**20  # files beside it, and their bytes together
LONGEST_PATH = 200  # characters of the path of a file beside it
DATA = (".npy", ".npz", ".csv", ".tsv", ".json", ".txt", ".dat")
PLAIN = re.compile(r"\w[\w.-]{0,79}", re.A)
OF_DATA = re.compile(r"\w[\w. -]{0,79}")
KNOWN = {name.encode() for name in NAMES}
WHOLE = 0.8  # of the names that the best of a learner's files defines: another one that is whole
VERSION = re.compile(
    r"(?P<copy>(?:copy|kopie|copie|copia) (?:of|von|de|di) )?(?P<stem>.+?)"
    r"(?:[ _-]?v(?:ersion)?[ _-]?(?P<v>\d+)| ?\((?P<browser>\d+)\)|-(?P<dash>\d+)"
    r"|(?P<again> ?- ?(?:copy|kopie|copie|copia)(?: ?\((?P<nth>\d+)\))?))?",
    re.I | re.S,
)


@dataclass(frozen=True)
class LookedAt:
    """A file, the names of the contract that it defines or imports, and the modules it imports whole."""

    file: File
    defined: frozenset[bytes]
    imported: frozenset[bytes]
    whole: frozenset[str]
    modules: frozenset[str]
    size: int  # bytes


@dataclass(frozen=True)
class Choice:
    """The file to judge, those beside it that it may use, and what is to be said.

    `older` are files that are whole as well, but older.
    """

    file: File | None
    notes: tuple[str, ...] = ()
    beside: tuple[File, ...] = ()
    older: tuple[File, ...] = ()
    trouble: str = ""


def is_code(file: File) -> bool:
    """Whether a file may be judged, by its name."""
    return file.suffix in SUFFIXES


def contents(file: File, most: int = LARGEST) -> bytes:
    """What is judged of a file: of a notebook without outputs. Raises CannotRead, which names the file."""
    try:
        if file.suffix == ".ipynb":
            return without_outputs(file, most)
        return file.read(most)
    except CannotRead as error:
        raise CannotRead(f"{file.name} {error}") from None


def chosen(files: Iterable[File], uploads: dict[str, int] | None = None) -> Choice:
    """The file to judge among a learner's files; `uploads` has the numbers of their uploads, by path."""
    files = tuple(files)
    candidates = [file for file in files if is_code(file)]
    if not candidates:
        return Choice(None, trouble=_nothing_to_judge(files))
    if len(candidates) == 1:  # it need not be read yet
        kept, left_out = _companions(candidates[0], [], files)
        return Choice(candidates[0], _absent(left_out), kept)
    looked_at, notes = look(candidates)
    if not looked_at:
        return Choice(None, trouble="; ".join(notes))
    names = names_in(looked_at)

    def merits(each: LookedAt) -> tuple[int, int, int]:
        return len(names[id(each)]), len(each.defined), -len(each.file.parts)

    best = max(looked_at, key=merits)
    rivals = [each for each in looked_at if _is_whole(each, best)]
    newest = newest_of([each.file for each in rivals], uploads or {})
    best = next(each for each in rivals if each.file is newest)
    older = tuple(each.file for each in rivals if each is not best)
    others = [each.file.name for each in looked_at if each is not best and each not in rivals]
    if older or others:
        taken = f"{best.file.name} was chosen, with {len(names[id(best)])} of the names"
        newer = f"; it is newer than {', '.join(few([f.path for f in older]))}" if older else ""
        rest = f"; also there: {', '.join(few(others))}" if others else ""
        notes.append(taken + newer + rest)
    kept, left_out = _companions(best.file, looked_at, files)
    return Choice(best.file, (*notes, *_absent(left_out)), kept, older)


def _absent(names: list[str]) -> tuple[str, ...]:
    """The note on files that cannot be there when the submission is judged."""
    told = ", ".join(few(names))
    return (
        f"too many, too large or in the way of others, so not there when judged: {told}",
    ) * bool(names)


def _is_whole(each: LookedAt, best: LookedAt) -> bool:
    """Whether a file could be judged in place of the best one: it defines nearly all that this defines."""
    if each is best:
        return True
    both = len(each.defined & best.defined)
    return bool(best.defined) and both >= WHOLE * len(best.defined)


def newest_of(files: list[File], uploads: dict[str, int]) -> File:
    """The newest of some files: by the numbers in names that differ in nothing else, then by their times."""
    versions: dict[str, list[File]] = {}
    for file in files:
        versions.setdefault(f"{version(file)[0]}{file.suffix}", []).append(file)
    latest = [
        max(group, key=lambda file: (version(file)[1], *_time(file, uploads)))
        for group in versions.values()
    ]
    return max(latest, key=lambda file: _time(file, uploads))


def _time(file: File, uploads: dict[str, int]) -> tuple[float, ...]:
    return uploads.get(file.path, 0), file.time // 2, -len(file.parts)


def version(file: File) -> tuple[str, int]:
    """The name of a file without what says its version, and that: `net_v2.py`, `net (1).py`, `net-1.py`."""
    found = VERSION.fullmatch(file.name[: len(file.name) - len(file.suffix)] or file.name)
    assert found
    numbers = [int(found[group][:9]) for group in ("v", "browser", "dash", "nth") if found[group]]
    copied = bool(found["copy"] or found["again"])
    return same(found["stem"]), (numbers or [0])[0] + copied


def look(candidates: Iterable[File]) -> tuple[list[LookedAt], list[str]]:
    """The files that can be read, up to a limit; and notes on the others."""
    found: list[LookedAt] = []
    notes: list[str] = []
    size = 0
    for file in candidates:
        try:
            if size > MOST_READ:
                raise CannotRead(
                    f"{file.name} was not read: of one learner, {MOST_READ >> 20} MB are read at most"
                )
            content = contents(file)
            size += len(content)
        except CannotRead as error:
            notes.append(str(error))
        else:
            imports = [(m, set(WORD.findall(words))) for m, words in IMPORTED.findall(content)]
            found.append(
                LookedAt(
                    file,
                    frozenset(DEFINED.findall(content)),
                    frozenset(name for _, words in imports for name in words & KNOWN),
                    frozenset(m.decode().lstrip(".") for m, words in imports if b"*" in words),
                    frozenset(m.decode().lstrip(".") for m, _ in imports),
                    len(content),
                )
            )
    return found, few(notes)


def _module(file: File) -> tuple[str, ...]:
    """A file's name as a module: its folders and its name; `__init__` is the folder itself."""
    name = file.name.removesuffix(".py")
    return file.folders if name == "__init__" else (*file.folders, name)


def names_in(looked_at: Iterable[LookedAt]) -> dict[int, set[bytes]]:
    """The names of the contract in each file, by its identity, with those of modules imported by `*`."""
    looked_at = list(looked_at)
    modules = {_module(each.file): each for each in looked_at}
    importers: dict[int, list[LookedAt]] = {id(each): [] for each in looked_at}
    for each in looked_at:
        for name in each.whole:
            other = modules.get((*each.file.folders, *name.split(".")))
            if other:
                importers[id(other)].append(each)
    found: dict[int, set[bytes]] = {id(each): set() for each in looked_at}
    for each in looked_at:
        own = each.defined | each.imported
        pending, seen = [each] if own else [], {id(each)}
        while pending:  # to those that import it, and to those that import these
            one = pending.pop()
            found[id(one)] |= own
            for other in importers[id(one)]:
                if id(other) not in seen:
                    seen.add(id(other))
                    pending.append(other)
    return found


def few(texts: list[str]) -> list[str]:
    """The first of the texts, and how many more there are."""
    more = len(texts) - MOST_NAMED
    return [*texts[:MOST_NAMED], f"and {more} more"] if more > 0 else texts


def beside(file: File, chosen: File) -> str:
    """The path of a file from the chosen file's folder; "" if it does not lie in there."""
    n = len(chosen.folders)
    if file.folders[:n] != chosen.folders:
        return ""
    return "/".join((*file.folders[n:], file.name))


def _companions(
    chosen: File, looked_at: list[LookedAt], files: tuple[File, ...]
) -> tuple[tuple[File, ...], list[str]]:
    """The modules and data beside the chosen file; and the names of those beyond the limits.

    Where a file and a folder have one name, which no disk can hold, the one that comes first is there.
    """
    sizes = {each.file: each.size for each in looked_at if each.file.suffix == ".py"}
    data = [file for file in files if file.suffix in DATA and not file.trouble]
    kept: list[File] = []
    left_out: list[str] = []
    taken, inner, room = {chosen.name}, set[str](), LARGEST_BESIDE
    for file in [*sizes, *data]:
        name = beside(file, chosen)
        parts = name.split("/")
        plain = PLAIN if file.suffix == ".py" else OF_DATA
        if not all(map(plain.fullmatch, parts)) or name in taken:
            continue
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        size = sizes[file] if file in sizes else _measured(file, room)
        if (
            len(kept) == MOST_BESIDE
            or size > room
            or len(name) > LONGEST_PATH
            or above & taken
            or name in inner
        ):
            left_out.append(name if len(name) <= LONGEST_PATH else f"{name[:LONGEST_PATH]}...")
            continue
        kept.append(file)
        room -= size
        taken.add(name)
        inner |= above
    return tuple(kept), left_out


def _measured(file: File, most: int) -> int:
    try:
        return len(file.read(min(most, LARGEST)))
    except CannotRead:
        return LARGEST_BESIDE + 1


REMEDIES = {
    (".7z", ".rar", ".gz", ".xz", ".bz2", ".zst", ".lz4", ".z"): (
        "is an archive that is not opened: hand in a zip, or the .py file or notebook itself"
    ),
    (".pdf", ".docx", ".doc", ".odt", ".rtf", ".pages", ".html", ".htm"): (
        "is a document and no code: hand in the .py file or notebook that it was made from"
    ),
    (".png", ".jpg", ".jpeg", ".heic"): (
        "is a picture of code: hand in the .py file or notebook itself"
    ),
}


def _nothing_to_judge(files: tuple[File, ...]) -> str:
    troubles = [f"{file.name} {file.trouble}" for file in files if file.trouble]
    if troubles:
        return "; ".join(few(troubles))
    if not files:
        return "the folder is empty"
    told = [
        f"{file.name} {remedy}"
        for file in files
        for suffixes, remedy in REMEDIES.items()
        if file.suffix in suffixes
    ]
    if told:
        return "; ".join(few(told))
    names = ", ".join(few([file.name for file in files]))
    return f"there is no .py file and no notebook: {names}"
