"""Judging a loss, up to the small number that many add inside its logarithm."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from ..ground import trial
from ..ground.compare import Array, Mistakes, NotPlain, agree, as_of_now, as_plain
from ..ground.outcomes import NotWrittenYet, Refuted
from ..ground.seeds import generator
from ..subject.proxy import Guarded
from . import oracle
from .strategies import SEEDS, sizes

EPSILON = 2e-6  # the share by which log(p + 1e-7) lowers the loss of probabilities 1/64 to 63/64
ROUNDING = 1e-12


def but_for_epsilon(loss: object, *candidates: float) -> object:
    """The candidate that `loss` equals but for a small number added inside its logarithm.

    Many write log(p + 1e-8) or log(p + 1e-7), which no claim forbids: it lowers the loss, never raises
    it. So one that is rounded, up and down by turns, is not excused, but if it is float32 and says so.
    A loss that is close to no candidate is returned as it is.
    """
    single = getattr(loss, "dtype", None) == np.float32
    number = loss.item() if isinstance(loss, np.ndarray) and loss.ndim == 0 else loss
    if isinstance(number, (float, np.floating)):
        for value in candidates:
            allowed = EPSILON * abs(value)
            if (
                -allowed
                <= number - value
                <= (allowed if single else ROUNDING * abs(value))
                < np.inf
            ):
                return value
    return loss


def network_loss(
    loss: object, X: Array, Y: Array, theta: oracle.Parameters, output: str = "softmax"
) -> object:
    """`but_for_epsilon` of the exact loss of a two-layer network with the parameters `theta`."""
    logits = oracle.forward(X, theta)["Z2"]
    return but_for_epsilon(loss, oracle.loss_from_logits(logits, Y, output))


def judge_loss(loss: object, expected: float, mistakes: Mistakes, what: str, **sizes: int) -> None:
    """`agree` for a loss, up to the small number inside its logarithm: in a mistake, too."""
    __tracebackhide__ = True
    listed = as_of_now(mistakes)

    def as_seen(wrong: float) -> object:
        return loss if but_for_epsilon(loss, wrong) is wrong else wrong

    agree(
        but_for_epsilon(loss, expected),
        expected,
        scale=1 + abs(expected),
        sizes=sizes,
        mistakes=lambda: {cause: as_seen(wrong) for cause, wrong in listed().items()},
        what=what,
    )


def probabilities(m: int, seed: int = 0) -> tuple[Array, Array]:
    """Predicted probabilities k/64 (m,) and the answers 0 or 1, one of each where m is 2 or more."""
    rng = generator(seed, m)
    return rng.integers(1, 64, m) / 64, rng.permutation(np.arange(m) % 2)


# ## Gradients of a loss with a small number inside its logarithm


Right = TypeVar("Right", Array, dict[str, Array])
LARGEST_INSIDE = 1e-7  # that may be added inside a logarithm
UNLIKELY = 2.0**-20  # the probability at which it shows
ROUNDED = 1e-14  # relative: so near to the exact gradient no one need be asked
EQUAL = 1e-9  # relative: of what is wrong, no gradient is right


def but_for_own_epsilon(
    net: Guarded, found: Any, right: Callable[[float], Right], output: str = "softmax"
) -> Right:
    """right(0), the exact loss's gradients; or right(ε) where `found` is that, ε being the network's own.

    Its loss may add a small ε inside the logarithm, and then the gradient of just that loss is right,
    too. `found` are the network's own gradients, as `right` gives them.
    """
    exact = right(0.0)
    off = _distance(found, exact)
    if output == "identity" or off <= ROUNDED or not (inside := inside_the_logarithm(net, output)):
        return exact
    own = right(inside)
    return own if _distance(found, own) < min(off, EQUAL) else exact


def inside_the_logarithm(net: Guarded, output: str = "softmax") -> float:
    """The small number that a network without penalty adds inside its logarithm: 0 where none is seen."""
    p = UNLIKELY
    said = [[p, 1 - p]] if output == "softmax" else [[p]]
    try:
        with trial.aside():
            loss = as_plain(net.compute_loss(np.array(said), np.eye(2)[:1, : len(said[0])]))
    except (Refuted, NotWrittenYet, NotPlain):
        return 0.0
    inside = float(np.exp(-loss).reshape(-1)[0]) - p if loss.size == 1 else 0.0
    return inside if 0 < inside <= LARGEST_INSIDE * (1 + EQUAL) else 0.0


def _distance(found: Any, right: Array | dict[str, Array]) -> float:
    """How far the gradients found are from the right ones, as a share of the largest entry of each."""
    if isinstance(right, dict):
        return max(_distance(found[name], value) for name, value in right.items())
    try:
        plain = as_plain(found)
    except NotPlain:
        return np.inf
    if plain.shape != right.shape or not right.any():
        return 0.0 if plain.shape == right.shape and not plain.any() else np.inf
    return float(np.abs(plain - right).max() / np.abs(right).max())


@st.composite
def yes_or_no(draw: st.DrawFn) -> tuple[Array, Array]:
    """Probabilities and answers of a drawn number."""
    (m,), seed = draw(sizes(1)), draw(SEEDS)
    return probabilities(m, seed)
