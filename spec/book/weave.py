"""Weaving: the suite is run, the figures are drawn, and the page is made of both."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from spec.harness.engine.claims import Ledger
from spec.harness.ground.status import Status

from . import numbers
from .chapters import chapter_files
from .contents import Contents
from .figures import Figure
from .figures.gallery import drawn, pictures
from .ledger import Row, errata, rows
from .listing import Implementation
from .run import Findings, Step, run

TEMPLATES = Path(__file__).parent / "templates"


def weave(implementation: str | None, section: str | None) -> tuple[str, str]:
    """The page, and what is on it in a few words. CannotDo if there is nothing to judge."""
    with _progress() as progress:

        def begin(n_tests: int) -> Step:
            task = progress.add_task("running the tests", total=n_tests, doing="")
            return lambda claim: progress.update(task, advance=1, doing=claim)

        findings = run(implementation, lambda ledger: _chosen(ledger, section), begin)
        wanted = pictures(_chosen(findings.ledger, section), findings.ledger.order)
        task = progress.add_task("drawing the figures", total=len(wanted), doing="")
        figures = drawn(
            wanted, findings.seed, lambda title: progress.update(task, advance=1, doing=title)
        )
        return _page(findings, figures, section)


def _progress() -> Progress:
    """A bar on the terminal; nothing where there is none, and nothing is left of it."""
    columns = (
        TextColumn("{task.description:18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}"),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _chosen(ledger: Ledger, section: str | None) -> set[str]:
    return set(ledger.entries) if section is None else ledger.chosen([section])


def _page(findings: Findings, figures: list[Figure], section: str | None) -> tuple[str, str]:
    files = chapter_files()
    implementation = Implementation(findings.judged)
    known = numbers.numbered(files)
    chapters = Contents(findings, implementation, known, figures).chapters(files)
    ledger = rows(chapters, findings.ledger.order)
    titles = findings.ledger.titles
    part = "" if section is None else f"{section} {titles[section]}"
    whole = section is None
    page = (
        _environment()
        .get_template("book.html.j2")
        .render(
            title=f"Neural networks from scratch{': ' if part else ', executed'}{part}",
            part=part,
            style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704
            judged=findings.judged,
            seed=findings.seed,
            counts=_counts(ledger),
            chapters=chapters,
            errata=errata(ledger),
            ledger=ledger,
            untestable=findings.ledger.untestable if whole else [],
            listings=implementation.listings(),
            numbers={row.entry.id: known[row.entry.id] for row in ledger},
        )
    )
    return page, f"{_many(len(ledger), 'claim')}, {_many(len(figures), 'figure')}"


def _many(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _counts(ledger: Iterable[Row]) -> list[tuple[str, int, str]]:
    """How many claims ended in which way: label, number, and class for the style; without zeros."""
    ledger = list(ledger)

    ended = Counter(row.status for row in ledger)
    theorems = sum(row.status == Status.HOLDS and row.is_theorem for row in ledger)
    counts = [
        ("claims", len(ledger), ""),
        (Status.HOLDS.they, ended.pop(Status.HOLDS, 0) - theorems, Status.HOLDS.css),
        ("theorems", theorems, Status.HOLDS.css),
        *((status.they, ended[status], status.css) for status in Status if ended[status]),
        ("errata", sum(row.verdict != "holds" for row in ledger), "refuted"),
    ]
    return [count for count in counts if count[1]]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    named: dict[str, Any] = {
        "claim_anchor": numbers.claim_anchor,
        "entry_anchor": numbers.entry_anchor,
        "as_sentence": numbers.as_sentence,
    }
    environment.globals.update(named)
    return environment
