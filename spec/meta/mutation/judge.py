"""Judging a mutant: the specification runs on it until the first test that notices the change."""

import importlib.util
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis

from spec.harness.engine.cases import Case
from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status
from spec.harness.subject.loading import Subject

from .. import test_reference, test_refusals
from ..departures import items
from ..forks import in_forks, reference
from .mutants import Mutant, unmutated

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
        everything = [unmutated(), *mutants]
        reference, *found = in_forks(everything, judge, "--hypothesis-profile=mutation", jobs=jobs)
    if reference != "":
        raise RuntimeError(f"the reference itself is not accepted: {reference}")
    return ["its process died" if killer is None else killer for killer in found]


def _killer(notes: Path, suite: Suite, mutant: Mutant) -> str:
    """Run in a fork. Tests that have killed before come first, the latest one at the very front."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    subject = replace(reference(), is_reference=False)
    try:
        _take_its_place(mutant)
    except Exception as error:
        return f"importing it raised {type(error).__name__}"
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    latest = {test: place for place, test in enumerate(lines)}
    tests = {case.id: partial(_notices, suite, case, subject) for case in suite.obligations}
    tests |= {name: partial(_raises, call) for name, call in of_the_reference()}
    for name in sorted(tests, key=lambda name: -latest.get(name, -1)):
        if tests[name]():
            with notes.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            return name
    return ""


def _notices(suite: Suite, case: Case, subject: Subject) -> bool:
    """Whether a case ends otherwise than well: `pytest spec` would not leave with 0."""
    (record,) = suite.judge([case], subject).records.values()
    return record.status is not Status.HOLDS


def _raises(call: Callable[[], object]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".* encountered in matmul")  # as pyproject.toml has it
        try:
            call()
        except Exception:
            return True
    return False


def of_the_reference() -> Iterator[tuple[str, Callable[[], object]]]:
    """The tests of what the reference alone promises, each with its name: plain functions."""
    for name, test in (vars(test_reference) | vars(test_refusals)).items():
        if name.startswith("test_"):
            for number, arguments in enumerate(items(test)):
                yield f"{name}[{number}]", partial(test, **arguments)


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
