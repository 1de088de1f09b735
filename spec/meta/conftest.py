"""How the meta suite runs the specification: as its users do, in a process of its own."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from . import starting, sweeps
from .starting import run_module

ROOT = Path(__file__).parents[2]
FIGURE = "figure"  # the name of the property that brings one to the report


@dataclass(frozen=True)
class Figure:
    """One number that the meta suite measures, beside what is asked of it ("" where nothing is)."""

    what: str
    asked: str
    measured: str
    met: bool = True


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Note a figure for the table at the end of the run; AssertionError if it misses what is asked."""

    def note(row: Figure, why: str = "") -> None:
        request.node.user_properties.append((FIGURE, asdict(row)))
        assert row.met, f"{row.what}: {row.measured}, asked {row.asked}\n{why}"

    return note


class Table:
    """The figures of a run, gathered from the reports of its tests, in whichever process these ran."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Figure]] = {}  # by file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the figures that a test has noted."""
        if report.when == "teardown":
            found = [Figure(**row) for name, row in report.user_properties if name == FIGURE]
            self.rows.setdefault(report.fspath, []).extend(found)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print them, by file."""
        rows = [row for _, some in sorted(self.rows.items()) for row in some]
        if not rows:
            return
        terminalreporter.section("the specification, measured")
        terminalreporter.write_line(f"{'':46}{'asked':>14}{'measured':>14}", bold=True)
        for row in rows:
            markup = {} if row.met else {"red": True}
            terminalreporter.write_line(f"{row.what:46}{row.asked:>14}{row.measured:>14}", **markup)


def pytest_configure(config: pytest.Config) -> None:
    """Gather the figures where the run is told of, not in what tells it how its tests end."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Table())


def pytest_report_header() -> str:
    """Say which cases of the sweeps are run."""
    return sweeps.told()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process: what they share is dear."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@dataclass(frozen=True)
class Run:
    """What a run printed, and its exit status."""

    text: str
    status: int


def run_pytest(folder: Path, *arguments: str, real: bool = False, **variables: str) -> Run:
    """Run `pytest` in a folder. Options in capitals are environment variables."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {"COLUMNS": "80"} | variables
    options = "-p", "no:cacheprovider", "--color=no", *arguments
    done = run_module("pytest", *options, cwd=folder, environment=environment, real=real)
    return Run(done.stdout + done.stderr, done.returncode)


def pytest_unconfigure() -> None:
    """End the process that is kept to start others."""
    starting.end()


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
