"""Writing files whole or not at all: whatever ends a command, no half of a file is left."""

import os
from pathlib import Path

from .errors import CannotDo


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are not there. Raises CannotDo if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(
            f"the folder {folder} cannot be made: {error.strerror}; choose another place"
        ) from None


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file whole or not at all, with these rights at most. CannotDo if it cannot be written."""
    temporary = path.with_name(f".{path.name}.part")  # what a kill leaves is written over
    try:
        temporary.unlink(missing_ok=True)  # it may have other rights
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CannotDo(f"{path} cannot be written: {error.strerror}") from None
