"""The store of judgements: a submission that did not change is not judged again.

A judgement is stored under the content, the names that the learner sees, the specification, its
libraries, the walls asked for, and the time limit. The rubric does not matter: scores are always computed
again. Each judgement is written whole or not at all, so a grader may be killed at any moment.
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
from spec.harness.ground.files import make_folder, write_whole
from spec.harness.ground.limits import SECONDS

from ..intake.handed_in import Contents
from ..scores.judgement import Judgement

with suppress(ImportError):  # on Windows, where nothing is graded
    import fcntl

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "hypothesis",
    "pytest",
)  # a verdict may depend on them
FORMAT = 1  # raise it when older judgements can no longer be read


class Store:
    """The judgements below a folder."""

    def __init__(self, folder: Path, suite: str, walls: str, seconds: float = SECONDS) -> None:
        """Open the store in a folder. CannotDo if another grader has it open, or if it cannot be made."""
        self.folder = folder / ".judged"
        self.suite = suite
        self._salt = [
            FORMAT,
            suite,
            walls,
            seconds,
            platform.python_version(),
            *map(version, LIBRARIES),
        ]
        make_folder(self.folder)
        self._lock = _locked(self.folder / "lock", folder)

    def close(self) -> None:
        """Let other graders open the folder."""
        self._lock.close()

    def key(self, contents: Contents) -> str:
        """The key of the judgement on some contents."""
        files = {contents.name: contents.content} | contents.companions
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        what = json.dumps([self._salt, contents.name, sorted(hashes.items())])
        return hashlib.sha256(what.encode()).hexdigest()

    def put(self, key: str, data: dict[str, Any]) -> None:
        """Store a judgement, given as data."""
        make_folder(self._path(key).parent)
        write_whole(self._path(key), gzip.compress(json.dumps(data).encode(), mtime=0))

    def get(self, key: str) -> Judgement | None:
        """The judgement of a key, or None if there is none that can be read."""
        try:
            return Judgement.from_data(json.loads(gzip.decompress(self._path(key).read_bytes())))
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError):
            return None

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json.gz"


def _locked(path: Path, folder: Path) -> IO[str]:
    """The file, locked until this process ends, however it ends."""
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotDo(
            f"--out {folder}: another grader writes there now; wait for it, or choose another folder"
        ) from None
    return lock
