"""One collection of the specification, and a fork of it for each case to be judged."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from spec.harness.loading import ROOT

Case = TypeVar("Case")
JOBS = os.cpu_count() or 1
OPTIONS = (str(ROOT / "spec"), "-q", "-p", "no:cacheprovider")
OPTIONS += ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # Hypothesis is imported already


class Forks(Generic[Case]):
    """A pytest plugin that, instead of running the tests, runs `judge` in a fork for each case."""

    def __init__(
        self, cases: Sequence[Case], judge: Callable[[pytest.Session, Case], Any], jobs: int
    ) -> None:
        self.cases, self.judge, self.jobs = cases, judge, jobs
        self.outcomes: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for each case and gather what the forks found, in the order of the cases."""
        import scipy.stats  # noqa: F401  (once, here, instead of in every fork)
        import sklearn.datasets
        import sklearn.linear_model  # noqa: F401

        running: set[int] = set()
        with tempfile.TemporaryDirectory() as scratch:
            paths = [Path(scratch, f"{n}.json") for n in range(len(self.cases))]
            for case, path in zip(self.cases, paths, strict=True):
                if len(running) >= self.jobs:
                    running.discard(os.wait()[0])
                running.add(self._fork(session, case, path))
            while running:
                running.discard(os.wait()[0])
            self.outcomes = [json.loads(p.read_text()) if p.exists() else None for p in paths]
        return True

    def _fork(self, session: pytest.Session, case: Case, path: Path) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            session.config.pluginmanager.unregister(name="terminalreporter")
            path.write_text(json.dumps(self.judge(session, case)), encoding="utf-8")
            status = 0
        finally:
            os._exit(status)


def in_forks(
    cases: Sequence[Case],
    judge: Callable[[pytest.Session, Case], Any],
    *options: str,
    jobs: int = JOBS,
) -> list[Any]:
    """Collect the specification with these options of pytest; the result of `judge` for each case.

    None stands for a fork that died. RuntimeError if the specification could not be collected.
    """
    forks = Forks(cases, judge, jobs)
    pytest.main([*OPTIONS, *options], plugins=[forks])
    if len(forks.outcomes) != len(cases):
        raise RuntimeError("the specification could not be collected; `pytest spec` says why")
    return forks.outcomes
