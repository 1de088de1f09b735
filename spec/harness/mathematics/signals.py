"""What depth does to the size of a signal: populations of random networks, all of them at once.

Sizes are second moments, the mean square over the units of a layer: that is what a layer with weights
of mean 0 hands on, whatever the mean of its input. All biases are 0 unless given.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from ..ground.compare import Array
from . import oracle
from .activations import activation_of
from .population import DEVIATIONS

Rule = str | float  # the name of one in DEVIATIONS, or a standard deviation for every layer


def deviation(rule: Rule, n_in: int, n_out: int) -> float:
    """The standard deviation that a rule gives the weights of a layer."""
    return DEVIATIONS[rule](n_in, n_out) if isinstance(rule, str) else rule


def one_input(
    rng: np.random.Generator,
    networks: int,
    widths: Sequence[int],
    rule: Rule,
    activation: str,
    size: float = 1.0,
) -> list[Array]:
    """Pre-activations Z[l] (networks, n_l), layer by layer, of one input whose entries are +-`size`.

    No weight is drawn, yet the law is exact: for a given a[l-1] the entries of a[l-1] W[l] come from
    different columns of W[l], so they are independent N(0, Var(w) * sum(a[l-1]^2)), and W[l] is met
    only once on the way.
    """
    squares, layers = np.full((networks, 1), size**2 * widths[0]), []
    for n_in, n_out in pairwise(widths):
        z = rng.standard_normal((networks, n_out)) * deviation(rule, n_in, n_out) * np.sqrt(squares)
        squares = np.sum(activation_of(activation).function(z) ** 2, axis=1, keepdims=True)
        layers.append(z)
    return layers


def random_weights(
    rng: np.random.Generator, networks: int, widths: Sequence[int], rule: Rule
) -> list[Array]:
    """Normal weights W[l] (networks, n_in, n_out) of mean 0 and the deviation of the rule."""
    return [
        deviation(rule, n_in, n_out) * rng.standard_normal((networks, n_in, n_out))
        for n_in, n_out in pairwise(widths)
    ]


def forward(
    X: Array, weights: list[Array], activation: str, biases: Sequence[Array] = ()
) -> list[Array]:
    """Pre-activations Z[l] (networks, m, n_l) of the batch X (networks, m, n_0)."""
    values = oracle.forward(X, _named(weights, biases), activation)
    return [values[f"Z{l}"] for l in range(1, len(weights) + 1)]


def backward(dA: Array, Z: list[Array], weights: list[Array], activation: str) -> list[Array]:
    """The gradients dZ[l] (networks, m, n_l), first layer first, for dA at the last activation."""
    slope = activation_of(activation).derivative
    errors = oracle.backward(dA * slope(Z[-1]), _named(weights), lambda l: slope(Z[l - 1]))
    return [dZ for _, dZ in errors][::-1]


def _named(weights: list[Array], biases: Sequence[Array] = ()) -> oracle.Parameters:
    """W1, b1, ...; the biases are 0 unless given."""
    theta: oracle.Parameters = {}
    for l, (W, b) in enumerate(zip(weights, biases or [np.zeros(1)] * len(weights), strict=True)):
        theta |= {f"W{l + 1}": W, f"b{l + 1}": b}
    return theta


def second_moments(layers: list[Array]) -> Array:
    """The mean square of each layer in each network: (layers, networks)."""
    return np.array([np.mean(z**2, axis=tuple(range(1, z.ndim))) for z in layers])


def factors(layers: list[Array]) -> Array:
    """What each layer but the first multiplies the second moment by: (layers - 1, networks)."""
    moments = second_moments(layers)
    return np.asarray(moments[1:] / moments[:-1])


@cache
def _half_line() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(80)
    z = 6 * (nodes + 1)  # from 0 to 12, beyond which a normal number never goes
    return z, 6 * weights * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def normal_mean(f: Callable[[Array], Array], variance: float = 1.0) -> float:
    """E f(z) for z ~ N(0, variance), by Gauss-Legendre quadrature on either side of a kink at 0."""
    z, weights = _half_line()
    deviation = np.sqrt(variance)
    return float(np.sum(weights * (f(deviation * z) + f(-deviation * z))))
