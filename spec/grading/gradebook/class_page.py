"""`class.md`: the class in Markdown, for whoever teaches it."""

from collections.abc import Iterator
from fractions import Fraction

from spec.harness.ground.status import BEST_FIRST

from ..intake.text import markdown
from ..scores.scoring import shown
from .statistics import Statistics

MOST_DIAGNOSES = 25  # the tables have all
MOST_NAMED = 25
LEAST_DISCRIMINATION = 0.2  # below it, textbooks call an item poor
FIVE = ("minimum", "lower quartile", "median", "upper quartile", "maximum")


def class_page(statistics: Statistics, maximum: Fraction) -> str:
    """The whole page."""
    return "\n".join(_lines(statistics, maximum)) + "\n"


def _lines(statistics: Statistics, maximum: Fraction) -> Iterator[str]:
    yield f"# {counted(statistics.n_given, 'submission')}"
    yield ""
    yield f"{statistics.n} of {statistics.n_given} could be judged; all figures are over these."
    if statistics.excused:
        yield f"Excused: {', '.join(_few(statistics.excused))}."
    yield ""
    yield f"| points, of {shown(maximum)} | |"
    yield "| --- | ---: |"
    for name, value in zip(FIVE, statistics.five, strict=True):
        yield f"| {name} | {shown(value)} |"
    yield from _troubles(statistics)
    if statistics.late:
        yield from ("", "## Late", "", *(f"- {markdown(name)}" for name in sorted(statistics.late)))
    by_word = ", ".join(statistics.catalogue.by_its_word)
    if by_word:
        yield ""
        yield f"Not graded, since only a submission's own process could say it holds: {by_word}."
    yield from _help(statistics)
    yield from _alike(statistics)
    yield from _diagnoses(statistics)
    yield from _claims(statistics)


def counted(n: int, what: str) -> str:
    """A number of things: "1 submission", "2 submissions"."""
    return f"1 {what}" if n == 1 else f"{n} {what}s"


def _few(names: list[str]) -> list[str]:
    more = len(names) - MOST_NAMED
    shown_ones = [markdown(name) for name in names[:MOST_NAMED]]
    return [*shown_ones, f"and {more} more"] if more > 0 else shown_ones


def _troubles(statistics: Statistics) -> Iterator[str]:
    if not statistics.troubles:
        return
    yield from ("", f"## {len(statistics.troubles)} could not be judged", "")
    for name, why in sorted(statistics.troubles.items())[:MOST_NAMED]:
        yield f"- {markdown(name)}: {markdown(why)}"
    if len(statistics.troubles) > MOST_NAMED:
        yield f"- and {len(statistics.troubles) - MOST_NAMED} more, see `grades.csv`"


def _help(statistics: Statistics) -> Iterator[str]:
    found = statistics.help()
    if not found:
        return
    yield from (
        "",
        "## Who may need help",
        "",
        "Less than half of the points, the fewest first.",
        "",
    )
    yield "| learner | points | of | first to mend | not written yet |"
    yield "| --- | ---: | ---: | --- | ---: |"
    for one in found[:MOST_NAMED]:
        points = f"{shown(one.points)} | {shown(one.maximum)}"
        yield f"| {markdown(one.name)} | {points} | {one.first or '·'} | {one.n_unwritten or '·'} |"
    if len(found) > MOST_NAMED:
        yield f"\nAnd {len(found) - MOST_NAMED} more, see `help.csv`."


def _alike(statistics: Statistics) -> Iterator[str]:
    groups = statistics.alike()
    if not groups:
        return
    yield from ("", "## The same but for names and layout?", "")
    yield (
        "These files are the same code when names, comments and layout are left out. That may have "
        "many reasons; it is a question to ask, and no verdict."
    )
    yield ""
    for names in groups[:MOST_NAMED]:
        yield f"- {', '.join(_few(names))}"
    if len(groups) > MOST_NAMED:
        yield f"- and {counted(len(groups) - MOST_NAMED, 'more group')}, see `alike.csv`"


def _diagnoses(statistics: Statistics) -> Iterator[str]:
    yield from ("", "## Most frequent diagnoses", "")
    for diagnosis in statistics.diagnoses()[:MOST_DIAGNOSES]:
        what = f"{markdown(diagnosis.what)}, {diagnosis.claim}"
        yield f"- {diagnosis.n} of {statistics.n}: {what}"


def _claims(statistics: Statistics) -> Iterator[str]:
    yield from ("", "## Claims", "")
    yield (
        "*Difficulty* is the share of those judged for whom a claim holds. *Discrimination* is its "
        "correlation with the number of other claims that hold; below "
        f"{LEAST_DISCRIMINATION} a claim tells strong from weak poorly."
    )
    yield ""
    yield f"| claim | {' | '.join(BEST_FIRST)} | difficulty | discrimination |"
    yield f"| --- |{' ---: |' * (len(BEST_FIRST) + 2)}"
    for claim in statistics.catalogue.claims:
        counts = statistics.statuses(claim).values()
        figures = (
            f"{share(statistics.difficulty(claim))} | {share(statistics.discrimination(claim))}"
        )
        yield f"| {claim} | {' | '.join(str(c or '·') for c in counts)} | {figures or '·'} |"


def share(value: float | None) -> str:
    """A figure with two decimals; "" if there is none."""
    return "" if value is None else f"{value:.2f}"
