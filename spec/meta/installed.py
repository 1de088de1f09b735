"""The package as somebody has it who has installed it: no checkout, no settings, an empty folder.

    python -m spec.meta.installed [--fetch]

builds the wheel, installs it into a new environment, and runs there what people are told to run. The
environment sees the libraries of the present one, so that no network is needed; with `--fetch`, pip
gets them, as it does for everybody.
"""

import argparse
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTRAS = "notebook,watch,grade,book"
LONGEST = 500  # seconds for one command, on a machine that is very busy
WATCHED = "to write:"  # what watch says in the end
FILES = {
    "my_net.py": """\
        import numpy as np

        def affine(X, W, b):
            return X @ W

        def softmax(Z):
            e = np.exp(Z - Z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        """,
    "notebook.py": """\
        from my_net import *
        import spec

        print(spec.check("2.1"))
        """,
}


@dataclass(frozen=True)
class Run:
    """What a command printed, and its exit status."""

    text: str
    status: int


@dataclass(frozen=True)
class Command:
    """A command, and what must come of it: its exit status, and a part of what it prints."""

    line: str
    status: int
    shows: str
    in_test: bool = True  # what takes long is left to the tox environment


COMMANDS = (  # in this order, in a folder that holds the files above
    Command("python -m spec new new.py --section 2.1", 0, "run: python -m spec judge new.py"),
    Command("python -m spec new new.ipynb --section 2.1", 0, "judge new.ipynb"),
    Command("python -m spec judge new.py --claim 2.1", 1, "claims wait for what is not written"),
    Command("python -m spec judge new.ipynb --claim 2.1 --todo-ok", 0, "judged: new.ipynb"),
    Command("python -m spec judge my_net.py --claim 2.1", 1, "First to mend: 2.1/linear-model"),
    Command("python -m spec judge no_net.py", 4, "there is no file"),
    Command("nn-spec judge my_net.py --claim softmax", 0, "1 passed"),
    Command("pytest --pyargs spec --impl my_net.py --claim softmax", 0, "1 passed"),
    Command("pytest --pyargs spec --claim softmax", 0, "judged: the reference implementation"),
    Command("python -m spec grade my_net.py --out grades --walls process --jobs 1", 0, "median"),
    Command(
        "python -m spec book --out book.html --impl my_net.py --section 2.1", 0, "7 claims", False
    ),
    Command("python notebook.py", 0, "First to mend: 2.1/linear-model"),
    Command("python -m spec watch my_net.py", 0, "First to mend: 2.1/linear-model"),
)


class Environment:
    """A virtual environment that holds the wheel."""

    def __init__(self, folder: Path, wheel: Path, *, fetch: bool = False) -> None:
        """Make one in `folder`; its libraries are the present ones, unless pip is to `fetch` them."""
        scheme = sysconfig.get_preferred_scheme("prefix")
        paths = {
            kind: Path(sysconfig.get_path(kind, scheme, {"base": folder, "platbase": folder}))
            for kind in ("scripts", "purelib")
        }
        self.programs, self.packages = paths["scripts"], paths["purelib"]
        _must([sys.executable, "-m", "venv", *([] if fetch else ["--without-pip"]), str(folder)])
        self.python = str(self.programs / "python")
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        if fetch:
            _must([*pip, f"{wheel}[{EXTRAS}]"])
        else:
            _must([*pip, "--no-index", "--no-deps", str(wheel)])
            # of folders named in a .pth file Python reads no further .pth: the checkout stays unseen
            seen = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
            (self.packages / "present.pth").write_text("\n".join(seen), encoding="utf-8")

    def departs(self, command: Command, folder: Path) -> str:
        """What a command printed, if it did not end as it must; "" otherwise."""
        run = self.run(command.line, folder)
        if run.status == command.status and command.shows in run.text:
            return ""
        return textwrap.indent(f"{run.text}\nexit status {run.status}\n", "    ")

    def run(self, line: str, folder: Path, **variables: str) -> Run:
        """Run a command of this environment in a folder, as from a shell."""
        program, *arguments = shlex.split(line)
        if program == "pytest":  # it lies among the present programs, for another Python
            program, arguments = "python", ["-P", "-m", "pytest", *arguments]
        command = [str(self.programs / program), *arguments]
        path = os.pathsep.join([str(self.programs), os.environ.get("PATH", "")])
        kept = {k: v for k, v in os.environ.items() if k[:2] != "PY" and k[:4] != "COV_"}
        watches = "watch" in arguments
        with subprocess.Popen(
            command,
            cwd=folder,
            env=kept | {"PATH": path, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        ) as process:
            text = _until_it_has_judged(process) if watches else ""
            text += process.communicate(timeout=LONGEST)[0]
        return Run(text, process.returncode)


def _until_it_has_judged(process: "subprocess.Popen[str]") -> str:
    """What a watch shows until all is judged; then it is asked to end."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if WATCHED in line:
            process.terminate()
            break
    return "".join(lines)


def _must(command: list[str]) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")


def build(folder: Path) -> Path:
    """Build the wheel of this checkout into a folder."""
    _must([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
           "--wheel-dir", str(folder), str(ROOT)])  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def lay_files(folder: Path) -> None:
    """Put into a folder what the commands are about."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")


@contextmanager
def installed(*, fetch: bool) -> Iterator[tuple[Environment, Path]]:
    """The environment, and a folder with the files, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = Environment(folder / "environment", build(folder), fetch=fetch)
        lay_files(folder / "work")
        yield environment, folder / "work"


def main() -> int:
    """Run all commands; print how each ended, and return 1 if one of them did not as it must."""
    parser = argparse.ArgumentParser(prog="python -m spec.meta.installed")
    parser.add_argument("--fetch", action="store_true", help="have pip get the libraries")
    failed = 0
    with installed(fetch=parser.parse_args().fetch) as (environment, folder):
        for command in COMMANDS:
            wrong = environment.departs(command, folder)
            failed += bool(wrong)
            sys.stdout.write(f"{'FAILS' if wrong else 'works'}  {command.line}\n{wrong}")
            sys.stdout.flush()
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
