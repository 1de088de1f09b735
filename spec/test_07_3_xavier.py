"""# 7.3 Xavier (Glorot) initialisation

Glorot and Bengio asked (2010) which variance of the weights changes the size of neither the signals
nor the gradients. The two wishes agree only where a layer is as wide as the one before, so their rule
takes the mean of the two fans:

    Var(w) = 2 / (n_in + n_out),

drawn from a normal law or from a uniform one. It is a variance. A normal law is usually asked for by its
deviation, the square root of that; a uniform one by its limits, √3 deviations either side of 0.
"""

import numpy as np
import pytest

from spec.harness import agree, chance, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.sampling import (
    FOUND_IN_30_000,
    TRUNCATED,
    VARIANCE,
    drawn_from,
    sample_of,
    variance_is,
)
from spec.harness.mathematics.signals import (
    backward,
    factors,
    forward,
    normal_mean,
    one_input,
    random_weights,
    second_moments,
)

SHAPES = pytest.mark.parametrize(("n_in", "n_out"), [(250, 120), (120, 250)])

# ## The rule, normal and uniform


@claim(
    "7.3/xavier-normal",
    r"W_{ij} \sim \mathcal N\left(0, \frac{2}{n_{in}+n_{out}}\right)",
    states=("xavier_normal",),
)
@chance(false_alarms=8e-9, detects=FOUND_IN_30_000)
@SHAPES
def test_xavier_normal(nn, rng, n_in, n_out):
    """Both fans count alike: a layer and the same layer turned round get the same law."""
    from scipy.stats import norm

    W, both = sample_of(nn.xavier_normal(n_in, n_out, rng), (n_in, n_out), "W"), n_in + n_out
    mistakes = {
        "the variance is taken for the deviation": (2 / both) ** 2,
        "the square root is taken twice": np.sqrt(2 / both),
        "the uniform law's limit is taken for the deviation": 6 / both,
        "the deviation is divided by √3": 2 / (3 * both),
        "the factor 2 is missing": 1 / both,
        "the factor is 4 in place of 2": 4 / both,
        "the fan-in alone is used": 1 / n_in,
        "the fan-out alone is used": 1 / n_out,
        "it is He's 2 / n_in": 2 / n_in,
        "it is 2 / n_out": 2 / n_out,
        "the fans are multiplied in place of added": 2 / (n_in * n_out),
        "the law is truncated at two deviations": TRUNCATED * 2 / both,
        "the deviation is 1": 1,
    }
    drawn_from(W, norm(0, np.sqrt(2 / both)), false_alarm=8e-9, mistakes=mistakes, what="W")


@claim(
    "7.3/xavier-uniform",
    r"W_{ij} \sim U\left(-\sqrt{\frac{6}{n_{in}+n_{out}}}, \sqrt{\frac{6}{n_{in}+n_{out}}}\right)",
    states=("xavier_uniform",),
)
@chance(false_alarms=8e-9, detects=FOUND_IN_30_000)
@SHAPES
def test_xavier_uniform(nn, rng, n_in, n_out):
    """U(−r, r) has variance r²/3, so r² = 6 / (n_in + n_out) gives the normal form's."""
    from scipy.stats import uniform

    W, both = sample_of(nn.xavier_uniform(n_in, n_out, rng), (n_in, n_out), "W"), n_in + n_out
    r = np.sqrt(6 / both)
    mistakes = {
        "the limit is the deviation √(2 / (n_in + n_out))": 2 / both / 3,
        "the limit is the variance 2 / (n_in + n_out)": (2 / both) ** 2 / 3,
        "the limit is 6 / (n_in + n_out), without the root": (6 / both) ** 2 / 3,
        "the root is taken twice": r / 3,
        "the limit is taken for the deviation": 6 / both,
        "the interval is r wide in place of 2r": 6 / both / 12,
        "the limit is √(3 / (n_in + n_out))": 1 / both,
        "the limit is √(3 / n_in), by the fan-in alone": 1 / n_in,
        "the limit is √(3 / n_out), by the fan-out alone": 1 / n_out,
        "the limit is √(6 / n_in), He's": 2 / n_in,
        "the limit is √(6 / n_out)": 2 / n_out,
        "the limit is 1 / √n_in": 1 / (3 * n_in),
        "the limit is 1": 1 / 3,
    }
    drawn_from(W, uniform(-r, 2 * r), false_alarm=8e-9, mistakes=mistakes, what="W")


# ## The variance of a sum
#
# The rule rests on z = Σⱼ wⱼ xⱼ with n_in independent terms. Each term has mean E w E x = 0 and second
# moment E w² E x², and independent terms add up their variances:
#
#     Var(z) = n_in Var(w) E x².
#
# The usual form, n_in Var(w) Var(x), is the special case E x = 0, and what a ReLU hands on is never
# negative. With laws of a few equally likely values no sampling is needed: all sums can be listed.

