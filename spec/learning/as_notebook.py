"""The same skeleton as a notebook: for each section a cell of prose, with the equations, and one of code."""

import importlib
from typing import Any

from spec.harness.ground.calling import missing
from spec.harness.ground.errors import CannotDo

from .equations import Equation
from .skeleton import CONVENTIONS, EMPTY, IMPORTS, Section

NEEDED = f"{missing('a notebook', 'nbformat')}, or name a file that ends in .py"


def notebook(chosen: list[Section], command: str) -> str:
    """The text of an .ipynb file with these sections; `command` judges it.

    Raises CannotDo if nbformat is not installed.
    """
    try:
        nbformat: Any = importlib.import_module("nbformat")
    except ImportError:
        raise CannotDo(NEEDED) from None
    first = chosen[0].equations[0].id
    texts = [("markdown", _introduction(command, first)), ("code", IMPORTS)]
    for section in chosen:
        texts += [("markdown", _prose(section)), ("code", "\n\n\n".join(section.definitions))]
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    cells = [make[kind](text, id=f"cell-{n}") for n, (kind, text) in enumerate(texts, start=1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return str(nbformat.writes(content)) + "\n"


def _introduction(command: str, first: str) -> str:
    return f"""\
# Neural networks from scratch

Put your code in place of `{EMPTY}`, in any order. To check it, save, and run one of these in a terminal:

    {command}
    {command} --claim {first}

The second one checks one claim, by the name beside its equation. {CONVENTIONS} What an equation calls
$W^{{[1]}}$ is `W1` in the code."""


def _prose(section: Section) -> str:
    headings = [f"{'#' * (depth + 1)} {title}" for depth, title in section.headings]
    return "\n\n".join(filter(None, [*headings, section.prose, *map(_stated, section.equations)]))


def _stated(equation: Equation) -> str:
    sentence = f"`{equation.id}` {equation.says}"
    return f"{sentence}:\n\n$${equation.latex}$$" if equation.latex else f"{sentence}."
