"""What a person reads: what is judged, the table by section, the first claim to mend, the errata."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.claim_coverage import Function, ranges
from ..engine.records import Outcome, Record, most_pressing
from ..engine.results import Results
from ..ground.calling import judging
from ..ground.latex import to_unicode
from ..ground.status import TABLE, Status
from ..ground.texts import shortened
from ..subject.loading import ALONE, Subject
from ..telling.explain import NARROWEST, WIDEST, wrapped

THEOREM, ERRATA = "theorem", "errata"  # columns beside those of a status
COLUMNS = {
    Status.HOLDS.short: Status.HOLDS.colour,
    THEOREM: Status.HOLDS.colour,
    **{status.short: status.colour for status in TABLE if status is not Status.HOLDS},
    ERRATA: "blue",
}
TITLE = 35  # columns of the terminal, if there are as many beside the counts
MOST_TOLD = 12  # claims
MOST_PRINTED = 8  # lines that the learner's code printed


def provenance(subject: Subject, seed: int) -> list[str]:
    """The header: what is judged, where it lies, its hash, and the seed of all chance."""
    what = "the reference implementation" if subject.is_reference else subject.name
    alone = ", by its definitions alone" if subject.notes[:1] and ALONE in subject.notes[0] else ""
    return [
        f"judged: {what}{alone}",
        f"  path: {subject.path}",
        f"  sha256: {subject.sha256}",
        f"  seed: {seed}",
        *(f"  {note}" for note in subject.notes),
    ]


def width_of(terminal: Any) -> int:
    """The columns to fill: those of the terminal, within reason."""
    return int(min(max(terminal._tw.fullwidth, NARROWEST), WIDEST))


@contextmanager
def told_once(terminal: Any, results: Results | None) -> Iterator[None]:
    """While this lasts, pytest's own list of failures is without those that `summary` tells."""
    records = results.records if results else {}
    failed = terminal.stats.get("failed", [])
    terminal.stats["failed"] = [
        report
        for report in failed
        if not ((record := records.get(_case(report))) and record.explanation)
    ]
    yield
    terminal.stats["failed"] = failed
    if not failed:
        del terminal.stats["failed"]


def _case(report: Any) -> str:
    return getattr(report, "case", "")


def count_claims_whole(terminal: Any, results: Results) -> None:
    """Make pytest's last line agree with the table: *passed* is a test of a claim that holds.

    Any other that passed did so for a part of its claim, or as it would for code that does nothing. One
    that failed may wait: that is known now.
    """
    holding = {outcome.id for outcome in results.outcomes() if outcome.status is Status.HOLDS}
    records = results.records
    failed = terminal.stats.pop("failed", [])
    for waits, category in ((False, "failed"), (True, "waiting")):
        some = [
            report
            for report in failed
            if waits == ((record := records.get(_case(report))) is not None and _waits(record))
        ]
        if some:
            terminal._add_stats(category, some)
    passed: dict[bool, list[Any]] = {True: [], False: []}
    for report in terminal.stats.pop("passed", []):
        record = records.get(_case(report))
        passed[record is None or record.claim.id in holding].append(report)
    for whole, category in ((True, "passed"), (False, "passed in part")):
        if passed[whole]:
            terminal._add_stats(category, passed[whole])


def _waits(record: Record) -> bool:
    return record.status is Status.WAITS and not record.hollow


def summary(terminal: Any, results: Results, *, errata: bool) -> None:
    """Print the report at the end of a run."""
    outcomes = results.outcomes()
    terminal.section("the theory, executed")
    subject = results.subject
    terminal.write_line(f"judged: {subject.name}, sha256 {subject.sha256[:12]}...")
    _table(terminal, results, outcomes)
    if results.n_left_out:
        theorems = f"{results.n_left_out} claims are theorems, which ask nothing of your code:"
        for line in wrapped(f"{theorems} not run; pytest spec proves them", width_of(terminal)):
            terminal.write_line(line)
    _next_steps(terminal, results, outcomes)
    if errata:
        terminal.section("errata: where the theory is wrong, or needs a condition")
        for outcome in outcomes:
            if outcome.verdict != "holds":
                _erratum(terminal, results, outcome)


def _column(outcome: Outcome) -> str:
    if outcome.status is Status.HOLDS and outcome.is_theorem:
        return THEOREM
    status = Status.FAILS if outcome.status is Status.NOT_RUN else outcome.status
    return status.short


def _table(terminal: Any, results: Results, outcomes: list[Outcome]) -> None:
    """Claims by chapter: each stands in one of the first five columns; errata count again."""
    titles, header = results.ledger.titles, "".join(f" {name}" for name in COLUMNS)
    room = min(TITLE, width_of(terminal) - len(header))
    terminal.write_line(f"{'':{room}}{header}", bold=True)
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        count = counts.setdefault(results.ledger.chapter(outcome.id), Counter())
        count[_column(outcome)] += 1
        count[ERRATA] += outcome.verdict != "holds"
    for chapter, count in counts.items():
        _row(terminal, f"{chapter:>2}  {titles[chapter]}", count, room)
    if len(counts) > 1:
        _row(terminal, "    together", sum(counts.values(), Counter()), room, bold=True)


