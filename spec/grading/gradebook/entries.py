"""What the tables of a class need of one graded submission: little, since a class may be large."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

from spec.harness.ground.status import BEST_FIRST, Status

from ..intake.text import cell
from ..scores.catalogue import Catalogue
from ..scores.graded import Graded
from ..scores.judgement import Verdict
from ..scores.rubric import Rubric
from ..scores.scoring import shown
from .feedback import TO_MEND

CODES = {status: str(place) for place, status in enumerate(BEST_FIRST)}
HEAD = ("name", "id", "attempt", "late", "source", "file", "total", "maximum")
TAIL = ("overrides", "walls", "trouble", "notes", "sha256", "results")


@dataclass(frozen=True)
class Entry:
    """One row: its cells, and what the statistics count.

    `statuses` has a digit for each claim of the catalogue, its place in BEST_FIRST. `called` is the
    learner's own name, `first` the first claim to mend, `form` the hash of the code's form
    (`running/alike.py`), `comment` what an instructor wrote. What was diagnosed are pairs of a claim and a
    mistake.
    """

    name: str
    id: str
    called: str
    late: bool
    source: str
    cells: list[str]
    statuses: str
    total: str
    maximum: str
    trouble: str
    excused: bool
    first: str
    n_unwritten: int
    n_hold: int
    form: str
    comment: str
    diagnoses: list[list[str]]

    @property
    def points(self) -> Fraction:
        """The total, exactly."""
        return Fraction(self.total)

    @property
    def most(self) -> Fraction:
        """The maximum for this learner, exactly."""
        return Fraction(self.maximum)

    def as_text(self) -> str:
        """The entry in a line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Entry":
        """The entry from what `as_text` returned."""
        return cls(**json.loads(text))


def header(rubric: Rubric, catalogue: Catalogue) -> list[str]:
    """The headings of grades.csv: only sections and exercises that are worth points have a column."""
    points = set(rubric.points)
    groups = (catalogue.sections, catalogue.exercises)
    parts = [name for group in groups for name, ids in group.items() if points & set(ids)]
    return [*HEAD, *parts, *BEST_FIRST, *TAIL]


def entry(graded: Graded, results: str) -> Entry:
    """The entry of a graded submission, whose files are called `results`."""
    score, submission, judgement = graded.score, graded.submission, graded.judgement
    statuses = "".join(CODES[graded.verdicts[id].status] for id in graded.catalogue.claims)
    to_mend = graded.of_status(*TO_MEND)
    total = "excused" if score.excused else shown(score.total.points)
    cells = [
        *(cell(submission.name), cell(submission.id), str(submission.attempt or "")),
        *(submission.late, cell(submission.source), cell(submission.shown)),
        *(total, shown(score.total.maximum)),
        *(shown(part.points) for part in score.sections.values()),
        *(shown(part.points) for part in score.exercises.values()),
        *(str(score.statuses.get(status, 0)) for status in BEST_FIRST),
        *(cell("; ".join(score.changes)), ", ".join(judgement.walls), cell(judgement.trouble)),
        *(cell("; ".join(graded.notes)), judgement.sha256, results),
    ]
    return Entry(
        name=submission.name,
        id=submission.id,
        called=submission.called or submission.name,
        late=submission.late == "yes",
        source=submission.source,
        cells=cells,
        statuses=statuses,
        total=str(score.total.points),
        maximum=str(score.total.maximum),
        trouble=judgement.trouble,
        excused=score.excused,
        first=to_mend[0].claim if to_mend else "",
        n_unwritten=statuses.count(CODES[Status.TODO]),
        n_hold=statuses.count(CODES[Status.HOLDS]),
        form=judgement.form,
        comment=graded.adjustment.whole.comment,
        diagnoses=[[v.claim, what] for v in judgement.verdicts if (what := diagnosed(v))],
    )


def diagnosed(verdict: Verdict) -> str:
    """What is wrong, and in which value; "" if that is not known."""
    explanation = verdict.explanation
    if verdict.status not in TO_MEND or explanation is None or not explanation.cause:
        return ""
    value = explanation.entry if explanation.entry[:1].isalpha() else explanation.function
    return f"{explanation.cause} ({value})" if value else explanation.cause


def matrix_row(entry: Entry) -> Sequence[str]:
    """A learner's row in the matrix: 1 where a claim holds, 0 where not, blank where nothing was judged."""
    if entry.trouble:
        return [""] * len(entry.statuses)
    return ["1" if status == CODES[Status.HOLDS] else "0" for status in entry.statuses]
