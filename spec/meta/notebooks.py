"""Notebooks for the tests, made cell by cell."""

import sys
import types

import nbformat

from spec.harness.ground.contract import NAMES
from spec.harness.subject.beside import Namespace
from spec.harness.subject.notebook import Notebook


def content(*cells: str) -> str:
    """A notebook with these cells of code, as a file holds it."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return nbformat.writes(nbformat.v4.new_notebook(cells=made))


def carried_out(*cells: str) -> tuple[types.ModuleType, list[str]]:
    """The module that the cells make, and the notes on what was left out."""
    notebook = Notebook("my.ipynb", content(*cells).encode())
    sys.modules["my"] = module = types.ModuleType("my")  # where `dataclass` looks for it
    notebook.carry_out(Namespace(module, NAMES))
    return module, notebook.notes
