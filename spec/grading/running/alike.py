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
            trees = [ast.parse(_source(name, content)), *sorted(modules, key=_n_statements)]
    except Exception:  # whatever a submission does to a parser
        return ""
    nodes = [node for tree in trees for node in _in_order(tree)]
    if not FEWEST <= len(nodes) <= MOST:
        return ""
    numbers = {each: each for each in NAMES}
    digest = hashlib.sha256()
    for node, depth in nodes:
        line = f"{depth} {type(node).__name__} {_words(node, numbers)}\n"
        digest.update(line.encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _n_statements(tree: ast.Module) -> int:
    """How many statements a module has, to put modules in an order without their names."""
    return len(tree.body)


def _source(name: str, content: bytes) -> bytes | str:
    """The code of a file; of a notebook that of its cells, without what is for the notebook alone."""
    if not is_notebook(name):
        return content
    cells = NOTEBOOKS[".ipynb"].code_cells(content)
    lines = "\n".join(source for _, source in cells).splitlines()
    return "\n".join("pass" if line.startswith(("!", "%")) else line for line in lines)


def _in_order(tree: ast.Module) -> list[tuple[ast.AST, int]]:
    """The nodes of a tree from the first to the last, with their depth; what is only text is left out."""
    found: list[tuple[ast.AST, int]] = []
    pending: list[tuple[ast.AST, int]] = [(tree, 0)]
    while pending and len(found) <= MOST:
        node, depth = pending.pop()
        found.append((node, depth))
        below = [child for child in ast.iter_child_nodes(node) if not _only_text(child)]
        pending += [(child, depth + 1) for child in reversed(below)]
    return found


def _only_text(node: ast.AST) -> bool:
    """A docstring, or a text that stands alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _words(node: ast.AST, numbers: dict[str, str]) -> str:
    """What a node says besides its kind: each name as the number of its first appearance."""
    said = []
    for _, value in ast.iter_fields(node):
        if isinstance(value, str) and not isinstance(node, ast.Constant):
            said.append(numbers.setdefault(value, str(len(numbers))))
        elif isinstance(value, (str, bytes, int, float, complex)):
            said.append(repr(value))
    return " ".join(said)
