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
from spec.harness.ground.files import make_folder, write_whole
from spec.harness.subject.loading import REFERENCE

from . import comparing, edition
from .gradebook import feedback
from .gradebook.class_page import FIVE, counted
from .gradebook.entries import Entry
from .gradebook.folder import Gradebook, Scheme
from .gradebook.text_files import as_csv, as_text
from .intake import telling
from .intake.forms import PLATFORMS, by_names
from .intake.handed_in import HandedIn, Intake, Layout, alone, handed_in
from .intake.text import cell, legible
from .running.class_run import ClassRun, How
from .running.kept import Kept, state_of
from .running.store import Store
from .scores import overrides as by_hand
from .scores import rubric as rubrics
from .scores.catalogue import catalogue
from .scores.judgement import Judgement
from .scores.scoring import shown
from .uploads import writing

LIBRARIES = ("msgpack", "joblib", "rich", "jinja2", "matplotlib", "nbformat", "yaml")
LAYOUTS = ("folders", "files", "one", "plain", *PLATFORMS)  # and "folders:N"
FULL = "full marks"
MOST_NAMED = 3  # diagnoses
MOST_TROUBLES = 10


@dataclass(frozen=True)
class Options:
    """What was asked for. With `alone`, all of `given` is one submission, as on Gradescope.

    `layout` and `names` say how what is given is to be read, `only` who is to be judged anew; `roster` is a
    list of all learners. The `seed` is a secret that is kept in `out`, unless one is given.
    """

    given: Sequence[Path]
    out: Path
    version: str
    rubric: Path | None = None
    overrides: Path | None = None
    hints: str = "full"
    pages: bool = True
    how: How = field(default_factory=How)
    alone: bool = False
    worksheet: Path | None = None
    gradebook: Path | None = None
    column: str = ""
    compare: Path | None = None
    new_suite: bool = False
    layout: str = ""
    names: str = ""
    roster: Path | None = None
    only: Sequence[str] = ()
    seed: int | None = None


def write_template(file: Path) -> str:
    """Write a rubric to start from, and say what to do next."""
    from .scores.rubric_template import write

    return write(file, catalogue())


def write_example(folder: Path) -> str:
    """Write a class to try grading on, and say what to do next."""
    from .example.writing import write

    return write(folder)


def write_gradescope_zip(file: Path, rubric: Path | None, seed: int | None) -> str:
    """Write the autograder for Gradescope, with a rubric that was read, and say what to do next."""
    from .autograder import write

    if rubric:
        rubrics.read(rubric, catalogue())
    return write(file, rubric, seed)


def write_page(options: Options, name: str) -> str:
    """Write the feedback of one learner who was judged before. Raises CannotDo."""
    _check()
    found = list(_intake(options).learners)
    scheme = _scheme(options, found)
    chosen = next((one for one in found if name in (one.name, one.id)), None)
    if chosen is None:
        raise CannotDo(f"--page {name}: there is no such learner in what was given")
    with _store(options) as store:
        judgement = store.get(store.key(chosen.read())) if chosen.file else None
        if judgement is None:
            raise CannotDo(f"--page {name}: that submission is not judged yet; grade it first")
        book = Gradebook(options.out, found, scheme)
        written = book.write_pages(book.graded(chosen, judgement))
    return "Written: " + ", ".join(map(str, written))


def grade(options: Options) -> tuple[str, bool]:
    """Judge and score all that is given; a summary of some lines, and whether all could be judged.

    Raises CannotDo.
    """
    _check()
    os.environ["PYTHONSAFEPATH"] = "1"  # for workers, too, a file here is no module of Python's
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end like Ctrl-C
    intake = _intake(options)
    found = list(intake.learners)
    only = telling.named(intake, options.only) if options.only else None
    scheme = _scheme(options, found)
    wanted = writing.wanted(options.worksheet, options.gradebook, options.column)
    before = comparing.rows(options.compare) if options.compare else None
    edition.sign(options.out, options.version, anew=options.new_suite)
    with _store(options) as store:
        book = Gradebook(options.out, found, scheme)
        kept = Kept(options.out)
        options = replace(options, how=replace(options.how, seed=store.seed))
        sys.stderr.write("\n".join(_told(options, intake)) + "\n")
        try:
            n_judged = _judge(options, found, store, book, kept, only)
        except KeyboardInterrupt:
            raise CannotDo(
                "stopped; what was judged is kept: run the same command again to go on"
            ) from None
        finally:
            kept.close()
        book.write_tables()
        lines = [*_summary(options, book, n_judged)]
        if before is not None:
            lines += _compared(options, before)
        lines += writing.write(wanted, book.entries, _page_of(book, found, store), options.out)
    return "\n".join(lines), not book.statistics.troubles


