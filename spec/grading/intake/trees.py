"""Files as they were handed in: what one is, and those below a folder of the disk.

Nothing is unpacked onto the disk, no link is followed, and no more than LARGEST is read, whatever size
an archive states.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .text import legible

LARGEST = 10 * 2**20  # bytes of a file that is judged
LONGEST_NAME = 255  # characters, as on a disk
DEEPEST = 60  # folders, one in the other
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
NOT_REGULAR = "is not a regular file"
TOO_DEEP = f"lies in more than {DEEPEST} folders, one in the other; hand it in in one folder"
DISGUISED = {".py.txt": ".py", ".ipynb.txt": ".ipynb", ".ipynb.json": ".ipynb"}


class CannotRead(Exception):
    """A file that was handed in cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class File:
    """One file: the parts of its path below what was given, and the function that reads its content.

    `trouble` says why it must not be read; "" if it may be. `time` is when it was changed, in seconds; 0
    if nobody says so. `own` is its path as its learner knows it, without what a platform put in front.
    """

    parts: tuple[str, ...]
    bring: Callable[[int], bytes]  # at most one byte more than so many
    trouble: str = ""
    time: float = 0.0
    own: tuple[str, ...] = ()

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
        """Its name as its learner knows it; what a browser or a mail program put behind it is cut off."""
        name = (self.own or self.parts)[-1]
        for ending, suffix in DISGUISED.items():
            if name.lower().endswith(ending):
                return name[: -len(ending)] + suffix
        return name

    @property
    def path(self) -> str:
        """Where it lies in what was given."""
        return "/".join(self.parts)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that it lies in, as its learner knows them."""
        return (self.own or self.parts)[:-1]

    @property
    def suffix(self) -> str:
        """The suffix of its name, in lower case."""
        return PurePosixPath(self.name).suffix.lower()


@dataclass(frozen=True)
class Tree:
    """All files of a folder or an archive, in order, and the folders that hold none."""

    files: tuple[File, ...]
    empty: tuple[tuple[str, ...], ...] = ()


def one_file(path: Path) -> File:
    """A file that the grader named. A link is followed here, since the grader gave it."""
    return File(
        (legible(path.name),), lambda most: _from_disk(path, most), time=path.stat().st_mtime
    )


def on_disk(root: Path) -> Tree:
    """The files below a folder; archives among them are not opened."""
    files: list[File] = []
    empty: list[tuple[str, ...]] = []
    unreadable: list[OSError] = []
    for place, below, names in os.walk(root, onerror=unreadable.append):
        inner = Path(place)
        parts = tuple(map(legible, inner.relative_to(root).parts))
        if len(parts) > DEEPEST:
            files.append(File(parts[: DEEPEST + 1], nothing, TOO_DEEP))
            below.clear()
            continue
        links = [name for name in below if (inner / name).is_symlink()]
        below[:] = sorted(name for name in below if name not in JUNK and name not in links)
        kept = sorted([*filter(counts, names), *links])
        if not kept and not below and parts:
            empty.append(parts)
        files += [_on_disk(inner / name, (*parts, legible(name))) for name in kept]
    for error in unreadable:
        parts = tuple(map(legible, Path(error.filename).relative_to(root).parts))
        files.append(
            File(parts or (legible(root.name),), nothing, f"cannot be read: {error.strerror}")
        )
    return Tree(tuple(files), tuple(empty))


def nothing(most: int) -> bytes:
    """The content of what must not be read."""
    return b""


def counts(name: str) -> bool:
    """Whether a file or folder of this name was made by a person, and not by a system."""
    return name not in JUNK and not name.startswith("._")


def _on_disk(path: Path, parts: tuple[str, ...]) -> File:
    try:
        status = path.lstat()
    except OSError as error:
        return File(parts, nothing, f"cannot be read: {error.strerror}")
    trouble = ""
    if stat.S_ISLNK(status.st_mode):
        trouble = LINK
    elif not stat.S_ISREG(status.st_mode):
        trouble = NOT_REGULAR
    return File(parts, lambda most: _from_disk(path, most), trouble, status.st_mtime)


def _from_disk(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise CannotRead(f"cannot be read: {error.strerror}") from None
