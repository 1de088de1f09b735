"""# 7.5 The rules side by side: small layers

A layer of three inputs and four neurons is drawn by the same rule as one of three hundred. Too few
numbers come from one draw to judge a law by them; so a small layer is drawn many times over. All draws
together have the law's mean, variance and shape. And from many draws it can be seen whether the entries
of one layer depend on each other, or on those of the next: two columns alike, a layer that is the
transpose of another, numbers that come in pairs of opposite sign.
"""

from itertools import pairwise

import numpy as np
import pytest

from spec.harness import chance, claim
from spec.harness.ground.outcomes import NotWrittenYet, Raised
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.dependence import CORRELATION, independent, rate_of
from spec.harness.mathematics.sampling import (
    GAP,
    MEAN,
    TRUNCATED,
    VARIANCE,
    drawn_from,
    sample_of,
)
from spec.harness.subject.proxy import several

N_NETWORKS = 1500
N_NUMBERS = (
    15_000  # of the draws of a layer together; of the one whose mistakes are told, twice that
)
RATE = 8e-9
FOUND = {VARIANCE: 0.12, MEAN: 0.075, GAP: 0.039, CORRELATION: 0.29}
SHAPES = pytest.mark.parametrize("shape", ["1 x 4", "4 x 1", "2 x 5", "5 x 2", "drawn"])


def widths(shape: str) -> tuple[int, int]:
    """n_in and n_out; those that are drawn are from 3 to 10, and at least two apart."""
    if shape == "drawn":
        rng = generator(7)
        n_in = int(rng.integers(3, 11))
        return n_in, int(rng.choice([n for n in range(3, 11) if abs(n - n_in) > 1]))
    n_in, n_out = map(int, shape.split(" x "))
    return n_in, n_out


def many_draws(initialiser, n: int, n_in: int, n_out: int, rng: np.random.Generator):
    """The weights of n layers, each a row of n_in n_out numbers."""
    return several(initialiser, n, [], n_in, n_out, rng)


