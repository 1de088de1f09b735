"""A notebook as an implementation: its definitions are carried out, and nothing else of it.

Which statements those are is said in `definitions.py`. Cells are counted from the top, prose included.
A cell that is no Python is left out and named; so is a definition that cannot be carried out. A Python file
that does not import whole is read so, too: its lines are counted.
"""

import __future__

import ast
import importlib
import linecache
import marshal
import re
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ground.calling import missing
from ..ground.errors import CannotLoad, described, frames
from ..ground.texts import shortened
from . import scripts
from .definitions import Selection, bound, refers_to, simple
from .formats import NOTEBOOKS, is_notebook

STEPS = 50  # that the stack may be deeper where the names in a statement are looked for again
PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")  # what follows them is Python
MAGIC = re.compile(r"\s*([%!?]|[\w.,\s\[\]]+=\s*[%!])|.*\?\s*$")
# annotations are left alone: what they name need not be there
FLAGS = __future__.annotations.compiler_flag | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True)
class Piece:
    """A statement of a notebook: what of it counts, where it stands, and what it leaves undefined.

    The variables `lost` are those that the rest of the statement would bind.
    """

    tree: ast.stmt | None
    place: str
    line: int
    lost: set[str]


class Notebook:
    """The definitions of a notebook or of a Python file, in their order."""

    def __init__(self, name: str, content: bytes, file: str = "") -> None:
        """Read the notebook, or the Python file, `name`; tracebacks name the latter as `file`.

        Raises CannotLoad if it is no notebook, or if nbformat is not installed.
        """
        self.places: list[str] = []  # what stands for each cell of code in tracebacks
        self._notes: list[tuple[int, int, str]] = []
        statements: list[tuple[str, ast.stmt]] = []
        is_script = not is_notebook(name.lower())
        for number, source in _of_script(content) if is_script else _code_cells(name, content):
            place = (file or name) if is_script else f"{name}, cell {number}"
            self.places.append(place)
            if not is_script or place not in linecache.cache:
                whole = content.decode("utf-8-sig", errors="replace") if is_script else source
                lines = [f"{line}\n" for line in whole.splitlines()]
                linecache.cache[place] = (len(source), None, lines, place)  # for tracebacks
            try:
                parsed = _parsed(source, place).body
                statements += [
                    (place, tree) for tree in parsed if self._can_be_followed(place, tree)
                ]
            except SyntaxError as error:
                self._note(place, error.lineno or 1, f"{error.msg}; the cell is left out")
            except (ValueError, RecursionError, MemoryError) as error:
                self._note(place, 1, f"{error}; the cell is left out")
        self._pieces = list(self._select(statements))

    def _can_be_followed(self, place: str, tree: ast.stmt) -> bool:
        """Whether the names in a statement can be found: in one that is nested too deeply they cannot."""
        limit = sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(limit - STEPS)
            refers_to(tree)
            bound(tree)
        except RecursionError:
            self._note(place, tree.lineno, "too deeply nested; left out")
            return False
        finally:
            sys.setrecursionlimit(limit)
        return True

    def _select(self, statements: list[tuple[str, ast.stmt]]) -> Iterator[Piece]:
        selection = Selection(tree for _, tree in statements)
        for place, tree in statements:
            counts = selection.counting(tree)
            carried_out = [] if counts is None else [bound(part) for part in simple(counts)]
            lost = set().union(*map(bound, simple(tree))).difference(*carried_out)
            if lost & (selection.needed | selection.missing):
                self._note(place, tree.lineno, "left out, since it does more than define")
            yield Piece(counts, place, tree.lineno, lost)

    def _note(self, place: str, line: int, what: str) -> None:
        code = shortened(linecache.getline(place, line), 60)
        _, is_cell, number = place.rpartition(", cell ")
        cell = f"cell {number}, " if is_cell else ""
        order = int(number) if is_cell else 0
        self._notes.append((order, line, f"{cell}line {line}: {what}: `{code}`"))

    @property
    def notes(self) -> list[str]:
        """What was left out, and why: a line each, from the top of the notebook."""
        return [text for _, _, text in sorted(self._notes)]

    def carry_out(self, namespace: Any) -> None:
        """Carry the definitions out in a `beside.Namespace` here or, through a guard, elsewhere."""
        for piece in self._pieces:
            try:
                if piece.tree:
                    namespace.execute(marshal.dumps(_compiled(piece.tree, piece.place)))
            except (Exception, SystemExit) as error:
                lines = [line for file, line in frames(error) if file == piece.place]
                self._note(
                    piece.place, (lines or [0])[-1] or piece.line, f"{described(error)}; left out"
                )
            namespace.forget(sorted(piece.lost))
        namespace.deliver()


def _of_script(content: bytes) -> list[tuple[int, str]]:
    return [(0, source) for source in scripts.cells(content)]


def _code_cells(name: str, content: bytes) -> list[tuple[int, str]]:
    """The number and the source of each cell of code."""
    form = NOTEBOOKS[Path(name).suffix.lower()]
    try:
        importlib.import_module(form.library)
    except ImportError:
        raise CannotLoad(missing(f"the notebook {name}", form.library)) from None
    try:
        cells = form.code_cells(content)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise CannotLoad(f"{name} cannot be read as a notebook: {detail}") from None
    return [(number, _as_text(source)) for number, source in cells]


def _as_text(source: str) -> str:
    """The source without halves of characters, which JSON can hold and Python refuses."""
    return source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parsed(source: str, place: str) -> ast.Module:
    """The statements of a cell, without IPython's magics and shell lines; SyntaxError if it is broken.

    Only a line that Python refuses is looked at for a magic: so none is found inside a string.
    """
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        python = lines[first].split()[0] in PYTHON_MAGICS
        lines = [""] * (first + 1) + lines[first + 1 :] if python else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while True:
            try:
                text = "\n".join(lines)
                compile(text, place, "exec", FLAGS, dont_inherit=True)
                return ast.parse(text, place)
            except SyntaxError as error:
                at = (error.lineno or 0) - 1
                if not (0 <= at < len(lines) and MAGIC.match(lines[at])):
                    raise
                _blank(lines, at)


def _blank(lines: list[str], at: int) -> None:
    """Put `pass` for the magic in a line, and for what a backslash continues it with."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    while lines[at].endswith("\\") and at + 1 < len(lines):
        lines[at], at = "", at + 1
    lines[at] = f"{indent}pass"


def _compiled(tree: ast.stmt, place: str) -> types.CodeType:
    module = ast.Module([tree], [])
    code = compile(module, place, "exec", FLAGS, dont_inherit=True)
    assert isinstance(code, types.CodeType)
    return code
