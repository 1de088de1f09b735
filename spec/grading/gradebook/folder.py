"""The folder that comes out: files for each submission as it is judged, then the tables of the class.

No file holds a time, a date or a path, so the same submissions give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spec.harness.ground.files import make_folder, write_whole
from spec.harness.ground.status import BEST_FIRST

from ..intake.handed_in import HandedIn
from ..intake.text import cell, file_names
from ..scores.catalogue import Catalogue
from ..scores.graded import Graded
from ..scores.judgement import Judgement
from ..scores.overrides import Overrides
from ..scores.rubric import Rubric
from ..scores.scoring import shown
from . import feedback
from .as_data import as_data
from .class_page import class_page, share
from .entries import Entry, entry, header, matrix_row
from .gradescope import as_gradescope
from .junit import as_junit
from .picture import picture
from .statistics import Statistics
from .text_files import as_csv, as_json, as_text

FOLDERS = {"submissions": (".json",), "feedback": (".md", ".html"), "junit": (".xml",)}


@dataclass(frozen=True)
class Scheme:
    """How a class is scored, and what is told: with `pages` each learner gets files of their own."""

    rubric: Rubric
    catalogue: Catalogue
    overrides: Overrides = field(default_factory=Overrides)
    hints: str = "full"
    pages: bool = True


class Gradebook:
    """Writes what came of each submission, and keeps what the tables need."""

    def __init__(self, folder: Path, submissions: Sequence[HandedIn], scheme: Scheme) -> None:
        self.folder, self.scheme = folder, scheme
        self.order = [submission.name for submission in submissions]
        self.files = file_names(self.order)
        self.statistics = Statistics(scheme.catalogue)
        self._entries: dict[str, Entry] = {}
        make_folder(folder)

    def graded(self, submission: HandedIn, judgement: Judgement) -> Graded:
        """Score a submission."""
        adjustment = self.scheme.overrides.of(submission.name, submission.id)
        return Graded(submission, judgement, self.scheme.rubric, self.scheme.catalogue, adjustment)

    def add(self, submission: HandedIn, judgement: Judgement) -> Entry:
        """Score a submission, write its own files, and count it."""
        graded = self.graded(submission, judgement)
        if self.scheme.pages:
            self.write_pages(graded)
        found = entry(graded, self.files[submission.name])
        self.count(found)
        return found

    def count(self, found: Entry) -> None:
        """Take up an entry whose files are there."""
        self._entries[found.name] = found
        self.statistics.add(found)

    def write_pages(self, graded: Graded) -> list[Path]:
        """Write a learner's own files, and say which."""
        page = feedback.page(graded, self.scheme.hints)
        contents = {
            "submissions/{}.json": as_json(as_data(graded)),
            "feedback/{}.md": as_text(feedback.as_markdown(page)),
            "feedback/{}.html": as_text(feedback.as_html(page)),
            "junit/{}.xml": as_junit(graded, page),
        }
        written = []
        for place, content in contents.items():
            path = self.folder / place.format(self.files[graded.submission.name])
            if not path.parent.is_dir():
                make_folder(path.parent)
            write_whole(path, content)
            written.append(path)
        return written

    def has_pages(self, name: str) -> bool:
        """Whether a learner's own files are there."""
        file = self.files[name]
        places = [(f, suffix) for f, suffixes in FOLDERS.items() for suffix in suffixes]
        return all((self.folder / f / f"{file}{suffix}").is_file() for f, suffix in places)

    def write_gradescope(self, graded: Graded) -> None:
        """Write the results of a submission as Gradescope reads them."""
        page = feedback.page(graded, self.scheme.hints)
        write_whole(self.folder / "results.json", as_json(as_gradescope(graded, page)))

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order of the submissions as given."""
        return [self._entries[name] for name in self.order]

    def write_tables(self) -> None:
        """Write the grades, in the order of the submissions as given, and the tables of the class."""
        rubric, catalogue = self.scheme.rubric, self.scheme.catalogue
        statistics, claims, entries = self.statistics, catalogue.claims, self.entries
        rows = (found.cells for found in entries)
        self._table("grades.csv", [header(rubric, catalogue), *rows])
        matrix = ([cell(e.name), cell(e.id), *matrix_row(e)] for e in entries)
        self._table("matrix.csv", [["name", "id", *claims], *matrix])
        says = catalogue.ledger.entries
        table = [
            [
                *(claim, cell(says[claim].says), *map(str, statistics.statuses(claim).values())),
                *(share(statistics.difficulty(claim)), share(statistics.discrimination(claim))),
            ]
            for claim in claims
        ]
        figures = ("difficulty", "discrimination")
        self._table("claims.csv", [["claim", "says", *BEST_FIRST, *figures], *table])
        diagnoses = [[str(d.n), cell(d.what), d.claim] for d in statistics.diagnoses()]
        self._table("diagnoses.csv", [["submissions", "diagnosis", "claim"], *diagnoses])
        helped = [
            [cell(one.name), shown(one.points), shown(one.maximum), one.first, str(one.n_unwritten)]
            for one in statistics.help()
        ]
        columns = ["name", "points", "maximum", "first to mend", "not written yet"]
        self._table("help.csv", [columns, *helped])
        groups = enumerate(statistics.alike(), 1)
        alike = [[str(number), cell(name)] for number, names in groups for name in names]
        self._table("alike.csv", [["group", "name"], *alike])
        write_whole(self.folder / "class.md", as_text(class_page(statistics, rubric.maximum)))
        write_whole(self.folder / "class.svg", picture(statistics, float(rubric.maximum)))
        self._remove_stale()

    def _table(self, name: str, rows: list[list[str]]) -> None:
        write_whole(self.folder / name, as_csv(rows))

    def _remove_stale(self) -> None:
        """Remove the files of learners who are no longer given, or get none now."""
        kept = set(self.files.values()) if self.scheme.pages else set()
        for folder, suffixes in FOLDERS.items():
            place = self.folder / folder
            for path in place.iterdir() if place.is_dir() else ():
                if path.suffix in suffixes and path.name.removesuffix(path.suffix) not in kept:
                    path.unlink()
