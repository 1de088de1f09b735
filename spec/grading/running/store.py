"""Judgements that were reached are kept: a submission that did not change is not judged again.

What is kept depends on the content, the names that the learner is told of, the specification and the
libraries it uses, and the walls asked for; not on the rubric, for scores are computed from judgements
anew. Each is written whole or not at all, so a grader may be killed at any moment.
"""

import gzip
import hashlib
import json
import platform
import zlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from spec.harness.ground.errors import CannotDo

from ..intake.handed_in import Contents
from ..scores.judgement import Judgement

with suppress(ImportError):  # on Windows, where nothing is graded
    import fcntl

LIBRARIES = ("numpy", "scipy", "scikit-learn", "hypothesis", "pytest")  # a verdict may hang on them
FORMAT = 1  # raised whenever what is kept can no longer be read


class Store:
    """The judgements below a folder."""

    def __init__(self, folder: Path, suite: str, walls: str) -> None:
        """Open the store in a folder; CannotDo if another grader has it open, or it cannot be made."""
        self.folder = folder / ".judged"
        self.suite = suite
        self._salt = [FORMAT, suite, walls, platform.python_version(), *map(version, LIBRARIES)]
        make(self.folder)
        self._lock = _locked(self.folder / "lock", folder)

    def close(self) -> None:
        """Leave the folder to others."""
        self._lock.close()

    def key(self, contents: Contents) -> str:
        """Under what the judgement on some contents is kept."""
        files = {contents.name: contents.content} | contents.companions
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        what = json.dumps([self._salt, contents.name, sorted(hashes.items())])
        return hashlib.sha256(what.encode()).hexdigest()

    def put(self, key: str, data: dict[str, Any]) -> None:
        """Keep a judgement, given as data."""
        make(self._path(key).parent)
        write(self._path(key), gzip.compress(json.dumps(data).encode(), mtime=0))

    def get(self, key: str) -> Judgement | None:
        """The judgement under a key, if there is one that can be read."""
        try:
            return Judgement.from_data(json.loads(gzip.decompress(self._path(key).read_bytes())))
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError):
            return None

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json.gz"


def _locked(path: Path, folder: Path) -> IO[str]:
    """The file, locked until this process ends, however it does."""
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotDo(
            f"--out {folder}: another grader writes there; wait for it, or choose another folder"
        ) from None
    return lock


def make(folder: Path) -> None:
    """Make a folder, if it is not there; CannotDo, in one sentence, if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(
            f"the folder {folder} cannot be made: {error.strerror}; choose another --out"
        ) from None


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; CannotDo if it cannot be written."""
    temporary = path.with_name(f".{path.name}.part")  # what a kill leaves is written over
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CannotDo(f"{path} cannot be written: {error.strerror}") from None
