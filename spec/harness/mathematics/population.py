"""Many networks trained at once: what a run promises is stated over a population of them.

A population holds n networks of the same widths, each drawn and trained by itself, their parameters
stacked, so that one array operation moves all of them. It works in place and in single precision:
several times as fast, and far more exact than the two or three digits of a statement about
accuracies or epochs; pass `dtype=float` where a claim needs more. Inside, W is kept transposed and
the samples lie along the last axis, which is the order that NumPy is quickest in. For speed alone it
says the recursion of `oracle` once more: the meta suite holds the two against each other.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..ground.compare import Array
from ..ground.outcomes import Refuted
from .activations import activation_of
from .oracle import Parameters
from .sampling import spend

DEVIATIONS: dict[str, Callable[[int, int], float]] = {
    "small": lambda n_in, n_out: 0.01,
    "xavier": lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,
    "he": lambda n_in, n_out: (2 / n_in) ** 0.5,
    "lecun": lambda n_in, n_out: (1 / n_in) ** 0.5,
}


def mostly(good: Array, what: str, *, exceptions: float, share: float = 0.5) -> None:
    """Judge that this share of the networks, which are drawn independently, is `good`.

    Half of them: the median is, which some networks that are stuck do not move. `exceptions` bounds
    the share of all networks, not of these few, that is not good. How often chance makes them too many
    here follows from it, and is spent. Raises Refuted.
    """
    __tracebackhide__ = True
    n = len(good)
    fewest = math.ceil(share * n)
    spend(
        sum(math.comb(n, k) * (1 - exceptions) ** k * exceptions ** (n - k) for k in range(fewest))
    )
    if np.sum(good) < fewest:
        raise Refuted(f"{what}: it is so in {np.sum(good)} of {n} networks, expected {fewest}")


class Population:
    """`n` softmax networks of the widths `sizes`, drawn from one generator, trained side by side.

    `init` is a rule of section 7 by name, a standard deviation for every layer, or one for each;
    biases begin at 0. `l2` is the factor of section 9. X is (m, n_0), or (n, m, n_0) where each
    network has samples of its own; Y is one-hot likewise.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        n: int,
        rng: np.random.Generator,
        *,
        activation: str = "relu",
        init: str | float | tuple[float, ...] = "he",
        l2: float = 0.0,
        dtype: type = np.float32,
    ) -> None:
        self.n, self.L, self.l2, self.dtype = n, len(sizes) - 1, l2, dtype
        self._activation = activation_of(activation)
        self._W: list[Any] = []
        self._b: list[Any] = []
        for l, (n_in, n_out) in enumerate(pairwise(sizes)):
            if isinstance(init, str):
                deviation = DEVIATIONS[init](n_in, n_out)
            else:
                deviation = init[l] if isinstance(init, tuple) else init
            self._W.append(rng.normal(0, deviation, (n, n_out, n_in)).astype(dtype))
            self._b.append(np.zeros((n, n_out, 1), dtype))

    @property
    def parameters(self) -> Parameters:
        """W1 (n, n_0, n_1), b1 (n, 1, n_1), ...: views, so that writing to them moves the networks."""
        return _named("", self._W, self._b)

    def gradients(self, X: Array, Y: Array) -> Parameters:
        """dW1 (n, n_0, n_1), db1 (n, 1, n_1), ... of each network's loss."""
        dW, db, _ = self._gradients(self._columns(X), self._columns(Y))
        return _named("d", dW, db)

    def loss(self, X: Array, Y: Array) -> Array:
        """Each network's loss, (n,), the penalty included."""
        loss: Array = self._gradients(self._columns(X), self._columns(Y))[2]
        return loss

    def hidden(self, X: Array) -> list[Array]:
        """A[0], A[1], ..., A[L - 1] and Z[L], the hidden ones and the last as (n, m, width)."""
        return [A.swapaxes(-1, -2) for A in self._forward(self._columns(X))]

    def probabilities(self, X: Array) -> Array:
        """The outputs for X, (n, m, K)."""
        logits = self._forward(self._columns(X))[-1]
        outputs: Array = self.output(logits, np.zeros_like(logits))[0].swapaxes(1, 2)
        return outputs

    def accuracy(self, X: Array, Y: Array) -> Array:
        """Each network's share of right answers, (n,)."""
        predicted = self._forward(self._columns(X))[-1].argmax(axis=1)
        share: Array = np.mean(predicted == np.argmax(Y, axis=-1), axis=1)
        return share

    def train(
        self,
        X: Array,
        Y: Array,
        lr: float,
        epochs: int,
        *,
        batch_size: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> Array:
        """Gradient descent; the losses (epochs, n), taken before the steps and averaged over the batches.

        With a batch size, each epoch takes the samples in a new order drawn from `rng`, the same one
        for all networks. Train in stages to look at the networks in between.
        """
        X, Y = self._columns(X), self._columns(Y)
        m, losses = X.shape[-1], np.zeros((epochs, self.n))
        for epoch in range(epochs):
            if batch_size is None:
                losses[epoch] = self._step(X, Y, lr)
                continue
            assert rng is not None
            for rows in np.split(rng.permutation(m), range(batch_size, m, batch_size)):
                losses[epoch] += self._step(X[..., rows], Y[..., rows], lr) * (len(rows) / m)
        return losses

    def _step(self, X: Any, Y: Any, lr: float) -> Any:
        dW, db, loss = self._gradients(X, Y)
        for theta, gradient in zip(self._W + self._b, dW + db, strict=True):
            gradient *= lr
            theta -= gradient
        return loss

    def _columns(self, X: Array) -> Any:
        """X with its samples along the last axis."""
        return np.ascontiguousarray(np.swapaxes(np.asarray(X, self.dtype), -1, -2))

    def _forward(self, X: Any) -> list[Any]:
        """A[0], A[1], ..., A[L - 1] and Z[L], samples last."""
        values = [X]
        for l, (W, b) in enumerate(zip(self._W, self._b, strict=True), start=1):
            Z = W @ values[-1]
            Z += b
            if l < self.L:
                self._activation.write_over(Z)
            values.append(Z)
        return values

    def output(self, Z: Any, Y: Any) -> tuple[Any, Any]:
        """Softmax and cross-entropy of logits (n, K, m), samples last: the probabilities, and each loss.

        Exact where a probability underflows. It writes over Z.
        """
        Z -= Z.max(axis=1, keepdims=True)
        loss = -(Z * Y).sum(axis=(1, 2))
        np.exp(Z, out=Z)
        total = Z.sum(axis=1, keepdims=True)
        Z /= total
        loss += np.log(total).sum(axis=(1, 2))
        return Z, loss / Z.shape[-1]

    def _gradients(self, X: Any, Y: Any) -> tuple[list[Any], list[Any], Any]:
        """dW and db layer by layer, and the losses."""
        values, m = self._forward(X), X.shape[-1]
        dZ, loss = self.output(values[-1], Y)
        dZ -= Y
        dZ /= m
        dW, db = [], []
        for l in range(self.L - 1, -1, -1):
            W, A = self._W[l], values[l]
            dW.append(dZ @ A.swapaxes(-1, -2))
            db.append(dZ.sum(axis=2, keepdims=True))
            if self.l2:
                dW[-1] += 2 * self.l2 * W
                loss += self.l2 * (W * W).sum(axis=(1, 2))
            if l > 0:
                dZ = W.swapaxes(1, 2) @ dZ
                dZ *= self._activation.slope_at(A)
        return dW[::-1], db[::-1], loss


def _named(prefix: str, W: list[Any], b: list[Any]) -> Parameters:
    """Stacks kept transposed, under the theory's names and in its orientation."""
    named = {}
    for l, pair in enumerate(zip(W, b, strict=True), start=1):
        named[f"{prefix}W{l}"], named[f"{prefix}b{l}"] = (stack.swapaxes(1, 2) for stack in pair)
    return named
