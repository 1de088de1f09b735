"""# 7.4 He (Kaiming) initialisation

A ReLU passes half of what it gets and drops the rest. He and his colleagues (2015) make up for that with
weights of twice the variance:

    Var(w) = 2 / n_in.

Half of *what* takes some care. It is the second moment that ReLU halves, not the variance, and the second
moment is what the next layer's pre-activations are made of (section 7.3).
"""

import numpy as np
import pytest

from spec.harness import agree, chance, claim, measured
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.sampling import FOUND_IN_30_000, TRUNCATED, drawn_from, sample_of
from spec.harness.mathematics.signals import (
    factors,
    normal_mean,
    one_input,
    second_moments,
)

relu = ACTIVATIONS["relu"].function

# ## The rule


@claim(
    "7.4/he-normal",
    r"W_{ij} \sim \mathcal N\left(0, \frac{2}{n_{in}}\right)",
    states=("he_normal",),
)
@chance(false_alarms=8e-9, detects=FOUND_IN_30_000)
@pytest.mark.parametrize(("n_in", "n_out"), [(280, 110), (5, 6000)])
def test_he_normal(nn, rng, n_in, n_out):
    """Only the fan-in counts: how many units listen to a layer does not change what they hear."""
    from scipy.stats import norm

    W = sample_of(nn.he_normal(n_in, n_out, rng), (n_in, n_out), "W")
    mistakes = {
        "the variance is taken for the deviation": (2 / n_in) ** 2,
        "the square root is taken twice": np.sqrt(2 / n_in),
        "the factor 2 is missing: it is LeCun's 1 / n_in": 1 / n_in,
        "the factor 2 stands outside the square root": 4 / n_in,
        "the fan-out stands for the fan-in": 2 / n_out,
        "the fan-out stands for the fan-in, and the factor 2 is missing": 1 / n_out,
        "it is Xavier's 2 / (n_in + n_out)": 2 / (n_in + n_out),
        "the mean of the fans stands for the fan-in": 4 / (n_in + n_out),
        "the uniform law's limit √(6 / n_in) is taken for the deviation": 6 / n_in,
        "the law is truncated at two deviations": TRUNCATED * 2 / n_in,
        "the deviation is 1": 1,
    }
    if n_in < 10:  # among many inputs one more does not show
        mistakes["the bias is counted in the fan-in"] = 2 / (n_in + 1)
    drawn_from(W, norm(0, np.sqrt(2 / n_in)), false_alarm=8e-9, mistakes=mistakes, what="W")


# ## What ReLU halves
#
# Let z be symmetric about 0. Of z and −z, equally likely, ReLU passes one and drops the other:
#
#     relu(z)² + relu(−z)² = z²,
#
# so E relu(z)² = E z² / 2, whatever the law. The variance is less than that, by the square of a mean
# which ReLU itself creates.


@claim(
    "7.4/relu-halves",
    r"\mathrm{Var}(a) = \tfrac12 \mathrm{Var}(z)",
    verdict="refuted",
    instead="ReLU halves the second moment, E a² = E z² / 2, for any symmetric z; of a normal variance "
    "it leaves (1/2)(1 − 1/π), about 0.341",
)
@chance(false_alarms=1e-9)
def test_relu_leaves_a_third_of_the_variance(rng):
    """E a = s/√(2π) is not 0, and its square is missing from the variance."""
    for s in (0.5, 1.0, 3.0):
        variance = normal_mean(lambda z: relu(z) ** 2, s**2) - normal_mean(relu, s**2) ** 2
        agree(
            np.array(variance),
            (1 - 1 / np.pi) / 2 * s**2,
            mistakes=lambda: {"the variance is halved": s**2 / 2},
            what=f"Var(relu(z)) at deviation {s}",
        )
    drawn = float(np.var(relu(rng.standard_normal(100_000))))
    measured("Var(relu(z)) / Var(z) for normal z, exactly", (1 - 1 / np.pi) / 2)
    measured("Var(relu(z)) / Var(z) in 100 000 draws", drawn)
    assert 0.32 < drawn < 0.36, f"the draws have {drawn:.3f} of the variance, not half"


@claim("7.4/relu-halves", r"E\,a^2 = \tfrac12 E\,z^2", corrected=True)
def test_relu_halves_the_second_moment(rng):
    """Half of a symmetric law's squares lie on either side, so this needs no normal law."""
    for z in (rng.standard_normal(1000), rng.uniform(-1, 1, 1000), rng.laplace(size=1000)):
        agree(relu(z) ** 2 + relu(-z) ** 2, z**2, ulps=0, what="relu(z)² + relu(−z)²")
    for s in (0.5, 1.0, 3.0):
        square = np.array(normal_mean(lambda z: relu(z) ** 2, s**2))
        agree(square, s**2 / 2, what=f"E relu(z)² at deviation {s}")


# ## Fifty layers
#
# With Var(w) = 2/n_in the next layer's E z² = n_in Var(w) E a² = 2 · E z² / 2 is what it was. That is an
# average over networks. A single one multiplies fifty random factors near 1, so that its logarithm takes a
# random walk, and the networks scatter log-normally about a median below the mean.


@claim(
    "7.4/he-preserves-second-moment",
    r"\mathrm{Var}(w) = \frac{2}{n_{in}} \Rightarrow E\,(z^{[l]})^2 = E\,(z^{[l-1]})^2",
)
@chance(false_alarms=1e-9)
def test_he_preserves_what_xavier_halves(rng):
    """Each layer's factor averages 1 whatever came before, so the average of the product is 1, too."""
    q = {}
    for rule, expected in (("he", 1.0), ("xavier", 0.5)):
        Z = one_input(rng, 200, [256] * 51, rule, "relu")
        factor, q[rule] = float(factors(Z).mean()), second_moments(Z)
        measured(f"factor of E z² per layer under {rule}, width 256, ReLU", factor)
        assert abs(factor / expected - 1) < 0.015, f"{rule}: {factor:.4f} per layer, not {expected}"
    ratio = q["he"][-1] / q["he"][0]
    low, median, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    measured("E z² in layer 50 over layer 1 under He, mean of 200 networks", ratio.mean())
    measured("the same, quantiles 0.05, 0.5 and 0.95", f"{low:.2f}, {median:.2f}, {high:.2f}")
    assert 0.25 < median < 1.6, f"the median network keeps {median:.2f} of it over 50 layers"
    assert high > 4 * low, f"nine networks of ten lie between {low:.2f} and {high:.2f}"
    assert np.all(q["xavier"][-1] < 1e-10 * q["xavier"][0]), "a Xavier network kept its signal"