def judge_rule(initialiser, rng, shape: str, variance, *, uniform: bool = False) -> None:
    """Judge a small layer by the rule whose variance is `variance(n_in, n_out)`."""
    from scipy import stats

    n_in, n_out = widths(shape)
    told_apart = shape == "5 x 2"  # elsewhere one mistake gives what another does
    n = max((1 + told_apart) * N_NUMBERS // (n_in * n_out), N_NETWORKS)
    what = f"W ({n_in}, {n_out}), drawn {n} times,"
    W = sample_of(many_draws(initialiser, n, n_in, n_out, rng), (n, n_in * n_out), what)
    deviation = np.sqrt(variance(n_in, n_out))
    limit = np.sqrt(3) * deviation
    law = stats.uniform(-limit, 2 * limit) if uniform else stats.norm(0, deviation)
    mistakes = {
        "the bias is counted in the fan-in": variance(n_in + 1, n_out),
        "the fans are exchanged": variance(n_out, n_in),
        "the variance is half of what it should be": variance(n_in, n_out) / 2,
        "the law is truncated at two deviations": TRUNCATED * variance(n_in, n_out),
    }
    mistakes = {
        c: wrong for c, wrong in mistakes.items() if told_apart and differs(wrong, deviation**2)
    }
    rate = RATE - rate_of(n_in * n_out)
    drawn_from(W.ravel(), law, false_alarm=rate, mistakes=mistakes, what=what)
    independent(W.T, f"two entries of {what}")


def differs(wrong: float, right: float) -> bool:
    """Whether so many numbers tell one variance from the other."""
    return bool(abs(np.log(wrong / right)) > 0.1)


# ## Each rule


@claim("7.2/small-random", r"W_{ij} \sim \mathcal N(0, \sigma^2)")
@chance(false_alarms=RATE, detects=FOUND)
@SHAPES
def test_small_random_weights_of_a_small_layer(nn, rng, shape: str):
    """The same deviation at every width."""
    judge_rule(nn.small_random, rng, shape, lambda n_in, n_out: 1e-4)


@claim("7.3/xavier-normal", r"\mathrm{Var}(W) = \frac{2}{n_{in}+n_{out}}")
@chance(false_alarms=RATE, detects=FOUND)
@SHAPES
def test_xavier_normal_of_a_small_layer(nn, rng, shape: str):
    """In a small layer a bias that is counted along would be felt most."""
    judge_rule(nn.xavier_normal, rng, shape, lambda n_in, n_out: 2 / (n_in + n_out))


@claim("7.3/xavier-uniform", r"\mathrm{Var}(W) = \frac{r^2}{3}")
@chance(false_alarms=RATE, detects=FOUND)
@SHAPES
def test_xavier_uniform_of_a_small_layer(nn, rng, shape: str):
    """The same variance, in an interval."""
    judge_rule(nn.xavier_uniform, rng, shape, lambda n_in, n_out: 2 / (n_in + n_out), uniform=True)


@claim("7.4/he-normal", r"\mathrm{Var}(W) = \frac{2}{n_{in}}")
@chance(false_alarms=RATE, detects=FOUND)
@SHAPES
def test_he_normal_of_a_small_layer(nn, rng, shape: str):
    """One input alone: the variance is 2."""
    judge_rule(nn.he_normal, rng, shape, lambda n_in, n_out: 2 / n_in)


@claim("7.5/lecun-normal", r"\mathrm{Var}(W) = \frac{1}{n_{in}}")
@chance(false_alarms=RATE, detects=FOUND)
@SHAPES
def test_lecun_normal_of_a_small_layer(nn, rng, shape: str):
    """One input alone: the variance is 1."""
    judge_rule(nn.lecun_normal, rng, shape, lambda n_in, n_out: 1 / n_in)


# ## The layers of a network
#
# All layers here are square and of one width, so that a layer could be another one's copy.

NETWORKS = {"TwoLayerNet": 2, "ThreeLayerNet": 3, "MLP": 3}


def first_weights(nn, name: str, rng: np.random.Generator):
    """The weights that N_NETWORKS new networks begin with, each a row; None where there are none yet."""
    names = [f"W{l}" for l in range(1, NETWORKS[name] + 1)]
    n = NETWORKS[name] + 1
    try:
        if name == "MLP":
            return several(nn.MLP, N_NETWORKS, names, [3] * n, rng=rng)
        return several(getattr(nn, name), N_NETWORKS, names, *[3] * n)
    except (NotWrittenYet, Raised):
        return None  # another claim says so


@claim("7.2/fresh-draws", r"W^{[1]}, W^{[2]}, \ldots \text{ independent}")
@chance(false_alarms=1e-9, detects={CORRELATION: 0.29})
@pytest.mark.parametrize("name", NETWORKS)
def test_no_weight_of_a_network_depends_on_another(nn, rng, name: str):
    """Neither within a layer nor from layer to layer: what begins alike learns alike (7.1)."""
    drawn = first_weights(nn, name, rng)
    if drawn is None:
        return
    W = sample_of(drawn, (N_NETWORKS, 9 * NETWORKS[name]), f"the weights of {N_NETWORKS} networks")
    independent(W.T, f"two weights of a new {name}")


@claim(
    "7.2/small-random",
    r"W^{[l]}_{ij} \sim \mathcal N(0, \sigma^2), \quad \sigma = \mathrm{init\_std}",
)
@chance(false_alarms=RATE, detects={VARIANCE: 0.12, MEAN: 0.078, GAP: 0.041})
def test_a_three_layer_net_has_the_deviation_asked_for(nn, rng):
    """In every layer alike. What it begins with unasked is left open: two hidden layers may be He's."""
    from scipy.stats import norm

    std, widths = 2.0, (120, 130, 120, 130)
    net = three_layer_net(nn, widths, init_std=std)
    for l, shape in enumerate(pairwise(widths) if net else (), start=1):
        mistakes = {
            "init_std is taken for the variance": std,
            "init_std is squared": std**4,
            "init_std is ignored and 0.01 stands for it": 1e-4,
            "the weights are He's": 2 / shape[0],
            "the weights are Xavier's": 2 / sum(shape),
        }
        W = sample_of(getattr(net, f"W{l}"), shape, f"W{l}")
        drawn_from(W, norm(0, std), false_alarm=RATE / 3, mistakes=mistakes, what=f"W{l}")


def three_layer_net(nn, widths: tuple[int, ...], **options: float):
    """A new ThreeLayerNet; None where there is none yet, or none that takes these options."""
    try:
        return nn.ThreeLayerNet(*widths, **options)
    except (NotWrittenYet, Raised):
        return None
