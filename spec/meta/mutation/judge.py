"""Judging a mutant: the specification runs on it until the first test that notices the change."""

import importlib.util
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest

from spec.harness import collection
from spec.harness.plugin import SUBJECT

from ..forks import in_forks
from .mutants import Mutant, unmutated

META = Path(__file__).parents[1]
OF_THE_REFERENCE = [META / "test_reference.py", META / "test_refusals.py"]  # asked of nobody else
MEMORY = 4 * 2**30  # bytes, for mutants that ask for an array of any size
SECONDS = 300  # of one core, for those that are lost in a single call into a library

usual = hypothesis.settings.get_profile("spec")
hypothesis.settings.register_profile(  # the usual examples; a failure need not be made small
    "mutation", usual, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
)


def killers(mutants: Sequence[Mutant], jobs: int) -> list[str]:
    """For each mutant the test that notices it, or why it could not even be run; "" if none does.

    RuntimeError if the reference itself, judged in the same way, does not pass.
    """
    with tempfile.TemporaryDirectory() as folder:
        judge = partial(_killer, Path(folder, "killers"))
        options = (*map(str, OF_THE_REFERENCE), "--hypothesis-profile=mutation")
        reference, *found = in_forks([unmutated(), *mutants], judge, *options, jobs=jobs)
    if reference != "":
        raise RuntimeError(f"the reference itself is not accepted: {reference}")
    return ["its process died" if killer is None else killer for killer in found]


def _killer(notes: Path, session: pytest.Session, mutant: Mutant) -> str:
    """Run in a fork. Tests that have killed before come first, the latest one at the very front."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        _take_its_place(mutant)
    except Exception as error:
        return f"importing it raised {type(error).__name__}"
    config, verdict = session.config, Verdict()
    config.stash[SUBJECT] = replace(config.stash[SUBJECT], is_reference=False)
    config.pluginmanager.register(verdict)
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    latest = {test: place for place, test in enumerate(lines)}
    items = [item for item in session.items if _is_asked(item)]
    items.sort(key=lambda item: -latest.get(item.nodeid, -1))
    for item, following in zip(items, [*items[1:], None], strict=True):
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if verdict.killer:
            with notes.open("a", encoding="utf-8") as file:
                file.write(f"{verdict.killer}\n")
            break
    return verdict.killer


def _is_asked(item: pytest.Item) -> bool:
    """Whether a test can tell one implementation from another."""
    obligation = collection.is_chapter(item) and collection.is_obligation(item)
    return obligation or item.path in OF_THE_REFERENCE


class Verdict:
    """A pytest plugin that notes the first test that does not pass."""

    killer = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Any other end than a pass will do: `pytest spec` would not leave with 0."""
        if not report.passed:
            self.killer = self.killer or report.nodeid


class OneModule:
    """An import finder that finds a single module of `impl` elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find_spec(
        self, name: str, path: Any, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find that module; leave all others to the usual finders."""
        if name != f"impl.{self.path.stem}":
            return None
        return importlib.util.spec_from_file_location(name, self.path)


def _take_its_place(mutant: Mutant) -> None:
    """Import `impl` anew, into the same module object, with the mutant among its modules."""
    package = sys.modules["impl"]
    for name in [name for name in sys.modules if name.startswith("impl.")]:
        del sys.modules[name]
        delattr(package, name.removeprefix("impl."))  # else `from . import losses` finds it there
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, mutant.change.file)
        path.write_text(mutant.source, encoding="utf-8")
        sys.meta_path.insert(0, OneModule(path))
        sys.dont_write_bytecode = True
        package.__spec__.loader.exec_module(package)
