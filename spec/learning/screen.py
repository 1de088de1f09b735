"""What `python -m spec watch` draws, with rich: one claim, and how the sections stand."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from spec.harness.explain import WIDTH
from spec.harness.results import FAILS, HOLDS, NOT_RUN, TODO, WAITS, Outcome, Results

from .standing import Section, counted, lines, sections, title

MARKS = {
    FAILS: ("✗", "red"),
    WAITS: ("w", "yellow"),
    NOT_RUN: ("…", "dim"),
    TODO: ("·", "cyan"),
    HOLDS: ("✓", "green"),
}
KEYS = "n next   l list   h more hint   q quit"


def _mark(statuses: set[str]) -> tuple[str, str]:
    """The mark and the colour of what is worst."""
    return next(mark for status, mark in MARKS.items() if status in statuses)


class Screen:
    """A terminal that shows the page last drawn above a bar; or a log, where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
        self._live: Live | None = None

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def draw(self, page: Sequence[Text], found: Results) -> None:
        """Show another page, above the bar."""
        if self._live:
            self._live.stop()
        self._console.clear()
        self._console.print(*page, sep="\n")
        if self._console.is_terminal:
            self._live = Live(
                _bar(found, judging=False),
                console=self._console,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def progress(self, found: Results, judging: bool) -> None:
        """Move the bar, or say in a log how all claims stand once that is known."""
        if self._live:
            self._live.update(_bar(found, judging), refresh=True)
        elif not judging:
            self._console.print(f"{counted(found)}\n")


def page(head: str, found: Results, outcome: Outcome, step: int) -> list[Text]:
    """A claim that is not met: its equation, what came out, and the hints up to this step."""
    colour = "bold red" if outcome.status == FAILS else "bold cyan"
    told = [
        Text(line, "bold" if line.startswith("  why") else "")
        for line in lines(found, outcome, step)
    ]
    return [Text(head, "dim"), Text(), Text(title(outcome), colour), *told, Text()]


def nothing_unmet(head: str, found: Results) -> list[Text]:
    """That all is well or, where the run was cut short, that this is not known."""
    if any(outcome.status == NOT_RUN for outcome in found.outcomes()):
        return refusal(head, "What was judged holds; for the others the time was up.")
    said = Text("Everything that is asked for holds.", "bold green")
    return [Text(head, "dim"), Text(), said, Text()]


def refusal(head: str, sentence: str) -> list[Text]:
    """Why there is nothing to judge."""
    said = [Text(line, "bold red") for line in textwrap.wrap(sentence, WIDTH)]
    return [Text(head, "dim"), Text(), *said, Text()]


def listed(found: Results) -> list[Text]:
    """Every section with its claims, and a mark for each."""
    parts = []
    for section in sections(found):
        count = f"   {section.count[HOLDS]} of {len(section.outcomes)}"
        parts.append(Text(f"{section.number}  {section.title}", "bold").append(count, "dim"))
        claims = Text("    ")
        for outcome in section.outcomes:
            mark, colour = _mark({outcome.status})
            claims.append(f"{mark}\u00a0{outcome.id.partition('/')[2]}", colour).append("   ")
        parts.append(claims)
    return [*parts, Text()]


def _bar(found: Results, judging: bool) -> Group:
    parts = sections(found)
    marks = Text()
    for section in parts:
        marks.append(f"{section.number}\u00a0").append(*_section_mark(section)).append("  ")
    n_holding = sum(section.count[HOLDS] for section in parts)
    total = sum(len(section.outcomes) for section in parts)
    return Group(
        marks,
        ProgressBar(total=total, completed=n_holding, width=60),
        Text(f"{counted(found)}{' ...' if judging else ''}"),
        Text(KEYS, "dim"),
    )


def _section_mark(section: Section) -> tuple[str, str]:
    return _mark(set(section.count))
