"""scikit-learn's handwritten digits, as a network is given them."""

from functools import cache

import numpy as np

from ..ground.compare import Array


@cache
def digits() -> tuple[Array, Array, Array, Array]:
    """X_train, Y_train, X_test, Y_test: grey levels from 0 to 1, and one-hot; 360 are left to test."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.data))
    X, Y = data.data[order] / 16, np.eye(10)[data.target[order]]
    parts = X[:-360], Y[:-360], X[-360:], Y[-360:]
    for part in parts:
        part.flags.writeable = False  # the cache hands the same arrays to all
    return parts
