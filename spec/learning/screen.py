"""What `python -m spec watch` draws, with rich: one claim, and how the sections stand."""

import textwrap
import time
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from spec.harness.engine.records import Outcome
from spec.harness.engine.results import Results
from spec.harness.ground.status import Status, worst
from spec.harness.telling.explain import WIDTH

from .standing import counted, lines, sections, title

PAUSE = 0.1  # seconds between two moves of the bar
KEYS = "n next   l list   h more hint   q quit"


class Screen:
    """A terminal that shows the page last drawn above a bar; or a log, where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
        self._live: Live | None = None
        self._drawn = 0.0

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
            if not judging or time.monotonic() > self._drawn + PAUSE:
                self._drawn = time.monotonic()
                self._live.update(_bar(found, judging), refresh=True)
        elif not judging:
            self._console.print(f"{counted(found)}\n")


def page(head: str, found: Results, outcome: Outcome, step: int) -> list[Text]:
    """A claim that is not met: its equation, what came out, and the hints up to this step."""
    colour = "bold red" if outcome.status == Status.FAILS else "bold cyan"
    told = [
        Text(line, "bold" if line.startswith("  why") else "")
        for line in lines(found, outcome, step)
    ]
    return [Text(head, "dim"), Text(), Text(title(outcome), colour), *told, Text()]


def nothing_unmet(head: str, found: Results) -> list[Text]:
    """That all is well or, where the run was cut short, that this is not known."""
    if any(outcome.status == Status.NOT_RUN for outcome in found.outcomes()):
        return refusal(head, "What was judged holds. There was no time for the rest.")
    said = Text("All claims hold.", "bold green")
    return [Text(head, "dim"), Text(), said, Text()]


def refusal(head: str, sentence: str) -> list[Text]:
    """Why there is nothing to judge."""
    said = [Text(line, "bold red") for line in textwrap.wrap(sentence, WIDTH)]
    return [Text(head, "dim"), Text(), *said, Text()]


def listed(found: Results) -> list[Text]:
    """Every section with its claims, and a mark for each."""
    parts = []
    for section in sections(found):
        count = f"   {section.count[Status.HOLDS]} of {len(section.outcomes)}"
        parts.append(Text(f"{section.number}  {section.title}", "bold").append(count, "dim"))
        parts += _filled(_marked(o.id.partition("/")[2], {o.status}) for o in section.outcomes)
    return [*parts, Text()]


def _bar(found: Results, judging: bool) -> Group:
    parts = sections(found)
    bar = ProgressBar(
        total=sum(len(section.outcomes) for section in parts),
        completed=sum(section.count[Status.HOLDS] for section in parts),
        width=WIDTH,
    )
    return Group(
        *_filled(_marked(section.number, set(section.count)) for section in parts),
        Padding(bar, 0),
        Text(f"{counted(found)}{' ...' if judging else ''}"),
        Text(KEYS, "dim"),
    )


def _marked(name: str, statuses: set[Status]) -> Text:
    """A name behind the mark of what is worst."""
    status = worst(statuses)
    return Text(f"{status.mark} {name}", status.colour)


def _filled(names: Iterable[Text]) -> list[Text]:
    """The names in lines; rich would break a line between a mark and its name."""
    lines = [Text("  ")]
    for name in names:
        if lines[-1].cell_len + name.cell_len > WIDTH:
            lines.append(Text("  "))
        lines[-1].append(name).append("  ")
    return lines
