"""The spec's own mathematics: what a value must be, never asked of the implementation under test."""

from collections.abc import Callable, Iterator

import numpy as np

from ..ground.compare import Array
from .activations import EVERY, Activation, sigmoid

Parameters = dict[str, Array]


def softmax(Z: Array) -> Array:
    """Rows of probabilities from rows of logits."""
    return np.exp(log_softmax(Z))


def log_softmax(Z: Array) -> Array:
    """Rows of log-probabilities: z_k minus the log-sum-exp of its row."""
    shifted = Z - Z.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def depth(parameters: Parameters) -> int:
    """The number of layers L of parameters W1, b1, ..., WL, bL."""
    return len(parameters) // 2


def forward(
    X: Array, parameters: Parameters, activation: str | Activation = "relu"
) -> dict[str, Array]:
    """A0, Z1, A1, ..., ZL of a network with this hidden activation; ZL are the logits.

    X is (m, n_0). It and the parameters may have axes in front, one network each: (..., m, n_0).
    """
    sigma, L = _named(activation).function, depth(parameters)
    values = {"A0": X}
    for l in range(1, L + 1):
        values[f"Z{l}"] = values[f"A{l - 1}"] @ parameters[f"W{l}"] + parameters[f"b{l}"]
        if l < L:
            values[f"A{l}"] = sigma(values[f"Z{l}"])
    return values


def _named(activation: str | Activation) -> Activation:
    return EVERY[activation] if isinstance(activation, str) else activation


def backward(
    dZ: Array, parameters: Parameters, slope: Callable[[int], Array]
) -> Iterator[tuple[int, Array]]:
    """The recursion of 5.4: (L, dZ[L]), ..., (1, dZ[1]) for dZ[L], with the slopes σ'(Z[l]).

    A layer's weights are read after its dZ was looked at: what changes them meanwhile changes the rest.
    """
    for l in range(depth(parameters), 0, -1):
        yield l, dZ
        if l > 1:
            dZ = dZ @ parameters[f"W{l}"].swapaxes(-1, -2) * slope(l - 1)


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


def output_error(Z: Array, Y: Array, kind: str = "softmax") -> Array:
    """dZ[L], the gradient of the mean loss by the logits Z."""
    factor = 2 if kind == "identity" else 1
    return np.asarray(factor * (output(Z, kind) - Y) / Y.shape[-2])


def slopes(values: dict[str, Array], activation: str | Activation) -> Callable[[int], Array]:
    """The slopes of layer l, at its pre-activations."""
    return lambda l: _named(activation).derivative(values[f"Z{l}"])


def of_layer(l: int, A: Array, dZ: Array) -> Parameters:
    """dW[l] and db[l], from the activations of the layer below."""
    return {f"dW{l}": A.swapaxes(-1, -2) @ dZ, f"db{l}": dZ.sum(axis=-2, keepdims=True)}


def gradients(
    X: Array,
    Y: Array,
    parameters: Parameters,
    activation: str | Activation = "relu",
    kind: str = "softmax",
    *,
    gate: Callable[[int, Array, Array], Array] | None = None,
) -> Parameters:
    """dW1, db1, ... of the mean loss. With a `gate`, layer l takes gate(l, Z, A) for its σ'(Z)."""
    values = forward(X, parameters, activation)
    result: Parameters = {}
    slope = slopes(values, activation)
    if gate:
        slope = lambda l: gate(l, values[f"Z{l}"], values[f"A{l}"])  # noqa: E731
    dZ = output_error(values[f"Z{depth(parameters)}"], Y, kind)
    for l, dZ_l in backward(dZ, parameters, slope):
        result |= of_layer(l, values[f"A{l - 1}"], dZ_l)
    return result
