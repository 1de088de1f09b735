"""The rules of the house: how long a file may be, what must stay in step. Who imports whom: `test_rooms`."""

import importlib
import re

import pytest

import impl
from spec.harness.engine.claims import Ledger
from spec.harness.ground.contract import NAMES
from spec.harness.ground.latex import to_unicode

from .conftest import ROOT
from .rooms import sources

SPEC = ROOT / "spec"
CHAPTERS = sorted(SPEC.glob("test_*.py"))
VISIBLE = {"spec", "impl", "conftest.py", "pyproject.toml", "README.md", "tox.ini"}


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
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
