"""Section 8: batches, epochs, accuracy."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, batch, integer, matrix
from .networks import MLP, exact_loss
from .regularisation import early_stopping

Optimiser = Callable[[Array, Array, Any, float], tuple[Array, Any]]


def minibatches(
    X: ArrayLike, Y: ArrayLike, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Yield (X_b, Y_b), every sample once, in an order drawn from `rng`; the last may be short.

    Raises ValueError for a batch size below 1, or for X and Y of different lengths.
    """
    batch_size = integer("batch_size", batch_size)
    X, Y = np.asarray(X), np.asarray(Y)
    if len(X) != len(Y):
        raise ValueError(f"Y has {len(Y)} rows, expected the {len(X)} of X")
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], Y[rows]


def train(
    net: MLP,
    X: Array,
    Y: Array,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    rng: np.random.Generator | None = None,
    *,
    optimiser: Optimiser | None = None,
    validation: tuple[Array, Array] | None = None,
    patience: int | None = None,
) -> list[float]:
    """Train `net` in place; the mean loss of each epoch, taken batch by batch before its update.

    Without a batch size each epoch is one full-batch step; without a generator `rng` a new one is
    made.

    Beyond the contract: `optimiser` is a rule of section 10 with a memory (momentum, adam) that takes
    the place of `net.train_step`. With `validation`, samples (X, Y) that take no part in the training,
    and `patience`, a number of epochs, training stops early, and the network is left as it was after
    the best epoch (section 9). ValueError without samples, and for one of these two by itself.
    """
    integer("the number of samples", len(X))
    epochs = integer("epochs", epochs, least=0)
    if (validation is None) != (patience is None):
        raise ValueError("early stopping needs both validation and patience, and one was given")
    rng = np.random.default_rng() if rng is None else rng
    step = net.train_step if optimiser is None else optimised_step(net, optimiser)
    losses: list[float] = []
    validation_losses: list[float] = []
    for epoch in range(epochs):
        batches = [(X, Y)] if batch_size is None else minibatches(X, Y, batch_size, rng)
        steps = [len(X_b) * step(X_b, Y_b, lr) for X_b, Y_b in batches]
        losses.append(sum(steps) / len(X))
        if validation is not None and patience is not None:
            validation_losses.append(exact_loss(net, *validation))
            _, best = early_stopping(validation_losses, patience)
            if best == epoch:
                at_best = deepcopy(vars(net))
            if epoch - best == patience:
                break
    if validation_losses:
        vars(net).update(at_best)
    return losses


def optimised_step(net: MLP, optimiser: Optimiser) -> Callable[[Array, Array, float], float]:
    """A step(X, Y, lr) as `net.train_step`, whose update is `optimiser`'s; it keeps the memory."""
    memory: dict[str, Any] = {}  # by parameter

    def step(X: Array, Y: Array, lr: float) -> float:
        loss = exact_loss(net, X, Y)
        for name, gradient in net.backward(Y).items():
            theta = vars(net)[name.removeprefix("d")]
            theta, memory[name] = optimiser(theta, gradient, memory.get(name), lr)
            vars(net)[name.removeprefix("d")] = theta
        return loss

    return step


def accuracy(net: MLP, X: ArrayLike, Y: ArrayLike) -> float:
    """The share of samples whose most probable class is that of the one-hot Y (m, K).

    Beyond the contract: an output of a single column, and each column of a sigmoid, is a yes or no of
    its own; it says yes above 1/2, and a sample is right where all its columns are. ValueError for a
    single column of the identity: a number names no class.
    """
    Y_hat, Y = batch("the output", matrix("the output", net.forward(X)), "Y", Y)
    output = getattr(net, "output_name", None)  # a network of another make need not say
    if output == "identity" and Y.shape[1] == 1:
        raise ValueError("the output is identity, one number a sample, so there is no accuracy")
    if output == "sigmoid" or Y.shape[1] == 1:
        right = ((Y_hat > 1 / 2) == (Y > 1 / 2)).all(axis=1)
    else:
        right = Y_hat.argmax(axis=1) == Y.argmax(axis=1)
    return float(np.mean(right))
