"""An epoch seen from outside: numbered samples that show where each goes, and a network that writes down.

The network learns nothing. Its loss falls, stays what it is from the 13th step on, jumps up at the 19th,
and from there on rises and falls by turns: whether to go on is not for `train` to decide.
"""

from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

from ..ground.compare import Array, NotPlain, as_plain
from ..ground.outcomes import Refuted
from ..subject.proxy import Implementation, kind, unpacked

InEach = tuple[list[list[int]], list[list[int]]]


@cache
def numbered(m: int) -> tuple[Array, Array]:
    """X (m, 2) and Y (m, m + 2), in which sample i is told by its i."""
    i = np.arange(float(m)).reshape(-1, 1) / 2
    return np.hstack([i, -i]), np.eye(m, m + 2) / 2


def numbers(X: Any, m: int, width: int) -> list[int]:
    """The numbers of the samples in a batch X (B, 2) or Y (B, m + 2), whose width tells them apart."""
    try:
        rows = as_plain(X)
    except NotPlain as problem:
        raise Refuted(f"a batch {problem}") from None
    if rows.ndim != 2 or rows.shape[1] != width:
        raise Refuted(f"a batch has shape {rows.shape}, expected (B, {width})")
    with np.errstate(invalid="ignore"):  # NaN is no number
        found = (2 * rows[:, 0] if width == 2 else rows.argmax(axis=1)).astype(int) % m
    wrong = (rows != numbered(m)[width != 2][found]).any(axis=1)
    if wrong.any():
        row = rows[wrong.argmax()].tolist()
        raise Refuted(f"a batch holds the row {row}, and no sample is like that")
    numbers: list[int] = found.tolist()
    return numbers


def batches(nn: Implementation, m: int, B: int, rng: np.random.Generator) -> InEach:
    """The numbers of the samples in the X, and in the Y, of each batch of one epoch."""
    return in_each(nn.minibatches(*numbered(m), B, rng), m)


def in_each(result: Any, m: int) -> InEach:
    """These numbers in what `minibatches` gave of `m` samples."""
    if not isinstance(result, Iterable):
        raise Refuted(f"minibatches gave a {kind(result)}, expected pairs (X_b, Y_b)")
    in_X, in_Y = [], []
    for pair in map(unpacked, islice(result, 2 * m + 2)):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Refuted(f"minibatches gave a {kind(pair)}, expected a pair (X_b, Y_b)")
        in_X.append(numbers(pair[0], m, 2))
        in_Y.append(numbers(pair[1], m, m + 2))
    return in_X, in_Y


def visits(batches: list[list[int]]) -> list[int]:
    """All batches of an epoch end to end."""
    return [i for batch in batches for i in batch]


def members(batches: list[list[int]]) -> set[frozenset[int]]:
    """Who is with whom; of 59 samples in 30 and 29 it is the same twice less than once in 10^16 times."""
    return {frozenset(batch) for batch in batches}


def loss_after(k: int) -> float:
    """The loss of the recorder once it has taken k steps."""
    return 1 / (min(k, 12) + 1) if k < 18 else 2.0 + (k // 7) % 2


class Recorder:
    """A network whose weight is the number of the steps that it has taken."""

    def __init__(self) -> None:
        self._steps: list[tuple[Array, Array, float]] = []
        self.W1, self.b1 = np.zeros((1, 1)), np.zeros((1, 1))

    def train_step(self, X: Array, Y: Array, lr: float) -> float:
        """Write the step down; the loss before it."""
        loss = self.compute_loss(X, Y)
        self._steps.append((np.array(X), np.array(Y), float(lr)))
        self.W1 = self.W1 + 1
        return loss

    def backward(self, Y: Array) -> dict[str, Array]:
        """Only who makes the steps of his own asks for it."""
        raise Refuted(
            "train calls net.backward: let net.train_step(X, Y, lr) make each step, as any network does"
        )

    def forward(self, X: Array) -> Array:
        """Any probabilities."""
        return np.ones((len(X), 2)) / 2

    def compute_loss(self, Y_hat: Array, Y: Array) -> float:
        """The loss as it stands."""
        return loss_after(len(self._steps))


def recorded(nn: Implementation, m: int, *arguments: Any) -> tuple[Recorder, Any]:
    """What `train` made the recorder do with m numbered samples, and the losses, as an array."""
    net = Recorder()
    returned = nn.train(net, *numbered(m), *arguments)
    if not net._steps:
        raise Refuted("train never called net.train_step(X, Y, lr)")
    return net, np.array(returned) if isinstance(returned, (list, tuple)) else returned
