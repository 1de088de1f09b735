"""What a learner starts from: every name of the contract with its docstring and an empty body.

It is made from the source of `impl` and from the equations of the chapters, so it cannot drift from
what is judged.
"""

import ast
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from spec.harness.engine.claims import Ledger
from spec.harness.ground.contract import SECTIONS
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.latex import to_unicode

from .equations import Equation, equations_of
from .reference import Reference, signature
from .words import words

EMPTY = "raise NotImplementedError"
IMPORTS = "import numpy as np"
INDENT = " " * 4
COLUMN = 56  # where a claim's id stands, right of its equation
WIDTH = 96
CONVENTIONS = (
    "Arrays are float64, and rows are samples: X is (m, n_0), W is (n_in, n_out), b is (1, n_out), "
    "Y is one-hot (m, K)."
)


@dataclass(frozen=True)
class Section:
    """A section of the theory: what is to be written for it, in words, equations and code.

    `headings` are (depth, title): the section's own, below that of its chapter where it begins one.
    """

    headings: tuple[tuple[int, str], ...]
    prose: str
    equations: tuple[Equation, ...]
    definitions: tuple[str, ...]


def sections(wanted: Iterable[str] = ()) -> list[Section]:
    """The sections that are `wanted`, chapters (3) or sections (5.3), or all; each name in the first.

    Raises CannotDo for one to which no name of the contract belongs, or if there is no reference.
    """
    ledger, chosen = Ledger(), set(wanted)
    for number in sorted(chosen - {*SECTIONS, *map(ledger.chapter, SECTIONS)}):
        known = ", ".join(SECTIONS)
        raise CannotDo(f"--section {number}: there is nothing to write; choose from {known}")
    reference, found = Reference(), []
    shown: set[str] = set()
    for number, names in SECTIONS.items():
        chapter = ledger.chapter(number)
        new = [name for name in names if name not in shown]
        if new and (not chosen or {number, chapter} & chosen):
            headings = [part for part in dict.fromkeys((chapter, number)) if part not in shown]
            found.append(_section(reference, ledger, headings, new, shown))
    return found


def _section(
    reference: Reference, ledger: Ledger, headings: list[str], names: list[str], shown: set[str]
) -> Section:
    """The section with these headings and names; what is shown now is added to `shown`."""
    prose = [text for text in dict.fromkeys(map(reference.prose, names)) if text not in shown]
    shown |= {*headings, *names, *prose}
    owners = [
        owner
        for name in names
        for owner in (name, *(f"{name}.{method}" for method in reference.methods(name)))
    ]
    return Section(
        tuple((1 + ("." in number), f"{number}  {ledger.titles[number]}") for number in headings),
        " ".join(prose),
        tuple(dict.fromkeys(equation for owner in owners for equation in equations_of(owner))),
        tuple(definition(reference, name) for name in names),
    )


def definition(reference: Reference, name: str) -> str:
    """The source of a function or class: signatures, docstrings, and bodies that are still empty."""
    node = reference.definitions[name]
    if isinstance(node, ast.FunctionDef):
        return _function(node, words(reference, name), equations_of(name))
    methods = [
        _function(method, words(reference, name, key), equations_of(f"{name}.{key}"))
        for key, method in reference.methods(name).items()
    ]
    body = "\n\n".join([_docstring(words(reference, name), equations_of(name)), *methods])
    return f"class {name}:\n{textwrap.indent(body, INDENT)}"


def _function(node: ast.FunctionDef, text: str, stated: list[Equation]) -> str:
    docstring = [_docstring(text, stated)] if text else []
    body = "\n".join([*docstring, EMPTY])
    return f"def {node.name}({signature(node)}):\n{textwrap.indent(body, INDENT)}"


def _docstring(text: str, stated: list[Equation]) -> str:
    if stated:
        text += "\n\n" + "\n".join(map(_in_columns, stated))
    return f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'


def _in_columns(equation: Equation) -> str:
    left = to_unicode(equation.latex)
    width = sum(not unicodedata.combining(character) for character in left)
    return left + " " * max(COLUMN - width, 2) * bool(left) + equation.id


def module(chosen: list[Section], command: str) -> str:
    """The text of a .py file with these sections; `command` judges it."""
    first = chosen[0].equations[0].id
    head = f'''\
"""Neural networks from scratch, to be written.

Put your code in place of `{EMPTY}`, in any order. To check it, run one of these:

    {command}
    {command} --claim {first}

The second one checks one claim, by the name beside its equation.

{textwrap.fill(CONVENTIONS + " What an equation calls W[1] is `W1` in the code.", WIDTH)}
"""

{IMPORTS}'''
    return "\n\n\n".join([head, *(_as_text(section) for section in chosen)]) + "\n"


def _as_text(section: Section) -> str:
    titles = [f"# {title}\n# {'=-'[depth - 1] * len(title)}" for depth, title in section.headings]
    prose = textwrap.fill(
        section.prose, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )
    return "\n\n\n".join(["\n\n".join(filter(None, [*titles, prose])), *section.definitions])
