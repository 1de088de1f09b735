"""Section 6: the analytic gradient against centred finite differences."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, number, same_shape
from .networks import MLP, exact_loss


def numerical_gradient(
    f: Callable[[Array], float], theta: ArrayLike, epsilon: float = 1e-5
) -> Array:
    """(f(theta + e) - f(theta - e)) / (2 epsilon), one entry of `theta` at a time, in its shape.

    The scalar function f is called with a copy of theta in float64, one entry of which is moved, so
    that theta itself stays as it is, to the bit.

    Beyond the contract: ValueError if f returns an array.
    """
    theta = np.array(theta, float)
    gradient = np.zeros(theta.shape)
    for j in np.ndindex(theta.shape):
        theta_j = theta[j]
        theta[j] = theta_j + epsilon
        above = number("f(theta)", f(theta))
        theta[j] = theta_j - epsilon
        gradient[j] = (above - number("f(theta)", f(theta))) / (2 * epsilon)
        theta[j] = theta_j
    return gradient


def relative_error(analytic: ArrayLike, numerical: ArrayLike, delta: float = 1e-8) -> float:
    """||g_a - g_n|| / (||g_a|| + ||g_n|| + delta): 0 for equal gradients, at most 1.

    Beyond the contract: ValueError if the shapes differ.
    """
    g_a = np.asarray(analytic, float)
    g_a, g_n = same_shape("the analytic gradient", g_a, "the numerical one", numerical)
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

    Beyond the contract: the network is copied, with its parameters in float64, and the copy is
    checked, so that parameters and cache stay as they are, whatever happens on the way.
    """
    net = deepcopy(net)
    net.forward(X)
    names = [name.removeprefix("d") for name in net.backward(Y)]
    for name in names:
        setattr(net, name, np.array(getattr(net, name), float))
    net.forward(X)
    analytic = net.backward(Y)

    def loss(name: str, theta: Array) -> float:
        setattr(net, name, theta)
        return exact_loss(net, X, Y)

    def numerical(name: str) -> Array:
        theta = getattr(net, name)
        gradient = numerical_gradient(partial(loss, name), theta, epsilon)
        setattr(net, name, theta)
        return gradient

    return {name: relative_error(analytic[f"d{name}"], numerical(name)) for name in names}
