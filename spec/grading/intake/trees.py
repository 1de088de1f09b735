"""Files as they were handed in, in a folder or a zip: listed, then read one at a time.

Nothing is unpacked onto the disk, no link is followed, and no more than LARGEST is read, whatever sizes a
zip states. A zip inside a zip is opened; a zip inside that one is not.
"""

import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from spec.harness.ground.errors import CannotDo

from .text import legible

LARGEST = 10 * 2**20  # bytes of a file that is judged
LARGEST_ZIP = 100 * 2**20  # bytes of a zip inside a zip
MOST_MEMBERS = 1_000_000  # of a zip
MOST_INNER = 10_000  # of a zip inside a zip
LONGEST_NAME = 255  # characters, as on a disk
JUNK = {
    "__MACOSX",
    "__pycache__",
    ".ipynb_checkpoints",
    ".git",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
}
LINK = "is a link, and links are not followed; hand in the file itself"
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    MemoryError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


Opened = Callable[[], zipfile.ZipFile]


class CannotRead(Exception):
    """A file that was handed in cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class File:
    """One file: the parts of its path below what was given, and the function that reads its content.

    `trouble` says why it must not be read; "" if it may be.
    """

    parts: tuple[str, ...]
    bring: Callable[[int], bytes]  # at most one byte more than so many
    trouble: str = ""

    def read(self, most: int = LARGEST) -> bytes:
        """Its content. Raises CannotRead."""
        if self.trouble:
            raise CannotRead(self.trouble)
        content = self.bring(most)
        if len(content) > most:
            raise CannotRead(f"is larger than {most // 2**20} MB")
        return content

    @property
    def name(self) -> str:
        """Its own name."""
        return self.parts[-1]

    @property
    def suffix(self) -> str:
        """The suffix of its name, in lower case."""
        return PurePosixPath(self.name).suffix.lower()


@dataclass(frozen=True)
class Tree:
    """All files of a folder or a zip, in order, and the folders that hold none."""

    files: tuple[File, ...]
    empty: tuple[tuple[str, ...], ...] = ()


def one_file(path: Path) -> File:
    """A file that the grader named. A link is followed here, since the grader gave it."""
    return File((legible(path.name),), lambda most: _from_disk(path, most))


def folder(root: Path) -> Tree:
    """The files below a folder."""
    files: list[File] = []
    empty: list[tuple[str, ...]] = []
    unreadable: list[OSError] = []
    for place, below, names in os.walk(root, onerror=unreadable.append):
        inner = Path(place)
        links = [name for name in below if (inner / name).is_symlink()]
        below[:] = sorted(name for name in below if name not in JUNK and name not in links)
        parts = tuple(map(legible, inner.relative_to(root).parts))
        kept = sorted([*filter(_counts, names), *links])
        if not kept and not below and parts:
            empty.append(parts)
        for name in kept:
            files += _opened(_on_disk(inner / name, (*parts, legible(name))))
    for error in unreadable:
        parts = tuple(map(legible, Path(error.filename).relative_to(root).parts))
        files.append(
            File(parts or (legible(root.name),), _nothing, f"cannot be read: {error.strerror}")
        )
    return Tree(tuple(files), tuple(empty))


def _nothing(most: int) -> bytes:
    return b""


def _counts(name: str) -> bool:
    return name not in JUNK and not name.startswith("._")


def _on_disk(path: Path, parts: tuple[str, ...]) -> File:
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return File(parts, _nothing, f"cannot be read: {error.strerror}")
    trouble = ""
    if stat.S_ISLNK(mode):
        trouble = LINK
    elif not stat.S_ISREG(mode):
        trouble = "is not a regular file"
    return File(parts, lambda most: _from_disk(path, most), trouble)


def _from_disk(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise CannotRead(f"cannot be read: {error.strerror}") from None


def archive(path: Path) -> Tree:
    """The files in a zip. Raises CannotDo if it cannot be opened at all."""
    try:
        members = _zip(path).infolist()
    except BROKEN as error:
        raise CannotDo(f"{path} cannot be opened as a zip: {error}; export it again") from None
    if len(members) > MOST_MEMBERS:
        raise CannotDo(
            f"{path} has {len(members)} members, and at most {MOST_MEMBERS} are read; split it"
        )
    listed = sorted(_listed(lambda: _zip(path), members, ()), key=lambda file: file.parts)
    files = tuple(opened for file in listed for opened in _opened(file))
    return Tree(files, _empty(members, {file.parts for file in files}))


@cache
def _zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _empty(
    members: list[zipfile.ZipInfo], files: set[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The folders of a zip that hold neither a file nor another folder."""
    places = [(_cut(_parts(info.filename)), info.is_dir()) for info in members]
    folders = {parts if is_folder else parts[:-1] for parts, is_folder in places}
    holding = {parts[:depth] for parts in files | folders for depth in range(len(parts))}
    return tuple(
        sorted(
            parts
            for parts in folders - holding
            if parts and ".." not in parts and all(map(_counts, parts))
        )
    )


def _parts(name: str) -> tuple[str, ...]:
    return tuple(legible(part) for part in name.split("/") if part not in ("", "."))


def _cut(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part[:LONGEST_NAME] for part in parts)


def _listed(
    opened: Opened, members: list[zipfile.ZipInfo], above: tuple[str, ...]
) -> Iterator[File]:
    """The members of a zip as files below `above`, without those that only a system puts there."""
    for info in members:
        parts = _parts(info.filename)
        if not info.is_dir() and parts and all(map(_counts, parts)):
            yield _member(opened, info, above, parts)


def _member(
    opened: Opened, info: zipfile.ZipInfo, above: tuple[str, ...], parts: tuple[str, ...]
) -> File:
    trouble = ""
    if info.filename.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":"):
        parts = tuple(part for part in parts if part != "..") or ("..",)
        trouble = "has a path that leads out of the zip"
    elif stat.S_ISLNK(info.external_attr >> 16):
        trouble = LINK
    elif info.flag_bits & 1:
        trouble = "is encrypted in the zip; hand it in without a password"
    elif max(map(len, parts)) > LONGEST_NAME:
        trouble = f"has a name of more than {LONGEST_NAME} characters"
    return File((*above, *_cut(parts)), lambda most: _unpacked(opened(), info, most), trouble)


def _unpacked(opened: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """The content of a member: one byte more than `most` is unpacked at most, whatever its header says."""
    try:
        with opened.open(info) as member:
            return member.read(most + 1)
    except BROKEN as error:
        raise CannotRead(f"is broken in the zip: {error}") from None


def _opened(file: File) -> Iterator[File]:
    """The file itself; for a zip, the files in it."""
    if file.suffix != ".zip" or file.trouble:
        yield file
        return
    try:
        members = _inner(file).infolist()
    except CannotRead as error:
        yield replace(file, trouble=str(error))
    except BROKEN as error:
        yield replace(file, trouble=f"cannot be opened as a zip: {error}")
    else:
        if len(members) > MOST_INNER:
            yield replace(file, trouble=f"has {len(members)} members, more than {MOST_INNER}")
            return
        found = sorted(
            _listed(lambda: _inner(file), members, file.parts), key=lambda member: member.parts
        )
        yield from found or [replace(file, trouble="is an empty zip")]


@lru_cache(maxsize=1)
def _inner(file: File) -> zipfile.ZipFile:
    """A zip inside what was handed in."""
    return zipfile.ZipFile(io.BytesIO(file.read(LARGEST_ZIP)))
