"""Dependence between numbers that were to be drawn independently, told by their correlations.

The cosine of two vectors of n independent normal numbers is known exactly: its square follows the beta law
with the parameters 1/2 and (n - 1)/2. Numbers of lighter tails, as uniform ones, reach a large cosine more
rarely still.
"""

from functools import cache

import numpy as np

from ..ground import trial
from ..ground.compare import Array
from ..ground.outcomes import Refuted

A_PAIR = 1e-15  # how often two independent vectors are taken for dependent ones
FEWEST = 100  # entries of a vector: of fewer even a large cosine says little
CORRELATION = "two of its numbers correlated by {:g}"  # a departure, as in `sampling`
LAGS = 8  # how far apart two entries of a matrix, in the order of its memory, are held against each other


@cache
def greatest_cosine(n: int) -> float:
    """What the cosine of two vectors of n independent numbers exceeds, in size, A_PAIR of all times."""
    from scipy.stats import beta

    return float(np.sqrt(beta.isf(A_PAIR, 1 / 2, (n - 1) / 2)))


def detectable_correlation(n: int, *, power: float) -> float:
    """The smallest correlation of n pairs that is found with this power, by Fisher's transform."""
    from scipy.stats import norm

    return float(np.tanh(np.arctanh(greatest_cosine(n)) + norm.isf(1 - power) / np.sqrt(n - 3)))


def independent_in_itself(W: Array, what: str) -> None:
    """Refuse a matrix whose columns, rows, or entries next to each other depend on one another.

    Columns and rows of fewer than FEWEST entries are passed over. Raises Refuted.
    """
    __tracebackhide__ = True
    for vectors, names in _vectors(W):
        independent(vectors, f"two {names} of {what}")
    entries = W.ravel()
    for lag in range(1, LAGS + 1):
        ahead = np.vstack([entries[:-lag], entries[lag:]])
        which = "next to each other" if lag == 1 else f"{lag} apart"
        independent(ahead, f"entries of {what} that are {which}")


def spent_on(W: Array) -> float:
    """The false-alarm rate that `independent_in_itself` spends on a matrix."""
    return LAGS * A_PAIR + sum(rate_of(len(vectors)) for vectors, _ in _vectors(W))


def _vectors(W: Array) -> list[tuple[Array, str]]:
    both = ((W.T, "columns"), (W, "rows"))
    return [(vectors, names) for vectors, names in both if vectors.shape[1] >= FEWEST]


def rate_of(k: int) -> float:
    """The false-alarm rate that `independent` spends on k vectors: A_PAIR for each pair."""
    return A_PAIR * k * (k - 1) / 2


def independent(vectors: Array, what: str) -> None:
    """Refuse vectors (k, n), of mean 0, two of which depend on each other; `what` two of them are.

    Raises Refuted.
    """
    __tracebackhide__ = True
    k, n = vectors.shape
    trial.current().false_alarms += rate_of(k)
    if k < 2:
        return
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    directions = vectors / np.where(lengths > 0, lengths, 1)
    cosines: Array = directions @ directions.T
    np.fill_diagonal(cosines, 0)
    found = float(cosines.flat[np.abs(cosines).argmax()])
    if not abs(found) <= greatest_cosine(n):
        raise Refuted(
            f"{what} depend on each other, and no two neurons begin alike: their correlation is "
            f"{found:.2f}, expected none"
        )
