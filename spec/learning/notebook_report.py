"""`spec.check()` in a notebook, on the side of the fork: judge the notebook's names, say how they stand."""

import html
import linecache
import sys
import textwrap
import types
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from spec.harness.engine.forked_run import NOTHING, ForkedRun
from spec.harness.engine.records import Record
from spec.harness.engine.results import Results
from spec.harness.engine.suite import collected, warm_up
from spec.harness.ground.contract import NAMES
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.status import TABLE, Status
from spec.harness.subject.loading import ROOT, Subject

from .standing import Section, lines, sections, title, unmet

WIDTH = 44  # columns of the terminal for a section's title
LONGEST = 120.0  # seconds for all claims


def report(namespace: dict[str, Any], parts: Sequence[str]) -> dict[str, str]:
    """What there is to say of these names, as text and as HTML; of these parts of the theory alone."""
    _reset()
    try:
        found = _judged(namespace, parts)
    except CannotDo as error:
        return {"text": f"spec.check: {error}"}
    return {"text": _as_text(found), "html": _as_html(found)}


def _reset() -> None:
    """Part with what the session has set, and with its screen: the kernel would show what is sent there."""
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    if streams := sys.modules.get("ipykernel.iostream"):
        streams.IOPubThread.send_multipart = lambda *_, **__: None


def _judged(namespace: dict[str, Any], parts: Sequence[str]) -> Results:
    suite = collected()
    wanted = suite.ledger.chosen(parts) or set(suite.ledger.entries)
    cases = [case for case in suite.obligations if case.claim.id in wanted]
    if not cases:
        raise CannotDo(f"{', '.join(parts)}: only theorems, which ask nothing of your code")
    warm_up()
    found = Results(suite.ledger, NOTHING, suite.setting)
    found.know(suite.cases)
    with ForkedRun(suite, cases, lambda: _subject(namespace), LONGEST) as run:
        while not run.over:
            found.records |= {record.test: record for record in run.arrived(1.0)}
    if run.refused:
        raise CannotDo(run.refused)
    found.records |= {test: Record.blank(case) for test, case in run.left.items()}
    found.settle()
    for record in found.records.values():
        if record.explanation:
            sentence = _in_cells(record.explanation.sentence)
            record.explanation = replace(record.explanation, sentence=sentence)
    return found


def _subject(namespace: dict[str, Any]) -> Subject:
    """The names as a module. One of the contract that is no callable is something else of that name."""
    module = types.ModuleType("notebook")
    module.__dict__.update(
        (name, value) for name, value in namespace.items() if name not in NAMES or callable(value)
    )
    return Subject(module, "this notebook", ROOT, "", False)


def _in_cells(sentence: str) -> str:
    """The sentence with IPython's number of a cell in place of the file that stands for it."""
    ipython: Any = sys.modules.get("IPython")
    if ipython and (shell := ipython.get_ipython()):
        for file in linecache.cache:
            if label := shell.compile.format_code_name(file):
                sentence = sentence.replace(f"({Path(file).name}, line", f"(cell {label[1]}, line")
    return sentence


def _rows(found: Results) -> tuple[list[Section], list[str]]:
    """The sections for which something is written, and the numbers of the others."""
    parts = sections(found)
    begun = [part for part in parts if set(part.count) - {Status.TODO}]
    return begun, [part.number for part in parts if part not in begun]


def _notes(found: Results, unwritten: list[str]) -> list[str]:
    """What to say below the table."""
    notes = [f"nothing is written yet for {', '.join(unwritten)}"] if unwritten else []
    if n := sum(part.count[Status.NOT_RUN] for part in sections(found)):
        notes.append(
            f"{n} claims were not judged: there was no time left, or your code ended the process"
        )
    if not unmet(found) and not n:
        notes.append("all claims hold")
    return notes


def _first(found: Results) -> list[str]:
    """The first claim to mend or, where none fails, to write: a title, and what is to be said of it."""
    candidates = unmet(found)
    return [title(candidates[0]), *lines(found, candidates[0])] if candidates else []


def _as_text(found: Results) -> str:
    begun, unwritten = _rows(found)
    head = " " * WIDTH + "".join(f"{status.short:>9}" for status in TABLE)
    table = [head] if begun else []
    for part in begun:
        counts = "".join(f"{part.count[status] or '·':>9}" for status in TABLE)
        table.append(f"{part.number:<5}{part.title:{WIDTH - 5}.{WIDTH - 5}}{counts}")
    first = _first(found)
    notes = [line for note in _notes(found, unwritten) for line in textwrap.wrap(note, 80)]
    return "\n".join([*table, *notes, *([""] if first else []), *first])


def _as_html(found: Results) -> str:
    begun, unwritten = _rows(found)
    head = "".join(f"<th>{status.short}</th>" for status in TABLE)
    rows = [
        f'<tr><td style="text-align:left">{part.number}&ensp;{html.escape(part.title)}</td>'
        + "".join(_cell(status, part.count[status]) for status in TABLE)
        + "</tr>"
        for part in begun
    ]
    notes = [f"<div>{html.escape(note)}</div>" for note in _notes(found, unwritten)]
    first = [html.escape(line) for line in _first(found)]
    told = f"<p><b>{first[0]}</b></p><pre>{chr(10).join(first[1:])}</pre>" if first else ""
    table = f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>" if rows else ""
    return f"<div>{table}{''.join(notes)}{told}</div>"


def _cell(status: Status, n: int) -> str:
    return f'<td style="color:{status.rgb}">{n}</td>' if n else "<td>·</td>"
