"""`spec.check()` in a real kernel: what it shows, and that the session stays as it is."""

import os
import re
import subprocess
import sys

import pytest

import spec
from spec.learning import notebook_check

from .conftest import ROOT
from .starting import LONGEST

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

STATE = """
import linecache, os, signal, sys, threading, warnings
import numpy as np

def state():
    return {
        "np.random": repr(np.random.get_state()),
        "errors": np.geterr(),
        "print options": repr(np.get_printoptions()),
        "warnings": list(warnings.filters),
        "modules": {name for name in sys.modules if name.partition(".")[0] != "spec"},
        "path": list(sys.path),
        "folder": os.getcwd(),
        "signals": [signal.getsignal(n) for n in signal.valid_signals()],
        "alarm": signal.getitimer(signal.ITIMER_REAL),
        "lines": set(linecache.cache),
        "streams": (sys.stdin, sys.stdout, sys.stderr, input),
        "threads": {thread.name for thread in threading.enumerate()},
        "files": sorted(os.listdir(".")),
        "environment": dict(os.environ),
        "trace": sys.gettrace(),
        "names": {name: id(value) for name, value in globals().items() if name[0] != "_"},
    }

def check(*parts):
    before = state()
    found = spec.check(*parts)
    after = state()
    changed = {what for what in before if before[what] != after[what]}
    assert not changed, changed
    try:
        os.waitpid(-1, os.WNOHANG)
        raise AssertionError("a process is left")
    except ChildProcessError:
        return found
"""
CELLS = {
    "begin": "import spec",
    "state": STATE,
    "nothing": "check('3.2/softmax')",
    "odd": (
        "np.random.seed(3); np.random.normal()\nnp.seterr(all='raise')\nwarnings.simplefilter('error')\n"
        "np.set_printoptions(precision=2)\nmomentum = 0.9\nprint('begun')"
    ),
    "wrong": (
        "def softmax(Z):\n    print('inside')\n    np.random.seed(0)\n    display('shown')\n"
        "    global touched\n    touched = True\n    E = np.exp(Z - Z.max())\n    return E / E.sum()"
    ),
    "judged wrong": "check('3.2/softmax')",
    "right": (
        "def softmax(Z):\n    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n"
        "    return E / E.sum(axis=1, keepdims=True)\n"
        "def relu(z):\n    return np.maximum(0, z)\ndef relu_grad(z):\n    raise ValueError('which?')"
    ),
    "all": "check()",
    "exit": "del relu_grad\ndef softmax(Z):\n    os._exit(1)",
    "judged exit": "check('3.2')",
    "unknown": "check('sofmax')",
    "untouched": "'touched' in globals()",
    "plain": "print(spec.check('7.3/zero-variance'))",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What each cell shows, by its name: the outputs of a kernel that has run all of them in order."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    nbclient.NotebookClient(notebook, timeout=LONGEST, resources=folder).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def text(outputs) -> str:
    """The one result among a cell's outputs, as text; nothing else may be there."""
    (output,) = outputs
    assert output.output_type == "execute_result"
    return output.data["text/plain"]


def html(outputs) -> str:
    """The same as HTML, with its tags left out."""
    return re.sub("<[^>]*>", " ", outputs[0].data["text/html"])


def test_what_is_to_be_written_is_said(shown):
    """Before anything is."""
    assert "Next to write: 3.2/softmax" in text(shown["nothing"])
    assert "nothing is written yet for 3.2" in html(shown["nothing"])


def test_what_is_wrong_is_explained(shown):
    """With the equation, what came, and why; and what the code prints and draws is not shown."""
    for told in (text(shown["judged wrong"]), html(shown["judged wrong"])):
        assert "First to mend: 3.2/softmax" in told
        assert "softmax(z)ₖ = e^zₖ/(Σⱼ e^zⱼ)" in told
        assert "why: the sum runs over the whole matrix" in told
        assert "softmax(np.array(" in told


def test_the_table_stands_by_section(shown):
    """What holds, fails, waits and is to be written; and cells are named as the notebook does."""
    told = text(shown["all"])
    assert re.search(r"holds +fails +waits +to write\n", told)
    assert re.search(r"^3\.2  Activation functions +\d+ +1 +\d+ +\d+$", told, re.M), told
    assert "nothing is written yet for 2.1, 2.2, 3.1, 3.3, 4.1" in told
    assert "First to mend: 3.2/relu-derivative" in told
    assert (
        "relu_grad raised ValueError: which? (cell In[7], line 7: `raise ValueError('which?')`)"
        in " ".join(told.split())
    )
    assert re.search(r"3\.2&ensp;Activation functions +\d+ +1 +\d+ +\d+ ", html(shown["all"]))


def test_code_that_ends_the_process_ends_only_the_fork(shown):
    """And is told."""
    told = " ".join(text(shown["judged exit"]).split())
    assert "your code ended the process that runs it, with exit status 1" in told
    assert "claims were not judged" in told


def test_an_unknown_part_is_named(shown):
    """With what may have been meant."""
    sentence = "spec.check: sofmax: there is no such section or claim; did you mean 3.2/softmax?"
    assert text(shown["unknown"]) == sentence


def test_what_the_code_does_stays_in_the_fork(shown):
    """Its variables too: each `check` has compared the session before and after itself."""
    assert text(shown["untouched"]) == "False"


SLIPS = {
    "dz2 = y_true - a2": "First to mend: 5.3/output-gradient",
    "dz2 = a2 - y_true": "First to mend: 4.1/shapes",
}


@pytest.mark.parametrize("line", SLIPS)
def test_a_mistake_comes_before_a_convention_and_both_before_what_is_to_be_written(tmp_path, line):
    """Whatever the theory's order: neither a choice nor a gap may keep a mistake out of sight."""
    notebook = (ROOT / "spec" / "meta" / "right" / "notebook.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(
        notebook.replace("dz2 = a2 - y_true", line)
        + "\nimport spec\nprint(spec.check('2.1/linear-model', '4.1/shapes', '5.3'))\n"
    )
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST
    )
    assert SLIPS[line] in done.stdout, done.stdout + done.stderr


def test_in_a_program_it_is_text(tmp_path):
    """The names are those of the module that asks; `import spec` alone imports nothing heavy."""
    (tmp_path / "mine.py").write_text(
        "import sys, spec\nassert 'numpy' not in sys.modules\nassert 'pytest' not in sys.modules\n"
        "def relu(z): return z\nprint(spec.check('3.2/relu'))\nassert 'numpy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST
    )
    assert not done.stderr
    assert "First to mend: 3.2/relu\n" in done.stdout


def test_a_time_limit_guards_the_session(monkeypatch):
    """Should the process that judges not come back by itself."""
    monkeypatch.setattr(notebook_check, "LONGEST", 0)
    assert "its process stopped, it took 0 s" in repr(spec.check())


def test_without_forks_it_says_so(monkeypatch):
    """In one sentence."""
    monkeypatch.delattr(os, "fork")
    assert repr(spec.check()).startswith("spec.check() needs a Unix-like system: ")
