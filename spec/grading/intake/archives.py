"""Zips and tars, also inside one another: their members are listed within bounds, then read one at a time.

What an archive says of itself is not believed: its table of contents is counted before it is parsed, and
what it unpacks to is cut off at a limit. The archives in one file that was handed in share one allowance.
"""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any

from spec.harness.ground.errors import CannotDo

from .text import legible
from .trees import (
    DEEPEST,
    LINK,
    LONGEST_NAME,
    NOT_REGULAR,
    TOO_DEEP,
    CannotRead,
    File,
    Tree,
    counts,
    nothing,
    on_disk,
)

LARGEST_INNER = 100 * 2**20  # bytes that the archives in one file may unpack to
LARGEST_TAR = 4 * 2**30  # bytes that a compressed tar of a whole class may unpack to
MOST_MEMBERS = 1_000_000  # of an archive of a whole class
MOST_INNER = 10_000  # of the archives in one file that was handed in
NESTED = 3  # archives inside one another, below what was given
PIECE = 2**20  # bytes
ENTRY = b"PK\1\2"  # how each member begins in a zip's table of contents
TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tbz")
ARCHIVES = (".zip", *TARS)
OPENERS: dict[bytes, Callable[[Any], Any]] = {  # by how a compressed file begins
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    MemoryError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class TooMuch(Exception):
    """An archive has more in it than is read; the message ends a sentence."""


@dataclass(frozen=True)
class Member:
    """A member of an archive, of either kind."""

    path: str
    is_folder: bool
    time: float
    bring: Callable[[int], bytes]
    trouble: str = ""


@dataclass
class Allowance:
    """What may still be unpacked of one file that was handed in."""

    size: int = LARGEST_INNER
    members: int = MOST_INNER


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that is opened."""
    return name.lower().endswith(ARCHIVES)


def folder(root: Path) -> Tree:
    """The files below a folder, and in the archives there."""
    tree = on_disk(root)
    return Tree(tuple(each for file in tree.files for each in _opened(file)), tree.empty)


def archive(path: Path) -> Tree:
    """The files in an archive. Raises CannotDo if it cannot be opened at all."""
    kind = "zip" if path.suffix.lower() == ".zip" else "tar"
    try:
        members = _members(lambda: _whole(path), MOST_MEMBERS)
        listed = sorted(_files(members, ()), key=lambda file: file.parts)
    except TooMuch as error:
        raise CannotDo(f"{path} {error}; split it") from None
    except BROKEN as error:
        raise CannotDo(f"{path} cannot be opened as a {kind}: {error}; export it again") from None
    files = tuple(opened for file in listed for opened in _opened(file))
    return Tree(files, _empty(members, {file.parts for file in files}))


@cache
def _whole(path: Path) -> Any:
    opened = path.open("rb")
    try:
        return _archive(opened, path.name, MOST_MEMBERS, LARGEST_TAR)
    except BaseException:
        opened.close()
        raise


class _Bounded(io.BufferedReader):
    """A file whose table of contents is counted as zipfile reads it, which is before it parses it."""

    most: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        """Bytes of the file. Raises TooMuch if they list too many members."""
        content = super().read(size)
        if self.most is not None and (n := content.count(ENTRY)) > self.most:
            raise TooMuch(f"has {n} members, and at most {self.most} are read")
        return content


def _archive(raw: io.BufferedReader | io.BytesIO, name: str, most: int, largest: int) -> Any:
    """A zip or a tar, opened. Raises TooMuch, or one of BROKEN."""
    if name.lower().endswith(".zip"):
        bounded = _Bounded(raw)
        bounded.most = most
        try:
            opened = zipfile.ZipFile(bounded)
        except BaseException:
            bounded.close()
            raise
        bounded.most = None
        return opened
    begin = raw.read(6)
    raw.seek(0)
    unpack = next((unpack for sign, unpack in OPENERS.items() if begin.startswith(sign)), None)
    return tarfile.open(fileobj=_unpacked_whole(unpack(raw), largest) if unpack else raw, mode="r:")


def _unpacked_whole(compressed: IO[bytes], largest: int) -> IO[bytes]:
    """The content of a compressed file, in memory or, if it may be large, in a file without a name."""
    in_memory = largest <= LARGEST_INNER
    whole: IO[bytes] = io.BytesIO() if in_memory else tempfile.TemporaryFile()  # noqa: SIM115
    while piece := compressed.read(PIECE):
        if whole.tell() + len(piece) > largest:
            raise TooMuch(f"unpacks to more than {largest // 2**20} MB")
        whole.write(piece)
    whole.seek(0)
    return whole


def _members(opened: Callable[[], Any], most: int) -> list[Member]:
    """The members of an archive. Raises TooMuch, or one of BROKEN."""
    archive = opened()
    if isinstance(archive, zipfile.ZipFile):
        return [_of_zip(opened, info) for info in archive.infolist()]
    found: list[Member] = []
    for info in archive:
        if len(found) == most:
            raise TooMuch(f"has more than {most} members")
        found.append(_of_tar(opened, info))
    return found


def _of_zip(opened: Callable[[], zipfile.ZipFile], info: zipfile.ZipInfo) -> Member:
    trouble = ""
    if stat.S_ISLNK(info.external_attr >> 16):
        trouble = LINK
    elif info.flag_bits & 1:
        trouble = "is encrypted in the zip; hand it in without a password"
    try:
        when = time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        when = 0.0
    return Member(
        info.filename, info.is_dir(), when, lambda most: _unpacked(opened(), info, most), trouble
    )


def _of_tar(opened: Callable[[], tarfile.TarFile], info: tarfile.TarInfo) -> Member:
    trouble = ""
    if info.issym() or info.islnk():
        trouble = LINK
    elif not info.isreg() and not info.isdir():
        trouble = NOT_REGULAR
    when = float(info.mtime)
    return Member(
        info.name, info.isdir(), when, lambda most: _unpacked(opened(), info, most), trouble
    )


def _unpacked(opened: Any, info: Any, most: int) -> bytes:
    """The content of a member: one byte more than `most` is unpacked at most, whatever its header says."""
    kind = "zip" if isinstance(opened, zipfile.ZipFile) else "tar"
    try:
        with opened.open(info) if kind == "zip" else opened.extractfile(info) as member:
            content: bytes = member.read(most + 1)
            return content
    except BROKEN as error:
        raise CannotRead(f"is broken in the {kind}: {error}") from None


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the name in a path; of one too deep, the first folders."""
    parts = name[: LONGEST_NAME * (DEEPEST + 2)].split("/", DEEPEST + 2)
    legibly = [legible(part[: LONGEST_NAME + 1]) for part in parts if part not in ("", ".")]
    return tuple(legibly[: DEEPEST + 1])


def _cut(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part[:LONGEST_NAME] for part in parts)


def _files(members: list[Member], above: tuple[str, ...]) -> Iterator[File]:
    """The members as files below `above`, without those that only a system puts there."""
    for member in members:
        parts = _parts(member.path)
        if not member.is_folder and parts and all(map(counts, parts)):
            yield _file(member, above, parts)


def _file(member: Member, above: tuple[str, ...], parts: tuple[str, ...]) -> File:
    trouble = member.trouble
    if member.path.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":"):
        parts = tuple(part for part in parts if part != "..") or ("..",)
        trouble = "has a path that leads out of the archive"
    elif member.path.count("/") > DEEPEST:
        trouble = TOO_DEEP
    elif max(map(len, parts)) > LONGEST_NAME:
        trouble = f"has a name of more than {LONGEST_NAME} characters"
    bring = nothing if trouble else member.bring
    return File((*above, *_cut(parts)), bring, trouble, member.time)


