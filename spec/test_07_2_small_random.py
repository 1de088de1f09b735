"""# 7.2 Small random weights

The simplest rule knows nothing of the network: every weight is drawn from one normal law,

    W[l]ᵢⱼ ~ N(0, σ²),  σ = 0.01,

whatever the layer's widths. Chance breaks the symmetry of section 7.1, and small weights keep the
first pre-activations out of the saturated ends of an activation. For one hidden layer that will do.
With depth it fails, for the size of the weights is right at one width only.

Whether numbers are drawn from a law is judged on some 30 000 of them: first their mean (all positive
weights have one far from 0), then their variance, then the shape of their distribution, and last its
tails, which a truncated normal law lacks.
"""

import numpy as np
import pytest

from spec.harness import chance, claim, measured
from spec.harness.ground.outcomes import NotWrittenYet, Raised
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.sampling import FOUND_IN_30_000, TRUNCATED, drawn_from, sample_of
from spec.harness.mathematics.signals import factors, one_input

INITIALISERS = ("small_random", "xavier_normal", "xavier_uniform", "he_normal", "lecun_normal")

# ## The law


@claim(
    "7.2/small-random",
    r"W_{ij} \sim \mathcal N(0, \sigma^2),\quad \sigma = 0.01",
    states=("TwoLayerNet.__init__", "small_random", "ThreeLayerNet.__init__"),
)
@chance(false_alarms=8e-9, detects=FOUND_IN_30_000)
def test_small_random_weights(nn, rng):
    """0.01 is the deviation; the variance is 0.0001."""
    from scipy.stats import norm

    W = sample_of(nn.small_random(280, 110, rng), (280, 110), "W")
    mistakes = {
        "0.01 is taken for the variance": 0.01,
        "0.01² is taken for the deviation": 1e-8,
        "the factor 0.01 is missing": 1.0,
        "0.01 is the limit of a uniform law": 1e-4 / 3,
        "the weights are scaled by the fan-in": 1 / 280,
        "the weights are He's": 2 / 280,
        "the law is truncated at two deviations": TRUNCATED * 1e-4,
    }
    drawn_from(W, norm(0, 0.01), false_alarm=8e-9, mistakes=mistakes, what="W")


@claim("7.2/small-random")
@chance(false_alarms=16e-9, detects=FOUND_IN_30_000)
@pytest.mark.parametrize("given", [None, 5.0], ids=["default", "5"])
def test_both_layers_of_a_two_layer_net_have_the_deviation_asked_for(nn, rng, given):
    """`init_std` is the deviation of every weight, in both layers alike, and 0.01 unless given."""
    from scipy.stats import norm

    std = 0.01 if given is None else given
    net = nn.TwoLayerNet(150, 200, 160, **({} if given is None else {"init_std": given}))
    for name, n_in, n_out in (("W1", 150, 200), ("W2", 200, 160)):
        mistakes = {
            "init_std is taken for the variance": std,
            "init_std is squared": std**4,
            "init_std is the limit of a uniform law": std**2 / 3,
            "the deviation is 1, whatever init_std": 1.0,
            "init_std is ignored and 0.01 stands for it": 1e-4,
            "the weights are He's": 2 / n_in,
            "the weights are Xavier's": 2 / (n_in + n_out),
            "the weights are scaled by the fan-in": 1 / n_in,
            "the fan-in divides the variance asked for": std**2 / n_in,
            "the law is truncated at two deviations": TRUNCATED * std**2,
        }
        mistakes = {cause: wrong for cause, wrong in mistakes.items() if wrong != std**2}
        W = sample_of(getattr(net, name), (n_in, n_out), name)
        drawn_from(W, norm(0, std), false_alarm=8e-9, mistakes=mistakes, what=name)


def three_layer_net(nn):
    """The network of section 11's first exercise, 10 wide; None where there is none yet."""
    try:
        return nn.ThreeLayerNet(10, 10, 10, 10)
    except (NotWrittenYet, Raised):
        return None


@claim("7.2/small-random")
def test_a_three_layer_net_is_drawn_as_well(nn):
    """Whatever its law is, a hundred weights about 0 are of one sign once in 10²⁹ draws."""
    net = three_layer_net(nn)
    for name in ("W1", "W2", "W3") if net else ():
        W = sample_of(getattr(net, name), (10, 10), name)
        assert W.min() < 0 < W.max(), (
            f"{name} of a ThreeLayerNet begins with both signs, and lies between {W.min():g} and {W.max():g}"
        )


# ## Where chance comes from
#
# A draw takes its chance from the generator that it is handed, and moves it on. So an experiment can be
# repeated by starting from the same state, and a population of networks is really one. A seed that is
# set inside the function would give every layer and every network the same numbers; another source
# of chance could not be repeated.


