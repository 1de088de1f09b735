"""The spec's own mathematics: what a value must be, never asked of the implementation under test."""

from collections.abc import Callable

import numpy as np

from ..ground.compare import Array

Parameters = dict[str, Array]
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), through the logarithm so that neither end overflows."""
    return np.exp(-np.logaddexp(0, -z))


def softmax(Z: Array) -> Array:
    """Rows of probabilities from rows of logits."""
    return np.exp(log_softmax(Z))


def log_softmax(Z: Array) -> Array:
    """Rows of log-probabilities: z_k minus the log-sum-exp of its row."""
    shifted = Z - Z.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def elu(z: Array, alpha: float = 1.0) -> Array:
    """z, or alpha (exp(z) - 1) where z <= 0."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_grad(z: Array, alpha: float = 1.0) -> Array:
    """1, or alpha exp(z) where z <= 0."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (lambda z: np.where(z > 0, z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(np.clip(z, -350, 350)) ** 2),
    "elu": (elu, elu_grad),
    "selu": (
        lambda z: SELU_SCALE * elu(z, SELU_ALPHA),
        lambda z: SELU_SCALE * elu_grad(z, SELU_ALPHA),
    ),
}


def depth(parameters: Parameters) -> int:
    """The number of layers L of parameters W1, b1, ..., WL, bL."""
    return len(parameters) // 2


def forward(X: Array, parameters: Parameters, activation: str = "relu") -> dict[str, Array]:
    """A0, Z1, A1, ..., ZL of a network with this hidden activation; ZL are the logits."""
    sigma, L = ACTIVATIONS[activation][0], depth(parameters)
    values = {"A0": X}
    for l in range(1, L + 1):
        values[f"Z{l}"] = values[f"A{l - 1}"] @ parameters[f"W{l}"] + parameters[f"b{l}"]
        if l < L:
            values[f"A{l}"] = sigma(values[f"Z{l}"])
    return values


def output(Z: Array, kind: str = "softmax") -> Array:
    """The network's output for its last pre-activations."""
    outputs: dict[str, Callable[[Array], Array]] = {
        "softmax": softmax,
        "sigmoid": sigmoid,
        "identity": lambda Z: Z,
    }
    return outputs[kind](Z)


def loss_from_logits(Z: Array, Y: Array, kind: str = "softmax") -> float:
    """The mean loss of 4.3, exact: from logits, by log-sum-exp."""
    if kind == "softmax":
        total = -np.sum(Y * log_softmax(Z))
    elif kind == "sigmoid":
        total = np.sum(np.logaddexp(0, Z) - Y * Z)
    else:
        total = np.sum((Y - Z) ** 2)
    return float(total / len(Y))


def gradients(
    X: Array, Y: Array, parameters: Parameters, activation: str = "relu", kind: str = "softmax"
) -> Parameters:
    """dW1, db1, ... of the mean loss, by the recursion of 5.4."""
    values, L = forward(X, parameters, activation), depth(parameters)
    factor = 2 if kind == "identity" else 1
    dZ = factor * (output(values[f"Z{L}"], kind) - Y) / len(Y)
    result = {}
    for l in range(L, 0, -1):
        result[f"dW{l}"] = values[f"A{l - 1}"].T @ dZ
        result[f"db{l}"] = dZ.sum(axis=0, keepdims=True)
        if l > 1:
            dZ = dZ @ parameters[f"W{l}"].T * ACTIVATIONS[activation][1](values[f"Z{l - 1}"])
    return result
