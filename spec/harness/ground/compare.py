"""`agree`: the one way in which a value is judged.

An implementation's value is first turned into a plain NumPy array (a subclass, or an object that
claims to equal everything, is disarmed by that), then judged by type, shape, finiteness and value,
in this order. NaN never agrees. The tolerance is

    ulps * u * scale,

u the rounding unit of the dtype that came back and `scale` the magnitude of the terms that were
added up to give the value: the usual forward error bound of a sum or a product (Higham 2002,
section 3.1) of some tens of terms, with a margin for other orders of summation.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import CellType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import trial
from .outcomes import Kind, Refuted

ULPS = 64
Array = NDArray[np.float64]
Mistakes = Callable[[], Mapping[str, Any]]  # gives the value that comes of each, by cause


class NotPlain(TypeError):
    """A value that is no array of numbers; the message says what it is instead."""

    def __init__(self, sentence: str, kind: Kind = Kind.NOT_NUMBERS) -> None:
        super().__init__(sentence)
        self.kind = kind


def as_plain(value: object) -> NDArray[Any]:
    """A plain copy of an array or number; NotPlain for all else (lists, None, objects, complex, float16)."""
    if value is None:
        raise NotPlain("is None: is a `return` missing?", Kind.NOTHING)
    if isinstance(value, (list, tuple)):
        raise NotPlain(f"is a {type(value).__name__}, not a NumPy array: wrap it in np.array(...)")
    if isinstance(value, (str, bytes, dict)):
        raise NotPlain(f"is a {type(value).__name__}, not a number or a NumPy array")
    try:
        array = np.array(value, copy=True, subok=False)
    except Exception as error:
        raise NotPlain(f"is a {type(value).__name__} that is no array ({error})") from None
    if array.dtype == np.float16 or array.dtype.kind not in "biuf":
        name = getattr(value, "_name", type(value).__name__)  # a guarded object goes by its own
        kind = f"a {name}" if array.dtype == object else f"of dtype {array.dtype}"
        raise NotPlain(f"is {kind}, expected real numbers (float64, or float32)")
    return array


def rounding_unit(array: NDArray[Any]) -> float:
    """The spacing of floats at 1: float32's where the array, or what came in this example, is of it."""
    return trial.SINGLE if array.dtype is trial.FLOAT else trial.current().unit