W_VALUES, N_IN = np.array([-2.0, 1.0, 1.0]), 3  # mean 0, and not even symmetric


def variance_of_all_sums(x_values: Array) -> float:
    """Var(z) over every outcome of N_IN independent terms w x, each value as likely as any other."""
    terms = np.outer(W_VALUES, x_values).ravel()
    z = np.zeros(1)
    for _ in range(N_IN):
        z = np.add.outer(z, terms).ravel()
    return float(np.var(z))


@claim(
    "7.3/variance-of-a-sum",
    r"\mathrm{Var}(z) = n_{in} \mathrm{Var}(w) \mathrm{Var}(x)",
    verdict="conditional",
    instead="Var(z) = n_in Var(w) E x², and E x² is Var(x) only where x has mean 0, as the theory assumes "
    "and the output of a ReLU has not",
)
def test_inputs_of_non_zero_mean_add_more_than_their_variance():
    """Behind a ReLU the usual form is too small by a third: E a² / Var(a) = 1 / (1 − 1/π)."""
    rectified = np.maximum([-3.0, -1.0, 1.0, 3.0], 0)
    usual = N_IN * np.var(W_VALUES) * np.var(rectified)
    assert variance_of_all_sums(rectified) > 1.5 * usual
    relu = ACTIVATIONS["relu"].function
    square, mean = normal_mean(lambda z: relu(z) ** 2), normal_mean(relu)
    excess = square / (square - mean**2)
    measured("Var(z) over n_in Var(w) Var(x) for ReLU outputs of a normal z", excess)
    agree(np.array(excess), 1 / (1 - 1 / np.pi), what="E a² / Var(a)")


@claim("7.3/variance-of-a-sum", r"\mathrm{Var}(z) = n_{in} \mathrm{Var}(w) E\,x^2", corrected=True)
@pytest.mark.parametrize("x_values", [(-3.0, 1.0, 2.0), (0.0, 0.0, 1.0, 3.0), (5.0, 5.0)], ids=str)
def test_variance_of_a_sum_is_by_the_second_moment(x_values):
    """All outcomes are listed, for inputs of mean 0, for rectified ones, and for a constant."""
    x = np.array(x_values)
    agree(
        np.array(variance_of_all_sums(x)),
        N_IN * np.var(W_VALUES) * np.mean(x**2),
        mistakes=lambda: (
            {"Var(x) stands for E x²": N_IN * np.var(W_VALUES) * np.var(x)} if x.mean() else {}
        ),
        what="Var(z)",
    )


# ## Forwards and backwards
#
# Forwards a unit sums over n_in inputs; backwards, dx = dz Wᵀ, an input sums over the n_out units it
# feeds. Preserving the size asks for Var(w) = 1/n_in on the way there and 1/n_out on the way back.
# For one input the sums are independent and normal, so the chi-squared test is exact.


@claim(
    "7.3/forward-condition",
    r"\mathrm{Var}(w) = \frac{1}{n_{in}} \Rightarrow \mathrm{Var}(z) = \mathrm{Var}(x)",
)
@chance(false_alarms=2e-9, detects={VARIANCE: 0.095})
def test_forward_condition(rng):
    """n_in terms, each 1/n_in of the input's second moment."""
    n_in, n_out = 7, 20_000
    x = rng.uniform(-1, 1, n_in)
    z = x @ rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))
    variance_is(z, np.mean(x**2), false_alarm=2e-9, what="z")


@claim(
    "7.3/backward-condition",
    r"\mathrm{Var}(w) = \frac{1}{n_{out}} \Rightarrow \mathrm{Var}(dx) = \mathrm{Var}(dz)",
)
@chance(false_alarms=2e-9, detects={VARIANCE: 0.095})
def test_backward_condition(rng):
    """The same weights, summed along the other axis."""
    n_in, n_out = 20_000, 7
    dz = rng.uniform(-1, 1, n_out)
    dx = dz @ rng.normal(0, np.sqrt(1 / n_out), (n_in, n_out)).T
    variance_is(dx, np.mean(dz**2), false_alarm=2e-9, what="dx")


# ## What Xavier preserves, and what it does not
#
# Take Var(w) = 2 / (n_in + n_out). A linear layer then multiplies the second moment by
# 2 n_in / (n_in + n_out) forwards and by 2 n_out / (n_in + n_out) backwards: both are 1 where the
# widths are equal, and one is lost as much as the other is gained where they are not. An activation
# comes on top of it, and neither of the two that the rule is made for is the identity.


