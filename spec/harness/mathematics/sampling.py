"""Judging chance: tests of a stated false-alarm rate, on generators of their own, outside Hypothesis.

A test about random numbers can be wrong in two ways. `chance` makes it state both: how often it
fails a right implementation, and which departure it finds with power 0.999. The rates of the whole
suite add up to at most 1e-6 a run; the plugin holds each test to what it states. A listed mistake that
so many numbers would not tell from the truth is noted, and an error on the reference. SciPy is
imported when first used: most chapters never need it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pytest

from ..ground import trial
from ..ground.compare import Array, NotPlain, as_plain
from ..ground.outcomes import Refuted
from . import kolmogorov
from .dependence import independent_in_itself, spent_on

POWER = 0.999
TRUNCATED = 0.7737412  # the variance of a standard normal law cut off at two deviations
FEWEST_DISTINCT = 0.9  # of a sample; even float32 draws repeat less than 1 % of some 10^4 numbers
Test = TypeVar("Test", bound=Callable[..., Any])

# departures, as sentences with a place for their size
VARIANCE = "a variance off by {:.1%}"
MEAN = "a mean off by {:g} deviations"
GAP = "a distribution function off by {:g}"
# what `drawn_from` finds in 30 000 numbers at the rate 8e-9
FOUND_IN_30_000 = {VARIANCE: 0.08, MEAN: 0.053, GAP: 0.028}


def chance(
    *, false_alarms: float, detects: dict[str, float] | None = None
) -> Callable[[Test], Test]:
    """State a test's false-alarm rate, and the departures that it detects with power 0.999.

    `detects` maps each departure, a sentence with a place for its size, to the size; an experiment,
    which is held against no law, has none. The rate is that of one item of a parametrised test.
    """
    return pytest.mark.chance(false_alarms=false_alarms, detects=detects or {})


def in_words(detects: dict[str, float]) -> str:
    """What a test detects, as one sentence."""
    return "; ".join(departure.format(size) for departure, size in detects.items())


def spend(false_alarm: float) -> None:
    """Note that a judgement made here fails a right value this often."""
    trial.current().false_alarms += false_alarm


def _note_indistinct(cause: str, n: int) -> None:
    trial.current().indistinct[cause] = f"{n} numbers do not tell it from the truth"


def sample_of(
    value: object, shape: tuple[int, ...] | None = None, what: str = "the sample"
) -> Array:
    """A plain, finite float array (of this shape) drawn by the implementation; Refuted otherwise."""
    __tracebackhide__ = True
    try:
        array = as_plain(value).astype(float)
    except NotPlain as problem:
        raise Refuted(f"{what} {problem}") from None
    if shape is not None and array.shape != shape:
        raise Refuted(f"{what} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise Refuted(f"{what} is not finite")
    return array


# ---- Variance


@cache
def _variance_bounds(n: int, false_alarm: float) -> tuple[float, float]:
    from scipy.stats import chi2

    low, high = chi2.ppf([false_alarm / 2, 1 - false_alarm / 2], n) / n
    return float(low), float(high)


def variance_is(
    sample: Any,
    variance: float,
    *,
    false_alarm: float,
    mistakes: dict[str, float] | None = None,
    what: str = "the sample",
) -> None:
    """Chi-squared test that independent normal numbers of mean 0 have this variance.

    Numbers of lighter tails (uniform ones) fail more rarely still. `mistakes` maps a cause in plain
    words to the variance that it gives. Raises Refuted with the measured variance and the mistakes
    that it is consistent with, the closest first.
    """
    __tracebackhide__ = True
    spend(false_alarm)
    values = np.ravel(sample)
    trial.current().variances[what] = trial.Variances(variance, mistakes or {})
    for cause, wrong in (mistakes or {}).items():
        if not _variances_differ(values.size, wrong / variance, false_alarm):
            _note_indistinct(cause, values.size)
    measured = float(np.mean(values**2))
    low, high = _variance_bounds(values.size, false_alarm)
    if low <= measured / variance <= high:
        return
    raise Refuted(
        f"{what} of {values.size} numbers has variance {measured:.4g}, expected {variance:.4g}",
        _causes(measured, mistakes or {}, low, high),
    )


def _causes(measured: float, mistakes: dict[str, float], low: float, high: float) -> str:
    """The mistakes whose value explains the measured one, closest first."""
    distances = {
        cause: abs(np.log(measured / wrong))
        for cause, wrong in mistakes.items()
        if wrong * low <= measured <= wrong * high
    }
    fitting = sorted(distances, key=distances.__getitem__)
    return " or ".join(fitting)


def detectable_variance_ratio(n: int, *, false_alarm: float, power: float = POWER) -> float:
    """The smallest ratio above 1 of true to stated variance that `variance_is` finds with this power."""
    from scipy.stats import chi2

    return float(_variance_bounds(n, false_alarm)[1] * n / chi2.ppf(1 - power, n))


def _variances_differ(n: int, ratio: float, false_alarm: float) -> bool:
    """Whether `variance_is` finds this ratio of true to stated variance with power 0.999."""
    low, high = _variance_bounds(n, false_alarm)
    least, most = _variance_bounds(n, 2 * (1 - POWER))
    return ratio * least >= high or ratio * most <= low


# ---- Mean


def mean_is(
    sample: Any, mean: float, deviation: float, *, false_alarm: float, what: str = "the sample"
) -> None:
    """Test that independent numbers of this standard deviation have this mean, by the normal law.

    Exact for normal numbers, the central limit otherwise: then use it on thousands of them.
    """
    __tracebackhide__ = True
    spend(false_alarm)
    _mean_is(np.ravel(sample), mean, deviation, false_alarm, what)


def _mean_is(values: Array, mean: float, deviation: float, false_alarm: float, what: str) -> None:
    __tracebackhide__ = True
    from scipy.stats import norm

    z = (values.mean() - mean) / (deviation / np.sqrt(values.size))
    if not abs(z) <= norm.isf(false_alarm / 2):
        one_sided = np.all(values >= 0) or np.all(values <= 0)
        why = "all of them are of one sign" if abs(mean) < deviation / 10 and one_sided else ""
        raise Refuted(
            f"{what} of {values.size} numbers has mean {values.mean():.4g}, expected {mean:.4g}",
            why,
        )


def detectable_shift(n: int, *, false_alarm: float, power: float = POWER) -> float:
    """The smallest error of the mean, in standard deviations, that `mean_is` finds with this power."""
    from scipy.stats import norm

    return float((norm.isf(false_alarm / 2) + norm.isf(1 - power)) / np.sqrt(n))


# ---- Shape


def distribution_is(
    sample: Any,
    distribution: Any,
    *,
    false_alarm: float,
    mistakes: dict[str, Any] | None = None,
    what: str = "the sample",
) -> None:
    """Kolmogorov-Smirnov test that independent numbers follow a frozen SciPy distribution.

    `mistakes` maps a cause in plain words to the distribution that it gives. Raises Refuted with the
    largest gap and the mistakes that the sample is consistent with.
    """
    __tracebackhide__ = True
    _distribution_is(np.sort(np.ravel(sample)), distribution, false_alarm, mistakes or {}, what)


def _distribution_is(
    ordered: Array, distribution: Any, false_alarm: float, mistakes: dict[str, Any], what: str
) -> None:
    __tracebackhide__ = True
    spend(false_alarm)
    for cause, wrong in mistakes.items():
        if kolmogorov.between_laws(distribution, wrong) < detectable_gap(
            ordered.size, false_alarm=false_alarm
        ):
            _note_indistinct(cause, ordered.size)
    gap, place = kolmogorov.from_law(ordered, distribution)
    if kolmogorov.p_from_law(ordered.size, gap) >= false_alarm:
        return
    fitting = [
        cause
        for cause, wrong in mistakes.items()
        if kolmogorov.p_from_law(ordered.size, kolmogorov.from_law(ordered, wrong)[0])
        >= false_alarm
    ]
    raise Refuted(
        f"{what} does not follow the {_name(distribution)} law: its distribution function "
        f"is off by {gap:.3f} near {place:.3g}",
        " or ".join(fitting),
    )


def detectable_gap(n: int, *, false_alarm: float, power: float = POWER) -> float:
    """A gap between distribution functions that `distribution_is` finds with at least this power.

    The gap is found if the sample's own distribution function, of deviation at most 1 / (2 sqrt(n))
    at one point, leaves more than the critical value of it.
    """
    from scipy.stats import norm

    critical = np.sqrt(np.log(2 / false_alarm) / 2)
    return float((critical + norm.isf(1 - power) / 2) / np.sqrt(n))


def proportion_is(
    successes: int, n: int, p: float, *, false_alarm: float, what: str = "the share"
) -> None:
    """Exact binomial test that each of `n` independent trials succeeds with probability `p`."""
    __tracebackhide__ = True
    from scipy.stats import binomtest

    spend(false_alarm)
    deviations = abs(successes - n * p) / np.sqrt(n * p * (1 - p))
    if deviations < 3 and false_alarm < 1e-4:
        return  # this happens more often by far, and to say so exactly takes a millisecond
    if not binomtest(successes, n, p).pvalue >= false_alarm:
        raise Refuted(f"{what} is {successes} of {n}, expected about {p * n:.0f}")


def _name(distribution: Any) -> str:
    name: str = distribution.dist.name
    return {"norm": "normal"}.get(name, name)


# ---- All of it: was this drawn from that law?


def drawn_from(
    sample: Any,
    law: Any,
    *,
    false_alarm: float,
    mistakes: dict[str, float] | None = None,
    what: str = "the sample",
) -> None:
    """Test that numbers were drawn independently from `law`, a frozen normal or uniform of mean 0.

    In this order, each with a quarter of the rate: the mean (against the sample's own deviation, so
    that a wrong scale is not taken for a wrong centre), the variance with its `mistakes` (as in
    `variance_is`), the distribution function, and the share of the outermost hundredth, where a
    truncated law is betrayed. Numbers used over and over, or beyond the law's support, are refused
    outright, and so is a matrix whose columns, rows or neighbours depend on each other. Raises Refuted.
    """
    __tracebackhide__ = True
    from scipy.stats import norm, uniform

    values, W = np.sort(np.ravel(sample)), np.atleast_2d(sample)
    rate = (false_alarm - spent_on(W)) / 4
    _not_repeated(values, what)
    mean_is(values, 0, float(values.std()), false_alarm=rate, what=what)
    independent_in_itself(W, what)
    _lengths_differ(W, what)
    variance_is(values, law.var(), false_alarm=rate, mistakes=mistakes, what=what)
    deviation = law.std()
    if law.dist.name == "norm":
        limit = np.sqrt(3) * deviation
        others = {"the numbers are uniform": uniform(-limit, 2 * limit)}
    else:
        others = {"the numbers are normal": norm(0, deviation)}
    _distribution_is(values, law, rate, others, what)
    edge = law.support()[1]
    if np.abs(values).max() > edge * (1 + 1e-6):  # a float32 may round up
        raise Refuted(f"{what} reaches {np.abs(values).max():.4g}, expected at most {edge:.4g}")
    outermost = int(np.sum(np.abs(values) > law.isf(0.005)))
    share = f"the share of {what} in the outermost hundredth of the {_name(law)} law"
    proportion_is(outermost, values.size, 0.01, false_alarm=rate, what=share)


def _distinct(ordered: Array) -> int:
    return 1 + int(np.count_nonzero(np.diff(ordered)))


def _not_repeated(ordered: Array, what: str) -> None:
    __tracebackhide__ = True
    distinct = _distinct(ordered)
    if distinct == 1:
        raise Refuted(f"every entry of {what} is {ordered[0]:.4g}")
    if distinct < FEWEST_DISTINCT * ordered.size:
        raise Refuted(f"{what} of {ordered.size} numbers repeats {distinct} of them over and over")


def _lengths_differ(W: Array, what: str) -> None:
    """Refuse a matrix of 100 rows and columns or more whose columns are of one length.

    Right lengths scatter more than a quarter as much as normal ones do, but for once in 10^20.
    """
    __tracebackhide__ = True
    if W.ndim != 2 or min(W.shape) < 100:
        return
    squares = np.sum(W**2, axis=0)
    if not squares.std() > squares.mean() * np.sqrt(2 / len(W)) / 4:
        raise Refuted(
            f"the columns of {what} are of one length, and those of independent weights not"
        )


def drawn_like(
    sample: Any,
    other: Any,
    *,
    false_alarm: float,
    mistakes: dict[str, float] | None = None,
    what: str = "the sample",
    what_other: str = "the other sample",
) -> None:
    """Test that two samples, of as many independent numbers, have one normal or uniform law of mean 0.

    The mean, the ratio of the variances (Fisher's F), and the distribution functions
    (Kolmogorov-Smirnov), each with a third of the rate. `mistakes` maps a cause in plain words to the
    ratio of the variance of `sample` to that of `other`. Raises Refuted.
    """
    __tracebackhide__ = True
    values, others = np.sort(np.ravel(sample)), np.sort(np.ravel(other))
    rate = false_alarm / 3
    spend(false_alarm)
    if np.ptp(others) == 0 and np.all(values == others[0]):
        return  # both constant: no draw at all, which is the fault of the other
    if _distinct(others) > FEWEST_DISTINCT * others.size:
        _not_repeated(values, what)
    _mean_is(values, float(others.mean()), float(np.hypot(values.std(), others.std())), rate, what)
    ratios = trial.Variances(1, mistakes or {})
    trial.current().variances[f"{what} over that of {what_other}"] = ratios
    for cause, ratio in (mistakes or {}).items():
        if not _ratios_differ(values.size, ratio, rate):
            _note_indistinct(cause, values.size)
    measured, expected = float(np.mean(values**2)), float(np.mean(others**2))
    low, high = _ratio_bounds(values.size, rate)
    if not low * expected <= measured <= high * expected:
        raise Refuted(
            f"{what} of {values.size} numbers has variance {measured:.4g}, {what_other} {expected:.4g}",
            _causes(measured / expected, mistakes or {}, low, high),
        )
    gap, place = kolmogorov.from_sample(values, others)
    if not kolmogorov.p_from_sample(values.size, gap) >= rate:
        raise Refuted(
            f"{what} has the variance of {what_other}, but not its law: their distribution "
            f"functions differ by {gap:.3f} near {place:.3g}",
        )


@cache
def _ratio_bounds(n: int, false_alarm: float) -> tuple[float, float]:
    from scipy.stats import f

    low, high = f.ppf([false_alarm / 2, 1 - false_alarm / 2], n, n)
    return float(low), float(high)


def _ratios_differ(n: int, ratio: float, false_alarm: float) -> bool:
    """Whether Fisher's test of two samples of n finds this ratio of variances with power 0.999."""
    low, high = _ratio_bounds(n, false_alarm)
    least, most = _ratio_bounds(n, 2 * (1 - POWER))
    return ratio * least >= high or ratio * most <= low
