"""`python -m spec grade`: judge submissions, and write a gradebook."""

import importlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spec.harness.ground.calling import missing
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import make_folder

from .gradebook.folder import Gradebook
from .intake.handed_in import HandedIn, alone, handed_in
from .intake.text import legible
from .running.class_run import ClassRun, How
from .running.store import Store
from .scores import rubric as rubrics
from .scores.catalogue import catalogue
from .scores.judgement import Judgement
from .scores.rubric import Rubric
from .scores.scoring import shown

LIBRARIES = ("msgpack", "joblib", "rich", "jinja2", "matplotlib", "nbformat")
MOST_NAMED = 3  # diagnoses


@dataclass(frozen=True)
class Options:
    """What was asked for. With `alone`, all of `given` is one submission, as on Gradescope."""

    given: Sequence[Path]
    out: Path
    rubric: Path | None = None
    hints: str = "full"
    how: How = field(default_factory=How)
    alone: bool = False


def write_template(file: Path) -> str:
    """Write a rubric to start from, and say what to do next."""
    from .scores.rubric_template import write

    return write(file, catalogue())


def grade(options: Options) -> str:
    """Judge and score all that is given, and return a summary of some lines. Raises CannotDo."""
    _check()
    os.environ["PYTHONSAFEPATH"] = "1"  # for workers, too, a file here is no module of Python's
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end like Ctrl-C
    found = (alone if options.alone else handed_in)(options.given, options.out)
    known = catalogue()
    rubric = rubrics.read(options.rubric, known) if options.rubric else rubrics.default(known)
    make_folder(options.out)
    from .running.judging import suite_hash

    store = Store(options.out, suite_hash(), options.how.walls)
    book = Gradebook(options.out, found, rubric, known, options.hints)
    try:
        n_judged = _judge(options, found, store, book)
    except KeyboardInterrupt:
        raise CannotDo(
            "stopped; what was judged is kept: run the same command again to go on"
        ) from None
    finally:
        store.close()
    book.write_tables()
    return _summary(options, book, rubric, n_judged)


def _check() -> None:
    """Raise CannotDo if this machine cannot grade."""
    if not hasattr(os, "fork"):
        raise CannotDo("grading needs Linux: on Windows, use WSL")
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:
            raise CannotDo(missing("grading", library)) from None


def _judge(options: Options, found: list[HandedIn], store: Store, book: Gradebook) -> int:
    """Judge all, with a progress bar; return how many were judged now."""
    with _progress(len(found)) as advance:

        def report(submission: HandedIn, judgement: Judgement) -> None:
            graded = book.add(submission, judgement)
            if options.alone:
                book.write_gradescope(graded)
            advance()

        run = ClassRun(book.catalogue.claims, store, options.how, report)
        run.judge(found)
    return run.n_judged


@contextmanager
def _progress(n: int) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("grading", total=n)
        yield lambda: progress.advance(task)


def _summary(options: Options, book: Gradebook, rubric: Rubric, n_judged: int) -> str:
    statistics = book.statistics
    n = "1 submission" if statistics.n == 1 else f"{statistics.n} submissions"
    lines = [
        f"{n}, {n_judged} of them judged now. The gradebook is {options.out / 'grades.csv'}",
        f"median: {shown(statistics.median)} of {shown(rubric.maximum)} points",
    ]
    for diagnosis in statistics.diagnoses()[:MOST_NAMED]:
        what = legible(diagnosis.what)
        lines.append(f"{diagnosis.n} of {statistics.n}: {what}, {diagnosis.claim}")
    return "\n".join(lines)
