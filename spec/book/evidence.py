"""What a test has to show besides its outcome: how exact the values were, and what mistakes would give."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spec.harness.ground.compare import Array, Comparison, NotPlain
from spec.harness.ground.trial import Trial

LARGEST_SHOWN = 6  # entries of an array that is shown whole


@dataclass(frozen=True)
class Slip:
    """A common mistake, and the value that it gives."""

    cause: str
    value: str


@dataclass(frozen=True)
class Slips:
    """What is judged, its right value on the smallest case, and what each mistake makes of it."""

    what: str
    right: str
    slips: list[Slip]


@dataclass(frozen=True)
class Evidence:
    """The worst relative error among all values, the one allowed there, and the mistakes listed."""

    worst: float = 0.0
    allowed: float = 0.0
    mistakes: list[Slips] = field(default_factory=list)


def evidence(trial: Trial) -> Evidence:
    """What one test, which has been run, has to show."""
    comparisons = [c for made in trial.comparisons.values() for c in made]
    worst, allowed = max(map(_error, comparisons), default=(0.0, 0.0))
    by_place: dict[tuple[str, int], list[Comparison]] = defaultdict(list)
    for (file, line, _), made in trial.comparisons.items():
        by_place[file, line] += [comparison for comparison in made if comparison.mistakes]
    listed = [_slips(made) for made in by_place.values() if made]
    for what, variances in trial.variances.items():
        slips = [Slip(cause, f"{value:.4g}") for cause, value in variances.mistakes.items()]
        if slips:
            listed.append(Slips(f"the variance of {what}", f"{variances.right:.4g}", slips))
    return Evidence(worst, allowed, listed)


def revived(plain: dict[str, Any]) -> Evidence:
    """The evidence that was sent as plain data."""
    listed = [
        Slips(**s | {"slips": [Slip(**slip) for slip in s["slips"]]}) for s in plain["mistakes"]
    ]
    return Evidence(plain["worst"], plain["allowed"], listed)


def _error(comparison: Comparison) -> tuple[float, float]:
    """The largest error relative to the terms behind a value, and the largest one allowed."""
    actual, expected = comparison.actual, comparison.expected
    if isinstance(actual, NotPlain) or actual.shape != expected.shape:
        return 0.0, 0.0
    allowed = comparison.relative
    excess = float(comparison.excess(expected).max(initial=0.0))
    return (excess * allowed, allowed) if excess <= 1 else (0.0, 0.0)


def _slips(comparisons: Iterable[Comparison]) -> Slips:
    """The mistakes at the smallest comparison that tells as many of them from the truth as any does."""

    def apart(comparison: Comparison) -> int:
        return sum(not comparison.same_target(value) for value in comparison.mistakes.values())

    chosen = max(comparisons, key=lambda c: (apart(c), -c.expected.size))
    told = [
        Slip(cause, _beside(value, chosen.expected))
        for cause, value in chosen.mistakes.items()
        if not chosen.same_target(value)
    ]
    return Slips(chosen.what.rstrip(","), _shown(chosen.expected), told)


def _shown(array: Array) -> str:
    """An array in a line; a large one by its shape."""
    if array.size > LARGEST_SHOWN:
        return f"an array of shape {_shape(array)}"
    return np.array2string(array, precision=4, separator=", ", max_line_width=10**6).replace(
        "\n", ""
    )


def _beside(wrong: Array, right: Array) -> str:
    """A wrong value in a line; of a large array the entry that is furthest off."""
    if wrong.size <= LARGEST_SHOWN:
        return _shown(wrong)
    if wrong.shape != right.shape:
        return f"an array of shape {_shape(wrong)}"
    with np.errstate(all="ignore"):
        off = np.nan_to_num(np.abs(wrong - right), nan=np.inf)
    at = np.unravel_index(np.argmax(off), off.shape)
    return f"{wrong[at]:.4g} at [{', '.join(map(str, at))}], where {right[at]:.4g} is right"


def _shape(array: Array) -> str:
    return " × ".join(map(str, array.shape))
