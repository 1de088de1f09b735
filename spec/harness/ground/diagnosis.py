"""From wrong numbers to their cause.

Every comparison made at one `agree` is a witness, those that passed included. A cause is named only
if it explains all of them: at each, the value that it predicts is the value that came.
"""

from collections.abc import Callable, Iterable

import numpy as np

from .compare import Array, Comparison

ZERO = "zero everywhere"
Factor = Callable[[dict[str, int]], float]
Transform = Callable[[Array, dict[str, int]], Array]


def _scaled(factor: Factor, sign: int) -> Transform:
    return lambda E, s: sign * factor(s) * E


def _size(name: str, power: int) -> Factor:
    return lambda s: float(s[name]) ** power


def _factors(sizes: dict[str, int]) -> dict[str, Factor]:
    """The constant factors worth naming, each as a function of the sizes of one example."""
    named: dict[str, Factor] = {
        "exactly twice the right value": lambda s: 2.0,
        "exactly half the right value": lambda s: 0.5,
    }
    for name in sizes:
        named[f"exactly {{{name}}} times too large, and {name} = {{{name}}}"] = _size(name, 1)
        named[f"exactly {{{name}}} times too small, and {name} = {{{name}}}"] = _size(name, -1)
    return named


def _transforms(sizes: dict[str, int]) -> dict[str, Transform]:
    """What a slip does to a right value, whatever the equation: sentence -> value it gives."""
    table: dict[str, Transform] = {
        "of the opposite sign": lambda E, s: -E,
        ZERO: lambda E, s: np.zeros(E.shape),
    }
    for sentence, factor in _factors(sizes).items():
        table[sentence] = _scaled(factor, 1)
        table[f"of the opposite sign and {sentence}"] = _scaled(factor, -1)
    table |= {
        "the transpose of the right value": lambda E, s: E.T,
        "the right value with its rows in reverse": lambda E, s: E[::-1],
        "the right value with its columns in reverse": lambda E, s: E[..., ::-1],
        "the right numbers in the wrong shape": lambda E, s: E.reshape(-1),
        "the sum of all entries of the right value": lambda E, s: np.asarray(E.sum()),
        "the mean of all entries of the right value": lambda E, s: np.asarray(E.mean()),
        "the right value summed over its rows": lambda E, s: E.sum(axis=0),
        "the right value summed over its columns": lambda E, s: E.sum(axis=-1),
    }
    return table


RESHAPED = ("shape", "sum", "mean")  # sentences that speak of the numbers, not of their shape


def _explains(sentence: str, transform: Transform, comparison: Comparison) -> bool:
    expected = comparison.expected
    if expected.ndim == 0 and any(
        word in sentence for word in ("row", "column", "shape", "entries")
    ):
        return False
    target = np.asarray(transform(expected, comparison.sizes))
    actual = comparison.actual
    if isinstance(actual, str):
        return False
    if any(word in sentence for word in RESHAPED) and actual.size == target.size:
        target = target.reshape(actual.shape)
    if target.shape == expected.shape and np.array_equal(target, expected, equal_nan=True):
        target = (
            expected  # the slip shows in no number here: then judge by the tolerance of the truth
        )
    return comparison.fits(target)


def _is_nothing(transform: Transform, comparison: Comparison) -> bool:
    """Whether the slip would leave this right value as it is: the transpose of a vector, for one."""
    target = np.asarray(transform(comparison.expected, comparison.sizes))
    return comparison.same_target(target)


def causes(comparisons: Iterable[Comparison]) -> list[str]:
    """The listed mistakes that give exactly the values seen, at every comparison.

    What is the truth as well, NaN for one where both are, explains nothing.
    """
    comparisons = list(comparisons)
    last = comparisons[-1]
    return [
        cause
        for cause, value in last.mistakes.items()
        if not last.same_target(value)
        and all(cause in c.mistakes and c.fits(c.mistakes[cause]) for c in comparisons)
    ]


def relations(comparisons: Iterable[Comparison]) -> list[str]:
    """How the values seen relate to the right ones, at every comparison alike: "exactly twice ..."."""
    comparisons = list(comparisons)
    last = comparisons[-1]
    sizes = {n: size for n, size in last.sizes.items() if all(n in c.sizes for c in comparisons)}
    found = [
        sentence
        for sentence, transform in _transforms(sizes).items()
        if all(_explains(sentence, transform, c) for c in comparisons)
        and not _is_nothing(transform, last)
    ]
    return [sentence.format(**last.sizes) for sentence in found]


def diagnose(comparisons: list[Comparison]) -> tuple[str, str]:
    """(relation, cause): how the values relate to the right ones, and why; "" where nothing fits all.

    `comparisons` are all those made at one `agree`, the smallest failing case last.
    """
    if isinstance(comparisons[-1].actual, str):
        return "", ""
    why, how = causes(comparisons), relations(comparisons)
    if how and how[0] == ZERO:
        why = []  # whatever cancels to zero would fit, a cheat that returns zeros included
    return f"yours is {how[0]}" if how else "", " or ".join(why[:3])


def indistinct(comparisons: list[Comparison]) -> list[str]:
    """Listed mistakes that `agree` would have accepted every time: a test that cannot fail on them."""
    listed = dict.fromkeys(cause for comparison in comparisons for cause in comparison.mistakes)
    return [
        cause
        for cause in listed
        if all(c.same_target(c.mistakes[cause]) for c in comparisons if cause in c.mistakes)
    ]
