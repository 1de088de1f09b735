"""Section 6: the analytic gradient against centred finite differences."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, floats
from .networks import MLP


def numerical_gradient(
    f: Callable[[Array], float], theta: ArrayLike, epsilon: float = 1e-5
) -> Array:
    """(f(theta + e) - f(theta - e)) / (2 epsilon), one entry of `theta` at a time, in its shape.

    Each entry is moved in place while the scalar function f is called with theta, then restored to
    the bit; an integer theta is copied to float64 first.
    """
    theta = floats(theta)
    gradient = np.zeros(theta.shape)
    for j in np.ndindex(theta.shape):
        theta_j = theta[j]
        theta[j] = theta_j + epsilon
        above = f(theta)
        theta[j] = theta_j - epsilon
        gradient[j] = (above - f(theta)) / (2 * epsilon)
        theta[j] = theta_j
    return gradient


def relative_error(analytic: ArrayLike, numerical: ArrayLike, delta: float = 1e-8) -> float:
    """||g_a - g_n|| / (||g_a|| + ||g_n|| + delta): 0 for equal gradients, at most 1."""
    g_a, g_n = np.asarray(analytic, float), np.asarray(numerical, float)
    norm = np.linalg.norm
    return float(norm(g_a - g_n) / (norm(g_a) + norm(g_n) + delta))


def verdict(error: float) -> str:
    """The theory's table: "excellent", "good", "suspicious" or "bug"; NaN is a bug, too."""
    if error < 1e-7:
        return "excellent"
    if error < 1e-5:
        return "good"
    return "suspicious" if error <= 1e-3 else "bug"


def gradient_check(net: MLP, X: Array, Y: Array, epsilon: float = 1e-5) -> dict[str, float]:
    """{"W1": relative error, "b1": ...} of the network's gradients, each parameter by itself.

    X is (m, n_0) and Y the targets that the network's loss takes; a small batch will do, since each
    entry of each parameter costs two forward passes.
    """

    def loss(_: Array) -> float:
        return net.compute_loss(net.forward(X), Y)

    net.forward(X)
    analytic = {name.removeprefix("d"): gradient for name, gradient in net.backward(Y).items()}
    return {
        name: relative_error(gradient, numerical_gradient(loss, getattr(net, name), epsilon))
        for name, gradient in analytic.items()
    }
