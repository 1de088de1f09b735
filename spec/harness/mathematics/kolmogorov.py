"""Kolmogorov's statistic: how far two distribution functions are apart at most, and how likely that is.

SciPy has the same statistics, but sorts the numbers in each of them; whoever asks several questions
about one sample sorts it once and comes here. Samples are flat arrays in ascending order.
"""

from typing import Any

import numpy as np

from ..ground.compare import Array


def from_law(ordered: Array, distribution: Any) -> tuple[float, float]:
    """The largest gap to a frozen SciPy distribution, and where it is."""
    F = distribution.cdf(ordered)
    return _largest(ordered, F, F)


def from_sample(ordered: Array, other: Array) -> tuple[float, float]:
    """The largest gap to another sample, and where it is."""
    below = upto = np.searchsorted(other, ordered)
    if np.any(other[np.minimum(below, other.size - 1)] == ordered):  # a number is in both
        upto = np.searchsorted(other, ordered, side="right")
    return _largest(ordered, below / other.size, upto / other.size)


def _largest(ordered: Array, below: Array, upto: Array) -> tuple[float, float]:
    """`below` and `upto` are the other function at each number, without and with its jump there."""
    steps = np.arange(ordered.size + 1) / ordered.size
    above, beneath = steps[1:] - upto, below - steps[:-1]
    i, j = above.argmax(), beneath.argmax()
    return max((float(above[i]), float(ordered[i])), (float(beneath[j]), float(ordered[j])))


def p_from_law(n: int, gap: float) -> float:
    """How likely `n` numbers of a law are so far from it.

    By Kolmogorov's limit, which is quick and, out in the tail, a bound for every n (Massart 1990).
    """
    from scipy.special import kolmogorov

    return float(kolmogorov(np.sqrt(n) * gap))


def p_from_sample(n: int, gap: float) -> float:
    """How likely two samples of `n` from one law are so far apart: a bound, to all digits in the tail.

    The first term of the alternating sum of Gnedenko and Korolyuk (1951); the limiting law is 2 % too
    small out there.
    """
    from scipy.special import gammaln

    k = round(gap * n)
    return float(2 * np.exp(2 * gammaln(n + 1) - gammaln(n - k + 1) - gammaln(n + k + 1)))


def between_laws(distribution: Any, other: Any) -> float:
    """How far two distribution functions are apart, to about 1/1000: at the permilles of the first."""
    share = np.arange(1, 1000) / 1000
    return float(np.max(np.abs(other.cdf(distribution.ppf(share)) - share)))