@dataclass(frozen=True)
class Comparison:
    """One value against the right one. `actual` is an array, or what says why it is none.

    `shows` says whether the value alone, printed, shows that it is wrong.
    """

    actual: NDArray[Any] | NotPlain
    expected: Array
    listed: Mistakes | None
    sizes: dict[str, int]
    scale: Array | None
    ulps: float
    what: str
    unit: float  # of rounding
    shows: bool = True

    @cached_property
    def _computed(self) -> tuple[dict[str, Array], Exception | None]:
        """The listed mistakes, and what was raised where they cannot be computed."""
        if self.listed is None:
            return {}, None
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # a wrong formula may overflow
                values = self.listed()
                return {cause: np.array(v, dtype=float) for cause, v in values.items()}, None
        except Exception as error:
            return {}, error

    @property
    def mistakes(self) -> dict[str, Array]:
        """What each listed mistake gives, computed when first asked for; {} where that raises."""
        return self._computed[0]

    @property
    def error_in_mistakes(self) -> Exception | None:
        """What was raised where the listed mistakes cannot be computed."""
        return self._computed[1]

    def tolerance(self, target: Array) -> Array:
        """How far a value may be from `target`, entry by entry.

        A mistake's terms may be larger than those of the truth: they are taken for as large as it is.
        """
        if self.scale is not None and self._is_scaled(target):
            if target is self.expected:
                return np.asarray(self.relative * self.scale)
            return np.asarray(self.relative * np.maximum(self.scale, _largest(target)))
        return np.asarray(self.relative * _largest(target))

    @property
    def relative(self) -> float:
        """The error allowed for a scale of 1: more units than usual are meant as digits, in any precision."""
        return max(self.ulps * trial.DOUBLE, min(self.ulps, ULPS) * self.unit)

    def _is_scaled(self, target: Array) -> bool:
        """Whether the scale says something of this value; one taken from a wrong shape may not."""
        assert self.scale is not None
        if self.scale.ndim == 0:
            return True
        try:
            spread = np.broadcast_shapes(self.scale.shape, target.shape)
        except ValueError:
            return False
        return spread == target.shape == self.expected.shape

    def excess(self, target: Array) -> Array:
        """Error over tolerance, entry by entry; 0 for the same NaN or infinity, infinite for another."""
        assert not isinstance(self.actual, NotPlain)
        actual = self.actual.astype(float)
        with np.errstate(all="ignore"):
            error = np.abs(actual - target)
            excess = np.where(error == 0, 0.0, error / self.tolerance(target))
        same = (actual == target) | (np.isnan(actual) & np.isnan(target))
        return np.where(same, 0.0, np.where(np.isnan(excess), np.inf, excess))

    def _is_near(self) -> bool:
        """Whether all entries are finite and within their tolerance: then no more need be asked."""
        assert not isinstance(self.actual, NotPlain)
        with np.errstate(all="ignore"):
            error = np.abs(self.actual - self.expected)
        return bool((np.isfinite(error) & (error <= self.tolerance(self.expected))).all())

    def fits(self, target: Array) -> bool:
        """Whether the value is `target` in shape and, up to rounding, in every entry."""
        if isinstance(self.actual, NotPlain) or self.actual.shape != target.shape:
            return False
        return bool(np.all(self.excess(target) <= 1))

    def same_target(self, target: Array) -> bool:
        """Whether a value equal to `target` would be accepted as right."""
        return replace(self, actual=target).fits(self.expected)

    def problem(self) -> "Problem | None":
        """What is wrong with the value; None if nothing is."""
        if isinstance(self.actual, NotPlain):
            return Problem(self.actual.kind, f"{self.what} {self.actual}")
        if self.actual.shape != self.expected.shape:
            shapes = f"shape {self.actual.shape}, expected {self.expected.shape}"
            return Problem(Kind.WRONG_SHAPE, f"{self.what} has {shapes}")
        if self._is_near():
            return None
        return self._unbounded() or self._off()

    def _unbounded(self) -> "Problem | None":
        """That it is NaN or infinite where it must not be."""
        assert not isinstance(self.actual, NotPlain)
        if not np.isfinite(self.actual).all() and np.isfinite(self.expected).all():
            bad = int(np.sum(~np.isfinite(self.actual)))
            kind = "NaN" if np.isnan(self.actual).any() else "infinite"
            where = f"in {bad} of {self.actual.size} entries, where it is finite"
            return Problem(Kind.NOT_FINITE, f"{self.what} is {kind} {where}")
        if np.isnan(self.actual).any():
            return Problem(Kind.NOT_FINITE, f"{self.what} is NaN")
        return None

    def _off(self) -> "Problem | None":
        """That it is too far from the right value, and where most."""
        assert not isinstance(self.actual, NotPlain)
        excess = self.excess(self.expected)
        if np.all(excess <= 1):
            return None
        wrong, size = int(np.sum(excess > 1)), self.expected.size
        if size == 1:
            got, right = _told_apart(self.actual.item(), self.expected.item(), digits=10)
            return Problem(Kind.WRONG, f"{self.what} is {got}, expected {right}")
        at = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        where = ", ".join(map(str, at))
        got, right = _told_apart(self.actual[at], self.expected[at], digits=6)
        sentence = f"{self.what} is wrong in {wrong} of {size} entries, most at [{where}]"
        kind = Kind.WRONG if wrong == size else Kind.PARTLY_WRONG
        return Problem(kind, f"{sentence}: {got}, expected {right}", size - wrong)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a value: its kind, one sentence, and how many entries are right."""

    kind: Kind
    sentence: str
    n_right: int = 0


def _largest(target: Array) -> float:
    return float(np.abs(target[np.isfinite(target)]).max(initial=0.0))


def _told_apart(*numbers: float, digits: int) -> list[str]:
    """Numbers in so many digits if these tell them apart, else in all of them."""
    short = [f"{float(number):.{digits}g}" for number in numbers]
    return short if len(set(short)) > 1 else [f"{float(number):.17g}" for number in numbers]


class Disagreement(Refuted):
    """`agree` found a value that is not the right one."""

    def __init__(self, problem: Problem, comparison: Comparison, site: trial.Site) -> None:
        super().__init__(problem.sentence, kind=problem.kind)
        self.n_right = problem.n_right
        self.comparison = comparison
        self.site = site


def as_of_now(mistakes: Mistakes) -> Mistakes:
    """The same function, about the values that its variables have now.

    A function looks its variables up when it is called: after a loop, it would find those of the
    last round. TypeError for what is no function.
    """
    if not isinstance(mistakes, FunctionType):
        raise TypeError(
            f"mistakes is a {type(mistakes).__name__}, expected a function that gives the dict: "
            "put `lambda:` before it"
        )
    if mistakes.__closure__ is None:
        return mistakes
    now = tuple([CellType(cell.cell_contents) for cell in mistakes.__closure__])
    return FunctionType(mistakes.__code__, mistakes.__globals__, closure=now)


def agree(
    actual: object,
    expected: ArrayLike,
    *,
    mistakes: Mistakes | None = None,
    sizes: dict[str, int] | None = None,
    scale: ArrayLike | None = None,
    ulps: float = ULPS,
    what: str = "the value",
    shows: bool = True,
) -> None:
    """Judge `actual`, which the implementation gave, against `expected`, the spec's own value.

    `mistakes` is a function that gives a dict from a cause in plain words to the value that comes of
    it: `lambda: {"the mean over the m samples is missing": m * dW}`. It is called later, and only if
    a value is wrong (or on the reference, where each cause must be told from the truth), but with the
    values that its variables have now. So it must not call the implementation, and no array that it
    reads may be changed in place; should it raise, the failure is told without a cause.

    `sizes` names the numbers that a constant factor may be (m, n_in, K). `scale` is the magnitude of
    the terms behind each entry and defaults to the largest expected one, which suits matrix products;
    judge functions of one number entry by entry with `scale=abs(expected)`. `ulps` is the multiple of
    the rounding unit allowed, justified where it is not the default. `shows` is False where the value
    alone does not show that it is wrong, but only beside another one. Raises Disagreement, whose message
    says what is wrong; the causes are looked for by the report, once the test has been run to its end
    without that. TypeError if `mistakes` is no function.
    """
    __tracebackhide__ = True
    frame = sys._getframe(1)
    site = (frame.f_code.co_filename, frame.f_lineno, what)
    try:
        plain: NDArray[Any] | NotPlain = as_plain(actual)
    except NotPlain as not_plain:
        plain = not_plain
    comparison = Comparison(
        plain,
        np.array(expected, dtype=float),
        None if mistakes is None else as_of_now(mistakes),
        sizes or {},
        None if scale is None else np.array(scale, dtype=float),
        ulps,
        what,
        trial.DOUBLE if isinstance(plain, NotPlain) else rounding_unit(plain),
        shows,
    )
    trial.current().compared(site, comparison)
    if (problem := comparison.problem()) and not trial.current().gathers:
        raise Disagreement(problem, comparison, site)
