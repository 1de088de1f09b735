"""Section 10: update rules. They take the gradient as it comes; only what is done with it differs.

Each returns new values and changes no argument. What a rule remembers between two steps of one
parameter is handed back to it with the next step; None starts anew.
"""

import numpy as np

from .checks import Array, same_shape

AdamState = tuple[Array, Array, int]


def sgd(theta: Array, gradient: Array, lr: float) -> Array:
    """theta - lr * gradient.

    Beyond the contract: ValueError if the shapes differ.
    """
    theta, gradient = same_shape("theta", theta, "the gradient", gradient)
    return theta - lr * gradient


def momentum(
    theta: Array, gradient: Array, velocity: Array | None, lr: float, beta: float = 0.9
) -> tuple[Array, Array]:
    """(theta, velocity) with v <- beta v + g and theta <- theta - lr v (Polyak 1964).

    Beyond the contract: ValueError if the shapes differ.
    """
    theta, gradient = same_shape("theta", theta, "the gradient", gradient)
    velocity = np.zeros_like(theta) if velocity is None else velocity
    theta, velocity = same_shape("theta", theta, "the velocity", velocity)
    velocity = beta * velocity + gradient
    return theta - lr * velocity, velocity


def adam(
    theta: Array,
    gradient: Array,
    state: AdamState | None,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Array, AdamState]:
    """(theta, state) after a step of Adam (Kingma and Ba 2015); the state is (m, v, t).

    m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, t <- t + 1; then, with
    m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t),
    theta <- theta - lr m_hat / (sqrt(v_hat) + epsilon).

    Beyond the contract: ValueError if the shapes differ.
    """
    theta, gradient = same_shape("theta", theta, "the gradient", gradient)
    zero = np.zeros_like(theta)
    mean, square, t = (zero, zero, 0) if state is None else state
    theta, mean = same_shape("theta", theta, "the state's m", mean)
    theta, square = same_shape("theta", theta, "the state's v", square)
    mean = beta1 * mean + (1 - beta1) * gradient
    square = beta2 * square + (1 - beta2) * gradient**2
    t += 1
    m_hat, v_hat = mean / (1 - beta1**t), square / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + epsilon), (mean, square, t)