def _empty(members: list[Member], files: set[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The folders of an archive that hold neither a file nor another folder."""
    places = [(_cut(_parts(member.path)), member.is_folder) for member in members]
    folders = {parts if is_folder else parts[:-1] for parts, is_folder in places}
    holding = {parts[:depth] for parts in files | folders for depth in range(len(parts))}
    return tuple(
        sorted(
            parts
            for parts in folders - holding
            if parts and ".." not in parts and all(map(counts, parts))
        )
    )


def _opened(file: File, allowance: Allowance | None = None, depth: int = 0) -> Iterator[File]:
    """The file itself; for an archive, the files in it."""
    if file.trouble or not is_archive(file.parts[-1]):
        yield file
        return
    allowance = allowance or Allowance()
    try:
        if depth == NESTED:
            raise TooMuch(f"lies in {NESTED} other archives; hand in one")
        if allowance.size < 0:
            raise TooMuch("was not opened: what lies beside it unpacks to too much")
        members = _members(lambda: _inner(file), allowance.members)
        allowance.members -= len(members)
        allowance.size -= _size(_inner(file))
        if allowance.size < 0:
            raise TooMuch(f"unpacks to more than {LARGEST_INNER // 2**20} MB")
    except (CannotRead, TooMuch) as error:
        yield replace(file, trouble=str(error))
    except BROKEN as error:
        kind = "zip" if file.suffix == ".zip" else "tar"
        yield replace(file, trouble=f"cannot be opened as a {kind}: {error}")
    else:
        found = sorted(_files(members, file.parts), key=lambda member: member.parts)
        for each in found:
            yield from _opened(each, allowance, depth + 1)
        if not found:
            yield replace(file, trouble="is an empty archive")


def _size(archive: Any) -> int:
    """The bytes that had to be read to list an archive."""
    file: Any = archive.fp if isinstance(archive, zipfile.ZipFile) else archive.fileobj
    return int(file.seek(0, io.SEEK_END))


@lru_cache(maxsize=NESTED + 1)
def _inner(file: File) -> Any:
    """An archive inside what was handed in."""
    content = io.BytesIO(file.read(LARGEST_INNER))
    return _archive(content, file.parts[-1], MOST_INNER, LARGEST_INNER)