def _scheme(options: Options, found: Sequence[HandedIn]) -> Scheme:
    """How they are scored: whatever is wrong is said before anything is judged."""
    known = catalogue()
    rubric = rubrics.read(options.rubric, known) if options.rubric else rubrics.default(known)
    decided = by_hand.Overrides()
    if options.overrides:
        names = [name for one in found for name in (one.name, one.id) if name]
        decided = by_hand.read(options.overrides, known, names)
    return Scheme(rubric, known, decided, options.hints, options.pages)


@contextmanager
def _store(options: Options) -> Iterator[Store]:
    from .running.judging import suite_hash

    make_folder(options.out)
    how = options.how
    store = Store(options.out, suite_hash(), how.walls, how.seconds, options.seed)
    try:
        yield store
    finally:
        store.close()


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
    options: Options,
    found: list[HandedIn],
    store: Store,
    book: Gradebook,
    kept: Kept,
    only: Set[str] | None,
) -> int:
    """Judge all, with a progress bar; return how many were judged now."""
    scheme = book.scheme
    common = state_of(store.suite, scheme.rubric, scheme.hints, scheme.pages)
    with _progress(len(found)) as advance:

        def state(submission: HandedIn, key: str) -> str:
            decided = scheme.overrides.of(submission.name, submission.id)
            what = (submission.source, submission.shown, submission.notes)
            said = (submission.id, submission.late, submission.attempt)
            return state_of(common, key, book.files[submission.name], what, said, decided)

        def known(submission: HandedIn, key: str) -> bool:
            text = kept.get(submission.name, state(submission, key))
            if text is None or options.alone:
                return False
            if scheme.pages and not book.has_pages(submission.name):
                return False
            book.count(Entry.from_text(text))
            advance()
            return True

        def report(submission: HandedIn, judgement: Judgement, key: str) -> None:
            if options.alone:
                book.write_gradescope(book.graded(submission, judgement))
            made = book.add(submission, judgement)
            if key:
                kept.put(submission.name, state(submission, key), made.as_text())
            advance()

        run = ClassRun(book.scheme.catalogue.claims, store, options.how, report, only, known)
        run.judge(found)
    return run.n_judged


def _page_of(book: Gradebook, found: list[HandedIn], store: Store) -> Callable[[Entry], bytes]:
    """What makes the feedback of a learner, as an HTML page, whether or not it was written."""
    by_name = {one.name: one for one in found}

    def page(entry: Entry) -> bytes:
        place = book.folder / "feedback" / f"{book.files[entry.name]}.html"
        if book.scheme.pages:
            return place.read_bytes()
        submission = by_name[entry.name]
        judgement = store.get(store.key(submission.read())) if not entry.trouble else None
        if judgement is None:
            return as_text("<p>Nothing could be judged.</p>\n")
        graded = book.graded(submission, judgement)
        return as_text(feedback.as_html(feedback.page(graded, book.scheme.hints)))

    return page


def _compared(options: Options, before: dict[str, comparing.Row]) -> list[str]:
    """Write who gained or lost what since another gradebook, and say it."""
    assert options.compare
    changes = list(comparing.compare(before, comparing.rows(options.out)))
    head = ["name", "before", "now", "gained", "lost"]
    table = [[cell(name), *rest] for name, *rest in changes]
    write_whole(options.out / comparing.FILE, as_csv([head, *table]))
    return list(comparing.summary(changes, options.compare, options.out))


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


def _summary(options: Options, book: Gradebook, n_judged: int) -> Iterator[str]:
    statistics = book.statistics
    n = counted(statistics.n_given, "submission")
    yield f"{n}, {n_judged} of them judged now. The gradebook is {options.out / 'grades.csv'}"
    five = ", ".join(f"{name} {shown(v)}" for name, v in zip(FIVE, statistics.five, strict=True))
    yield f"of {shown(book.scheme.rubric.maximum)} points: {five}"
    troubles = sorted(statistics.troubles.items())
    if troubles:
        yield f"{len(troubles)} could not be judged, and are not in these figures:"
    yield from (f"  {legible(name)}: {legible(why)}" for name, why in troubles[:MOST_TROUBLES])
    if len(troubles) > MOST_TROUBLES:
        yield f"  and {len(troubles) - MOST_TROUBLES} more, see class.md"
    for diagnosis in statistics.diagnoses()[:MOST_NAMED]:
        what = legible(diagnosis.what)
        yield f"{diagnosis.n} of {statistics.n}: {what}, {diagnosis.claim}"
