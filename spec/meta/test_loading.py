"""What is judged is what was named: never the reference by accident, and always shown with its hash."""

import hashlib
import shutil
import subprocess
import sys

import pytest

from .conftest import ROOT

SPEC = str(ROOT / "spec")
SIGMOID = ("--claim", "3.2/sigmoid")
WRONG = "import numpy as np\ndef sigmoid(z):\n    return 0 * np.asarray(z, float)\n"
RIGHT = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))\n"


def test_the_header_names_what_is_judged(judge, tmp_path):
    """Path, SHA-256, and how many claims there are and were collected."""
    run = judge(RIGHT, SPEC, *SIGMOID)
    assert "judged: my_net.py" in run.text
    assert str(tmp_path / "my_net.py") in run.text
    assert hashlib.sha256(RIGHT.encode()).hexdigest() in run.text
    assert "in the theory," in run.text
    assert run.status == 0


@pytest.mark.parametrize("layout", ["impl.py", "impl/__init__.py"])
@pytest.mark.parametrize("from_root", [False, True])
def test_a_learner_s_own_impl_is_not_shadowed(judge, tmp_path, monkeypatch, layout, from_root):
    """Whatever the working directory and PYTHONPATH are, the path that was given is judged."""
    path = tmp_path / "homework" / layout
    path.parent.mkdir(parents=True)
    path.write_text(WRONG)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cwd = ROOT if from_root else path.parent
    run = judge(None, SPEC, *SIGMOID, "--impl", str(path), cwd=cwd)
    assert "First to mend: 3.2/sigmoid" in run.text
    assert run.status == 1


def test_a_neighbour_called_impl_is_the_learner_s(judge, tmp_path):
    """A file that imports its own package `impl` gets that one."""
    (tmp_path / "impl").mkdir()
    (tmp_path / "impl" / "__init__.py").write_text(WRONG)
    run = judge("from impl import sigmoid\n", SPEC, *SIGMOID)
    assert "First to mend: 3.2/sigmoid" in run.text


@pytest.mark.parametrize("source", ["import impl\n", "from impl.activations import sigmoid\n"])
def test_the_reference_is_out_of_reach(judge, monkeypatch, source):
    """An implementation that imports the answers is not judged at all."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    run = judge(source + RIGHT, SPEC, *SIGMOID)
    assert "the reference implementation cannot be imported" in run.text
    assert run.status == 4


def test_an_import_of_the_reference_later_on_fails_that_claim(judge):
    """Not even from inside a function."""
    source = "def sigmoid(z):\n    from impl import sigmoid as answer\n    return answer(z)\n"
    run = judge(source, SPEC, *SIGMOID)
    assert "sigmoid raised ImportError: the reference implementation cannot be" in run.text
    assert run.status == 1


def lay_package(folder, text):
    """A package `coursework`, whose `__init__.py` has this text, with a right module `net`."""
    package = folder / "coursework"
    package.mkdir()
    (package / "__init__.py").write_text(text)
    (package / "net.py").write_text(RIGHT)


def test_a_module_may_be_named(judge, tmp_path):
    """Any importable module can be judged; so an adapter in a package will do."""
    lay_package(tmp_path, "")
    run = judge(None, SPEC, *SIGMOID, "--impl", "coursework.net")
    assert "judged: coursework.net" in run.text
    assert run.status == 0


def test_a_package_may_be_named_by_its_file(judge, tmp_path):
    """Its modules import each other as they do everywhere; its folder alone says what to name."""
    lay_package(tmp_path, "from .net import *\n")
    run = judge(None, SPEC, *SIGMOID, "--impl", "coursework/__init__.py")
    assert run.status == 0, run.text
    run = judge(None, SPEC, *SIGMOID, "--impl", "./coursework")
    assert "is a directory: name the .py file in it, coursework/__init__.py" in run.text


def test_the_answers_may_be_absent(judge, tmp_path):
    """Without impl/ the suite still judges; without anything to judge it says so."""
    copy = tmp_path / "suite"
    ignored = shutil.ignore_patterns("meta", "__pycache__")
    shutil.copytree(ROOT / "spec", copy / "spec", ignore=ignored)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    run = judge(RIGHT, str(copy / "spec"), *SIGMOID)
    assert run.status == 0, run.text
    run = judge(None, str(copy / "spec"), *SIGMOID)
    assert "there is no impl/ beside spec/" in run.text
    assert run.status == 4


def test_python_keeps_the_names_of_its_own_library(tmp_path):
    """A learner's `sched.py` is what the learner imports, and nobody else."""
    (tmp_path / "sched.py").write_text("softmax = max\n")
    (tmp_path / "my_net.py").write_text("from sched import softmax\n")
    program = (
        "from spec.harness.subject.loading import load\n"
        "load('my_net.py', 10.0)\n"
        "import sched\n"
        "print(sched.__doc__[:20])\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "A generally useful e\n", done.stderr
