"""`--impl my.ipynb`: read, judged and reported like a file, cell by cell."""

import ast
import json
import sys
import types
from pathlib import Path

import pytest

from spec.harness.ground.contract import NAMES
from spec.harness.ground.errors import CannotLoad
from spec.harness.subject.beside import Namespace
from spec.harness.subject.notebook import Notebook
from spec.learning.start import start

from .conftest import ROOT
from .notebooks import carried_out, content

SPEC = str(ROOT / "spec")
COURSE = ROOT / "spec" / "meta" / "right" / "notebook.py"


def statuses(path: Path) -> dict[str, str]:
    """How each claim ended."""
    claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
    return {claim["id"]: claim["status"] for claim in claims}


def test_the_course_notebook_is_judged_like_the_same_code_in_a_file(judge, tmp_path):
    """Claim by claim, in the sections that it has code for."""
    source = COURSE.read_text(encoding="utf-8")
    cells = [ast.get_source_segment(source, node) for node in ast.parse(source).body[1:]]
    training = "net = TwoLayerNet(2, 10, 2)\nlosses = [net.train_step(X, Y) for _ in range(1000)]"
    (tmp_path / "my.ipynb").write_text(content("%matplotlib inline", *cells, training))
    sections = ("3.2", "4", "5.3", "6", "7.2", "8.1")
    arguments = (SPEC, "--hypothesis-profile=quick", *(f"--claim={part}" for part in sections))
    run = judge(None, *arguments, "--impl=my.ipynb", "--claims-json=notebook.json")
    judge(source, *arguments, "--claims-json=file.json")
    found = statuses(tmp_path / "notebook.json")
    assert found == statuses(tmp_path / "file.json")
    assert {"holds", "fails", "not written yet"} == set(found.values())
    assert "judged: my.ipynb" in run.text
    assert "left out" not in run.text


MAGICS = '''
import numpy as np
%matplotlib inline
!pip install numpy \\
    matplotlib
%timeit np.zeros(3)
np.zeros?
?np.ones
files = !ls "it's
text = """
%not a magic
!nor this
"""
if True:
    %load_ext autoreload
    def relu(z):
        return np.maximum(0, z), text
x = (7
     % 4)
'''


def test_magics_are_passed_over():
    """Whatever IPython adds to Python; a string is left as it is."""
    module, notes = carried_out(MAGICS, "%%time\ndef tanh(z): return np.tanh(z)", "%%html\n<b>")
    assert module.relu(-1) == (0, "\n%not a magic\n!nor this\n")
    assert module.tanh(0) == 0
    assert not notes


def test_a_broken_cell_is_named_and_the_others_count():
    """With its number, its line and the line itself."""
    module, notes = carried_out(
        "import numpy as np", "x = 1\ndef relu(z)\n    return z", "def tanh(z): return 1"
    )
    assert notes == ["cell 2, line 2: expected ':'; the cell is left out: `def relu(z)`"]
    assert module.tanh(0) == 1
    assert not hasattr(module, "relu")


@pytest.mark.parametrize("cell", ["return 3", "x = '\0'", "1 +", "  x = 1", "(" * 300, "x = 'a"])
def test_any_broken_cell_leaves_the_others_alone(cell):
    """However it is broken."""
    module, notes = carried_out(cell, "def tanh(z): return 1")
    assert module.tanh(0) == 1
    assert len(notes) == 1
    assert notes[0].startswith("cell 1, line 1: ")


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["def relu(z, A=A):\n    return A"], "cell 1, line 1: NameError: name 'A' is not defined"),
        (["import no_such", "def relu(z): no_such"], "cell 1, line 1: ModuleNotFoundError: No module"),
        (["x = 1\n@decorated\ndef relu(z): 1"], "cell 1, line 2: NameError: name 'decorated'"),
        (["class Net:\n    a = 1\n    b = 1 / 0"], "cell 1, line 3: ZeroDivisionError"),
        (["def made(f): return f\nrelu = made(abs)"], "cell 1, line 2: left out, since it does more"),
        (["def own():\n    return 1" + " + 1" * 900], "cell 1, line 1: too deeply nested; left out"),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_be_carried_out_is_named(cells, note):
    """The others count nevertheless."""
    module, notes = carried_out(*cells, "def tanh(z): return 1")
    assert notes[0].startswith(note)
    assert module.tanh(0) == 1


def test_the_report_speaks_of_cells(judge, tmp_path):
    """Where it went wrong, in the notebook's terms; and the header says what was left out."""
    cells = (
        "X_test = load('test.csv')",
        "def relu(z):\n    return z",
        "def softmax(Z):\n    # the logits\n    return Z @ X_test",
        "def broken(",
    )
    (tmp_path / "my.ipynb").write_text(content(*cells))
    run = judge(None, SPEC, "--impl=my.ipynb", "--claim=3.2/softmax")
    text = " ".join(run.text.split())
    assert "cell 1, line 1: left out, since it does more than define: `X_test = load(" in text
    assert "cell 4, line 1: '(' was never closed; the cell is left out: `def broken(`" in text
    assert (
        "softmax raised NameError: name 'X_test' is not defined "
        "(my.ipynb, cell 3, line 3: `return Z @ X_test`)" in text
    )
    assert run.status == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def relu(z): return z", "my.ipynb cannot be read as a notebook: NotJSONError"),
        ("{}", "my.ipynb cannot be read as a notebook: "),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "cannot be read as a notebook"),
        (content("def relu(z"), "defines none of the names that are judged: such as affine"),
        (content("def relu(z"), "cell 1, line 1: '(' was never closed; the cell is left out"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_said(judge, tmp_path, text, sentence):
    """One sentence, and pytest's status for a usage error."""
    (tmp_path / "my.ipynb").write_text(text)
    run = judge(None, SPEC, "--impl=my.ipynb")
    assert sentence in run.text
    assert "Traceback" not in run.text
    assert run.status == 4


def test_a_notebook_cannot_be_traced(judge):
    """Coverage of claims is for files."""
    run = judge(None, SPEC, "--impl=my.ipynb", "--claim-coverage")
    assert "--claim-coverage traces files: save the notebook as a .py file" in run.text
    assert run.status == 4


def test_without_nbformat_the_sentence_says_how_to_install_it(monkeypatch):
    """It is an extra."""
    text = content("x = 1").encode()
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(CannotLoad, match="needs nbformat: pip install nbformat"):
        Notebook("my.ipynb", text)


def test_a_notebook_to_start_from_has_every_name(tmp_path):
    """What `python -m spec new` writes is read whole."""
    path = tmp_path / "my.ipynb"
    start(path, [])
    notebook, module = Notebook(path.name, path.read_bytes()), types.ModuleType("my")
    notebook.carry_out(Namespace(module, NAMES))
    assert set(NAMES) <= set(vars(module))
    assert not notebook.notes
