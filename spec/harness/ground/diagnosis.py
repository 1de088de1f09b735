"""From wrong numbers to their cause.

Every comparison made at one `agree` is a witness, those that passed included. A cause is named only
if it explains all of them: at each, the value that it predicts is the value that came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import combinations

import numpy as np

from .compare import Array, Comparison, NotPlain

MOST_CAUSES = 3
Factor = Callable[[dict[str, int]], float]
Transform = Callable[[Array, dict[str, int]], Array]


class Slip(StrEnum):
    """What was done to a right value, whatever the equation."""

    VANISHED = auto()
    WHOLE_MEAN = auto()  # a factor that is the number of samples
    SIZE = auto()  # a factor that is another size of the network
    CONSTANT = auto()
    SIGN = auto()
    TRANSPOSED = auto()
    REVERSED = auto()
    RESHAPED = auto()
    SUMMED = auto()
    OFFSET = auto()
    CLIPPED = auto()
    UNSIGNED = auto()
    SHIFTED = auto()
    ROUNDED = auto()


NEEDS_EVIDENCE = (
    Slip.CONSTANT,
    Slip.OFFSET,
    Slip.CLIPPED,
)  # their constant is read off the numbers
FEWEST_NUMBERS = 4
SHAPELESS = (Slip.RESHAPED, Slip.SUMMED)  # they speak of the numbers, not of their shape
OF_AXES = (Slip.REVERSED, Slip.SHIFTED, *SHAPELESS)  # they say nothing of a single number


@dataclass(frozen=True)
class Relation:
    """How a wrong value relates to the right one: the slip, in words ("{m}" is a size), and what it gives.

    A relation that is `fitted` has a constant that was read off the numbers themselves.
    """

    slip: Slip
    words: str
    transform: Transform
    fitted: bool = False

    def explains(self, comparison: Comparison) -> bool:
        """Whether it gives the value that came."""
        expected, actual = comparison.expected, comparison.actual
        if isinstance(actual, NotPlain) or (expected.ndim == 0 and self.slip in OF_AXES):
            return False
        target = np.asarray(self.transform(expected, comparison.sizes))
        if self.slip in SHAPELESS and actual.size == target.size:
            target = target.reshape(actual.shape)
        if target.shape == expected.shape and np.array_equal(target, expected, equal_nan=True):
            target = (
                expected  # it shows in no number here: then judge by the tolerance of the truth
            )
        return comparison.fits(target)

    def is_nothing(self, comparison: Comparison) -> bool:
        """Whether it would leave this right value as it is: the transpose of a vector, for one."""
        target = np.asarray(self.transform(comparison.expected, comparison.sizes))
        return comparison.same_target(target)


@dataclass(frozen=True)
class Diagnosis:
    """How the values relate to the right ones, and which mistakes give them; empty where nothing fits all."""

    relation: str = ""
    slip: Slip | None = None
    causes: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """The mistakes as one phrase."""
        return " or ".join(self.causes)


def _rolled(by: int) -> Transform:
    return lambda E, s: np.roll(E, by, axis=-1) if E.ndim else E


def _scaled(factor: Factor, sign: int) -> Transform:
    return lambda E, s: sign * factor(s) * E


def _size(name: str, power: int) -> Factor:
    return lambda s: float(s[name]) ** power


def _factors(sizes: Iterable[str]) -> Iterator[tuple[Slip, str, Factor]]:
    """The constant factors worth naming, each as a function of the sizes of one example."""
    yield Slip.CONSTANT, "exactly twice the right value", lambda s: 2.0
    yield Slip.CONSTANT, "exactly half the right value", lambda s: 0.5
    for name in sizes:
        slip, is_known = Slip.WHOLE_MEAN if name == "m" else Slip.SIZE, f"and {name} = {{{name}}}"
        yield slip, f"exactly {{{name}}} times too large, {is_known}", _size(name, 1)
        yield slip, f"exactly {{{name}}} times too small, {is_known}", _size(name, -1)


def _products(sizes: list[str]) -> Iterator[tuple[Slip, str, Factor]]:
    """Factors of two sizes: their product, and their ratio."""
    for one, other in combinations(sizes, 2):
        known = f"and {one} = {{{one}}}, {other} = {{{other}}}"
        for words, powers in (
            (f"{one} {other} times too large, {known}", (1, 1)),
            (f"{one} {other} times too small, {known}", (-1, -1)),
            (f"{one} / {other} times the right value, {known}", (1, -1)),
            (f"{other} / {one} times the right value, {known}", (-1, 1)),
        ):
            yield Slip.SIZE, words, _two_sizes(one, other, powers)


def _two_sizes(one: str, other: str, powers: tuple[int, int]) -> Factor:
    return lambda s: float(s[one]) ** powers[0] * float(s[other]) ** powers[1]


def _relations(sizes: list[str], last: Comparison) -> Iterator[Relation]:
    """All that are worth naming, the plainest first; a number in them is read off the last comparison."""
    yield from _plain(sizes)
    yield from _fitted(last)


def _fitted(last: Comparison) -> Iterator[Relation]:
    """Relations with a constant of their own, which must be the same at every comparison."""
    actual, expected = last.actual, last.expected
    if isinstance(actual, NotPlain) or actual.shape != expected.shape or not expected.size:
        return
    if not (np.isfinite(actual).all() and np.isfinite(expected).all()):
        return
    largest = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    off = float((actual - expected)[largest])
    low, high = float(actual.min()), float(actual.max())
    way = "large" if off > 0 else "small"
    factor = float(actual[largest] / expected[largest]) if expected[largest] else 1.0
    for slip, words, transform in (
        (Slip.CONSTANT, f"{factor:.6g} times the right value", lambda E, s: factor * E),
        (Slip.OFFSET, f"too {way} by {abs(off):.3g} in every entry", lambda E, s: E + off),
        (Slip.CLIPPED, f"never below {low:.6g}, and else right", lambda E, s: np.maximum(E, low)),
        (Slip.CLIPPED, f"never above {high:.6g}, and else right", lambda E, s: np.minimum(E, high)),
    ):
        if slip is not Slip.CLIPPED or low < high:
            yield Relation(slip, words, transform, fitted=True)


def _plain(sizes: list[str]) -> Iterator[Relation]:
    """Relations without a constant of their own."""
    yield Relation(Slip.SIGN, "of the opposite sign", lambda E, s: -E)
    yield Relation(Slip.VANISHED, "zero everywhere", lambda E, s: np.zeros(E.shape))
    for slip, words, factor in _factors(sizes):
        yield Relation(slip, words, _scaled(factor, 1))
        yield Relation(slip, f"of the opposite sign and {words}", _scaled(factor, -1))
    for slip, words, factor in _products(sizes):
        yield Relation(slip, words, _scaled(factor, 1))
    of_numbers: tuple[tuple[Slip, str, Transform], ...] = (
        (Slip.TRANSPOSED, "the transpose of the right value", lambda E, s: E.T),
        (Slip.REVERSED, "the right value with its rows in reverse", lambda E, s: E[::-1]),
        (Slip.REVERSED, "the right value with its columns in reverse", lambda E, s: E[..., ::-1]),
        (Slip.RESHAPED, "the right numbers in the wrong shape", lambda E, s: E.reshape(-1)),
        (Slip.SUMMED, "the sum of all entries of the right value", lambda E, s: E.sum()),
        (Slip.SUMMED, "the mean of all entries of the right value", lambda E, s: E.mean()),
        (Slip.SUMMED, "the right value summed over its rows", lambda E, s: E.sum(axis=0)),
        (Slip.SUMMED, "the right value summed over its columns", lambda E, s: E.sum(axis=-1)),
        (Slip.UNSIGNED, "the right value without its signs", lambda E, s: np.abs(E)),
        (Slip.SHIFTED, "the right value with its columns one further on", _rolled(1)),
        (Slip.SHIFTED, "the right value with its columns one back", _rolled(-1)),
        (Slip.ROUNDED, "the right value cut to whole numbers", lambda E, s: np.trunc(E)),
        (Slip.ROUNDED, "the right value rounded to whole numbers", lambda E, s: np.round(E)),
    )
    for slip, words, transform in of_numbers:
        yield Relation(slip, words, transform)


def causes(comparisons: Iterable[Comparison], others: Sequence[Comparison] = ()) -> list[str]:
    """The listed mistakes that give exactly the values seen, at every comparison.

    At `others` only where they are listed. What is the truth as well, NaN for one where both are,
    explains nothing.
    """
    comparisons = list(comparisons)
    last = comparisons[-1]
    return [
        cause
        for cause, value in last.mistakes.items()
        if not last.same_target(value)
        and all(cause in c.mistakes and c.fits(c.mistakes[cause]) for c in comparisons)
        and all(c.fits(c.mistakes[cause]) for c in others if cause in c.mistakes)
    ]


def relation(comparisons: Iterable[Comparison]) -> Relation | None:
    """How the values seen relate to the right ones, at every comparison alike."""
    comparisons = list(comparisons)
    last = comparisons[-1]
    sizes = [name for name in last.sizes if all(name in c.sizes for c in comparisons)]
    for found in _relations(sizes, last):
        if all(map(found.explains, comparisons)) and not found.is_nothing(last):
            return found if not found.fitted or _is_shown(comparisons) else None
    return None


def _is_shown(comparisons: list[Comparison]) -> bool:
    """Whether there are numbers enough: a single one has some factor to the right one in any case."""
    different = {float(x) for c in comparisons for x in np.ravel(c.expected)}
    return len(comparisons) > 1 and len(different) >= FEWEST_NUMBERS


def diagnose(comparisons: list[Comparison], others: Sequence[Comparison] = ()) -> Diagnosis:
    """The diagnosis of a wrong value.

    `comparisons` are all those made of it at one `agree`, the smallest failing case last, and `others`
    those of other values there: a cause that is listed for them must explain them, too.
    """
    last = comparisons[-1]
    if isinstance(last.actual, NotPlain):
        return Diagnosis()
    why, how = causes(comparisons, others), relation(comparisons)
    if how is None:
        return Diagnosis(causes=tuple(why[:MOST_CAUSES]))
    if how.slip is Slip.VANISHED:
        why = []  # whatever cancels to zero would fit, a cheat that returns zeros included
    words = f"yours is {how.words.format(**last.sizes)}"
    return Diagnosis(words, how.slip, tuple(why[:MOST_CAUSES]))


def indistinct(comparisons: list[Comparison]) -> list[str]:
    """Listed mistakes that `agree` would have accepted every time: a test that cannot fail on them."""
    listed = dict.fromkeys(cause for comparison in comparisons for cause in comparison.mistakes)
    return [
        cause
        for cause in listed
        if all(c.same_target(c.mistakes[cause]) for c in comparisons if cause in c.mistakes)
    ]
