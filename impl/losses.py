"""Section 4.3: one loss a task, each a mean over the m samples."""

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, at_least_one, matrix, same_shape

TINY = np.finfo(float).tiny  # a probability of 0 costs log(TINY), about 708, not infinity


def one_hot(labels: ArrayLike, n_classes: int) -> Array:
    """Y (m, n_classes), a 1 in the column of each label; ValueError for a label out of range."""
    labels = np.asarray(labels)
    at_least_one("n_classes", n_classes)
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, expected 0 to {n_classes - 1}"
        )
    return np.asarray(np.eye(n_classes)[labels])


def cross_entropy(Y_hat: ArrayLike, Y: ArrayLike) -> float:
    """-(1/m) sum_i log y_hat[i, c_i], for Y_hat and one-hot Y, both (m, K); finite at 0, too."""
    Y_hat, Y = same_shape("Y_hat", matrix("Y_hat", Y_hat), "Y", Y)
    return -float(np.vdot(Y, np.log(np.maximum(Y_hat, TINY)))) / len(Y)


def binary_cross_entropy(y_hat: ArrayLike, y: ArrayLike) -> float:
    """-(1/m) sum_i [y_i log y_hat_i + (1 - y_i) log(1 - y_hat_i)]; finite at 0 and 1, too."""
    y_hat, y = same_shape("y_hat", y_hat, "y", y)
    log_p, log_q = np.log(np.maximum(y_hat, TINY)), np.log(np.maximum(1 - y_hat, TINY))
    return float(-np.sum(y * log_p + (1 - y) * log_q) / len(y))


def mean_squared_error(Y_hat: ArrayLike, Y: ArrayLike) -> float:
    """(1/m) sum_i ||y_i - y_hat_i||^2: a mean over samples of squared norms, not over entries."""
    Y_hat, Y = same_shape("Y_hat", Y_hat, "Y", Y)
    return float(np.sum((Y - Y_hat) ** 2) / len(Y))


def cross_entropy_from_logits(Z: Array, Y: Array) -> float:
    """The cross-entropy of softmax(Z) without the round trip through probabilities (5.3)."""
    Z = Z - Z.max(axis=1, keepdims=True)
    return float((np.sum(np.log(np.exp(Z).sum(axis=1))) - np.sum(Z * Y)) / len(Y))
