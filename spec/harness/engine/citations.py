"""Reading what a chapter cites from its source: nothing of a chapter is imported, so either may be absent.

The book puts the source of a test beside its claim, and a learner's skeleton has the equations; both
take them from here. That this is what the decorators have said is a test of the meta suite.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import CHAPTER, SPEC
from .claims import Claim


@dataclass(frozen=True)
class Citation:
    """A test of a chapter: its first line, a decorator's, its last line, its name and its claim."""

    line: int
    last: int
    test: str
    claim: Claim


def chapter_paths() -> list[Path]:
    """The files of all chapters, in the theory's order."""
    return sorted(path for path in SPEC.glob("test_*.py") if CHAPTER.fullmatch(path.name))


def citations(chapter: ast.Module) -> Iterator[Citation]:
    """The tests of a chapter that cite a claim, in their order."""
    constants = _constants(chapter)
    for node in chapter.body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "claim":
                    last = node.end_lineno or node.lineno
                    cited = _claim(decorator, constants)
                    yield Citation(first_line(node), last, node.name, cited)


def first_line(node: ast.stmt) -> int:
    """The line in which a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _constants(chapter: ast.Module) -> dict[str, Any]:
    """The texts that stand at the top of a chapter: an equation that two tests share has a name."""
    return {
        target.id: node.value.value
        for node in chapter.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _claim(call: ast.Call, constants: dict[str, Any]) -> Claim:
    """The claim in `@claim(id, latex, ...)`."""

    def value(node: ast.expr) -> Any:
        return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    options = {option.arg: value(option.value) for option in call.keywords if option.arg}
    return Claim(*map(value, call.args), **options)
