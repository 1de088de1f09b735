"""Many runs of the quick profile, each from a seed of its own: none may fail.

    python -m spec.meta.seeds [--runs 1000] [--first SEED] [--jobs N]

collects the suite once and forks it for each run. The seeds follow one another from `--first` on, which
is drawn at random unless given. A test that fails is told with the command that repeats it, and
makes the exit status 1.
"""

import argparse
import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

SPEC = Path(__file__).parents[1]
QUICK = "--hypothesis-profile=quick"
TELL_EVERY = 25  # runs


class Runs:
    """A pytest plugin that, instead of running the tests once, runs them in a fork for each seed."""

    def __init__(self, seeds: range, jobs: int) -> None:
        self.seeds, self.jobs = seeds, jobs
        self.failures: list[dict[str, str]] = []  # of the run under way, in its fork
        self.n_failed = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all seeds; tell the failures as they come, and now and then how far it has got."""

        def run(seed: int) -> list[dict[str, str]]:
            session.config.pluginmanager.unregister(name="terminalreporter")
            session.config.option.seed = seed
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            return self.failures

        _warm_up()
        start = time.monotonic()
        for n, (seed, failures) in enumerate(forked(self.seeds, self.jobs, run), start=1):
            self.n_failed += failures != []
            _tell(seed, failures)
            if n % TELL_EVERY == 0 or n == len(self.seeds):
                _say(
                    f"{n} of {len(self.seeds)} runs of {len(session.items)} tests, "
                    f"{self.n_failed} failed, {time.monotonic() - start:.0f} s"
                )
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what failed, in plain words."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            says = crash.message if crash else report.longreprtext
            claim = str(dict(report.user_properties)["claim"])
            self.failures.append({"claim": claim, "test": report.nodeid, "says": says})


def _warm_up() -> None:
    """Import, and compute, what tests need whatever the seed: once, before forking."""
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    from spec.harness import moons

    moons.moons()
    moons.fresh_moons()


def _tell(seed: int, failures: list[dict[str, str]] | None) -> None:
    again = f"pytest spec {QUICK} --seed {seed}"
    if failures is None:
        _say(f"seed {seed}: the run crashed\n  again: {again}")
    for failure in failures or []:
        says = failure["says"].replace("\n", "\n  ")
        _say(
            f"seed {seed}: {failure['test']}\n  {says}\n  again: {again} --claim {failure['claim']}"
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def forked(
    tasks: Iterable[int], jobs: int, work: Callable[[int], object]
) -> Iterator[tuple[int, Any]]:
    """Do `work` on each task in a fork, `jobs` at a time; yield each with its outcome, None for a crash."""
    running: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as scratch:

        def ended() -> tuple[int, Any]:
            task = running.pop(os.wait()[0])
            path = Path(scratch, str(task))
            return task, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

        gc.freeze()  # a collection in a fork would copy the pages that it shares
        for task in tasks:
            if len(running) >= jobs:
                yield ended()
            pid = os.fork()
            if not pid:
                _work(work, task, Path(scratch, str(task)))
            running[pid] = task
        while running:
            yield ended()


def _work(work: Callable[[int], object], task: int, path: Path) -> None:
    """Write what comes of the work to `path`, whole or not at all, and end this process."""
    status = 1
    try:
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(work(task)), encoding="utf-8")
        unfinished.rename(path)
        status = 0
    finally:
        os._exit(status)


def main() -> int:
    """Run the seeds that are asked for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m spec.meta.seeds", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--runs", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--first", type=int, metavar="SEED", help="the first seed, then the next")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time (default: the cores)"
    )
    given = parser.parse_args()
    if given.runs < 1 or given.jobs < 1 or (given.first or 0) < 0:
        parser.error("--runs and --jobs must be at least 1, and --first at least 0")
    first = random.SystemRandom().randrange(2**32) if given.first is None else given.first
    runs = Runs(range(first, first + given.runs), given.jobs)
    _say(f"seeds {runs.seeds[0]} to {runs.seeds[-1]}")
    status = pytest.main([str(SPEC), "-qq", QUICK, "-p", "no:cacheprovider"], plugins=[runs])
    return int(status) or int(runs.n_failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
