"""# 3.2 Activation functions: sigmoid and tanh

The two classical activations squash the line into an interval: the sigmoid into (0, 1), where its
value can be read as a probability, the hyperbolic tangent into (-1, 1). Both pay for it far from 0,
where they are flat and pass hardly any gradient on.

Their derivatives are written in terms of their values, which is cheap and a trap: σ′(z) = σ(z)(1 -
σ(z)) is a function of z. Fed with a = σ(z), it gives the slope at another place.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim, measured
from spec.harness.mathematics.activations import ACTIVATIONS, sigmoid
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import (
    BANDS,
    ZERO,
    of_bands,
    of_every_value,
    pre_activations,
)

# Values in an interval of length 1 or 2 are judged against that length (`scale=1`): a right form,
# such as (1 + tanh(z/2)) / 2 for the sigmoid, may lose the relative accuracy of a value near 0.

TAILS = np.array([-(2.0**100), -1000, -710, -100, -40, 0, 40, 100, 710, 1000, 2.0**100])

# ## Sigmoid


@claim("3.2/sigmoid", r"\sigma(z) = \frac{1}{1+e^{-z}}", states=("sigmoid",))
@of_bands(*BANDS, ZERO)
@given(z=pre_activations())
def test_sigmoid(nn, z):
    """The odds σ / (1 - σ) are e^z: z is the logarithm of the odds."""
    agree(
        nn.sigmoid(z),
        1 / (1 + np.exp(-z)),
        scale=1,
        mistakes=lambda: {
            "the exponent has the wrong sign": 1 / (1 + np.exp(z)),
            "the exponential is subtracted from 1, not added": 1 / (1 - np.exp(-z)),
            "the brackets around the denominator are missing": 1 / 1 + np.exp(-z),
            "the branch for negative z is missing": 1 / (1 + np.exp(-np.abs(z))),
            "z is doubled, as in tanh": 1 / (1 + np.exp(-2 * z)),
            "the tanh is taken": np.tanh(z),
            "the derivative is returned": np.exp(-z) / (1 + np.exp(-z)) ** 2,
        },
        what="sigmoid(z)",
    )


@claim(
    "3.2/sigmoid-derivative", r"\sigma^\prime(z) = \sigma(z)(1-\sigma(z))", states=("sigmoid_grad",)
)
@of_bands(*BANDS, ZERO)
@given(z=pre_activations())
def test_sigmoid_derivative(nn, z):
    """A function of z: the sigmoid is taken inside, once."""
    s = sigmoid(z)
    ss = sigmoid(s)
    agree(
        nn.sigmoid_grad(z),
        s * (1 - s),
        scale=1,
        mistakes=lambda: {
            "z is taken for the activation: z (1 - z)": z * (1 - z),
            "the slope is taken at a = σ(z), not at z": ss * (1 - ss),
            "the factor σ is missing": 1 - s,
            "the factor 1 - σ is missing": s,
            "the sign within 1 - σ is wrong": s * (1 + s),
            "the rule for tanh, 1 - a², is used": 1 - s**2,
            "the slope of tanh is returned": 1 - np.tanh(z) ** 2,
        },
        what="sigmoid_grad(z)",
    )


@claim("3.2/sigmoid-derivative", r"\sigma^\prime(z) = \sigma(z)(1-\sigma(z))")
def test_sigmoid_derivative_is_the_slope():
    """An imaginary step measures a slope without a difference: Im σ(z + ih) / h, exact to rounding."""
    z, h = np.linspace(-8, 8, 65), 1e-20
    slope = np.imag(1 / (1 + np.exp(-(z + 1j * h)))) / h
    s = sigmoid(z)
    agree(s * (1 - s), slope, scale=1)


# ### Its range
#
# No real number is sent to 0 or 1. Floating-point numbers are: beyond z = 53 ln 2 the term e^(-z)
# is lost in 1 + e^(-z). Hence the logarithm of a sigmoid needs care, and ŷ = 1 does occur.


@claim(
    "3.2/sigmoid-range",
    r"0 < \sigma(z) < 1",
    verdict="conditional",
    instead="0 < σ(z) < 1 for real numbers; computed in float64, 0 ≤ σ(z) ≤ 1, and the ends are reached: "
    "1 + e^(-z) rounds to 1 from z = 36.74 on.",
)
def test_sigmoid_reaches_its_bounds_in_floating_point():
    """The next number below 1 is 2⁻⁵³ away, so a sigmoid nearer to 1 than half of that is 1."""
    z = np.arange(36, 38, 2.0**-10)
    first = z[np.argmax(1 / (1 + np.exp(-z)) == 1)]
    measured("the least z for which 1 / (1 + exp(-z)) is exactly 1", first)
    assert abs(first - 53 * np.log(2)) < 2.0**-9
    assert sigmoid(np.array([40.0, -800.0])).tolist() == [1, 0]


@claim("3.2/sigmoid-range", r"0 \le \sigma(z) \le 1", corrected=True)
def test_sigmoid_never_leaves_its_range(nn):
    """What can be promised of a computed sigmoid: never outside, and inside for moderate z."""
    a = sample_of(nn.sigmoid(TAILS), TAILS.shape, "sigmoid(z)")
    assert np.all((a >= 0) & (a <= 1)), f"sigmoid leaves [0, 1]: {a.min()} to {a.max()}"
    z = np.linspace(-8, 8, 65)
    a = sample_of(nn.sigmoid(z), z.shape, "sigmoid(z)")
    assert np.all((a > 0) & (a < 1)), f"sigmoid reaches {a.min()} and {a.max()} within |z| ≤ 8"


# ### It saturates


@claim("3.2/sigmoid-saturates", r"\sigma^\prime(z) \le \sigma^\prime(0) = \frac14")
def test_sigmoid_saturates():
    """Even at its steepest it lets a quarter of the gradient through; at z = 10, 1 part in 22 000."""
    z = np.linspace(0, 700, 1401)
    slope = ACTIVATIONS["sigmoid"].derivative(z)
    assert abs(slope[0] - 1 / 4) < 1e-15
    assert np.all(np.diff(slope) < 0)
    assert np.all(slope <= 1.000001 * np.exp(-z))
    agree(ACTIVATIONS["sigmoid"].derivative(-z), slope, scale=slope)
    measured("σ′(10)", ACTIVATIONS["sigmoid"].derivative(np.array(10.0)))


@claim("3.2/sigmoid-saturates", r"\sigma^\prime(z) \to 0 \quad (|z| \to \infty)")
def test_sigmoid_slope_vanishes_in_the_tails(nn):
    """The quotient e^(-z) / (1 + e^(-z))² is right on paper and ∞/∞ at z = -1000."""
    with np.errstate(all="ignore"):
        quotient = np.exp(-TAILS) / (1 + np.exp(-TAILS)) ** 2
    agree(
        nn.sigmoid_grad(TAILS),
        ACTIVATIONS["sigmoid"].derivative(TAILS),
        scale=1,
        mistakes=lambda: {"exp(-z) / (1 + exp(-z))**2 overflows": quotient},
        what="sigmoid_grad(z)",
    )


# ### It does not overflow
#
# e^1000 is infinite in float64. The formula as printed survives that, since 1 / (1 + ∞) = 0, if
# with a warning; other ways to write it do not.


@claim("3.2/sigmoid-does-not-overflow", r"z = \pm 1000: \quad \sigma(z) = 1, 0")
def test_sigmoid_of_any_finite_number(nn):
    """Clipping z to ±500, or never exponentiating a positive number: either keeps the value right."""
    with np.errstate(all="ignore"):
        other_form = np.exp(TAILS) / (1 + np.exp(TAILS))
    agree(
        nn.sigmoid(TAILS),
        sigmoid(TAILS),
        scale=1,
        mistakes=lambda: {
            "exp(z) / (1 + exp(z)) is infinity over infinity for large z": other_form,
            "z is clipped to so narrow a range (±10) that it shows": sigmoid(TAILS.clip(-10, 10)),
            "z is clipped to so narrow a range (±20) that it shows": sigmoid(TAILS.clip(-20, 20)),
        },
        what="sigmoid(z)",
    )


@claim(
    "3.2/sigmoid-does-not-overflow", r"z \le z^\prime \Rightarrow \sigma(z) \le \sigma(z^\prime)"
)
def test_sigmoid_never_falls(nn):
    """Where a clip or a branch sets in, the order of two inputs is still the order of their outputs."""
    z = np.arange(-1000.0, 1001.0)
    rise = np.diff(sample_of(nn.sigmoid(z), z.shape, "sigmoid(z)"))
    where = np.argmin(rise)
    assert rise[where] >= 0, (
        f"sigmoid falls by {-rise[where]:.3g} from z = {z[where]} to {z[where + 1]}"
    )


# ## Tanh


@claim("3.2/tanh", r"\tanh z = \frac{e^z-e^{-z}}{e^z+e^{-z}}", states=("tanh",))
@of_bands(*BANDS, ZERO)
@given(z=pre_activations())
def test_tanh(nn, z):
    """The difference of the exponentials as a share of their sum."""
    rise, fall = np.exp(z), np.exp(-z)
    agree(
        nn.tanh(z),
        (rise - fall) / (rise + fall),
        scale=1,
        mistakes=lambda: {
            "numerator and denominator have changed places": (rise + fall) / (rise - fall),
            "z is not doubled in 2σ(2z) - 1": 2 * sigmoid(z) - 1,
            "the - 1 of 2σ(2z) - 1 is missing": 2 * sigmoid(2 * z),
            "the sigmoid is taken": sigmoid(z),
            "the sign of z is lost": np.tanh(np.abs(z)),
            "the tangent is taken, not the hyperbolic one": np.tan(z),
            "the derivative is returned": 1 - np.tanh(z) ** 2,
        },
        what="tanh(z)",
    )


@claim("3.2/tanh", r"\tanh z = 2\sigma(2z) - 1")
def test_tanh_is_a_stretched_sigmoid():
    """One S-curve, twice: tanh is the sigmoid with both axes rescaled and centred on 0."""
    z = np.linspace(-8, 8, 65)
    agree(2 * sigmoid(2 * z) - 1, np.tanh(z), scale=1)


@claim("3.2/tanh-derivative", r"\tanh^\prime(z) = 1 - \tanh^2 z", states=("tanh_grad",))
@of_bands(*BANDS, ZERO)
@given(z=pre_activations())
def test_tanh_derivative(nn, z):
    """A function of z, too: 1 - z² is the slope only where z is already the activation."""
    a = np.tanh(z)
    agree(
        nn.tanh_grad(z),
        1 - a**2,
        scale=1,
        mistakes=lambda: {
            "z is taken for the activation: 1 - z²": 1 - z**2,
            "the slope is taken at a = tanh(z), not at z": 1 - np.tanh(a) ** 2,
            "the square is missing": 1 - a,
            "the 1 - is missing": a**2,
            "the square is added, not subtracted": 1 + a**2,
            "the rule for the sigmoid, a (1 - a), is used": a * (1 - a),
        },
        what="tanh_grad(z)",
    )


@claim("3.2/tanh-derivative", r"\tanh^\prime(z) = 1 - \tanh^2 z")
def test_tanh_derivative_is_the_slope():
    """Measured with an imaginary step, as the sigmoid's."""
    z, h = np.linspace(-8, 8, 65), 1e-20
    agree(1 - np.tanh(z) ** 2, np.imag(np.tanh(z + 1j * h)) / h, scale=1)


