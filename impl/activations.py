"""Section 3: the neuron and its activation functions.

Each derivative is a function of the pre-activation z, never of the activation a. All work
elementwise on arrays of any shape, but for softmax, which works on the rows of a matrix.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, floats, matrix, same_shape, vector

SELU_SCALE = 1.0507009873554805  # Klambauer et al. 2017: the pair that makes (mean 0,
SELU_ALPHA = 1.6732632423543772  # variance 1) a fixed point of a wide SELU layer


def neuron(x: ArrayLike, w: ArrayLike, b: float, activation: Callable[[Any], Any]) -> Any:
    """a = activation(w . x + b) for one input x (n_in,), weights w (n_in,) and bias b (3.1).

    Beyond the contract: ValueError unless x and w are vectors of one length.
    """
    x, w = same_shape("x", vector("x", x), "w", w)
    return activation(np.dot(w, x) + b)


def relu(z: ArrayLike) -> Array:
    """max(0, z)."""
    z = floats(z)
    return np.maximum(z, 0)


def relu_grad(z: ArrayLike) -> Array:
    """1 where z > 0, else 0; at the kink itself the theory's table chooses 0."""
    z = floats(z)
    return np.where(np.isnan(z), z, z > 0)  # NaN stays NaN, here as everywhere


def sigmoid(z: ArrayLike) -> Array:
    """1 / (1 + exp(-z)), written so that only non-positive numbers are exponentiated."""
    z = floats(z)
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1, e) / (1 + e))


def sigmoid_grad(z: ArrayLike) -> Array:
    """sigmoid(z) (1 - sigmoid(z)); symmetric in z, so 1 - sigmoid(z) is taken as sigmoid(-z)."""
    z = floats(z)
    return sigmoid(z) * sigmoid(-z)


def tanh(z: ArrayLike) -> Array:
    """The hyperbolic tangent: (exp(z) - exp(-z)) / (exp(z) + exp(-z))."""
    z = floats(z)
    return np.asarray(np.tanh(z))


def tanh_grad(z: ArrayLike) -> Array:
    """1 - tanh(z)^2, as 1 / cosh(z)^2: no cancellation where tanh is near 1."""
    e = np.exp(-np.abs(floats(z)))
    return np.asarray((2 * e / (1 + e**2)) ** 2)


def leaky_relu(z: ArrayLike, alpha: float = 0.01) -> Array:
    """z where z > 0, else alpha z."""
    z = floats(z)
    return np.where(z > 0, z, alpha * z)


def leaky_relu_grad(z: ArrayLike, alpha: float = 0.01) -> Array:
    """1 where z > 0, else alpha."""
    z = floats(z)
    return np.where(z > 0, 1, np.where(np.isnan(z), z, alpha))


def elu(z: ArrayLike, alpha: float = 1.0) -> Array:
    """z where z > 0, else alpha (exp(z) - 1) (Clevert et al. 2016)."""
    z = floats(z)
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_grad(z: ArrayLike, alpha: float = 1.0) -> Array:
    """1 where z > 0, else alpha exp(z)."""
    z = floats(z)
    return np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0)))


def selu(z: ArrayLike) -> Array:
    """lambda z where z > 0, else lambda alpha (exp(z) - 1) (Klambauer et al. 2017).

    lambda = 1.0507009873554805 and alpha = 1.6732632423543772 let mean 0 and variance 1 reproduce
    themselves.
    """
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_grad(z: ArrayLike) -> Array:
    """lambda where z > 0, else lambda alpha exp(z), with the constants of `selu`."""
    return SELU_SCALE * elu_grad(z, SELU_ALPHA)


@np.errstate(over="ignore")  # where a float has no room for the difference, -inf will do
def minus_row_maximum(Z: Array) -> Array:
    """Z (m, K), the maximum of each row made zero; argmax finds it sooner than max does."""
    return np.asarray(Z - Z[np.arange(len(Z)), Z.argmax(axis=1), np.newaxis])


def softmax(Z: ArrayLike) -> Array:
    """Row by row exp(z_k) / sum_j exp(z_j) for Z (m, K); the row's maximum is subtracted first.

    Raises ValueError unless Z is a matrix.
    """
    Z = matrix("Z", Z)
    E = np.exp(minus_row_maximum(Z))
    return np.asarray(E / E.sum(axis=1, keepdims=True))


def softmax_jacobian(z: ArrayLike) -> Array:
    """The (K, K) matrix s_k (1[j = k] - s_j) of one vector of logits z (K,).

    Beyond the contract: ValueError for a matrix.
    """
    s = softmax([vector("z", z)])[0]  # (K,)
    return np.diag(s) - np.outer(s, s)


ACTIVATIONS = {
    "relu": (relu, relu_grad),
    "leaky_relu": (leaky_relu, leaky_relu_grad),
    "elu": (elu, elu_grad),
    "selu": (selu, selu_grad),
    "tanh": (tanh, tanh_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
}
