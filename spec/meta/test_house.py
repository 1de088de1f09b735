"""The rules of the house: who may import whom, how long a file may be, what must stay in step."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import impl
from spec.harness.engine.claims import Ledger
from spec.harness.ground.contract import NAMES
from spec.harness.ground.latex import to_unicode

from .conftest import ROOT

SPEC = ROOT / "spec"
CHAPTERS = sorted(SPEC.glob("test_*.py"))
SOURCES = sorted([*(ROOT / "impl").rglob("*.py"), *SPEC.rglob("*.py")])
VISIBLE = {"spec", "impl", "conftest.py", "pyproject.toml", "README.md", "tox.ini"}


def imported(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, wherever in it."""
    package = path.relative_to(ROOT).parent.parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names.add(".".join([*base, *([node.module] if node.module else [])]))
    return names


def reaches(path: Path, *forbidden: str) -> set[str]:
    """The imports of a file that lie in one of the forbidden packages."""
    return {n for n in imported(path) if any(n == f or n.startswith(f"{f}.") for f in forbidden)}


@pytest.mark.parametrize("path", sorted((ROOT / "impl").rglob("*.py")), ids=lambda p: p.name)
def test_the_reference_imports_numpy_and_itself_alone(path):
    """It must run wherever NumPy does."""
    allowed = ("impl", "numpy", "collections", "functools", "itertools", "typing", "types")
    assert all(name.partition(".")[0] in allowed for name in imported(path)), imported(path)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.name)
def test_a_chapter_never_imports_the_reference(path):
    """A chapter sees the implementation through `nn` alone, so `impl` can be deleted."""
    assert not reaches(path, "impl", "spec.learning", "spec.grading", "spec.book", "spec.meta")


@pytest.mark.parametrize("path", sorted((SPEC / "harness").glob("*.py")), ids=lambda p: p.name)
def test_the_harness_leans_on_nothing_above_it(path):
    """Chapters, learning, grading and the book lean on the harness, never the other way round."""
    assert not reaches(path, "impl", "spec.learning", "spec.grading", "spec.book", "spec.meta")
    assert not [name for name in imported(path) if name.startswith("spec.test_")]


@pytest.mark.parametrize("path", sorted((SPEC / "learning").glob("*.py")), ids=lambda p: p.name)
def test_what_a_learner_starts_from_leans_on_the_harness_alone(path):
    """The reference and the chapters are read as text, so either may be absent."""
    assert not reaches(path, "impl", "spec.grading", "spec.book", "spec.meta")
    assert not [name for name in imported(path) if name.startswith("spec.test_")]


@pytest.mark.parametrize("path", sorted((SPEC / "grading").glob("*.py")), ids=lambda p: p.name)
def test_grading_leans_on_the_harness_alone(path):
    """It judges where the reference, the book and what a learner starts from are absent."""
    assert not reaches(path, "impl", "spec.learning", "spec.book", "spec.meta")
    assert not [name for name in imported(path) if name.startswith("spec.test_")]


@pytest.mark.parametrize("path", sorted((SPEC / "book").rglob("*.py")), ids=lambda p: p.name)
def test_the_book_leans_on_the_harness_and_the_chapters_alone(path):
    """Grading, learning and the meta suite need not be there; the reference is judged, not imported."""
    assert not reaches(path, "impl", "spec.learning", "spec.grading", "spec.meta")


def test_a_command_is_imported_when_it_is_called():
    """`python -m spec` itself needs the sentences of the harness alone."""
    tree = ast.parse((SPEC / "__main__.py").read_text(encoding="utf-8"))
    at_once = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [name for name in at_once if name.startswith("spec")] == [
        "spec",
        "spec.harness.ground.errors",
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_a_sitting(path):
    """At most 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_nothing_else_is_visible_at_the_top():
    """The frame that the project was given."""
    entries = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    assert entries - {"__pycache__"} == VISIBLE


def test_the_contract_is_the_reference_s_public_names():
    """The list in the harness serves where `impl` is absent; here the two are held together."""
    assert sorted(NAMES) == sorted(impl.__all__)


def test_every_name_of_the_contract_is_asked_for_by_a_chapter():
    """A name that no chapter uses would never be judged."""
    asked = set(
        re.findall(r"\bnn\.(\w+)", "".join(p.read_text(encoding="utf-8") for p in CHAPTERS))
    )
    named = {n for n in NAMES if any(f'"{n}"' in p.read_text(encoding="utf-8") for p in CHAPTERS)}
    assert set(NAMES) <= asked | named


def test_every_equation_can_be_shown_in_a_terminal():
    """No LaTeX command is left over in the Unicode form of any chapter's equation."""
    for path in CHAPTERS:
        chapter = importlib.import_module(f"spec.{path.stem}")
        for test in vars(chapter).values():
            for mark in getattr(test, "pytestmark", []):
                if mark.name == "claim":
                    text = to_unicode(mark.args[0].latex)
                    assert not re.search(r"[\\&]", text), f"{path.name}: {text}"


def test_the_ledger_is_whole():
    """Every claim is told in words, and what no test can execute has its reason."""
    ledger = Ledger()
    assert all(len(entry.says) > 15 for entry in ledger.entries.values())
    assert all(record["reason"] and record["says"] for record in ledger.untestable)
    sections = {id.partition("/")[0] for id in ledger.entries}
    assert sections | {ledger.chapter(id) for id in sections} == set(ledger.titles)
