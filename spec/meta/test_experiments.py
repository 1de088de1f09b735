"""The rates of experiments: what they rest on is measured, and none that draws goes without one."""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, norm

from . import sweeps
from .conftest import ROOT
from .departures import statistical_tests
from .experiments import CERTAIN, EXPERIMENTS, margin, recorded

SEEDS = range(1000, 1012)  # of networks there are many a seed
MORE_SEEDS = range(1000, 1040)
BAD_LUCK = 1e-4  # of a simulation of a right statement; its seeds are fixed
MARGIN = 6.5  # deviations: 4e-11 by the normal law, which leaves room for longer tails


def test_whoever_draws_states_how_often_it_fails():
    """Or holds whatever it draws, and is in the list of those: then the sum is that of all tests."""
    stated, drawing = statistical_tests().keys(), set()
    for path in sorted((ROOT / "spec").glob("test_*.py")):
        for name, test in vars(importlib.import_module(f"spec.{path.stem}")).items():
            if name.startswith("test_") and {"rng", "run_seed"} & set(
                inspect.signature(test).parameters
            ):
                drawing.add(name)
    silent = drawing - stated - CERTAIN
    assert not silent, f"state with @chance how often they fail: {silent}"
    assert drawing >= CERTAIN, f"spec/meta/experiments.py lists what draws nothing: {CERTAIN}"
    assert not CERTAIN & stated, f"certain, or not: {CERTAIN & stated}"


def is_new(name: str) -> bool:
    """Whether the file of an experiment has changed, or how it is measured."""
    files = {
        inspect.getsourcefile(EXPERIMENTS[name]),
        str(Path(__file__).with_name("experiments.py")),
    }
    return not files.isdisjoint(map(str, sweeps.changed()))


@pytest.mark.parametrize("name", sweeps.drawn(sorted(EXPERIMENTS), is_new))
def test_an_experiment_is_as_far_from_a_false_alarm_as_it_states(name):
    """Exceptions among networks no more frequent than stated, and numbers that keep their margin."""
    test = EXPERIMENTS[name]
    trains = "mostly(" in inspect.getsource(test)
    compared, exceptional = recorded(test, SEEDS if trains else MORE_SEEDS)
    assert compared or exceptional, f"{name} judges nothing"
    for (*_, what), found in exceptional.items():
        few, networks = (sum(run[i] for run in found) for i in (0, 1))
        stated = found[0][2]
        assert few <= binom.isf(BAD_LUCK, networks, stated), (
            f"{what}: not so in {few} of {networks} networks, stated are {stated:.1%}"
        )
    for (*_, what), pairs in compared.items():
        assert margin(pairs) > MARGIN, (
            f"{what}: {margin(pairs):.1f} deviations in {len(pairs)} runs"
        )


def test_a_narrow_margin_is_found():
    """The measurement can fail; a heavy tail to the safe side is not held against a test."""
    rng = np.random.default_rng(0)
    assert norm.sf(MARGIN) < 1e-10
    assert margin([(x, 4.0) for x in rng.normal(size=60)]) < MARGIN
    assert margin([(1.0, x) for x in np.exp(rng.normal(8, 1, 60))]) > MARGIN
    assert margin([(0.0, 1.0)] * 3) > MARGIN
