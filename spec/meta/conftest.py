"""How the meta suite runs the specification: as its users do, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = pytest.StashKey[list["Figure"]]()


@dataclass(frozen=True)
class Figure:
    """One number that the meta suite measures, beside what is asked of it ("" where nothing is)."""

    what: str
    asked: str
    measured: str
    met: bool = True


@pytest.fixture
def figure(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Note a figure for the table at the end of the run; AssertionError if it misses what is asked."""

    def note(row: Figure, why: str = "") -> None:
        pytestconfig.stash.setdefault(FIGURES, []).append(row)
        assert row.met, f"{row.what}: {row.measured}, asked {row.asked}\n{why}"

    return note


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the figures that were measured."""
    rows = config.stash.get(FIGURES, [])
    if not rows:
        return
    terminalreporter.section("the specification, measured")
    terminalreporter.write_line(f"{'':46}{'asked':>14}{'measured':>14}", bold=True)
    for row in rows:
        markup = {} if row.met else {"red": True}
        terminalreporter.write_line(f"{row.what:46}{row.asked:>14}{row.measured:>14}", **markup)


@dataclass(frozen=True)
class Run:
    """What a run printed, and its exit status."""

    text: str
    status: int


def run_pytest(folder: Path, *arguments: str, **variables: str) -> Run:
    """Run `pytest` in a folder. Options in capitals are environment variables."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments],
        cwd=folder,
        env=environment | {"COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Run(done.stdout + done.stderr, done.returncode)


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Run]:
    """Run `pytest` in an empty directory: judge(source or None, *arguments).

    `source` becomes my_net.py there, and is judged. Options in capitals are environment variables.
    """

    def run(source: str | None, *arguments: str, cwd: Path = tmp_path, **variables: str) -> Run:
        if source is not None:
            (tmp_path / "my_net.py").write_text(source, encoding="utf-8")
            arguments = ("--impl", "my_net.py", *arguments)
        return run_pytest(cwd, *arguments, **variables)

    return run
