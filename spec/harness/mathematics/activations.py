"""The activations of the theory, in one table: what each is, and what the chapters ask about it.

Whoever loops over the table has a new entry judged, drawn and named with the others. The functions are
the spec's own, never asked of the implementation under test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..ground.compare import Array

Curve = Callable[[Any], Any]
LARGEST_COSH = 350  # of which the square is still no infinity
SMALLEST_SLOPE, LARGEST_SLOPE = 0.01, 0.1  # of leaky ReLU below zero (3.2)
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), through the logarithm so that neither end overflows."""
    return np.exp(-np.logaddexp(0, -z))


def elu(z: Array, alpha: float = 1.0) -> Array:
    """z, or alpha (exp(z) - 1) where z <= 0."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_grad(z: Array, alpha: float = 1.0) -> Array:
    """1, or alpha exp(z) where z <= 0."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


@dataclass(frozen=True)
class Activation:
    """An elementwise function σ.

    `name` is that of the contract, `title` what people write. `slope_at` is σ′(z) as a function of
    a = σ(z), which is quicker than that of z. `steepest` is the largest slope. `in_place` writes σ(Z)
    over Z: it is there where training in bulk needs it.
    """

    name: str
    title: str
    function: Curve
    derivative: Curve
    slope_at: Curve
    steepest: float = 1.0
    has_two_sides: bool = False  # a formula each for z > 0 and z <= 0
    has_kink: bool = False  # the slope jumps at 0
    has_straight_sides: bool = False  # σ′(a) is σ′(z): to feed it with a goes unnoticed
    in_place: Callable[[Any], object] | None = None

    def write_over(self, Z: Any) -> None:
        """Put σ(Z) in the place of Z, in its precision."""
        if self.in_place:
            self.in_place(Z)
        else:
            Z[...] = self.function(Z)


def leaky_relu(alpha: float, name: str, title: str) -> Activation:
    """z, or alpha z where z <= 0."""
    return Activation(
        name,
        title,
        lambda z: np.where(z > 0, z, alpha * z),
        lambda z: np.where(z > 0, 1.0, alpha),
        lambda a: np.where(a > 0, a.dtype.type(1), a.dtype.type(alpha)),
        has_two_sides=True,
        has_kink=True,
        has_straight_sides=True,
        in_place=lambda Z: np.maximum(Z, alpha * Z, out=Z),
    )


def _sigmoid_in_place(Z: Any) -> None:
    """(1 + tanh(z/2)) / 2."""
    Z *= 0.5
    np.tanh(Z, out=Z)
    Z += 1
    Z *= 0.5


_TABLE = (
    Activation(
        "sigmoid",
        "sigmoid",
        sigmoid,
        lambda z: sigmoid(z) * sigmoid(-z),
        lambda a: a * (1 - a),
        steepest=1 / 4,
        in_place=_sigmoid_in_place,
    ),
    Activation(
        "tanh",
        "tanh",
        np.tanh,
        lambda z: 1 / np.cosh(np.clip(z, -LARGEST_COSH, LARGEST_COSH)) ** 2,
        lambda a: 1 - a * a,
        in_place=lambda Z: np.tanh(Z, out=Z),
    ),
    Activation(
        "relu",
        "ReLU",
        lambda z: np.where(z > 0, z, 0.0),
        lambda z: np.where(z > 0, 1.0, 0.0),
        np.sign,
        has_two_sides=True,
        has_kink=True,
        has_straight_sides=True,
        in_place=lambda Z: np.maximum(Z, 0, out=Z),
    ),
    leaky_relu(SMALLEST_SLOPE, "leaky_relu", "leaky ReLU"),
    Activation(
        "elu",
        "ELU",
        elu,
        elu_grad,
        lambda a: np.where(a > 0, a.dtype.type(1), a + 1),
        has_two_sides=True,
    ),
    Activation(
        "selu",
        "SELU",
        lambda z: SELU_SCALE * elu(z, SELU_ALPHA),
        lambda z: SELU_SCALE * elu_grad(z, SELU_ALPHA),
        lambda a: np.where(a > 0, a.dtype.type(SELU_SCALE), a + SELU_SCALE * SELU_ALPHA),
        steepest=SELU_SCALE * SELU_ALPHA,
        has_two_sides=True,
        has_kink=True,
    ),
)
# by the names of the contract, in the theory's order
ACTIVATIONS: dict[str, Activation] = {activation.name: activation for activation in _TABLE}
IDENTITY = Activation("identity", "identity", np.copy, np.ones_like, np.ones_like)
LEAKY = re.compile(r"leaky_relu\((.+)\)")


@cache
def activation_of(name: str) -> Activation:
    """What the suite's own networks can have: also "identity", and "leaky_relu(0.1)" with that alpha."""
    if leaky := LEAKY.fullmatch(name):
        return leaky_relu(float(leaky[1]), name, f"leaky ReLU ({leaky[1]})")
    return IDENTITY if name == IDENTITY.name else ACTIVATIONS[name]
