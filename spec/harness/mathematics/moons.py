"""The data set of the theory's notebook, and populations trained on it, computed once for all chapters."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..ground.compare import Array
from .population import Population


@cache
def moons(
    noise: float = 0.2, train: int = 210, test: int = 90, seed: int = 0
) -> tuple[Array, Array, Array, Array]:
    """make_moons as X_train, Y_train, X_test, Y_test (one-hot), split by a permutation of `seed`."""
    from sklearn.datasets import make_moons

    X, labels = make_moons(train + test, noise=noise, random_state=seed)
    order = np.random.default_rng(seed).permutation(train + test)
    X, Y = X[order], np.eye(2)[labels[order]]
    parts = X[:train], Y[:train], X[train:], Y[train:]
    for part in parts:
        part.flags.writeable = False  # the cache hands the same arrays to all
    return parts


def fresh_moons(noise: float = 0.2, m: int = 5000) -> tuple[Array, Array]:
    """X and Y of `m` samples that no one trains on: enough for an accuracy to a third of a percent."""
    return moons(noise, m, 0, seed=2**31)[:2]


def moons_for_each(
    n: int, rng: np.random.Generator, noise: float = 0.2, train: int = 210, test: int = 90
) -> tuple[Array, Array, Array, Array]:
    """`n` data sets like `moons()`, drawn independently: X_train (n, train, 2), Y_train, X_test, Y_test."""
    seeds = rng.integers(2**31, size=n)
    sets = zip(*(moons.__wrapped__(noise, train, test, int(seed)) for seed in seeds), strict=True)
    X_train, Y_train, X_test, Y_test = (np.array(part) for part in sets)
    return X_train, Y_train, X_test, Y_test


@dataclass(frozen=True)
class Run:
    """A population trained on `moons()`: the networks, their losses (epochs, n), the accuracies (n,).

    `accuracy` is that on `fresh_moons()`.
    """

    networks: Population
    losses: Array
    train_accuracy: Array
    test_accuracy: Array
    accuracy: Array

    @property
    def final(self) -> Array:
        """Each network's loss in the last epoch."""
        final: Array = self.losses[-1]
        return final

    def epochs_to(self, loss: float) -> Array:
        """How many epochs each network needs to come below this loss, (n,); infinite where it never does."""
        below = self.losses < loss
        return np.where(below.any(axis=0), below.argmax(axis=0), np.inf)


@cache
def moons_run(
    seed: int,
    *,
    sizes: tuple[int, ...] = (2, 10, 2),
    n: int = 20,
    activation: str = "relu",
    init: str | float | tuple[float, ...] = "he",
    l2: float = 0.0,
    lr: float = 0.5,
    epochs: int = 1000,
) -> Run:
    """`n` networks trained on all 210 samples of `moons()`; computed once, so do not train them on.

    As many in the quick profile: of half as many, most are stuck far more often. `seed` is the
    session's, `run_seed`: the weights move with --seed, the data do not. Runs of equal
    widths begin with the same random numbers, scaled by `init`: comparing two rules, one compares
    nothing else.
    """
    X_train, Y_train, X_test, Y_test = moons()
    rng = np.random.default_rng([seed, *sizes])
    networks = Population(sizes, n, rng, activation=activation, init=init, l2=l2)
    losses = networks.train(X_train, Y_train, lr, epochs)
    judged = (X_train, Y_train), (X_test, Y_test), fresh_moons()
    return Run(networks, losses, *(networks.accuracy(*samples) for samples in judged))