def _row(terminal: Any, title: str, count: Counter[str], room: int, bold: bool = False) -> None:
    terminal.write(f"{title:{room}.{room}}", bold=bold)
    for name, colour in COLUMNS.items():
        markup = {colour: True, "bold": bold} if count[name] else {}
        terminal.write(f" {count[name] or '·':>{len(name)}}", **markup)
    terminal.write_line("")


def _next_steps(terminal: Any, results: Results, outcomes: list[Outcome]) -> None:
    failing = most_pressing(o for o in outcomes if o.status in (Status.FAILS, Status.NOT_RUN))
    unwritten = [o for o in outcomes if o.status is Status.TODO]
    waiting = [o.id for o in outcomes if o.status is Status.WAITS]
    if failing:
        _in_full(terminal, results, failing[0], "First to mend: ")
        verbose = terminal.config.get_verbosity() > 0
        for outcome in failing[1 : None if verbose else MOST_TOLD]:
            (_in_full if verbose else _in_short)(terminal, results, outcome)
        if len(failing) > MOST_TOLD and not verbose:
            _listed(terminal, "failing, too", [o.id for o in failing[MOST_TOLD:]])
    if waiting:
        claims = "1 claim waits" if len(waiting) == 1 else f"{len(waiting)} claims wait"
        _listed(terminal, f"{claims} for those to be mended", waiting)
        for id, cause in results.causes_behind()[:MOST_TOLD]:
            for line in wrapped(f"{id}  {cause}", width_of(terminal)):
                terminal.write_line(line)
    if unwritten:
        told = [o.worst.explanation for o in unwritten if o.worst.explanation]
        names = list(dict.fromkeys(explanation.missing for explanation in told))
        claims = "1 claim waits" if len(unwritten) == 1 else f"{len(unwritten)} claims wait"
        _listed(terminal, f"{claims} for what is not written yet", names)


def _in_full(terminal: Any, results: Results, outcome: Outcome, title: str = "") -> None:
    """A claim that fails: its equation, what came out, the hint, the case, and how to go on."""
    record, width = outcome.worst, width_of(terminal)
    terminal.write_line("")
    terminal.write_line(f"{title}{outcome.id}", red=True, bold=True)
    for line in results.headline(record, width)[1:]:
        terminal.write_line(line)
    for line in results.told(record, width):
        terminal.write_line(line, bold=line.startswith(("  why", "  hint")))
    printed = record.printed.splitlines()
    if printed:
        terminal.write_line("  your code printed, in the end")
    for line in printed[-MOST_PRINTED:]:
        terminal.write_line(f"    {shortened(line, width - 4)}")
    alone = judging(results.setting.given, "--claim", outcome.id)
    for line in wrapped(f"this one alone: {alone}", width):
        terminal.write_line(line)
    more = {"off": "nudge", "nudge": "full"}.get(results.setting.hints)
    if title and more and record.explanation and record.explanation.diagnosis:
        terminal.write_line(f"  for more: --hints {more}")


def _in_short(terminal: Any, results: Results, outcome: Outcome) -> None:
    """A claim that fails as well, in two lines."""
    explanation, width = outcome.worst.explanation, width_of(terminal)
    terminal.write_line("")
    terminal.write_line(f"Fails, too: {outcome.id}", red=True)
    sentence = explanation.sentence if explanation else outcome.status
    terminal.write_line(f"  {shortened(sentence, width - 2)}")


def _listed(terminal: Any, title: str, names: list[str], longest: int = MOST_TOLD) -> None:
    more = f" and {len(names) - longest} more" if len(names) > longest else ""
    text = f"{title}: {', '.join(names[:longest])}{more}"
    terminal.write_line("")
    for line in textwrap.wrap(
        text, width_of(terminal), subsequent_indent="  ", break_on_hyphens=False
    ):
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
        for line in wrapped(part, width_of(terminal)):
            terminal.write_line(line)


def claim_coverage(terminal: Any, functions: list[Function]) -> None:
    """For each function, the claims that exercise it; then the lines that no claim reaches."""
    terminal.section("claims by function")
    for function in functions:
        claims = function.claims
        shown = ", ".join(claims[:6]) + (f" and {len(claims) - 6} more" if len(claims) > 6 else "")
        terminal.write_line(f"{function.file.name}  {function.name}", bold=True, red=not claims)
        text = f"{len(claims)}: {shown}" if claims else "no claim exercises this"
        for line in textwrap.wrap(text, width_of(terminal) - 4, break_on_hyphens=False):
            terminal.write_line(f"    {line}")
        if claims and function.missed:
            terminal.write_line(f"    no claim reaches line {ranges(function.missed)}", red=True)
    missed = sum(len(function.missed) for function in functions)
    lines = sum(function.n_lines for function in functions)
    terminal.write_line(f"{lines - missed} of {lines} lines in functions are reached by claims")
