"""What the tests of chance state that they find, they find: by simulation with each departure.

To see a power of 0.999 takes many thousands of runs. But what is judged is, up to a monotone function, a
mean of many numbers, so nearly normal: a departure is found with power p where it exceeds the critical
value by as many deviations as the normal law leaves p to the left of. What is found with power 0.999
is therefore found with power 0.9 at 0.8 times the size, and that takes 150 runs to tell from 0.75.
"""

import inspect

import numpy as np
import pytest
from scipy.stats import binom, norm

from spec.harness.mathematics.sampling import (
    FOUND_IN_30_000,
    GAP,
    MEAN,
    POWER,
    VARIANCE,
    detectable_gap,
    detectable_shift,
    detectable_variance_ratio,
    in_words,
)

from . import sweeps
from .departures import SIMULATIONS, departed, finds, statistical_tests

RUNS = 150
LOWER_POWER = 0.9
SHARE = 5  # one statement in so many is drawn; `tox -e sweeps` simulates all
BAD_LUCK = 1e-4  # of a simulation of a right statement; its seeds are fixed

TESTS = {
    name: (test, mark)
    for name, (test, mark) in statistical_tests().items()
    if mark.kwargs["detects"]
}
JUDGEMENTS = ("_is(", "drawn_from(", "drawn_like(", "spend(", "judge_rule(", "independent(")
STATED = [
    pytest.param(name, departure, size, id=f"{name}-{departure.format(size)}")
    for name, (_, mark) in TESTS.items()
    for departure, size in mark.kwargs["detects"].items()
]


def test_every_test_of_chance_has_its_simulation():
    """Whoever adds one states what it finds, and shows it; experiments are held against no law."""
    for name, (test, _) in statistical_tests().items():
        place = f"{test.__module__}.{name}"
        judges = any(judgement in inspect.getsource(test) for judgement in JUDGEMENTS)
        assert judges == (name in TESTS), f"{place} does not state what it detects, or is no test"
    for name in TESTS:
        assert name in SIMULATIONS, f"{name} has no simulation: add one to spec/meta/departures.py"
    left_over = SIMULATIONS.keys() - TESTS.keys()
    assert not left_over, f"spec/meta/departures.py simulates what is no test: {left_over}"


@pytest.mark.parametrize(("name", "departure", "size"), sweeps.drawn(STATED, share=SHARE))
def test_a_departure_is_found_with_the_power_stated(name, departure, size):
    """And it is the departure that is found: the same simulation without one passes."""
    test, mark = TESTS[name]
    assert not any(finds(test, departure, 0, run) for run in range(5))
    critical = norm.isf(mark.kwargs["false_alarms"] / 2)
    smaller = size * (critical + norm.ppf(LOWER_POWER)) / (critical + norm.ppf(POWER))
    found = sum(finds(test, departure, smaller, run) for run in range(RUNS))
    assert found >= binom.ppf(BAD_LUCK, RUNS, LOWER_POWER), (
        f"{departure.format(smaller)} is found in {found} of {RUNS} runs, so that "
        f"{departure.format(size)} is not found with power {POWER}: state a larger one"
    )


def test_a_departure_too_small_is_not_taken_for_one_that_is_found():
    """The simulation can fail: four fifths of what is found are stated too boldly."""
    test, _ = TESTS["test_he_normal"]
    bold = {departure: 0.64 * size for departure, size in FOUND_IN_30_000.items()}
    for departure, size in bold.items():
        found = sum(finds(test, departure, size, run) for run in range(50))
        assert found < binom.ppf(BAD_LUCK, 50, LOWER_POWER)


@pytest.mark.parametrize(
    ("n", "rate", "name"),
    [
        (30_000, 2e-9, "test_he_normal"),
        (20_000, 2e-9, "test_forward_condition"),
        (6_000, 1e-9, "test_a_network_begins_with_the_defaults_of_the_table"),
        (3 * 2048, 1e-9, "test_a_wide_network_is_jointly_normal"),
    ],
)
def test_what_is_stated_is_no_less_than_the_theory_of_the_test_gives(n, rate, name):
    """Of so many independent numbers, at the rate of one judgement."""
    least = {
        VARIANCE: detectable_variance_ratio(n, false_alarm=rate) - 1,
        MEAN: detectable_shift(n, false_alarm=rate),
        GAP: detectable_gap(n, false_alarm=rate),
    }
    for departure, size in TESTS[name][1].kwargs["detects"].items():
        assert least[departure] <= size <= 1.1 * least[departure]


def test_what_is_detected_is_told_in_words():
    """From the sizes that are simulated: statement and simulation cannot drift apart."""
    assert in_words({VARIANCE: 0.095, GAP: 0.063}) == (
        "a variance off by 9.5%; a distribution function off by 0.063"
    )
    for _, mark in TESTS.values():
        assert not set("{}") & set(in_words(mark.kwargs["detects"]))


def test_departures_are_of_the_size_that_they_say():
    """On a large sample, where chance plays no part."""
    sample = np.random.default_rng(0).normal(0, 3, 10**6)
    assert np.isclose(departed(sample, VARIANCE, 0.1).var() / sample.var(), 1.1)
    assert np.isclose((departed(sample, MEAN, -0.1).mean() - sample.mean()) / sample.std(), -0.1)
    for size in (0.05, -0.05):
        changed = departed(sample, GAP, size)
        assert np.isclose(np.mean(changed < 0) - np.mean(sample < 0), size, atol=1e-5)
        assert np.isclose(changed.var(), sample.var(), rtol=1e-3)
