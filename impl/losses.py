"""Section 4.3: one loss a task, each a mean over the m samples."""

import numpy as np
from numpy.typing import ArrayLike

from .activations import minus_row_maximum
from .checks import Array, batch, integer, integers, matrix, vector

TINY = np.finfo(float).tiny  # a probability of 0 costs -log(TINY), about 708, not infinity
# A perfect answer costs 0.0: hence `0.0 - sum` below, where `-sum` would be -0.0.


def one_hot(labels: ArrayLike, n_classes: int) -> Array:
    """Y (m, n_classes), a 1 in the column of each label; ValueError for a label out of range.

    Beyond the contract: a label may be 2.0 or True; ValueError unless the labels are (m,) integers.
    """
    labels = integers("labels", vector("labels", labels))
    n_classes = integer("n_classes", n_classes)
    if np.any((labels < 0) | (labels >= n_classes)):
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, expected 0 to {n_classes - 1}"
        )
    Y: Array = labels[:, np.newaxis] == np.arange(n_classes)
    return Y.astype(float)


def cross_entropy(Y_hat: ArrayLike, Y: ArrayLike) -> float:
    """-(1/m) sum_i log y_hat[i, c_i], for Y_hat and one-hot Y, both (m, K); finite at 0, too."""
    Y_hat, Y = batch("Y_hat", matrix("Y_hat", Y_hat), "Y", Y)
    return 0.0 - float(np.sum(Y * np.log(np.maximum(Y_hat, TINY)))) / len(Y)


def binary_cross_entropy(y_hat: ArrayLike, y: ArrayLike) -> float:
    """-(1/m) sum_i [y_i log y_hat_i + (1 - y_i) log(1 - y_hat_i)]; finite at 0 and 1, too."""
    y_hat, y = batch("y_hat", y_hat, "y", y)
    log_p, log_q = np.log(np.maximum(y_hat, TINY)), np.log(np.maximum(1 - y_hat, TINY))
    return 0.0 - float(np.sum(y * log_p + (1 - y) * log_q)) / len(y)


def mean_squared_error(Y_hat: ArrayLike, Y: ArrayLike) -> float:
    """(1/m) sum_i ||y_i - y_hat_i||^2: a mean over samples of squared norms, not over entries."""
    Y_hat, Y = batch("Y_hat", Y_hat, "Y", Y)
    return float(np.sum((Y - Y_hat) ** 2)) / len(Y)


def cross_entropy_from_logits(Z: ArrayLike, Y: ArrayLike) -> float:
    """The cross-entropy of softmax(Z) for logits Z (m, K), exact where softmax rounds to 0 or 1.

    -log y_hat_k = log sum_j exp(z_j) - z_k is the same for logits that are all shifted. With the
    row's maximum as zero its term in the sum is 1, and log1p takes the others however small.
    """
    Z, Y = batch("the logits", matrix("the logits", Z), "Y", Y)
    leading = np.arange(len(Z)), Z.argmax(axis=1)
    Z = minus_row_maximum(Z)  # (m, K)
    E = np.exp(Z)
    E[leading] = 0
    return _mean_cost(Y, np.log1p(E.sum(axis=1, keepdims=True)) - Z)


def binary_cross_entropy_from_logits(z: ArrayLike, y: ArrayLike) -> float:
    """The binary cross-entropy of sigmoid(z), exact where sigmoid rounds to 0 or 1.

    -log sigmoid(z) = log(1 + exp(-z)), and -log(1 - sigmoid(z)) = log(1 + exp(z)).
    """
    z, y = batch("the logits", z, "y", y)
    return _mean_cost(y, np.logaddexp(0, -z)) + _mean_cost(1 - y, np.logaddexp(0, z))


def _mean_cost(Y: Array, costs: Array) -> float:
    """(1/m) sum of Y costs, where a target of 0 asks for no cost, be it infinite."""
    asked = Y != 0
    return float(np.vdot(Y[asked], costs[asked])) / len(Y)
