"""A failing example made smaller by hand: few numbers, whole or halves, so that a person can follow.

Hypothesis shrinks what a test draws, but the numbers come from a seed and the sizes are primes, for
the diagnosis' sake. So the failing test is tried again on a handful of plainer problems. One counts
only if it fails at the same place, in the same way, and for the same cause.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..ground import trial as trials
from ..ground.compare import Disagreement
from ..ground.failures import Failure
from ..ground.limits import time_limit
from ..ground.outcomes import Refuted
from ..ground.trial import Trial
from ..mathematics.strategies import Problem

TRIES = 4  # problems of each size
SECONDS = 2.0
SHAPES = (  # m, and the widths of up to 3 layers
    (3, (2, 2, 2, 2)),
    (2, (3, 2, 2, 2)),
    (3, (2, 1, 1, 2)),
    (3, (2, 2, 2, 3)),
)


def smaller(drawing: Any, given: dict[str, Any], failure: Failure) -> Iterator[Failure]:
    """The same failure on smaller examples, each with its own trial.

    `drawing` is Hypothesis' handle of the failing test (None without strategies), `given` what it asks
    for beside the examples.
    """
    if drawing is None or not isinstance(failure.error, Refuted) or not failure.trial.example:
        return
    under_way = trials.current()
    try:
        for example in _examples(failure.trial.example):
            trials.begin()
            error = _failure(drawing.inner_test, given | example)
            if error is None:
                continue
            found = _with_witnesses(error, trials.current(), failure)
            if found and found.is_the_same_as(failure):
                yield found
    finally:
        trials.resume(under_way)


def _failure(test: Any, arguments: dict[str, Any]) -> BaseException | None:
    try:
        with time_limit(SECONDS, "a smaller example"):
            test(**arguments)
    except Refuted as error:
        return error
    except KeyboardInterrupt:
        raise
    except BaseException:  # of whatever kind the code under test raises
        return None
    return None


def _with_witnesses(error: BaseException, tried: Trial, first: Failure) -> Failure | None:
    """A failure for which the comparisons of the first one bear witness, too; None where it says little."""
    if isinstance(error, Disagreement):
        if not np.isfinite(error.comparison.expected).all():
            return None
        witnesses = first.trial.comparisons.get(error.site, [])
        tried.comparisons[error.site] = witnesses + tried.comparisons[error.site]
    return Failure.of(error, tried)


def _examples(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    has_problem = any(isinstance(value, Problem) for value in example.values())
    for m, widths in SHAPES if has_problem else SHAPES[:1]:
        for seed in range(TRIES):
            yield _smaller(example, m, widths, np.random.default_rng(seed))


def _smaller(
    example: dict[str, Any], m: int, widths: tuple[int, ...], rng: np.random.Generator
) -> dict[str, Any]:
    sizes = sorted(set(_sizes(tuple(example.values()))) - {0, 1})
    names = dict(zip(sizes, range(2, 2 + len(sizes)), strict=True))

    def made(value: Any) -> Any:
        if isinstance(value, Problem):
            return _plain(value, m, widths, rng)
        if isinstance(value, np.ndarray) and value.dtype == float and value.min(initial=0) < 0:
            return _whole(rng, *(names.get(n, n) for n in value.shape))
        if isinstance(value, tuple):
            plain = all(type(item) is int for item in value)
            return tuple(names.get(item, item) if plain else made(item) for item in value)
        return value

    return {name: made(value) for name, value in example.items()}


def _sizes(values: tuple[Any, ...]) -> Iterator[int]:
    """The sizes of all arrays, and the sizes drawn as such."""
    for value in values:
        if isinstance(value, np.ndarray):
            yield from value.shape
        elif isinstance(value, tuple) and all(type(item) is int for item in value):
            yield from value
        elif isinstance(value, tuple):
            yield from _sizes(value)


def _whole(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Small whole numbers of both signs, 0 excluded: no kink is met."""
    return rng.choice([-2.0, -1.0, 1.0, 2.0, 3.0], shape)


def _plain(problem: Problem, m: int, widths: tuple[int, ...], rng: np.random.Generator) -> Problem:
    """A problem of these sizes with whole weights, and biases that keep every Z away from 0."""
    depth = len(problem.sizes) - 1
    sizes = (*widths[:depth], problem.sizes[-1] if problem.sizes[-1] == 1 else widths[-1])
    plain = Problem(sizes, m, int(rng.integers(100)), problem.output)
    plain.X[:] = rng.choice([-1.0, 0.0, 1.0, 2.0], (m, sizes[0]))
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        plain.parameters[f"W{l}"] = rng.choice([-1.0, 0.0, 1.0, 2.0], (n_in, n_out))
        plain.parameters[f"b{l}"] = rng.choice([-1.0, 1.0], (1, n_out)) / 2**l
    return plain
