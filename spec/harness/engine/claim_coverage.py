"""Coverage of claims: which claims exercise each function of the implementation, and which lines none.

The tracing is coverage.py's, with the claim under test as its dynamic context; here its data are only
read the other way round, from functions to claims.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef
NO_CLAIM = ""  # the context of what runs before the first claim is judged


@dataclass(frozen=True)
class Function:
    """A function or method: its file, qualified name, first and last line, and claims.

    `n_lines` and `missed` are about the statements of its body.
    """

    file: Path
    name: str
    first: int
    last: int
    claims: list[str]
    n_lines: int
    missed: list[int]


class ClaimCoverage:
    """Traces the implementation while claims are judged."""

    def __init__(self, files: list[Path]) -> None:
        """Start to trace what runs in these source files, which have been loaded."""
        import coverage

        self._files = files
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(file) for file in files]
        )
        self._coverage.start()

    def judging(self, claim: str) -> None:
        """From now on, what runs is exercised by this claim."""
        self._coverage.switch_context(claim)

    def stop(self) -> None:
        """Stop tracing."""
        self._coverage.stop()

    def functions(self) -> list[Function]:
        """The functions of the source files, in the order of the source."""
        return [function for file in self._files for function in self._of(file)]

    def _of(self, file: Path) -> Iterator[Function]:
        contexts = self._coverage.get_data().contexts_by_lineno(str(file))
        _, statements, _, missing, _ = self._coverage.analysis2(str(file))
        for name, node in _functions(ast.parse(file.read_bytes())):
            body, last = node.body[0].lineno, node.end_lineno or node.lineno
            lines = [line for line in statements if body <= line <= last]
            claims = {claim for line in lines for claim in contexts.get(line, [])} - {NO_CLAIM}
            missed = [line for line in missing if body <= line <= last]
            first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
            yield Function(file, name, first, last, sorted(claims), len(lines), missed)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """The functions of a module with their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, Definition):
            yield f"{prefix}{node.name}", node
        else:
            yield from _functions(node, prefix)


def ranges(lines: list[int]) -> str:
    """Line numbers as a person writes them: "12, 15-17"."""
    parts: list[list[int]] = []
    for line in sorted(lines):
        if parts and line == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], line]
        else:
            parts.append([line])
    return ", ".join("-".join(map(str, part)) for part in parts)
