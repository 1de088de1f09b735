"""The table of the domain in a terminal: which classes of inputs each claim has tried."""

import textwrap
from collections.abc import Iterable
from typing import Any

from ..engine.domain_coverage import Row

WIDTH = 78  # characters of a line
INDENT = "    "


def show(terminal: Any, rows: list[Row]) -> None:
    """Write a paragraph for each row: what was tried, what was not, and what does not apply."""
    terminal.section("the domain: classes of inputs that were tried")
    for row in rows:
        n_tried = len(row.tried) - len(row.missing)
        title = f"{row.claim}  {row.name}  {n_tried} of {len(row.tried)}"
        terminal.write_line(title, bold=True, red=bool(row.missing))
        _write(terminal, grouped(one for one in row.tried if row.tried[one]))
        if row.missing:
            _write(terminal, f"not tried: {grouped(row.missing)}", red=True)
        for why in dict.fromkeys(row.elsewhere.values()):
            these = grouped(one for one, reason in row.elsewhere.items() if reason == why)
            _write(terminal, f"not here {these}: {why}")
    applying = sum(len(row.tried) for row in rows)
    missing = sum(len(row.missing) for row in rows)
    line = f"{applying - missing} of {applying} classes that apply were tried"
    terminal.write_line(line, bold=True, red=missing > 0, green=missing == 0)


def grouped(classes: Iterable[str]) -> str:
    """Classes by what they are of: "m 1, 2, some; K 2"."""
    groups: dict[str, list[str]] = {}
    for one in classes:
        what, _, which = one.partition(": ")
        groups.setdefault(what, []).append(which)
    return "; ".join(f"{what} {', '.join(which)}" for what, which in groups.items())


def _write(terminal: Any, text: str, **markup: bool) -> None:
    for line in textwrap.wrap(text, WIDTH - len(INDENT), break_on_hyphens=False):
        terminal.write_line(f"{INDENT}{line}", **markup)
