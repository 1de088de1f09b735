"""`python -m spec new FILE`: write the skeleton, and never over anything."""

from collections.abc import Sequence
from pathlib import Path

from spec.harness.ground.calling import judging
from spec.harness.ground.errors import CannotDo
from spec.harness.subject.formats import one_of

from .as_notebook import notebook
from .skeleton import module, sections

WRITERS = {".py": module, ".ipynb": notebook}


def start(file: Path, wanted: Sequence[str]) -> str:
    """Write the skeleton of the sections that are wanted (none: of all) to a new file; say what next.

    Raises CannotDo for another suffix, an unknown section, a file that exists, or a folder that does
    not or cannot be written to.
    """
    if file.suffix not in WRITERS:
        raise CannotDo(f"{file}: expected a name that ends in {one_of(tuple(WRITERS))}")
    command = judging(file.as_posix())
    text = WRITERS[file.suffix](sections(wanted), command)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except FileExistsError:
        raise CannotDo(
            f"{file} already exists and is not overwritten: choose another name"
        ) from None
    except FileNotFoundError:
        raise CannotDo(f"{file}: there is no folder {file.parent}; make it first") from None
    except OSError as error:
        raise CannotDo(
            f"{file} cannot be written: {error.strerror}; choose another place"
        ) from None
    return f"Created {file}. To check it, run: {command}"
