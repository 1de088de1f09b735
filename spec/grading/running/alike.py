"""The form of a submission: a hash that comments, layout and the names in it do not change.

Two files of one form are the same code but for names and layout. That is a question to ask, and no verdict.
"""

import ast
import hashlib
import warnings
from collections.abc import Mapping

from spec.harness.ground.contract import NAMES
from spec.harness.subject.formats import NOTEBOOKS, is_notebook

FEWEST = 150  # nodes of a syntax tree: what is shorter may be the same by chance
MOST = 200_000


def form(name: str, content: bytes, companions: Mapping[str, bytes]) -> str:
    """The hash of a file and the modules beside it; "" if it cannot be parsed, or is short or huge."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules = [ast.parse(companions[each]) for each in companions if each.endswith(".py")]
            trees = [ast.parse(_source(name, content)), *modules]
    except Exception:  # whatever a submission does to a parser
        return ""
    parts = [statement for tree in trees for statement in tree.body if not _only_text(statement)]
    if not FEWEST <= sum(1 for part in parts for _ in ast.walk(part)) <= MOST:
        return ""
    try:
        forms = sorted(_hash(part) for part in parts)
    except RecursionError:
        return ""
    return hashlib.sha256("".join(forms).encode()).hexdigest()


def _hash(statement: ast.stmt) -> str:
    """The hash of one statement at the top, wherever it stands: their order is layout, too."""
    lines: list[str] = []
    _write_lines(lines, statement, 0, [({}, None)])
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()


def _source(name: str, content: bytes) -> bytes | str:
    """The code of a file; of a notebook that of its cells, without what is for the notebook alone."""
    if not is_notebook(name):
        return content
    cells = NOTEBOOKS[".ipynb"].code_cells(content)
    lines = "\n".join(source for _, source in cells).splitlines()
    return "\n".join("pass" if line.startswith(("!", "%")) else line for line in lines)


# from names to their numbers, and the names that belong to this scope (None: all others)
Scope = tuple[dict[str, str], frozenset[str] | None]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _write_lines(lines: list[str], node: ast.AST, depth: int, scopes: list[Scope]) -> None:
    """A line for each node, with its depth; what is only text is left out."""
    if isinstance(node, ast.expr_context):
        return
    lines.append(f"{depth} {type(node).__name__} {_words(node, scopes)}")
    if isinstance(node, FUNCTIONS):
        scopes = [*scopes, ({}, _bound(node))]
    for child in ast.iter_child_nodes(node):
        if not _only_text(child):
            _write_lines(lines, child, depth + 1, scopes)


def _bound(function: ast.AST) -> frozenset[str]:
    """The names that belong to a function: its parameters, and what it assigns."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def _only_text(node: ast.AST) -> bool:
    """A docstring, or a text that stands alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _words(node: ast.AST, scopes: list[Scope]) -> str:
    """What a node says besides its kind: each name as the number of its first appearance."""
    said = []
    for _, value in ast.iter_fields(node):
        if isinstance(value, str) and not isinstance(node, ast.Constant):
            said.append(_number(value, scopes))
        elif isinstance(value, (str, bytes, int, float, complex)):
            said.append(repr(value))
    return " ".join(said)


def _number(name: str, scopes: list[Scope]) -> str:
    """A name of the contract is itself; any other goes by its scope and its place there."""
    for depth in range(len(scopes) - 1, -1, -1):
        numbers, bound = scopes[depth]
        if bound is None and name in NAMES:
            return name
        if bound is None or name in bound:
            return f"{depth}.{numbers.setdefault(name, str(len(numbers)))}"
    return name
