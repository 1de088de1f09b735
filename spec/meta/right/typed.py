"""Right, as whoever writes type hints does: protocols, enums, abstract classes, properties.

An activation is an object of a protocol, outputs and rules of initialisation are members of an enum
that holds what they do, and the networks descend from an abstract class whose parameters are
properties of a subclass made for each depth. What needs no type is `plain.py`'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, StrEnum, auto
from functools import cache
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import plain
from plain import *  # noqa: F403

Array = npt.NDArray[np.float64]
Rng = np.random.Generator


class Activation(Protocol):
    def __call__(self, z: Array, /) -> Array: ...

    def slope(self, z: Array, /) -> Array: ...


class Elementwise:
    def __init__(self, f: Callable[[Array], Array], df: Callable[[Array], Array]) -> None:
        self._f, self._df = f, df

    def __call__(self, z: Array, /) -> Array:
        return np.asarray(self._f(z), dtype=np.float64)

    def slope(self, z: Array, /) -> Array:
        return np.asarray(self._df(z), dtype=np.float64)


ACTIVATIONS: Final[dict[str, Activation]] = {
    name: Elementwise(*functions) for name, functions in plain.HIDDEN.items()
}


class Output(StrEnum):
    SOFTMAX = auto()
    SIGMOID = auto()
    IDENTITY = auto()

    def __call__(self, Z: Array) -> Array:
        if self is Output.SOFTMAX:
            return softmax(Z)
        return sigmoid(Z) if self is Output.SIGMOID else Z.copy()

    def loss(self, Y_hat: Array, Y: Array) -> float:
        match self:
            case Output.SOFTMAX:
                return float(cross_entropy(Y_hat, Y))
            case Output.SIGMOID:
                return float(binary_cross_entropy(Y_hat, Y))
            case Output.IDENTITY:
                return float(mean_squared_error(Y_hat, Y))

    @property
    def factor(self) -> float:
        return 2.0 if self is Output.IDENTITY else 1.0


class Init(Enum):
    SMALL = "small"
    XAVIER = "xavier"
    XAVIER_UNIFORM = "xavier_uniform"
    HE = "he"
    LECUN = "lecun"

    def draw(self, n_in: int, n_out: int, rng: Rng) -> Array:
        rule: Callable[[int, int, Rng], Array] = plain.INIT[self.value]
        return rule(n_in, n_out, rng)


class Network(ABC):
    """What every network can do, whatever its hidden layers are."""

    def __init__(
        self, sizes: Sequence[int], output: Output, init: Init, l2: float, rng: Rng | None
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"expected two widths or more, each at least 1, and got {sizes}")
        rng = rng if rng is not None else np.random.default_rng()
        self._output, self._l2 = output, l2
        self._weights = [init.draw(*pair, rng) for pair in pairwise(sizes)]
        self._biases = [np.zeros((1, n)) for n in sizes[1:]]
        self.cache: dict[str, Array] = {}

    @abstractmethod
    def hidden(self, l: int) -> Activation:
        """The activation of layer l."""

    @property
    def depth(self) -> int:
        return len(self._weights)

    def layers(self) -> Iterator[tuple[int, Array, Array]]:
        return zip(range(1, self.depth + 1), self._weights, self._biases, strict=True)

    def forward(self, X: Array) -> Array:
        values: dict[str, Array] = {"A0": X}
        for l, W, b in self.layers():
            Z = values[f"Z{l}"] = values[f"A{l - 1}"] @ W + b
            values[f"A{l}"] = self._output(Z) if l == self.depth else self.hidden(l)(Z)
        self.cache = values
        return values[f"A{self.depth}"]

    def compute_loss(self, Y_hat: Array, Y: Array) -> float:
        return self._output.loss(Y_hat, Y) + float(l2_penalty(self._weights, self._l2))

    def backward(self, Y: Array) -> dict[str, Array]:
        A = self.cache[f"A{self.depth}"]
        dZ: Array = self._output.factor * (A - np.reshape(Y, A.shape))
        gradients: dict[str, Array] = {}
        for l, W, _ in reversed(list(self.layers())):
            gradients[f"dW{l}"] = self.cache[f"A{l - 1}"].T @ dZ / len(Y) + 2 * self._l2 * W
            gradients[f"db{l}"] = dZ.mean(axis=0, keepdims=True)
            if l > 1:
                dZ = (dZ @ W.T) * self.hidden(l - 1).slope(self.cache[f"Z{l - 1}"])
        return gradients

    def train_step(self, X: Array, Y: Array, lr: float) -> float:
        loss = self.compute_loss(self.forward(X), Y)
        gradients = self.backward(Y)
        for l, W, b in list(self.layers()):
            self._weights[l - 1] = W - lr * gradients[f"dW{l}"]
            self._biases[l - 1] = b - lr * gradients[f"db{l}"]
        return loss


def parameter(kind: str, l: int) -> property:
    def get(self: Network) -> Array:
        return vars(self)[kind][l - 1]

    def put(self: Network, value: Array) -> None:
        vars(self)[kind][l - 1] = value

    return property(get, put)


@cache
def of_depth(parent: type[Network], depth: int) -> type[Network]:
    """The subclass with the properties W1, b1, ..., of so many layers."""
    names = {"W": "_weights", "b": "_biases"}
    own = {f"{k}{l}": parameter(names[k], l) for k in names for l in range(1, depth + 1)}
    return type(parent.__name__, (parent,), own)


class MLP(Network):
    def __new__(cls, sizes: Sequence[int], *arguments: object, **options: object) -> MLP:
        return object.__new__(of_depth(cls, len(sizes) - 1))

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        output: Output | str = Output.SOFTMAX,
        init: Init | str = Init.HE,
        l2: float = 0.0,
        rng: Rng | None = None,
    ) -> None:
        super().__init__(sizes, Output(output), Init(init), l2, rng)
        self._hidden = ACTIVATIONS[activation]

    def hidden(self, l: int) -> Activation:
        return self._hidden


class Classifier(Network):
    """ReLU inside, a softmax at its end."""

    def __init__(self, *sizes: int, init_std: float) -> None:
        super().__init__(sizes, Output.SOFTMAX, Init.HE, 0.0, None)
        self._weights = [np.random.normal(0.0, init_std, W.shape) for W in self._weights]

    def hidden(self, l: int) -> Activation:
        return ACTIVATIONS["relu"]


class TwoLayerNet(of_depth(Classifier, 2)):  # type: ignore[misc]
    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, init_std: float = 0.01
    ) -> None:
        super().__init__(input_size, hidden_size, output_size, init_std=init_std)


class ThreeLayerNet(of_depth(Classifier, 3)):  # type: ignore[misc]
    def __init__(
        self, input_size: int, hidden1: int, hidden2: int, output_size: int, init_std: float = 0.01
    ) -> None:
        super().__init__(input_size, hidden1, hidden2, output_size, init_std=init_std)


class Verdict(StrEnum):
    EXCELLENT = "Excellent"
    GOOD = "Good"
    SUSPICIOUS = "Suspicious"
    BUG = "Bug"


def verdict(error: float) -> Verdict:
    limits = ((1e-7, Verdict.EXCELLENT), (1e-5, Verdict.GOOD))
    for limit, word in limits:
        if error < limit:
            return word
    return Verdict.SUSPICIOUS if error <= 1e-3 else Verdict.BUG


def train(
    net: Network,
    X: Array,
    Y: Array,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    rng: Rng | None = None,
) -> list[float]:
    def batches() -> Iterator[tuple[Array, Array]]:
        yield from ([(X, Y)] if batch_size is None else minibatches(X, Y, batch_size, generator))

    generator = np.random.default_rng() if rng is None else rng
    return [
        float(np.mean([net.train_step(X_b, Y_b, lr) for X_b, Y_b in batches()]))
        for _ in range(epochs)
    ]
