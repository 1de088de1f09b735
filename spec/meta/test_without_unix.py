"""Where Python has no Unix below it, as on Windows: what can work does, the rest says one sentence."""

import subprocess
import sys

import pytest

from .conftest import ROOT
from .starting import LONGEST

HIDE = """
import os, select, signal, sys

for name in ("fcntl", "resource", "termios", "tty", "pwd", "grp"):
    sys.modules[name] = None  # an ImportError
for module, names in (
    (os, "fork setsid setpgid killpg getppid geteuid getuid register_at_fork"),
    (select, "poll epoll"),
    (signal, "setitimer SIGKILL SIGALRM SIGPROF SIGHUP set_wakeup_fd"),
):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""
IMPORT_ALL = """
import importlib, pkgutil, spec

for found in pkgutil.walk_packages(spec.__path__, "spec."):
    if not found.name.startswith(("spec.meta", "spec.entry", "spec.__main__", "spec.test_")):
        importlib.import_module(found.name)
print("all")
"""
COMMAND = """
from spec.__main__ import main

sys.exit(main(sys.argv[1:]))
"""
CHECK = "import spec\nprint(spec.check())\n"
SOFTMAX = """
import numpy as np

def softmax(Z):
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""


@pytest.fixture
def run(tmp_path):
    """Run a program, in a folder with my_net.py, where nothing of Unix is found."""
    (tmp_path / "my_net.py").write_text(SOFTMAX)

    def run(program, *arguments):
        command = [sys.executable, "-c", HIDE + program, *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_everything_can_be_imported(run):
    """No module asks for Unix where it is imported."""
    assert (ROOT / "spec" / "sandbox" / "walls.py").is_file()
    assert run(IMPORT_ALL).stdout == "all\n"


def test_a_learner_can_begin_and_be_judged(run):
    """`new`, `judge` and, with everything in one process, `book`."""
    assert "Created new.py" in run(COMMAND, "new", "new.py", "--section", "3.2").stdout
    done = run(COMMAND, "judge", "new.py", "--claim", "softmax")
    assert done.returncode == 1
    assert "waits for what is not written yet" in " ".join(done.stdout.split())
    done = run(COMMAND, "judge", "my_net.py", "--claim", "softmax")
    assert done.returncode == 0, done.stdout
    done = run(COMMAND, "book", "--out", "b.html", "--impl", "my_net.py", "--section", "12")
    assert "b.html: 2 claims" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grade", "my_net.py", "--out", "grades"), "grading needs Linux: on Windows, use WSL"),
        (("watch", "my_net.py"), "after each save, run python -m spec judge my_net.py"),
    ],
)
def test_what_needs_forks_says_so(run, arguments, sentence):
    """One sentence."""
    done = run(COMMAND, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_notebook_says_what_to_run(run):
    """`spec.check()` needs a fork of the kernel."""
    assert "python -m spec judge NOTEBOOK.ipynb" in run(CHECK).stdout
