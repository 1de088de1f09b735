"""Section 9: L2 regularisation and early stopping."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, floats, integer


def l2_penalty(weights: Iterable[Array], lam: float) -> float:
    """lam * sum_l ||W[l]||_F^2 over the weight matrices `weights`; biases are not penalised."""
    return lam * sum(float(np.sum(np.square(floats(W)))) for W in weights)


def l2_gradient(W: ArrayLike, lam: float) -> Array:
    """2 lam W: the penalty's gradient, in the shape of W."""
    return 2 * lam * floats(W)


def early_stopping(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """(stop, best): the epoch that is the last one trained, and the one whose weights are kept.

    `losses` are the validation losses epoch by epoch. Training stops at the first epoch that ends
    `patience` epochs without a new minimum, or at the last one given; NaN is no minimum. Raises
    ValueError for a patience below 1.

    Beyond the contract: ValueError for no losses at all, and where the first is NaN and none that is
    seen after it is below infinity, for then there is no best.
    """
    integer("patience", patience)
    integer("the number of losses", len(losses))
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest = epoch, loss
        if epoch - best == patience:
            break
    if np.isnan(losses[best]):
        raise ValueError(f"no loss up to epoch {epoch} is a finite number, so none is the best")
    return epoch, best
