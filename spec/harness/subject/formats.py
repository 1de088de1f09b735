"""The formats in which an implementation may be written: Python, and what is read cell by cell.

A further format of notebook is a module that reads it, and a line of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import ipynb


@dataclass(frozen=True)
class NotebookFormat:
    """How a notebook is read: `code_cells` gives number and source of each cell of code.

    It may raise anything for what is no such notebook. It takes the `library`, of this project's `extra`.
    """

    code_cells: Callable[[bytes], list[tuple[int, str]]]
    library: str
    extra: str


NOTEBOOKS = {".ipynb": NotebookFormat(ipynb.code_cells, "nbformat", "notebook")}  # by suffix
SUFFIXES = (".py", *NOTEBOOKS)


def is_notebook(file: Path | str) -> bool:
    """Whether a file's name is that of a notebook."""
    return Path(file).suffix in NOTEBOOKS


def one_of(suffixes: tuple[str, ...]) -> str:
    """The suffixes as a sentence has them: ".py or .ipynb"."""
    return " or ".join(filter(None, [", ".join(suffixes[:-1]), suffixes[-1]]))
