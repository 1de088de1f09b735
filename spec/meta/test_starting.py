"""A run that is a fork is told word for word like one in a process of its own."""

import re

import pytest

from .conftest import ROOT
from .starting import run_module

SPEC = str(ROOT / "spec")
SOURCE = "def affine(X, W, b):\n    return X @ W\n"
COMMANDS = {
    "pytest": ["pytest", "-p", "no:cacheprovider", SPEC, "--impl", "my_net.py", "--claim", "2.1"],
    "pytest, of what is not there": ["pytest", "-p", "no:cacheprovider", SPEC, "--impl", "x.py"],
    "pytest, of the meta suite": [
        *("pytest", "-p", "no:cacheprovider", "-n", "1"),
        f"{SPEC}/meta/test_hints.py::test_a_line_of_a_notebook_is_told_by_its_cell",
    ],
    "pytest, chapters in several processes": ["pytest", SPEC, "-n", "2"],
    "new": ["spec", "new", "new.py", "--section", "2.1"],
    "grade": ["spec", "grade"],
    "book": ["spec", "book", "nowhere/book.html"],
    "no command": ["spec", "nonsense"],
    "seeds": ["spec.meta.seeds", "--runs=0"],
}
VARYING = re.compile(r"in [\d.]+s|\[\d+/\d+\]")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fork_is_told_like_a_process(tmp_path, name):
    """Standard output, standard error and exit status."""
    told = []
    for real in (False, True):
        folder = tmp_path / "the work"
        folder.mkdir()
        (folder / "my_net.py").write_text(SOURCE)
        module, *arguments = COMMANDS[name]
        done = run_module(module, *arguments, cwd=folder, real=real)
        told.append([VARYING.sub("", text) for text in (done.stdout, done.stderr)])
        told[-1] += [done.returncode, sorted(path.name for path in folder.iterdir())]
        folder.rename(tmp_path / str(real))
    assert told[0] == told[1]


def test_a_file_that_hides_a_library_is_found(tmp_path):
    """As it would be by a process of its own, which it then is."""
    (tmp_path / "random.py").write_text("raise SystemExit('this is not random')")
    done = run_module("pytest", "--version", cwd=tmp_path)
    assert done.returncode == 1
    assert "this is not random" in done.stderr
