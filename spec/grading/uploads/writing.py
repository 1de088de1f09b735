"""What is written for an upload, and what is said of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spec.harness.ground.files import make_folder, write_whole

from ..gradebook.entries import Entry
from ..intake.text import legible
from . import gradebooks, moodle
from .joining import Joined
from .sheet import Sheet

FOLDER = "uploads"


@dataclass(frozen=True)
class Wanted:
    """What is to be filled in, read before anything is judged."""

    worksheet: Sheet | None = None
    gradebook: Sheet | None = None
    column: str = ""


def wanted(worksheet: Path | None, gradebook: Path | None, column: str) -> Wanted:
    """Read and check the files, with nobody to fill in yet. Raises CannotDo."""
    asked = Wanted(
        Sheet(worksheet, "--worksheet") if worksheet else None,
        Sheet(gradebook, "--gradebook") if gradebook else None,
        column,
    )
    if asked.worksheet:
        moodle.fill(asked.worksheet, ())
    if asked.gradebook:
        gradebooks.fill(asked.gradebook, (), column)
    return asked


def write(
    asked: Wanted, entries: Sequence[Entry], page: Callable[[Entry], bytes], out: Path
) -> Iterator[str]:
    """Write what was asked for, and say what could not be joined, a line each."""
    folder = out / FOLDER
    if asked.worksheet:
        make_folder(folder)
        joined = moodle.fill(asked.worksheet, entries)
        yield from _written(folder / asked.worksheet.name, asked.worksheet.content(), joined)
        joined = Joined()
        content = moodle.feedback_zip(entries, page, joined)
        yield from _written(folder / "moodle-feedback.zip", content, joined)
    if asked.gradebook:
        make_folder(folder)
        _, joined = gradebooks.fill(asked.gradebook, entries, asked.column)
        yield from _written(folder / asked.gradebook.name, asked.gradebook.content(), joined)


def _written(path: Path, content: bytes, joined: Joined) -> Iterator[str]:
    write_whole(path, content)
    yield f"to upload: {path}, with {joined.n_filled} learners"
    yield from (f"  {legible(remark)}" for remark in joined.remarks)
    yield from (f"  left out: {legible(who)}" for who in joined.left_out)