@claim("3.2/tanh-does-not-overflow", r"z = \pm 1000: \quad \tanh z = \pm 1")
def test_tanh_of_any_finite_number(nn):
    """Computed as printed, the quotient is ∞/∞ beyond |z| = 710."""
    with np.errstate(all="ignore"):
        as_printed = (np.exp(TAILS) - np.exp(-TAILS)) / (np.exp(TAILS) + np.exp(-TAILS))
        one_sided = (np.exp(2 * TAILS) - 1) / (np.exp(2 * TAILS) + 1)
        other_side = (1 - np.exp(-2 * TAILS)) / (1 + np.exp(-2 * TAILS))
    agree(
        nn.tanh(TAILS),
        np.tanh(TAILS),
        scale=1,
        mistakes=lambda: {
            "the formula as printed is infinity over infinity for large |z|": as_printed,
            "exp(2z) is infinite for large z, and infinity over infinity is NaN": one_sided,
            "exp(-2z) is infinite for very negative z, and the quotient NaN": other_side,
        },
        what="tanh(z)",
    )


@claim(
    "3.2/tanh-range",
    r"-1 < \tanh z < 1",
    verdict="conditional",
    instead="-1 < tanh z < 1 for real numbers; computed in float64, -1 ≤ tanh z ≤ 1, and the ends are "
    "reached from about |z| = 19 on.",
)
def test_tanh_reaches_its_bounds_in_floating_point():
    """1 - tanh z is about 2e^(-2z): twice as steep as the sigmoid, tanh is 1 at half the distance."""
    z = np.arange(18, 20, 2.0**-10)
    first = z[np.argmax(np.tanh(z) == 1)]
    measured("the least z for which tanh(z) is exactly 1", first)
    assert 18 < first < 20
    assert np.tanh([20.0, -20.0]).tolist() == [1, -1]


