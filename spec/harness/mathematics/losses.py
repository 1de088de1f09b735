"""Judging a loss, up to the small number that many add inside its logarithm."""

import numpy as np
from hypothesis import strategies as st

from ..ground.compare import Array, Mistakes, agree, as_of_now
from ..ground.seeds import generator
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


@st.composite
def yes_or_no(draw: st.DrawFn) -> tuple[Array, Array]:
    """Probabilities and answers of a drawn number."""
    (m,), seed = draw(sizes(1)), draw(SEEDS)
    return probabilities(m, seed)
