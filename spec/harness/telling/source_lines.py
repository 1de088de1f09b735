"""The learner's own lines that compute a value, read from the source of the function that gave it.

Names are followed, nothing is run: `dW1 = ...`, `grads["dW1"] = ...`, `{"dW1": ...}`, or what is
returned. Where no line is found, or too many to be a hint, none is shown.
"""

import ast
import inspect
import linecache
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tokenize import TokenError

from ..ground.texts import shortened
from ..subject.loading import Subject

MOST = 3  # lines; more are no place to look at
LONGEST = 200  # characters of a statement


@dataclass(frozen=True)
class OwnLine:
    """One statement of the learner's: where it stands ("my_net.py, line 43") and its text."""

    place: str
    text: str


def own_lines(subject: Subject, function: str, entry: str) -> list[OwnLine]:
    """The statements in `function` ("TwoLayerNet.backward") that compute `entry`; [] if not found.

    `entry` is a name ("dW1"), a place in a tuple returned ("[1]"), or "" for what is returned.
    """
    where = subject.located(function)
    tree = _parsed(*where) if where else None
    if where is None or tree is None:
        return []
    file = where[0]
    found = _returned(tree, entry) if not entry or entry[0] == "[" else _computing(tree, entry)
    lines = sorted({(node.lineno, node.end_lineno or node.lineno) for node in found})
    if len(lines) > MOST:
        return []
    place = file if subject.is_cell(file) else Path(file).name
    return [OwnLine(f"{place}, line {first}", _text(file, first, last)) for first, last in lines]


def _parsed(file: str, line: int) -> ast.stmt | None:
    """The statement that defines the function: lines are counted as in its file."""
    lines = linecache.getlines(file)[line - 1 :]
    try:
        tree = ast.parse(textwrap.dedent("".join(inspect.getblock(lines))))
    except (SyntaxError, IndexError, TokenError, RecursionError, MemoryError):
        return None
    return ast.increment_lineno(tree.body[0], line - 1) if tree.body else None


def _text(file: str, first: int, last: int) -> str:
    lines = [
        linecache.getline(file, number)[: 4 * LONGEST].strip() for number in range(first, last + 1)
    ]
    return shortened(" ".join(lines), LONGEST)


def _computing(tree: ast.stmt, name: str) -> list[ast.stmt | ast.expr]:
    """What binds `name`; in a loop over the layers also what binds it without its number."""
    found, stem = list(_bindings(tree, name)), name.rstrip("0123456789")
    if stem != name and not name.endswith("0"):
        loops = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While))]
        found += [node for loop in loops for node in _bindings(loop, stem)]
    return found


def _bindings(tree: ast.AST, name: str) -> Iterator[ast.stmt | ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if (
                    key
                    and _is_named(key, name)
                    and not isinstance(value, (ast.Name, ast.Attribute))
                ):
                    yield value
            continue
        else:
            continue
        flat = chain.from_iterable(
            target.elts if isinstance(target, ast.Tuple) else [target] for target in targets
        )
        if any(_is_named(target, name) for target in flat):
            yield node


def _is_named(node: ast.expr, name: str) -> bool:
    """Whether a target of an assignment, or a key, is called `name`, in either case."""
    if isinstance(node, ast.Subscript):
        return _is_named(node.slice, name) and not isinstance(node.slice, ast.Name)
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\d+"
            for part in node.values
        ]
        pattern = re.sub(r"(\\d\+)+", r"\\d+", "".join(parts))  # one number, however many parts
        return re.fullmatch(pattern, name, re.IGNORECASE) is not None
    own = {ast.Name: "id", ast.Attribute: "attr", ast.Constant: "value"}.get(type(node))
    return own is not None and str(getattr(node, own)).lower() == name.lower()


def _returned(tree: ast.stmt, entry: str) -> list[ast.stmt | ast.expr]:
    """What is returned, with what binds the variables in it if that is little; a bare variable's bindings."""
    if not isinstance(tree, ast.FunctionDef):
        return [tree]  # a lambda
    inner = {
        id(node)
        for nested in ast.walk(tree)
        if nested is not tree and isinstance(nested, (ast.FunctionDef, ast.Lambda))
        for node in ast.walk(nested)
    }
    returns: list[ast.stmt | ast.expr] = []
    behind: list[ast.stmt | ast.expr] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Return) or node.value is None or id(node) in inner:
            continue
        value: ast.expr = node.value
        if entry and isinstance(value, ast.Tuple) and int(entry[1:-1]) < len(value.elts):
            value = value.elts[int(entry[1:-1])]
        names = {used.id for used in ast.walk(value) if isinstance(used, ast.Name)}
        bound = [binding for name in names for binding in _bindings(tree, name)]
        returns += bound if bound and isinstance(value, ast.Name) else [node]
        behind += bound
    return returns + behind if len({*map(id, returns + behind)}) <= MOST else returns