@claim("3.2/tanh-range", r"-1 \le \tanh z \le 1", corrected=True)
def test_tanh_never_leaves_its_range(nn):
    """Never outside, and inside for moderate z."""
    a = sample_of(nn.tanh(TAILS), TAILS.shape, "tanh(z)")
    assert np.all(np.abs(a) <= 1), f"tanh leaves [-1, 1]: {a.min()} to {a.max()}"
    z = np.linspace(-4, 4, 65)
    a = sample_of(nn.tanh(z), z.shape, "tanh(z)")
    assert np.all(np.abs(a) < 1), f"tanh reaches {a.min()} and {a.max()} within |z| ≤ 4"


# ### Centred on zero
#
# The activations of one layer are the inputs of the next. Inputs of mean 0 are what an
# initialisation reckons with (chapter 7); the sigmoid's mean is 1/2.


@claim("3.2/tanh-zero-centred", r"\tanh(-z) = -\tanh z")
@of_every_value
@given(z=pre_activations())
def test_tanh_is_odd(nn, z):
    """What comes from z and from -z cancels: over symmetric inputs the mean is 0."""
    a = nn.tanh(z)
    agree(nn.tanh(-z), -sample_of(a, z.shape, "tanh(z)"), scale=1, what="tanh(-z)")


@claim("3.2/tanh-zero-centred", r"\frac12(\sigma(z) + \sigma(-z)) = \frac12")
def test_sigmoid_is_centred_on_one_half():
    """The sigmoid's values lie symmetric about 1/2: all positive, and far from mean 0."""
    z = np.linspace(0, 50, 101)
    agree((sigmoid(z) + sigmoid(-z)) / 2, np.full(z.shape, 0.5), scale=1)


@claim("3.2/tanh-zero-centred", r"\tanh^\prime(z) \to 0 \quad (|z| \to \infty)")
def test_tanh_slope_vanishes_in_the_tails(nn):
    """Being centred is no cure: tanh starts at slope 1 and falls like 4e^(-2|z|)."""
    with np.errstate(all="ignore"):
        rise, fall = np.exp(TAILS), np.exp(-TAILS)
        as_printed = 1 - ((rise - fall) / (rise + fall)) ** 2
    agree(
        nn.tanh_grad(TAILS),
        ACTIVATIONS["tanh"].derivative(TAILS),
        scale=1,
        mistakes=lambda: {"the tanh inside is infinity over infinity": as_printed},
        what="tanh_grad(z)",
    )
