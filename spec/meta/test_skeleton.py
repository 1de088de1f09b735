"""`python -m spec new`: a skeleton that passes nothing, and everything once it is filled in."""

import ast
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from spec.__main__ import main
from spec.harness.ground.contract import NAMES, SECTIONS
from spec.harness.subject.loading import REFERENCE
from spec.learning.reference import BEYOND, Definition, Reference
from spec.learning.skeleton import module, sections

from .conftest import ROOT
from .starting import run_module

SPEC = str(ROOT / "spec")


def written(*wanted: str) -> str:
    """The text of my_net.py for these sections."""
    return module(sections(wanted), "python -m spec judge my_net.py")


def defined(text: str) -> list[str]:
    """The names that a module defines, in its order."""
    tree = ast.parse(text)
    return [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]


def filled(text: str) -> str:
    """The skeleton with the bodies of the reference, and around it whatever else these need."""
    reference, skeleton = Reference(), ast.parse(text)
    asked = reference.methods("MLP")
    methods = [n for n in reference.definitions["MLP"].body if isinstance(n, ast.FunctionDef)]
    unasked = [method for method in methods if method.name not in asked]
    for node in skeleton.body:
        if isinstance(node, ast.FunctionDef):
            written = reference.definitions[node.name]
            node.body = written.body
            node.args.kwonlyargs = written.args.kwonlyargs
            node.args.kw_defaults = written.args.kw_defaults
        elif isinstance(node, ast.ClassDef):
            for method in node.body[1:]:
                method.body = reference.methods(node.name)[method.name].body
            if "backward" in reference.methods(node.name):
                node.body += unasked
    paths = sorted(REFERENCE.glob("*.py"))
    rest = [node for path in paths for node in ast.parse(path.read_text(encoding="utf-8")).body]
    imports = [n for n in rest if isinstance(n, ast.Import) or getattr(n, "level", 1) == 0]
    helpers = [n for n in rest if isinstance(n, Definition) and n.name not in NAMES]
    constants = [n for n in rest if isinstance(n, ast.Assign | ast.AnnAssign)]
    parts = [
        "from __future__ import annotations",
        *map(ast.unparse, [*imports, *skeleton.body, *helpers]),
        "import sys",
        "losses = initialisation = sys.modules[__name__]",  # modules of the reference
        *map(ast.unparse, constants),
    ]
    return "\n".join(parts).replace("super().__init__(", "MLP.__init__(self, ")


def outcomes(path: Path) -> set[str]:
    """How the claims that ask something of the implementation ended."""
    claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
    return {c["status"] for c in claims if any(test["obligation"] for test in c["tests"])}


def test_as_written_it_passes_nothing(judge, tmp_path):
    """Every obligation waits; none fails, none holds."""
    judge(written(), SPEC, "--hypothesis-profile=quick", "--claims-json=out.json")
    assert outcomes(tmp_path / "out.json") == {"not written yet"}


def test_filled_in_it_passes_everything(judge, tmp_path):
    """The signatures and names are those of the reference, for its bodies fit in."""
    run = judge(filled(written()), SPEC, "--hypothesis-profile=quick", "--claims-json=out.json")
    assert outcomes(tmp_path / "out.json") == {"holds"}, run.text
    assert run.status == 0


def test_what_the_reference_has_beyond_the_contract_is_not_asked_for():
    """Neither its own refusals, nor its keywords, nor its methods."""
    text = written()
    assert BEYOND not in text
    assert "optimiser=" not in text
    assert "loss_from_logits" not in text
    assert "def train(net, X, Y, lr, epochs, batch_size=None, rng=None):" in text


def test_it_has_every_name_in_the_theory_s_order():
    """Once each, and every method that the reference has."""
    assert defined(written()) == list(NAMES)
    text, reference = written(), Reference()
    methods = [m for name in NAMES for m in reference.methods(name)]
    assert text.count("raise NotImplementedError\n") == len(methods) + sum(
        isinstance(reference.definitions[name], ast.FunctionDef) for name in NAMES
    )


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["3.3"], [*SECTIONS["3.3"]]),
        (["5.3"], ["TwoLayerNet"]),
        (["9", "8.2"], ["accuracy", *SECTIONS["9"]]),
        (["4", "5.2"], [*SECTIONS["4.2"], *SECTIONS["4.3"], *SECTIONS["5.2"]]),
    ],
)
def test_a_part_of_it_can_be_asked_for(wanted, names):
    """Chapters and sections, in the theory's order."""
    assert defined(written(*wanted)) == names


def test_it_reads_well():
    """Headings with titles, the claim beside each equation, lines that fit."""
    text = written("4")
    assert "# 4.2  Forward pass in matrix form\n# ----" in text
    assert re.search(r"^        A\[1\] = ReLU\(Z\[1\]\) +4\.2/hidden-activation$", text, re.M)
    assert max(map(len, text.splitlines())) <= 100
    assert "    python -m spec judge my_net.py\n" in text


def test_it_writes_a_notebook(tmp_path, capsys):
    """For each section a cell of prose with the equations in LaTeX, and one of code."""
    nbformat = pytest.importorskip("nbformat")
    path = tmp_path / "my_net.ipynb"
    assert main(["new", str(path), "--section", "5.3"]) == 0
    assert f"python -m spec judge {path.as_posix()}" in capsys.readouterr().out
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    _, imports, prose, code = notebook.cells
    assert imports.source == "import numpy as np"
    assert "### 5.3  Backpropagation through a two-layer network" in prose.source
    assert r"$$\frac{\partial\mathcal L}{\partial W^{[2]}} =" in prose.source
    assert defined(code.source) == ["TwoLayerNet"]


def test_from_the_command_line(tmp_path):
    """As a learner calls it, in the folder of the work."""
    done = run_module("spec", "new", "my_net.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "python -m spec judge my_net.py" in done.stdout
    assert (tmp_path / "my_net.py").read_text(encoding="utf-8") == written()


REFUSED = {
    "another suffix": (["net.txt"], "net.txt: expected a name that ends in .py or .ipynb"),
    "a file that exists": (["old.py"], "old.py already exists and is not overwritten"),
    "no such folder": (["no/net.py"], "no/net.py: there is no folder no; make it first"),
    "a file for a folder": (["old.py/net.py"], "old.py/net.py cannot be written: Not a directory"),
    "a name too long": (["n" * 300 + ".py"], "cannot be written: File name too long"),
    "no such section": (["net.py", "--section", "5.9"], "--section 5.9: there is nothing to write"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_said(tmp_path, monkeypatch, capsys, name):
    """One sentence with the remedy, exit status 2, and nothing is written."""
    arguments, sentence = REFUSED[name]
    monkeypatch.chdir(tmp_path)
    Path("old.py").write_text("kept")
    assert main(["new", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["old.py"]
    assert Path("old.py").read_text() == "kept"


def test_without_nbformat_there_is_no_notebook(tmp_path, monkeypatch, capsys):
    """The sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert main(["new", str(tmp_path / "net.ipynb")]) == 2
    assert "pip install nbformat" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_the_reference_there_is_no_skeleton(tmp_path):
    """Where the answers were taken away, the sentence says what is missing."""
    ignored = shutil.ignore_patterns("meta", "__pycache__")
    shutil.copytree(ROOT / "spec", tmp_path / "spec", ignore=ignored)
    done = run_module("spec", "new", "my_net.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "the skeleton is made from the reference implementation" in done.stderr
    assert len(done.stderr.splitlines()) == 1
