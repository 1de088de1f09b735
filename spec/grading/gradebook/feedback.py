"""What a learner gets back, as Markdown and as an HTML page: points, what to mend, and why.

Nothing from a submission is taken for markup: in Markdown it is escaped or fenced, and in HTML Jinja2
escapes whatever is put into the template.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from spec.harness.ground.status import Status
from spec.harness.telling.explain import told
from spec.harness.telling.hints import cause_in_short, hint

from ..intake.text import fenced, legible, markdown
from ..scores.exercises import EXERCISES
from ..scores.graded import Graded
from ..scores.judgement import Verdict
from ..scores.scoring import Part, shown

TO_MEND = tuple(status for status in Status if status.to_mend)


@dataclass(frozen=True)
class ToMend:
    """One claim that does not hold: its equation, why the claim is true, and what came out, as lines."""

    claim: str
    says: str
    status: str
    equation: str
    why: str
    lines: list[str]


@dataclass(frozen=True)
class Row:
    """The points of a section or an exercise."""

    title: str
    points: str
    maximum: str
    whole: bool


@dataclass(frozen=True)
class Page:
    """What both forms of the feedback say."""

    name: str
    file: str
    points: str
    maximum: str
    n_hold: int
    n_claims: int
    trouble: str
    notes: list[str]
    changes: list[str]
    excused: bool
    says: dict[str, str]
    sections: list[Row]
    exercises: list[Row]
    to_mend: list[ToMend]
    withheld: list[tuple[str, str]]
    waiting: list[tuple[str, str, str]]
    unwritten: list[str]


def page(graded: Graded, hints: str) -> Page:
    """The feedback on a submission; `hints` says how much it tells of what is wrong."""
    score = graded.score
    titles, entries = graded.catalogue.ledger.titles, graded.catalogue.ledger.entries
    says = {id: entries[id].says for id in graded.catalogue.claims}
    return Page(
        name=legible(graded.submission.name),
        file=legible(graded.submission.shown),
        points=shown(score.total.points),
        maximum=shown(score.total.maximum),
        n_hold=score.statuses.get(Status.HOLDS, 0),
        n_claims=len(score.claims),
        trouble=legible(graded.judgement.trouble),
        notes=list(map(legible, graded.notes)),
        changes=list(map(legible, score.changes)),
        excused=score.excused,
        says=says,
        sections=[_row(f"{id} {titles[id]}", part) for id, part in score.sections.items()],
        exercises=[_row(EXERCISES[id].title, part) for id, part in score.exercises.items()],
        to_mend=[_to_mend(v, says[v.claim], hints) for v in graded.of_status(*TO_MEND)],
        withheld=[(claim.claim, claim.withheld) for claim in score.claims if claim.withheld],
        waiting=[_waiting(verdict, hints) for verdict in graded.of_status(Status.WAITS)],
        unwritten=_unwritten(graded.of_status(Status.TODO)),
    )


def _row(title: str, part: Part) -> Row:
    return Row(title, shown(part.points), shown(part.maximum), part.points >= part.maximum)


def _to_mend(verdict: Verdict, says: str, hints: str) -> ToMend:
    lines = [f"  {verdict.status}"]
    if verdict.explanation:
        lines = told(verdict.explanation, hint(verdict.explanation, hints))
    told_lines = list(map(legible, lines))
    return ToMend(verdict.claim, says, verdict.status, verdict.equation, verdict.why, told_lines)


def _waiting(verdict: Verdict, hints: str) -> tuple[str, str, str]:
    """A claim that waits, for which one, and its cause where that is known."""
    cause = cause_in_short(verdict.explanation, hints)
    return verdict.claim, verdict.waits_for, legible(cause)


def _unwritten(verdicts: list[Verdict]) -> list[str]:
    """The names that are not written yet."""
    missing = [verdict.explanation.missing for verdict in verdicts if verdict.explanation]
    return list(dict.fromkeys(map(legible, missing)))


def as_html(page: Page) -> str:
    """The feedback as a page by itself, without scripts and without anything from the network."""
    return str(_template("feedback.html.jinja").render(page=page))


def as_fragment(page: Page) -> str:
    """The feedback as a piece of HTML, for a page that is there already."""
    return str(_template("body.html.jinja").render(page=page))


def as_markdown(page: Page) -> str:
    """The feedback as Markdown."""
    return str(_template("feedback.md.jinja").render(page=page, escaped=markdown, fenced=fenced))


@cache
def _template(name: str) -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spec.grading.gradebook"),
        autoescape=jinja2.select_autoescape(["html.jinja"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
