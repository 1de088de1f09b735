"""Sections 4 and 5: fully connected networks, forward and backward.

A network keeps its parameters as attributes W1, b1, W2, b2, ... and, from the last forward pass,
the `cache` that its backward pass reads: A0 (the input), Z1, A1, Z2, A2, ...
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import initialisation, losses
from .activations import ACTIVATIONS, sigmoid, softmax
from .checks import Array, integer, matrix, one_of, same_shape
from .initialisation import Generator
from .linear import affine
from .regularisation import l2_gradient, l2_penalty

Initialiser = Callable[[int, int, Generator], Array]


class Output(NamedTuple):
    """What belongs to an output activation, A[L] = activation(Z[L]); see 5.3."""

    activation: Callable[[Any], Array]
    loss: Callable[[Any, Any], float]  # of A[L] against Y
    loss_from_logits: Callable[[Any, Any], float]  # the same loss, of Z[L] against Y
    c: int  # in dZ[L] = c (A[L] - Y)


OUTPUTS = {
    "softmax": Output(softmax, losses.cross_entropy, losses.cross_entropy_from_logits, c=1),
    "sigmoid": Output(
        sigmoid, losses.binary_cross_entropy, losses.binary_cross_entropy_from_logits, c=1
    ),
    "identity": Output(np.copy, losses.mean_squared_error, losses.mean_squared_error, c=2),
}
INITIALISERS: dict[str, Initialiser] = {
    "small": initialisation.small_random,
    "xavier": initialisation.xavier_normal,
    "xavier_uniform": initialisation.xavier_uniform,
    "he": initialisation.he_normal,
    "lecun": initialisation.lecun_normal,
}


class MLP:
    """An L-layer network (5.4) of the widths `sizes` = [n_0, n_1, ..., n_L], L >= 1.

    `activation` names the hidden one, `output` the last one together with its loss (softmax:
    cross-entropy, sigmoid: binary cross-entropy, identity: mean squared error), `init` the rule of
    section 7 (or a function of n_in, n_out, rng) that draws the weights from `rng` (a NumPy
    generator; None is NumPy's global one). With l2 > 0 the loss and the gradients include the
    penalty of section 9. Raises ValueError for a width below 1 or an unknown name.
    """

    W1: Array

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        output: str = "softmax",
        init: str | Initialiser = "he",
        l2: float = 0.0,
        rng: Generator | None = None,
    ) -> None:
        draw = init if callable(init) else one_of("init", init, INITIALISERS)
        sizes = [integer("a layer's width", n) for n in sizes]
        self.L = integer("the number of layers", len(sizes) - 1)
        self.sigma, self.sigma_grad = one_of("activation", activation, ACTIVATIONS)
        self.output = one_of("output", output, OUTPUTS)
        self.output_name = output
        self.l2 = l2
        self.cache: dict[str, Array] = {}
        for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            setattr(self, f"W{l}", draw(n_in, n_out, np.random if rng is None else rng))
            setattr(self, f"b{l}", initialisation.zero_bias(n_out))

    def _penalty(self) -> float:
        weights = [getattr(self, f"W{l}") for l in range(1, self.L + 1)]
        return l2_penalty(weights, self.l2) if self.l2 else 0.0

    def forward(self, X: ArrayLike) -> Array:
        """Y_hat (m, n_L) for X (m, n_0): Z[l] = A[l-1] W[l] + b[l], A[l] = sigma(Z[l])."""
        A = matrix("X", X, columns=self.W1.shape[0])  # (m, n_0)
        self.cache = {"A0": A}
        for l in range(1, self.L + 1):
            W, b = getattr(self, f"W{l}"), getattr(self, f"b{l}")  # (n_{l-1}, n_l), (1, n_l)
            Z = affine(A, W, b)  # (m, n_l)
            A = self.output.activation(Z) if l == self.L else self.sigma(Z)  # (m, n_l)
            self.cache |= {f"Z{l}": Z, f"A{l}": A}
        return A

    def compute_loss(self, Y_hat: ArrayLike, Y: ArrayLike) -> float:
        """The mean loss of Y_hat against Y (m, n_L), plus the L2 penalty.

        Raises ValueError if the shapes differ.
        """
        loss = self.output.loss(Y_hat, Y)
        return loss + self._penalty()

    def loss_from_logits(self, Y: ArrayLike) -> float:
        """Beyond the contract: `compute_loss` of the last forward pass, from its Z[L] (m, n_L).

        It is exact even where a probability is so near 0 or 1 that it rounds to it.
        """
        return self.output.loss_from_logits(self.cache[f"Z{self.L}"], Y) + self._penalty()

    def backward(self, Y: ArrayLike) -> dict[str, Array]:
        """{"dW1": ..., "db1": ..., ...} of the loss at the cached forward pass, for Y (m, n_L).

        dZ[L] = c (A[L] - Y), where c is 1 for softmax and sigmoid, 2 for the identity.

        Beyond the contract: ValueError if the shapes differ, without samples, and before the first
        forward pass.
        """
        if not self.cache:
            raise ValueError(
                "backward reads what forward has left in the cache: call forward first"
            )
        A, Y = same_shape("the output", self.cache[f"A{self.L}"], "Y", Y)
        m, gradients = integer("the number of samples", len(Y)), {}
        dZ = self.output.c * (A - Y)  # (m, n_L)
        for l in range(self.L, 0, -1):
            W = getattr(self, f"W{l}")  # (n_{l-1}, n_l)
            dZ_m = dZ / m  # (m, n_l)
            dW = self.cache[f"A{l - 1}"].T @ dZ_m  # (n_{l-1}, n_l)
            gradients[f"dW{l}"] = dW + l2_gradient(W, self.l2) if self.l2 else dW
            gradients[f"db{l}"] = dZ_m.sum(axis=0, keepdims=True)  # (1, n_l)
            if l > 1:
                dA = dZ @ W.T  # (m, n_{l-1})
                dZ = dA * self.sigma_grad(self.cache[f"Z{l - 1}"])  # (m, n_{l-1})
        return gradients

    def train_step(self, X: ArrayLike, Y: ArrayLike, lr: float) -> float:
        """One step of gradient descent at the rate `lr`; the loss returned is the one before it.

        The parameters are changed in place, which spares a wide network one more large array.
        """
        loss = exact_loss(self, X, Y)
        for name, gradient in self.backward(Y).items():
            vars(self)[name.removeprefix("d")] -= lr * gradient
        return loss


def exact_loss(net: Any, X: ArrayLike, Y: ArrayLike) -> float:
    """The loss after a forward pass of X; from the logits, and so exact, where `net` offers that."""
    Y_hat = net.forward(X)
    if hasattr(net, "loss_from_logits"):
        return float(net.loss_from_logits(Y))
    return float(net.compute_loss(Y_hat, Y))


class TwoLayerNet(MLP):
    """input -> ReLU hidden layer -> softmax (4.2); every weight has the deviation `init_std`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        init_std: float = 0.01,
        rng: Generator | None = None,
    ) -> None:
        draw = partial(initialisation.small_random, std=init_std)
        super().__init__([input_size, hidden_size, output_size], init=draw, rng=rng)


class ThreeLayerNet(MLP):
    """input -> two ReLU hidden layers -> softmax: the first exercise of section 11."""

    def __init__(
        self,
        input_size: int,
        hidden1: int,
        hidden2: int,
        output_size: int,
        init_std: float = 0.01,
        rng: Generator | None = None,
    ) -> None:
        draw = partial(initialisation.small_random, std=init_std)
        super().__init__([input_size, hidden1, hidden2, output_size], init=draw, rng=rng)
