"""The mutants: all changes that Cosmic Ray's operators make to a module of the reference."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec

from spec.harness.subject.loading import REFERENCE

from .survivors import Change, statements


@dataclass(frozen=True)
class Mutant:
    """A changed module: what is changed in it, and the whole source that results."""

    change: Change
    source: str


def mutants(paths: list[Path]) -> list[Mutant]:
    """The mutants of the modules at `paths`, module by module and line by line.

    Left out are changes of types, which nothing executes, and what gives the same program again.
    """
    session = WorkDB(":memory:", WorkDB.Mode.create)
    init(paths, session, {})
    specs = [mutation for item in session.work_items for mutation in item.mutations]
    specs.sort(key=lambda spec: spec.start_pos)
    return [m for path in paths for m in _of(path, [s for s in specs if s.module_path == path])]


def unmutated() -> Mutant:
    """The reference as it is, for the judge to accept."""
    path = REFERENCE / "linear.py"
    return Mutant(Change(path.name, "", "", ""), path.read_text(encoding="utf-8"))


def _of(path: Path, specs: list[MutationSpec]) -> Iterator[Mutant]:
    source = path.read_text(encoding="utf-8")
    lines, types = statements(source), list(_types(source))
    seen = {tuple(lines)}
    for spec in specs:
        if any(begin <= spec.start_pos < end for begin, end in types):
            continue
        mutated = mutate_code(source, get_operator(spec.operator_name)(), spec.occurrence)
        new_lines = statements(mutated)
        if tuple(new_lines) not in seen:
            seen.add(tuple(new_lines))
            ((old, new),) = [
                pair for pair in zip(lines, new_lines, strict=True) if len({*pair}) > 1
            ]
            where = spec.definition_name or ""
            yield Mutant(Change(path.name, where, old.strip(), new.strip()), mutated)


def _types(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations, and unions of types, begin and end."""
    for node in ast.walk(ast.parse(source)):
        types = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            types.append(node)
        for type in types:
            if isinstance(type, ast.expr):
                assert type.end_lineno is not None
                assert type.end_col_offset is not None
                yield (type.lineno, type.col_offset), (type.end_lineno, type.end_col_offset)
