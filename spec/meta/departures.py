"""Right draws that are made to depart from their law: what the tests of chance state that they find.

Each test under `@chance` has an entry in SIMULATIONS, which calls it with one departure of the size
stated: in what the implementation draws, in what a theorem draws itself, or in what it says.
"""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any
from unittest import mock

import numpy as np
import pytest

import impl
from spec.harness.ground.compare import Array
from spec.harness.mathematics.dependence import CORRELATION
from spec.harness.mathematics.sampling import GAP, MEAN, VARIANCE
from spec.harness.subject.proxy import Guarded, Implementation

from .conftest import ROOT

Test = Callable[..., None]


def statistical_tests() -> dict[str, tuple[Test, pytest.Mark]]:
    """All tests of the chapters that state their errors, by name, with what they state."""
    found = {}
    for path in sorted((ROOT / "spec").glob("test_*.py")):
        for name, test in vars(importlib.import_module(f"spec.{path.stem}")).items():
            for mark in getattr(test, "pytestmark", []):
                if mark.name == "chance":
                    found[name] = test, mark
    return found


def items(test: Test) -> list[dict[str, Any]]:
    """The arguments of each item of a parametrised test; of a plain one, one item without any."""
    found: list[dict[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names, rows = mark.args
            rows = [
                {names: row} if isinstance(names, str) else dict(zip(names, row, strict=True))
                for row in rows
            ]
            found = [others | row for others in found for row in rows]
    return found


# ---- Departures


def departed(sample: Array, departure: str, size: float) -> Array:
    """A sample of a law that is symmetric about 0, with one departure: of `size`, up or down."""
    if departure == VARIANCE:
        return sample * np.sqrt(1 + size)
    if departure == MEAN:
        return sample + size * sample.std()
    if departure == CORRELATION:  # each row is a draw: the first two numbers of all draws
        related = sample.copy()
        related[:, 1] = size * sample[:, 0] + np.sqrt(1 - size**2) * sample[:, 1]
        return related
    if departure == GAP:  # in the middle, where chance hides it best, and of little other effect
        return _mirrored_next_to_zero(sample, size) if size >= 0 else -departed(-sample, GAP, -size)
    raise ValueError(f"no sample departs by {departure!r}: write how in {__name__}")


def _mirrored_next_to_zero(sample: Array, share: float) -> Array:
    """The sample with this share of it, the smallest positive numbers, made negative."""
    positive, n = sample[sample > 0], round(share * sample.size)
    return np.where((sample > 0) & (sample < np.partition(positive, n)[n]), -sample, sample)


@dataclass(frozen=True)
class Run:
    """One run of a simulation: what departs, how far, and the generator of all its chance."""

    departure: str
    size: float
    rng: np.random.Generator

    def depart(self, sample: Array) -> Array:
        """The sample with this run's departure."""
        return departed(sample, self.departure, self.size)


@dataclass
class Departing:
    """The reference, except that what one of its names draws departs."""

    name: str
    weights: tuple[str, ...]
    run: Run

    def __getattr__(self, name: str) -> Any:
        right = getattr(impl, name)
        return partial(self._drawn, right) if name == self.name else right

    def _drawn(self, right: Callable[..., Any], *args: Any, **options: Any) -> Any:
        drawn = right(*args, **options)
        if isinstance(drawn, np.ndarray):
            return self.run.depart(drawn)
        name = self.run.rng.choice(self.weights)  # one layer departs
        setattr(drawn, name, self.run.depart(getattr(drawn, name)))
        return drawn


@dataclass
class DepartingNormal:
    """A generator whose normal numbers depart."""

    run: Run

    def normal(self, *args: Any) -> Array:
        """Normal numbers with the departure."""
        return self.run.depart(self.run.rng.normal(*args))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.run.rng, name)


@dataclass
class FavouredPair:
    """Minibatches of 2 from 4 samples; one of the six pairs comes first too often, by the share `size`."""

    size: float

    def minibatches(
        self, X: Array, Y: Array, batch_size: int, rng: np.random.Generator
    ) -> Iterator[tuple[Array, Array]]:
        """One epoch: a pair, and the other two."""
        pairs = list(combinations(range(4), 2))
        favoured = rng.random() < (1 + self.size) / 6
        first = pairs[0] if favoured else pairs[rng.integers(1, 6)]
        for rows in (first, [i for i in range(4) if i not in first]):
            yield X[list(rows)], Y[list(rows)]


@dataclass
class Unfair:
    """Minibatches of a shuffle that is not fair: `spoil` changes an order, as often as `size` asks for."""

    size: float
    spoil: Callable[[Array, np.random.Generator], Array]

    def minibatches(
        self, X: Array, Y: Array, batch_size: int, rng: np.random.Generator
    ) -> Iterator[tuple[Array, Array]]:
        """One epoch."""
        m = len(X)
        order = rng.permutation(m)
        if rng.random() < self.size / m:
            order = self.spoil(order, rng)
        for start in range(0, m, batch_size):
            rows = order[start : start + batch_size]
            yield X[rows], Y[rows]


def kept_in_place(order: Array, rng: np.random.Generator) -> Array:
    """The samples as they were."""
    return np.arange(len(order))


def kept_together(order: Array, rng: np.random.Generator) -> Array:
    """The samples in their own order, turned."""
    return np.roll(np.arange(len(order)), rng.integers(len(order)))


# ---- Simulations

Simulation = Callable[[Test, dict[str, Any], Run], None]


def drawn_by(name: str, weights: tuple[str, ...] = ("W1", "W2")) -> Simulation:
    """What this name of the implementation draws departs: of a network, one of these weights."""
    return lambda test, item, run: test(Departing(name, weights, run), run.rng, **item)


def generated(test: Test, item: dict[str, Any], run: Run) -> None:
    """The normal numbers that a theorem draws depart."""
    test(DepartingNormal(run), **item)


def returned_by(name: str) -> Simulation:
    """The sample that this function of the chapter returns departs."""

    def simulate(test: Test, item: dict[str, Any], run: Run) -> None:
        chapter = sys.modules[test.__module__]
        right = getattr(chapter, name)
        with mock.patch.object(chapter, name, lambda *args: run.depart(right(*args))):
            test(run.rng, **item)

    return simulate


def many_of(name: str) -> Simulation:
    """What this function of the chapter has the implementation draw, many times over, departs."""

    def simulate(test: Test, item: dict[str, Any], run: Run) -> None:
        chapter = sys.modules[test.__module__]
        right = getattr(chapter, name)
        nn = Implementation(impl, "impl")
        with mock.patch.object(chapter, name, lambda *args: run.depart(right(*args))):
            test(nn, run.rng, **item)

    return simulate


def said_by(name: str, calls: int) -> Simulation:
    """At one of its `calls` calls, what this function of the chapter says is off."""

    def simulate(test: Test, item: dict[str, Any], run: Run) -> None:
        chapter, count, wrong = (
            sys.modules[test.__module__],
            itertools.count(),
            run.rng.integers(calls),
        )
        right = getattr(chapter, name)

        def said(*args: Any) -> Any:
            return right(*args) * (1 + run.size * (next(count) == wrong))

        with mock.patch.object(chapter, name, said):
            test(run.rng, **item)

    return simulate


def favoured(test: Test, item: dict[str, Any], run: Run) -> None:
    """One pair of samples comes first too often."""
    test(Guarded(FavouredPair(run.size), "nn", "nn"), run.rng, **item)


def unfair(spoil: Callable[[Array, np.random.Generator], Array]) -> Simulation:
    """Now and then the shuffle is spoilt."""
    return lambda test, item, run: test(
        Guarded(Unfair(run.size, spoil), "nn", "nn"), run.rng, **item
    )


SIMULATIONS: dict[str, Simulation] = {
    "test_each_sample_comes_as_often_at_each_place": unfair(kept_in_place),
    "test_neighbours_do_not_stay_together": unfair(kept_together),
    "test_small_random_weights": drawn_by("small_random"),
    "test_both_layers_of_a_two_layer_net_have_the_deviation_asked_for": drawn_by("TwoLayerNet"),
    "test_xavier_normal": drawn_by("xavier_normal"),
    "test_xavier_uniform": drawn_by("xavier_uniform"),
    "test_forward_condition": generated,
    "test_backward_condition": generated,
    "test_he_normal": drawn_by("he_normal"),
    "test_an_mlp_draws_each_layer_by_the_rule_and_its_own_widths": drawn_by("MLP"),
    "test_lecun_normal": drawn_by("lecun_normal"),
    "test_small_random_weights_of_a_small_layer": many_of("many_draws"),
    "test_xavier_normal_of_a_small_layer": many_of("many_draws"),
    "test_xavier_uniform_of_a_small_layer": many_of("many_draws"),
    "test_he_normal_of_a_small_layer": many_of("many_draws"),
    "test_lecun_normal_of_a_small_layer": many_of("many_draws"),
    "test_no_weight_of_a_network_depends_on_another": many_of("first_weights"),
    "test_a_three_layer_net_has_the_deviation_asked_for": drawn_by(
        "ThreeLayerNet", ("W1", "W2", "W3")
    ),
    "test_every_pair_is_as_likely_to_be_the_first_batch": favoured,
    "test_a_network_begins_with_the_defaults_of_the_table": drawn_by("MLP", ("W1",)),
    "test_the_covariance_is_the_arc_cosine_kernel": said_by("kernel", calls=4),
    "test_excess_kurtosis_falls_as_one_over_the_width": said_by("excess_kurtosis", calls=3),
    "test_a_wide_network_is_jointly_normal": returned_by("whitened_outputs"),
}


def finds(test: Test, departure: str, size: float, number: int) -> bool:
    """Whether a run of the test, of any of its items, fails; the departure goes up or down."""
    rng = np.random.default_rng([number, *test.__name__.encode(), *departure.encode()])
    np.random.seed(rng.integers(2**32))  # noqa: NPY002  (what TwoLayerNet draws from)
    item = rng.choice(np.array(items(test)))
    sign = 1 if departure.endswith("too often") else rng.choice([-1, 1])
    try:
        SIMULATIONS[test.__name__](test, item, Run(departure, sign * size, rng))
    except AssertionError:
        return True
    return False
