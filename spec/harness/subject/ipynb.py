"""Jupyter's format of notebooks, .ipynb: read by nbformat."""

import importlib
import warnings
from typing import Any


def code_cells(content: bytes) -> list[tuple[int, str]]:
    """The number, from 1, and the source of each cell of code. ImportError without nbformat."""
    nbformat: Any = importlib.import_module("nbformat")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells = nbformat.reads(content.decode("utf-8-sig"), as_version=4).cells
    numbered = enumerate(cells, start=1)
    return [(n, str(cell.source)) for n, cell in numbered if cell.cell_type == "code"]