@claim(
    "7.3/xavier-preserves-variance",
    r"\mathrm{Var}(a^{[l]}) = \mathrm{Var}(a^{[l-1]})",
    verdict="conditional",
    instead="Xavier preserves the second moment through linear layers of equal width, on average over "
    "networks, and so through tanh layers while z is small; unequal widths multiply it by "
    "2 n_in / (n_in + n_out) forwards and 2 n_out / (n_in + n_out) backwards, tanh itself contracts it "
    "to about 1/(2l) at layer l, and a sigmoid forgets its input within a few layers",
)
@chance(false_alarms=1e-9)
def test_unequal_widths_change_the_size(rng):
    """To widen a linear layer costs half of the signal, and narrowing does not give it all back."""
    widths = [50, 150] * 5 + [50]
    factor = factors(one_input(rng, 400, widths, "xavier", "identity")).mean(axis=1)
    narrowing, widening = factor[0::2].mean(), factor[1::2].mean()
    measured("forward factor of a Xavier layer from 50 to 150 units", widening)
    measured("forward factor of a Xavier layer from 150 to 50 units", narrowing)
    assert abs(widening / 0.5 - 1) < 0.06, f"50 to 150 gives the factor {widening:.3f}, not 1/2"
    assert abs(narrowing / 1.5 - 1) < 0.06, f"150 to 50 gives the factor {narrowing:.3f}, not 3/2"


@claim(
    "7.3/xavier-preserves-variance",
    r"\mathrm{Var}(a^{[l]}) = \mathrm{Var}(a^{[l-1]})",
    verdict="conditional",
    instead="with tanh the second moment of the activations falls like 1/(2l), not exponentially",
)
@chance(false_alarms=1e-9)
def test_tanh_contracts_by_a_power_law(rng):
    """tanh² z ≈ z² − ⅔ z⁴ turns q = E z² into q − 2q², a recursion whose solution nears 1/(2l)."""
    Z = one_input(rng, 100, [256] * 51, "xavier", "tanh")
    q = second_moments([np.tanh(z) for z in Z]).mean(axis=1)
    measured("second moment of tanh activations in layer 1, width 256, Xavier", q[0])
    measured("second moment of tanh activations in layer 50, width 256, Xavier", q[49])
    assert abs(q[0] / normal_mean(lambda z: np.tanh(z) ** 2) - 1) < 0.1
    assert 0.6 < 100 * q[49] < 1.4, f"{q[49]:.4f} at layer 50, expected about 1/100"
    assert 0.6 < 40 * q[19] < 1.4, f"{q[19]:.4f} at layer 20, expected about 1/40"


@claim(
    "7.3/xavier-preserves-variance",
    r"\mathrm{Var}(a^{[l]}) = \mathrm{Var}(a^{[l-1]})",
    verdict="conditional",
    instead="with a sigmoid, whose mean is 1/2 and whose slope is at most 1/4, nothing is preserved: the "
    "variance of the activations settles at 0.015 whatever the input, and the second moment of the "
    "gradients falls 18-fold a layer",
)
@chance(false_alarms=1e-9)
def test_sigmoid_forgets_its_input_and_its_gradient(rng):
    """What is not small behind a sigmoid is the mean, and that is the same for every input."""
    sigma = ACTIVATIONS["sigmoid"].function
    for size in (0.1, 1.0, 10.0):
        z = one_input(rng, 100, [64] * 6, "xavier", "sigmoid", size)[-1]
        variance = float(np.mean((sigma(z) - 0.5) ** 2))
        measured(
            f"variance of sigmoid activations in layer 5 for an input of size {size:g}", variance
        )
        assert 0.011 < variance < 0.019, f"{variance:.4f} in layer 5 for an input of size {size:g}"
    weights = random_weights(rng, 40, [64] * 9, "xavier")
    X, dA = rng.standard_normal((2, 40, 1, 64))
    change = factors(backward(dA, forward(X, weights, "sigmoid"), weights, "sigmoid")[::-1]).mean()
    measured(
        "change of a sigmoid network's gradient (second moment) per layer under Xavier", change
    )
    assert change < 1 / 16, f"the gradient changes by {change:.3f} a layer"


@claim(
    "7.3/xavier-preserves-variance",
    r"n_{in} = n_{out} \Rightarrow E\,(z^{[l]})^2 = E\,(z^{[l-1]})^2",
    corrected=True,
)
@chance(false_alarms=1e-9)
def test_equal_linear_layers_are_preserved_both_ways(rng):
    """With n_in = n_out the two conditions are one. A tanh of small z is as good as linear."""
    weights = random_weights(rng, 30, [40] * 21, "xavier")
    X, dA = rng.standard_normal((2, 30, 1, 40))
    for activation, size in (("identity", 1.0), ("tanh", 1e-3)):
        Z = forward(size * X, weights, activation)
        there, back = factors(Z).mean(), factors(backward(dA, Z, weights, activation)[::-1]).mean()
        measured(f"forward factor per layer, {activation}", there)
        measured(f"backward factor per layer, {activation}", back)
        assert abs(there - 1) < 0.1, f"{activation}: {there:.3f} per layer forwards"
        assert abs(back - 1) < 0.1, f"{activation}: {back:.3f} per layer backwards"
