"""The folder that comes out: files for each submission as it is judged, then the tables of the class.

No file holds a time, a date or a path, so the same submissions give the same bytes.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spec.harness.ground.files import make_folder, write_whole
from spec.harness.ground.status import BEST_FIRST, Status

from ..intake.handed_in import HandedIn
from ..intake.text import cell, file_names, markdown
from ..scores.catalogue import Catalogue
from ..scores.graded import Graded
from ..scores.judgement import Judgement
from ..scores.rubric import Rubric
from ..scores.scoring import shown
from . import feedback
from .feedback import TO_MEND
from .gradescope import as_gradescope
from .junit import as_junit
from .picture import picture
from .statistics import Statistics

FOLDERS = ("submissions", "feedback", "junit")
MOST_DIAGNOSES = 25  # in class.md; diagnoses.csv has all


class Gradebook:
    """Writes what came of each submission, and keeps the rows of the tables."""

    def __init__(
        self,
        folder: Path,
        submissions: Sequence[HandedIn],
        rubric: Rubric,
        catalogue: Catalogue,
        hints: str,
    ) -> None:
        self.folder, self.rubric, self.catalogue, self.hints = folder, rubric, catalogue, hints
        self.order = [submission.name for submission in submissions]
        self.files = file_names(self.order)
        self.statistics = Statistics(catalogue)
        self._rows: dict[str, list[str]] = {}
        self._late = [each for each in submissions if each.late == "yes"]
        for name in FOLDERS:
            make_folder(folder / name)

    def add(self, submission: HandedIn, judgement: Judgement) -> Graded:
        """Score a submission, write its own files, and count it."""
        graded = Graded(submission, judgement, self.rubric, self.catalogue)
        page = feedback.page(graded, self.hints)
        file = self.files[submission.name]
        write_whole(self.folder / "submissions" / f"{file}.json", _json(_as_data(graded)))
        write_whole(self.folder / "feedback" / f"{file}.md", _text(feedback.as_markdown(page)))
        write_whole(self.folder / "feedback" / f"{file}.html", _text(feedback.as_html(page)))
        write_whole(self.folder / "junit" / f"{file}.xml", as_junit(graded, page))
        self._rows[submission.name] = self._row(graded)
        self.statistics.add(graded)
        return graded

    def write_gradescope(self, graded: Graded) -> None:
        """Write the results of a submission as Gradescope reads them."""
        page = feedback.page(graded, self.hints)
        write_whole(self.folder / "results.json", _json(as_gradescope(graded, page)))

    def write_tables(self) -> None:
        """Write the grades, in the order of the submissions as given, and the tables of the class."""
        rows = [self._rows[name] for name in self.order]
        write_whole(self.folder / "grades.csv", _csv([self._header(), *rows]))
        claims = self.catalogue.claims
        says = self.catalogue.ledger.entries
        counts = [self.statistics.statuses(claim) for claim in claims]
        table = [
            [claim, cell(says[claim].says), *map(str, count.values())]
            for claim, count in zip(claims, counts, strict=True)
        ]
        write_whole(self.folder / "claims.csv", _csv([["claim", "says", *BEST_FIRST], *table]))
        diagnoses = [[str(d.n), cell(d.what), d.claim] for d in self.statistics.diagnoses()]
        write_whole(
            self.folder / "diagnoses.csv", _csv([["submissions", "diagnosis", "claim"], *diagnoses])
        )
        write_whole(self.folder / "class.md", _text(self._class()))
        write_whole(self.folder / "class.svg", picture(self.statistics, float(self.rubric.maximum)))

    def _parts(self) -> tuple[list[str], list[str]]:
        """The sections and the exercises that are worth points."""
        points = set(self.rubric.points)
        groups = (self.catalogue.sections, self.catalogue.exercises)
        sections, exercises = (
            [g for g, ids in group.items() if points & set(ids)] for group in groups
        )
        return sections, exercises

    def _header(self) -> list[str]:
        sections, exercises = self._parts()
        return [
            *("name", "id", "attempt", "late", "source", "file", "total", "maximum"),
            *sections,
            *exercises,
            *BEST_FIRST,
            *("walls", "trouble", "notes", "sha256", "results"),
        ]

    def _row(self, graded: Graded) -> list[str]:
        score, submission, judgement = graded.score, graded.submission, graded.judgement
        return [
            *(cell(submission.name), cell(submission.id)),
            *(str(submission.attempt or ""), submission.late),
            *(cell(submission.source), cell(submission.shown)),
            *(shown(score.total.points), shown(score.total.maximum)),
            *(shown(part.points) for part in score.sections.values()),
            *(shown(part.points) for part in score.exercises.values()),
            *(str(score.statuses.get(status, 0)) for status in BEST_FIRST),
            *(", ".join(judgement.walls), cell(judgement.trouble), cell("; ".join(graded.notes))),
            *(judgement.sha256, self.files[submission.name]),
        ]

    def _not_graded(self) -> list[str]:
        """The claims that no submission is graded by, and why, as lines of Markdown."""
        claims = ", ".join(self.catalogue.by_its_word)
        why = "only a submission's own process could say whether it holds"
        return [f"Not graded, since {why}: {claims}.", ""] if claims else []

    def _class(self) -> str:
        """The class in Markdown: the most frequent diagnoses, and how each claim ended."""
        statistics, n = self.statistics, self.statistics.n
        lines = [
            f"# {n} submissions",
            "",
            f"Median: {shown(statistics.median)} of {shown(self.rubric.maximum)} points.",
            "",
            *(["## Late", ""] if self._late else []),
            *(f"- {markdown(_with_id(each))}" for each in self._late),
            *([""] if self._late else []),
            *self._not_graded(),
            "## Most frequent diagnoses",
            "",
            *(
                f"- {d.n} of {n}: {markdown(d.what)}, {d.claim}"
                for d in statistics.diagnoses()[:MOST_DIAGNOSES]
            ),
            "",
            "## Claims",
            "",
            f"| claim | {' | '.join(BEST_FIRST)} |",
            f"| --- |{' ---: |' * len(BEST_FIRST)}",
        ]
        for claim in self.catalogue.claims:
            counts = statistics.statuses(claim).values()
            lines.append(f"| {claim} | {' | '.join(str(c or '·') for c in counts)} |")
        return "\n".join(lines) + "\n"


def _with_id(submission: HandedIn) -> str:
    id = f", {submission.id}" if submission.id else ""
    attempt = f", attempt {submission.attempt}" if submission.attempt else ""
    return f"{submission.name}{id}{attempt}"


def _as_data(graded: Graded) -> dict[str, Any]:
    """One submission as plain data, for machines: it holds the cause whatever the learner is told."""
    score, judgement = graded.score, graded.judgement
    claims = []
    worth = {claim.claim: claim for claim in score.claims}
    for id, verdict in graded.verdicts.items():
        claim = worth.get(id)
        data: dict[str, Any] = {"claim": id, "status": verdict.status}
        data["points"] = shown(claim.points) if claim else "0"
        data["maximum"] = shown(claim.maximum) if claim else "0"
        if claim and claim.withheld:
            data["withheld_for"] = claim.withheld
        if verdict.waits_for:
            data["waits_for"] = verdict.waits_for
        if verdict.status in TO_MEND and verdict.explanation:
            data |= {"equation": verdict.equation, "explanation": asdict(verdict.explanation)}
        claims.append(data)
    return {
        "name": graded.submission.name,
        "id": graded.submission.id,
        "attempt": graded.submission.attempt,
        "late": graded.submission.late,
        "earlier": list(graded.submission.earlier),
        "source": graded.submission.source,
        "file": graded.submission.shown,
        "sha256": judgement.sha256,
        "suite": judgement.suite,
        "walls": list(judgement.walls),
        "trouble": judgement.trouble,
        "notes": list(graded.notes),
        "points": shown(score.total.points),
        "maximum": shown(score.total.maximum),
        "hold": score.statuses.get(Status.HOLDS, 0),
        "claims": claims,
    }


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return _text(text.getvalue())


def _json(data: Any) -> bytes:
    return _text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _text(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
