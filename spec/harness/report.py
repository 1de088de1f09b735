"""What a person reads: what is judged, the table by section, the first claim to mend, the errata."""

import textwrap
from collections import Counter
from typing import Any

from .claim_coverage import Function, ranges
from .explain import WIDTH, told
from .latex import to_unicode
from .loading import Subject
from .results import FAILS, HOLDS, NOT_RUN, TODO, WAITS, Outcome, Results

COLUMNS = (HOLDS, "theorem", FAILS, WAITS, "to write", "errata")
TITLE = 35  # columns of the terminal; the table is narrower than 80


def provenance(subject: Subject, seed: int) -> list[str]:
    """The header: what is judged, where it lies, its hash, and the seed of all chance."""
    what = "the reference implementation" if subject.is_reference else subject.name
    return [
        f"judged: {what}",
        f"  path: {subject.path}",
        f"  sha256: {subject.sha256}",
        f"  seed: {seed}",
        *(f"  {note}" for note in subject.notes),
    ]


def summary(terminal: Any, results: Results, *, errata: bool) -> None:
    """Print the report at the end of a run."""
    outcomes = results.outcomes()
    terminal.section("the theory, executed")
    subject = results.subject
    terminal.write_line(f"judged: {subject.name}, sha256 {subject.sha256[:12]}...")
    _table(terminal, results, outcomes)
    _next_steps(terminal, results, outcomes)
    if errata:
        terminal.section("errata: where the theory is wrong, or needs a condition")
        for outcome in outcomes:
            if outcome.verdict != "holds":
                _erratum(terminal, results, outcome)


def _column(outcome: Outcome) -> str:
    if outcome.status == HOLDS:
        return "theorem" if outcome.is_theorem else HOLDS
    return {NOT_RUN: FAILS, TODO: "to write"}.get(outcome.status, outcome.status)


def _table(terminal: Any, results: Results, outcomes: list[Outcome]) -> None:
    """Claims by chapter: each stands in one of the first five columns; errata count again."""
    titles = results.ledger.titles
    terminal.write_line(f"{'':{TITLE}}" + "".join(f" {name}" for name in COLUMNS), bold=True)
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        count = counts.setdefault(results.ledger.chapter(outcome.id), Counter())
        count[_column(outcome)] += 1
        count["errata"] += outcome.verdict != "holds"
    for chapter, count in counts.items():
        _row(terminal, f"{chapter:>2}  {titles[chapter]}", count)
    if len(counts) > 1:
        _row(terminal, "    together", sum(counts.values(), Counter()), bold=True)


def _row(terminal: Any, title: str, count: Counter[str], bold: bool = False) -> None:
    terminal.write(f"{title:{TITLE}.{TITLE}}", bold=bold)
    colours = {
        HOLDS: "green",
        "theorem": "green",
        FAILS: "red",
        WAITS: "yellow",
        "to write": "cyan",
        "errata": "blue",
    }
    for name in COLUMNS:
        markup = {colours[name]: True, "bold": bold} if count[name] else {}
        terminal.write(f" {count[name] or '·':>{len(name)}}", **markup)
    terminal.write_line("")


def _next_steps(terminal: Any, results: Results, outcomes: list[Outcome]) -> None:
    failing = [o for o in outcomes if o.status in (FAILS, NOT_RUN)]
    unwritten = [o for o in outcomes if o.status == TODO]
    waiting = [o.id for o in outcomes if o.status == WAITS]
    if failing:
        first, record = failing[0], failing[0].worst
        terminal.write_line("")
        terminal.write_line(f"First to mend: {first.id}", red=True, bold=True)
        for line in results.headline(record)[1:]:
            terminal.write_line(line)
        if record.explanation:
            for line in told(record.explanation):
                terminal.write_line(line, bold=line.startswith("  why"))
        else:
            terminal.write_line(f"  {record.status}: see above")
        judged = f" --impl {results.option.impl}" if results.option.impl else ""
        terminal.write_line(f"  this one alone: pytest spec{judged} --claim {first.id}")
    if len(failing) > 1:
        _listed(terminal, f"{len(failing) - 1} more failing", [o.id for o in failing[1:]])
    if waiting:
        claims = "1 claim waits" if len(waiting) == 1 else f"{len(waiting)} claims wait"
        _listed(terminal, f"{claims} for those to be mended", waiting)
    if unwritten:
        missing = [o.worst.explanation.sentence for o in unwritten if o.worst.explanation]
        names = list(dict.fromkeys(text.removeprefix("not written yet: ") for text in missing))
        claims = "1 claim waits" if len(unwritten) == 1 else f"{len(unwritten)} claims wait"
        _listed(terminal, f"{claims} for what is not written yet", names)


def _listed(terminal: Any, title: str, names: list[str], longest: int = 12) -> None:
    more = f" and {len(names) - longest} more" if len(names) > longest else ""
    text = f"{title}: {', '.join(names[:longest])}{more}"
    terminal.write_line("")
    for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False):
        terminal.write_line(line)


def _erratum(terminal: Any, results: Results, outcome: Outcome) -> None:
    """One erratum: what the theory says, the verdict, what holds instead, and what was measured."""
    counter = next(r for r in outcome.records if r.claim.verdict != "holds")
    says = to_unicode(counter.claim.latex) or results.ledger.entries[outcome.id].says
    colour = {"red": True} if outcome.verdict == "refuted" else {"yellow": True}
    terminal.write_line("")
    terminal.write_line(f"{outcome.id}: {outcome.verdict}", bold=True, **colour)
    parts = [f"the theory: {says}", f"instead: {counter.claim.instead}"]
    for record in outcome.records:
        parts += [
            f"measured: {what} = {value if isinstance(value, str) else f'{value:.4g}'}"
            for what, value in record.figures
        ]
    for part in parts:
        for line in textwrap.wrap(part, WIDTH - 2, initial_indent="  ", subsequent_indent="    "):
            terminal.write_line(line)


def claim_coverage(terminal: Any, functions: list[Function]) -> None:
    """For each function, the claims that exercise it; then the lines that no claim reaches."""
    terminal.section("claims by function")
    for function in functions:
        claims = function.claims
        shown = ", ".join(claims[:6]) + (f" and {len(claims) - 6} more" if len(claims) > 6 else "")
        terminal.write_line(f"{function.file.name}  {function.name}", bold=True, red=not claims)
        text = f"{len(claims)}: {shown}" if claims else "no claim exercises this"
        for line in textwrap.wrap(text, WIDTH - 4, break_on_hyphens=False):
            terminal.write_line(f"    {line}")
        if claims and function.missed:
            terminal.write_line(f"    no claim reaches line {ranges(function.missed)}", red=True)
    missed = sum(len(function.missed) for function in functions)
    lines = sum(function.n_lines for function in functions)
    terminal.write_line(f"{lines - missed} of {lines} lines in functions are reached by claims")
