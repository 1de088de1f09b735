"""`python -m spec grade`: judge submissions, and write a gradebook."""

import importlib
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from spec.harness.ground.calling import missing
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.files import make_folder
from spec.harness.subject.loading import REFERENCE

from .gradebook.folder import Gradebook
from .intake import telling
from .intake.forms import PLATFORMS, by_names
from .intake.handed_in import HandedIn, Intake, Layout, alone, handed_in
from .intake.text import legible
from .running.class_run import ClassRun, How
from .running.store import Store
from .scores import rubric as rubrics
from .scores.catalogue import catalogue
from .scores.judgement import Judgement
from .scores.rubric import Rubric
from .scores.scoring import shown

LIBRARIES = ("msgpack", "joblib", "rich", "jinja2", "matplotlib", "nbformat", "yaml")
LAYOUTS = ("folders", "files", "one", "plain", *PLATFORMS)  # and "folders:N"
FULL = "full marks"
MOST_NAMED = 3  # diagnoses


@dataclass(frozen=True)
class Options:
    """What was asked for. With `alone`, all of `given` is one submission, as on Gradescope.

    `layout` and `names` say how what is given is to be read, `only` who is to be judged anew; `roster` is a
    list of all learners. The `seed` is a secret that is kept in `out`, unless one is given.
    """

    given: Sequence[Path]
    out: Path
    rubric: Path | None = None
    hints: str = "full"
    how: How = field(default_factory=How)
    alone: bool = False
    layout: str = ""
    names: str = ""
    roster: Path | None = None
    only: Sequence[str] = ()
    seed: int | None = None


def write_template(file: Path) -> str:
    """Write a rubric to start from, and say what to do next."""
    from .scores.rubric_template import write

    return write(file, catalogue())


def grade(options: Options) -> str:
    """Judge and score all that is given, and return a summary of some lines. Raises CannotDo."""
    _check()
    os.environ["PYTHONSAFEPATH"] = "1"  # for workers, too, a file here is no module of Python's
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end like Ctrl-C
    intake = _intake(options)
    found = list(intake.learners)
    only = telling.named(intake, options.only) if options.only else None
    sys.stdout.write("\n".join(_told(options, intake)) + "\n")
    sys.stdout.flush()
    known = catalogue()
    rubric = rubrics.read(options.rubric, known) if options.rubric else rubrics.default(known)
    make_folder(options.out)
    from .running.judging import suite_hash

    how = options.how
    store = Store(options.out, suite_hash(), how.walls, how.seconds, options.seed)
    options = replace(options, how=replace(how, seed=store.seed))
    book = Gradebook(options.out, found, rubric, known, options.hints)
    try:
        n_judged = _judge(options, found, store, book, only)
    except KeyboardInterrupt:
        raise CannotDo(
            "stopped; what was judged is kept: run the same command again to go on"
        ) from None
    finally:
        store.close()
    book.write_tables()
    return _summary(options, book, rubric, n_judged)


def listed(options: Options) -> str:
    """All learners, a line each, without judging any. Raises CannotDo."""
    intake = _intake(options)
    return "\n".join([*_told(options, intake), *telling.listing(intake)])


def dry_run(options: Options) -> str:
    """Grade the reference by a rubric, as a learner is graded, and say that it has full marks.

    Raises CannotDo if it has not, with the reasons.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        grade(replace(options, given=[REFERENCE], out=out, alone=True))
        (file,) = (out / "submissions").glob("*.json")
        data = json.loads(file.read_text(encoding="utf-8"))
    points = f"{data['points']} of {data['maximum']} points"
    lost = [each for each in data["claims"] if each["points"] != each["maximum"]]
    if not lost and not data["trouble"]:
        return f"the reference has {FULL}: {points}"
    why = [data["trouble"]] if data["trouble"] else []
    for claim in lost:
        reason = (
            f"withheld for {claim['withheld_for']}" if "withheld_for" in claim else claim["status"]
        )
        why.append(f"  {claim['claim']}: {claim['points']} of {claim['maximum']}, {reason}")
    raise CannotDo("\n".join([f"the reference has not {FULL}, but {points}:", *why]))


def _intake(options: Options) -> Intake:
    if options.alone:
        return alone(options.given, options.out)
    layout = options.layout
    if layout and layout not in LAYOUTS and not re.fullmatch(r"folders:[1-9]", layout):
        raise CannotDo(
            f"--layout {layout}: expected folders:N (each folder, N deep) or one of "
            f"{', '.join(LAYOUTS)}"
        )
    try:
        form = by_names(options.names) if options.names else None
    except ValueError as error:
        raise CannotDo(f"--names {options.names} {error}") from None
    intake = handed_in(options.given, options.out, Layout(options.layout, form))
    if not intake.learners:
        how = f"--names {options.names}" if options.names else f"--layout {options.layout}"
        raise CannotDo(f"{how} finds no learner in what was given")
    return intake


def _told(options: Options, intake: Intake) -> list[str]:
    return [
        *telling.beginning(intake),
        *(telling.absent(intake, options.roster) if options.roster else []),
    ]


def _check() -> None:
    """Raise CannotDo if this machine cannot grade."""
    if not hasattr(os, "fork"):
        raise CannotDo("grading needs Linux: on Windows, use WSL")
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:
            raise CannotDo(missing("grading", library)) from None


def _judge(
    options: Options, found: list[HandedIn], store: Store, book: Gradebook, only: Set[str] | None
) -> int:
    """Judge all, with a progress bar; return how many were judged now."""
    with _progress(len(found)) as advance:

        def report(submission: HandedIn, judgement: Judgement) -> None:
            graded = book.add(submission, judgement)
            if options.alone:
                book.write_gradescope(graded)
            advance()

        run = ClassRun(book.catalogue.claims, store, options.how, report, only)
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
