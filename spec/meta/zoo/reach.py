"""Which tests reach the code that an entry changes: the others cannot tell it from the right one.

A test that runs none of the changed lines does what it does on the reference, where it holds. So an
entry is judged by the tests that reach it, and all that is told of it is told.
"""

import ast
import os
import re
from pathlib import Path

from spec.harness.engine.cases import Case
from spec.harness.engine.suite import Suite
from spec.harness.subject.loading import REFERENCE

from .entries import NOTEBOOK, Wrong, loaded

DEFINITION = re.compile(r"\b(?:def|class|property)\b")
Reach = dict[str, dict[str, list[int]]]  # by file and test: the lines of the reference that it runs


def measured(suite: Suite, _: None) -> Reach:
    """The lines of the reference that each obligation runs. To be called in a fork, which it traces."""
    os.environ["COVERAGE_CORE"] = "ctrace"  # what else there is notes a line at its first run alone
    import coverage

    subject = loaded(REFERENCE / "__init__.py")
    sources = sorted(REFERENCE.glob("*.py"))
    tracer = coverage.Coverage(data_file=None, config_file=False, include=list(map(str, sources)))
    tracer.start()
    for case in suite.obligations:
        tracer.switch_context(case.id)
        suite.judge([case], subject)
    tracer.stop()
    found: Reach = {}
    for source in sources:
        tests = found.setdefault(source.name, {})
        for line, names in tracer.get_data().contexts_by_lineno(str(source)).items():
            for name in names:
                tests.setdefault(name, []).append(line)
    return found


def reaching(suite: Suite, wrong: Wrong, reach: Reach) -> list[Case]:
    """The obligations that reach what an entry changes.

    All do where it changes what is done at import, as a table of functions, and where it changes the
    notebook: that fails tests of its own accord, for reasons that an entry may take away.
    """
    lines = None if wrong.file == NOTEBOOK.name else touched(REFERENCE / wrong.file, wrong)
    if lines is None:
        return suite.obligations
    names = {name for name, run in reach[wrong.file].items() if not lines.isdisjoint(run)}
    return [case for case in suite.obligations if case.id in names]


def touched(source: Path, wrong: Wrong) -> set[int] | None:
    """The lines of the statements that an entry changes, as they stand in its source.

    None where that is not within functions, or where it defines more than there was.
    """
    if len(DEFINITION.findall(wrong.new)) > len(DEFINITION.findall(wrong.old)):
        return None
    text = source.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    first = text.count("\n", 0, text.index(wrong.old)) + 1
    lines: set[int] = set()
    for line in range(first, first + wrong.old.rstrip("\n").count("\n") + 1):
        around = [function for function in functions if line in _lines_of(function)]
        if around:
            lines.update(_statement(max(around, key=lambda function: function.lineno), line))
        elif text.splitlines()[line - 1].strip():
            return None
    return lines


def _statement(function: ast.FunctionDef, line: int) -> range:
    """The lines of the innermost statement of a function around a line; of all, for its head."""
    node: ast.stmt = function
    while True:
        inner = [
            child
            for child in ast.walk(node)
            if child is not node and isinstance(child, ast.stmt) and line in _lines_of(child)
        ]
        if not inner:
            break
        node = inner[0]
    body = getattr(node, "body", None)
    if node is not function and body and line < body[0].lineno:
        return range(node.lineno, body[0].lineno)  # the head of a loop or of a condition
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        node = function  # a docstring is not run: what stands in its place is
    return _lines_of(node)


def _lines_of(node: ast.stmt) -> range:
    first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
    return range(first, (node.end_lineno or node.lineno) + 1)