def first_weights(nn, name: str, rng: np.random.Generator):
    """Weights 7 × 7 by an initialiser, or those of both layers of an MLP side by side."""
    if name == "MLP":
        net = nn.MLP([7, 7, 7], rng=rng)
        return np.hstack([sample_of(W, (7, 7), "W") for W in (net.W1, net.W2)])
    return sample_of(getattr(nn, name)(7, 7, rng), (7, 7), "W")


@claim("7.2/reproducible")
@pytest.mark.parametrize("name", [*INITIALISERS, "MLP"])
def test_the_same_state_gives_the_same_weights(nn, rng, name):
    """What chance there is comes from the generator that is handed over, so a run can be repeated."""
    seed = rng.integers(2**32)
    first, again = (first_weights(nn, name, generator(seed)) for _ in range(2))
    assert np.array_equal(first, again), (
        f"{name} drew other weights from a generator in the same state: does it use another source?"
    )


@claim("7.2/fresh-draws")
@pytest.mark.parametrize("name", [*INITIALISERS, "MLP"])
def test_the_next_draw_is_another(nn, rng, name):
    """A draw moves the generator on: two networks, or two layers, never start alike."""
    first, second = first_weights(nn, name, rng), first_weights(nn, name, rng)
    constant = np.ptp(first) == 0  # wrong as well, but for another reason
    assert constant or np.mean(first == second) < 0.5, (
        f"{name} drew the same weights twice in a row: is a seed set inside it?"
    )


@claim("7.2/fresh-draws")
@pytest.mark.parametrize("name", ["TwoLayerNet", "ThreeLayerNet", "MLP"])
def test_networks_and_their_layers_differ(nn, rng, name):
    """Without a seed of its own a network takes what chance there is, and never the same twice."""
    make = {
        "TwoLayerNet": lambda: nn.TwoLayerNet(10, 10, 10),
        "ThreeLayerNet": lambda: three_layer_net(nn),
        "MLP": lambda: nn.MLP([10, 10, 10], rng=rng),
    }
    one, other = make[name](), make[name]()
    if one is None:
        return
    W1, W2, W3 = (sample_of(W, (10, 10), "W") for W in (one.W1, one.W2, other.W1))
    if np.ptp(W1) == 0:
        return  # wrong as well, but for another reason
    assert np.mean(W1 == W2) < 0.5, f"W1 and W2 of a {name} are the same: is a seed set for each?"
    assert np.mean(W1 == W3) < 0.5, f"two {name}s have the same weights: is a seed set inside it?"


# ## One width only
#
# Send a signal of second moment q through a layer of width n: E z² = n σ² q. A ReLU keeps half of it, a
# tanh all of it while z is small. The factor of a layer is n σ² / 2 or n σ², and σ = √(2/n) or √(1/n)
# is critical: below it signals die out, above it they grow.


@claim("7.2/shrinks-with-depth", r"E\,(a^{[l]})^2 = \tfrac12 n \sigma^2 E\,(a^{[l-1]})^2")
@chance(false_alarms=1e-9)
def test_relu_layers_multiply_by_half_of_n_sigma_squared(rng):
    """Width 100 is 200 times too narrow for σ = 0.01; twice the critical σ quadruples every layer."""
    n, critical = 100, np.sqrt(2 / 100)
    for sigma in (0.01, critical / 2, critical, 2 * critical):
        Z = one_input(rng, 200, [n] * 11, sigma, "relu")
        factor = float(factors(Z).mean())
        measured(f"factor per layer at σ = {sigma:.3g}, width 100, ReLU", factor)
        expected = n * sigma**2 / 2
        assert abs(factor / expected - 1) < 0.06, f"{factor:.4g} per layer, expected {expected:.4g}"


@claim("7.2/shrinks-with-depth", r"E\,(a^{[l]})^2 \approx n \sigma^2 E\,(a^{[l-1]})^2")
@chance(false_alarms=1e-9)
def test_tanh_layers_multiply_by_n_sigma_squared_while_small(rng):
    """Near 0 tanh is the identity. Above the critical σ a whisper grows until the tanh bends."""
    n = 100
    for sigma in (0.01, 0.05, 0.2):
        Z = one_input(rng, 200, [n] * 7, sigma, "tanh", size=1e-3)
        factor = float(factors(Z)[:4].mean())
        measured(f"factor per layer at σ = {sigma:.3g}, width 100, tanh of small z", factor)
        expected = n * sigma**2
        assert abs(factor / expected - 1) < 0.06, f"{factor:.4g} per layer, expected {expected:.4g}"
