"""`python -m spec watch`, as a learner sits before it: at a terminal, saving, pressing keys."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from spec.__main__ import main
from spec.learning.keys import keyboard

from .conftest import ROOT
from .starting import LONGEST

RIGHT = (ROOT / "spec" / "meta" / "right" / "plain.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace("return np.tanh(z)\n", "return -np.tanh(z)\n")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A program at a terminal of its own: what it shows, keys, and the state it leaves behind."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.ours, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.shown = ""
        self.program = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # so that Ctrl-C reaches it
            env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "40"},
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def until(self, *words: str) -> str:
        """What is shown from now on, up to the last of these words."""
        self.shown, end = "", time.monotonic() + 60
        while not all(word in self.shown for word in words):
            assert time.monotonic() < end, f"{words} never came: {self.shown}"
            if select.select([self.ours], [], [], 1)[0]:
                text = os.read(self.ours, 2**16).decode(errors="ignore")
                self.shown += ESCAPES.sub("", text)
        return self.shown

    def press(self, keys: str) -> None:
        """Press these keys."""
        os.write(self.ours, keys.encode())

    def ended(self) -> int:
        """Wait for its end: the exit status. The terminal must be as it was."""
        status = self.program.wait(LONGEST)
        assert termios.tcgetattr(self.theirs) == self.before
        return status


def _take_terminal() -> None:
    """Make the standard input the terminal that controls this process."""
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def replace(file: Path, text: str) -> None:
    """Save as editors do: another file takes the place of the old one."""
    new = file.with_name("4913")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def test_a_sitting(tmp_path):
    """Verdicts, keys, and whatever happens to the file between two of them."""
    file = tmp_path / "my_net.py"
    file.write_text(WRONG, encoding="utf-8")
    with Terminal(tmp_path, "-m", "spec", "watch", "my_net.py") as terminal:
        shown = terminal.until("First to mend: 3.2/tanh", "q quit")
        assert "hint: look at" in shown
        assert "expected\n" not in shown
        terminal.press("h")
        terminal.until("why: yours is of the opposite sign", "expected", "q quit")
        terminal.press("h")
        terminal.until("to see it, below your own code", "q quit")
        terminal.press("l")
        terminal.until("✗ tanh", "✓ sigmoid", "5.3  Backpropagation", "q quit")
        file.write_text("def relu(z)\n    return z\n", encoding="utf-8")
        terminal.until("my_net.py, line 1: expected ':': `def relu(z)`", "q quit")
        replace(file, WRONG.replace("-np.tanh", "2 * np.tanh"))
        terminal.until("yours is exactly twice the right value", "to see it", "q quit")
        file.unlink()
        terminal.until(
            "my_net.py was not found. Watching goes on when it is there again.", "q quit"
        )
        file.write_text("", encoding="utf-8")
        terminal.until(
            "Next to write: 2.1/linear-model", "not written yet: affine", "0 of 168 hold"
        )
        terminal.press("n")
        terminal.until("Next to write: 2.1/", "q quit")
        assert "2.1/linear-model" not in terminal.shown
        terminal.press("q")
        assert terminal.ended() == 0


def test_an_endless_loop_and_ctrl_c(tmp_path):
    """The one is stopped after the time limit, the other ends it all."""
    (tmp_path / "my_net.py").write_text("def affine(X, W, b):\n    while True: pass\n")
    program = "from spec.learning.watch import watch\nfrom pathlib import Path\n"
    call = 'watch(Path("my_net.py"), 0.2)'
    with Terminal(tmp_path, "-c", program + call) as terminal:
        terminal.until("the test did not end within 0.2 s: is there an endless loop?", "q quit")
        terminal.press("\x03")
        assert terminal.ended() == 0


def test_without_a_terminal_it_is_a_log(tmp_path):
    """Plain lines; a notebook and the modules beside it are watched, too."""
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("from mine import affine\ndef collapse(layers): return 1")]
    )
    nbformat.write(notebook, tmp_path / "my.ipynb")
    (tmp_path / "mine.py").write_text("def affine(X, W, b): raise NotImplementedError")
    command = [sys.executable, "-m", "spec", "watch", "my.ipynb"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as watching:
        lines = iter(watching.stdout.readline, "")
        first = [next(lines) for _ in range(8)] + [next(line for line in lines if "hold" in line)]
        assert (
            "First to mend: 2.1/linear-collapse\n" in first
        )  # affine, which comes before, can wait
        (tmp_path / "mine.py").write_text("def affine(X, W, b): return X @ W")
        second = next(line for line in lines if "First to mend: 2.1/linear-model" in line)
        watching.terminate()
        rest = watching.communicate()[0]
    assert watching.returncode == 0
    assert rest.endswith("Stopped watching my.ipynb.\n")
    assert "\x1b" not in "".join(first) + second + rest


REFUSED = {
    "no such file": ("my_nett.py", "there is no file my_nett.py (did you mean my_net.py?); to begin one: "
                     "python -m spec new my_nett.py"),
    "a folder": ("folder", "folder is a folder: name the .py file or notebook in it"),
    "another suffix": ("notes.txt", "notes.txt: expected a name that ends in .py or .ipynb"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_watched_is_said(tmp_path, monkeypatch, capsys, name):
    """One sentence with the remedy, exit status 2."""
    given, sentence = REFUSED[name]
    monkeypatch.chdir(tmp_path)
    Path("my_net.py").touch()
    Path("notes.txt").touch()
    Path("folder").mkdir()
    assert main(["watch", given]) == 2
    assert capsys.readouterr().err == f"python -m spec watch: {sentence}\n"


@pytest.mark.parametrize("library", ["rich", "watchfiles", "nbformat"])
def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch, capsys, library):
    """With the command that installs it."""
    (tmp_path / "my.ipynb").touch()
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["watch", str(tmp_path / "my.ipynb")]) == 2
    assert f"needs {library}: pip install {library}\n" in capsys.readouterr().err


def test_a_crash_leaves_the_terminal_as_it_was(monkeypatch):
    """Whatever goes wrong while keys are read."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with os.fdopen(theirs, "r") as stdin, os.fdopen(os.dup(theirs), "w") as screen:
        monkeypatch.setattr(sys, "stdin", stdin)
        with suppress(ZeroDivisionError), keyboard(screen) as pressed:
            assert termios.tcgetattr(theirs) != before
            os.write(ours, b"hn")
            assert pressed() == "hn"
            raise ZeroDivisionError
        assert termios.tcgetattr(theirs) == before
    os.close(ours)
