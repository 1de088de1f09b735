"""Removing a directory that hostile code has filled: a supervisor does it when its sandbox has ended."""

import os
import tempfile
from itertools import count
from pathlib import Path


def remove(directory: Path) -> None:
    """Remove a directory and all in it, however deep: what lies deeper is moved up, never walked into."""
    names = count()
    heap = Path(tempfile.mkdtemp(prefix=".", dir=directory.parent))
    directory.rename(heap / str(next(names)))
    while entries := list(heap.iterdir()):
        for entry in entries:
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
                continue
            entry.chmod(0o700)
            for child in os.scandir(entry):
                if child.is_dir(follow_symlinks=False):
                    Path(child.path).chmod(0o700)  # moving it changes what it holds: its parent
                os.rename(child.path, heap / str(next(names)))  # noqa: PTH104
            entry.rmdir()
    heap.rmdir()
