"""Runs over random seeds: a fork with a seed does what a process with that seed does; failures are told."""

import os
import re

import pytest

from .conftest import ROOT, Figure
from .starting import Done, run_module

TRACES = '''
import hashlib
from pathlib import Path


def pytest_configure(config):
    """Write a line for each case: a digest of all values compared and all figures measured."""
    from spec.harness.engine import run

    of = run.Record.of
    run.Record.of = staticmethod(lambda *of_it: traced(*of_it) or of(*of_it))
    original = run.seed_all
    run.seed_all = lambda case, seed: SEEDS.append(seed) or original(case, seed)


SEEDS = []


def traced(case, subject, error, trial, *_):
    digest = hashlib.sha256()
    for comparisons in trial.comparisons.values():
        for comparison in comparisons:
            for value in (comparison.actual, comparison.expected):
                digest.update(getattr(value, "tobytes", repr(value).encode)())
    digest.update(repr((trial.example, trial.figures)).encode())
    with Path(__file__).with_name(f"{SEEDS[-1]}.txt").open("a") as file:
        file.write(f"{case.id} {digest.hexdigest()}\\n")
'''
NOTHING = "def pytest_configure(config): pass"
MISHAPS = '''
import os


def pytest_configure(config):
    """Fail a test of one seed, and crash at another."""
    from spec.harness.engine import run

    run.seed_all = mishap


def mishap(case, seed):
    assert seed != 8, "eight is wrong"
    if seed == 9:
        os._exit(3)
    return 0
'''


SEEDS_WITH = """
import sys
import extra_plugin
from spec.meta import forks, seeds

extra_plugin.pytest_configure(None)
claims = [f"--claim={claim}" for claim in sys.argv.pop(1).split()]
in_forks = forks.in_forks
forks.in_forks = lambda cases, judge, *options, **how: in_forks(cases, judge, *options, *claims, **how)
raise SystemExit(seeds.main())
"""


@pytest.fixture
def run(tmp_path):
    """Run pytest, or the command of the seeds, on the claims named and with what a source changes."""

    def run(source: str, claims: str, module: str, *arguments: str) -> Done:
        (tmp_path / "extra_plugin.py").write_text(source, encoding="utf-8")
        (tmp_path / "seeds_with.py").write_text(SEEDS_WITH, encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        if module == "pytest":
            chosen = [f"--claim={claim}" for claim in claims.split()]
            options = ("-p", "extra_plugin", "-p", "no:cacheprovider", *chosen)
            return run_module(module, *arguments, *options, cwd=ROOT, environment=environment)
        return run_module("seeds_with", claims, *arguments, cwd=ROOT, environment=environment)

    return run


def test_a_fork_with_a_seed_is_a_process_with_that_seed(run, tmp_path):
    """Every value compared, in every example, and every figure is the same; another seed gives others."""
    claims = "3.2 5.3 7.2 7.5 8.1"
    traces = {}
    for seed in (7, 8):
        done = run(TRACES, claims, "pytest", "spec", "--hypothesis-profile=quick", f"--seed={seed}")
        assert done.returncode == 0, done.stdout
        traces[seed] = (tmp_path / f"{seed}.txt").read_text()
        (tmp_path / f"{seed}.txt").unlink()
    done = run(TRACES, claims, "spec.meta.seeds", "--first=7", "--runs=2", "--jobs=1")
    assert done.returncode == 0, done.stdout
    assert "2 of 2 runs" in done.stdout
    for seed, trace in traces.items():
        assert (tmp_path / f"{seed}.txt").read_text() == trace
    moved = sum(a != b for a, b in zip(*(t.splitlines() for t in traces.values()), strict=True))
    assert moved > 30


def test_no_seed_fails(run, figure):
    """Three here, a thousand in `tox -e seeds`, with the seconds that a run takes."""
    done = run(NOTHING, "", "spec.meta.seeds", "--runs=3")
    failed, seconds = re.search(r"3 of 3 runs, (\d+) failed, (\d+) s", done.stdout).groups()
    figure(
        Figure("runs from random seeds that fail", "0 of 3", f"{failed} of 3", failed == "0"),
        done.stdout,
    )
    figure(Figure("seconds of such a run, quick profile", "", f"{int(seconds) / 3:.1f}"))


def test_a_failure_is_told_with_the_command_that_repeats_it(run):
    """Runs that crash are failures, too; the others count on."""
    done = run(MISHAPS, "7.4/he-normal", "spec.meta.seeds", "--first=7", "--runs=4", "--jobs=2")
    assert done.returncode == 1
    assert "eight is wrong" in done.stdout
    again = "pytest spec --hypothesis-profile=quick --seed 8 --claim 7.4/he-normal"
    assert f"again: {again}\n" in done.stdout
    assert "seed 9: the run crashed" in done.stdout
    assert "4 of 4 runs, 2 failed" in done.stdout


def test_impossible_numbers_of_runs_are_refused(run):
    """In one sentence."""
    done = run(NOTHING, "7", "spec.meta.seeds", "--runs=0")
    assert done.returncode == 2
    assert "expected a whole number of at least 1" in done.stderr
