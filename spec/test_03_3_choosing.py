"""# 3.3 Choosing an activation

The output's activation follows from the task, since it decides what the network can say: a
probability, a distribution over classes, or any number. In the hidden layers ReLU is the default,
with leaky ReLU and ELU in reserve.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, claim, measured
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE, elu, elu_grad
from spec.harness.mathematics.networks import cached, set_parameters
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import (
    BANDS,
    ZERO,
    eighths,
    of_bands,
    of_every_value,
    pre_activations,
)

# ## The rule
#
# The tests look at one activation through a network whose weights are the identity. Biases lift the
# numbers above the kink of the hidden layer and down again, so that what reaches the output's
# activation is the input itself; without the lift, and without an output activation, what comes out
# is the hidden activation of the input.


def transparent(nn, n: int, lift: float, **options: str):
    """A network of the widths [n, n, n] that changes nothing but by its activations."""
    net = nn.MLP([n, n, n], **options)
    up, down = np.full((1, n), lift), np.full((1, n), -lift)
    set_parameters(net, {"W1": np.eye(n), "b1": up, "W2": np.eye(n), "b2": down})
    return net


@claim("3.3/output-activation-rule")
@pytest.mark.parametrize(
    ("task", "output", "n"),
    [("binary", "sigmoid", 1), ("multi-class", "softmax", 3), ("regression", "identity", 3)],
)
def test_output_activation_follows_from_the_task(nn, task: str, output: str, n: int):
    """A probability of one class, a distribution over several, and for regression the sum as it is."""
    net = transparent(nn, n, lift=3.0, output=output)
    Y_hat = net.forward(eighths(generator(0), 5, n))
    Z = sample_of(cached(net, 2)["Z2"], (5, n), "Z2")
    possible = {kind: oracle.output(Z, kind) for kind in ("sigmoid", "softmax", "identity")}
    right = possible.pop(output)
    agree(
        Y_hat,
        right,
        scale=np.abs(Z).max(),  # no output's slope is above 1
        mistakes=lambda: {
            "the output layer has the hidden layers' ReLU, too": oracle.output(
                np.maximum(Z, 0), output
            ),
            **{f"the output's activation is {kind}": wrong for kind, wrong in possible.items()},
        },
        what=f"the output for {task} tasks",
    )


@claim("3.3/output-activation-rule")
@pytest.mark.parametrize(
    ("options", "name"),
    [({}, "relu"), ({"activation": "leaky_relu"}, "leaky_relu"), ({"activation": "elu"}, "elu")],
)
def test_hidden_activation_is_relu_unless_another_is_named(nn, options: dict[str, str], name: str):
    """All three are the identity above zero; below it they are nothing, a faint line, a soft floor."""
    z = np.array([-4.0, -1.0, -0.25, 0.25, 1.0, 4.0]).reshape(-1, 1)
    curves = {kind: other.function(z) for kind, other in ACTIVATIONS.items()}
    right = curves.pop(name)
    net = transparent(nn, 1, lift=0.0, output="identity", **options)
    net.forward(z)
    a = cached(net, 2)["A1"]
    seen = sample_of(cached(net, 2)["Z1"], z.shape, "Z1")
    assert np.array_equal(seen, z), f"Z1 is {seen.ravel()}, expected the input {z.ravel()}"
    if name == "leaky_relu":
        slope = -sample_of(a, z.shape, "the hidden activation")[1, 0]
        assert 0.0099 < slope < 0.1001, (
            f"leaky ReLU has the slope {slope:.4g}, expected 0.01 to 0.1"
        )
        right = np.where(z > 0, z, slope * z)
    agree(
        a,
        right,
        scale=np.abs(right) + (name == "elu"),  # e^z - 1 may be taken as printed
        mistakes=lambda: {
            "the hidden layer has no activation": z,
            **{f"the hidden activation is {kind}": wrong for kind, wrong in curves.items()},
        },
        what="the hidden activation",
    )


# ## ELU
#
# The exponential linear unit is named in 3.3 without its formula. Below zero it levels off at -α. Its
# slope there, αe^z, is positive, so that a neuron not far below zero still learns. With α = 1 there
# is no kink.

ALPHAS = st.sampled_from([0.25, 0.5, 2.0])
FAR = np.array([-1000.0, -100, 100, 1000])


@claim(
    "3.3/elu",
    r"\mathrm{ELU}(z) = \begin{cases}z & z > 0\\ \alpha(e^z-1) & z \le 0\end{cases}",
    states=("elu",),
)
@of_bands(*BANDS, ZERO, alpha=0.5)
@of_bands((1.0, 8.0), alpha=0.0)
@of_bands((1.0, 8.0), alpha=2.0)
@given(z=pre_activations(), alpha=ALPHAS)
def test_elu(nn, z, alpha: float):
    """The identity above zero, and below it an exponential that joins it at 0."""
    right = np.where(z > 0, z, alpha * (np.exp(z) - 1))
    agree(
        nn.elu(z, alpha),
        right,
        scale=np.abs(right) + alpha,  # e^z - 1 may be taken as printed
        mistakes=lambda: {
            "the - 1 is missing on the negative side": np.where(z > 0, z, alpha * np.exp(z)),
            "the - 1 is outside of the brackets": np.where(z > 0, z, alpha * np.exp(z) - 1),
            "alpha is not used": elu(z),
            "alpha stands in the exponent": np.where(z > 0, z, np.exp(alpha * z) - 1),
            "the negative side has the wrong sign": np.where(z > 0, z, alpha * (1 - np.exp(z))),
            "the exponential is taken on both sides": alpha * (np.exp(z) - 1),
            "the negative side is 0, as in ReLU": np.maximum(z, 0),
            "the negative side is alpha z, as in leaky ReLU": np.where(z > 0, z, alpha * z),
            "the exponent has the wrong sign": np.where(z > 0, z, alpha * (np.exp(-z) - 1)),
        },
        what="elu(z, alpha)",
    )
    agree(nn.elu(z), elu(z), scale=np.abs(z) + 1, what="elu(z), alpha being 1,")


@claim("3.3/elu")
def test_elu_of_large_numbers(nn):
    """e^1000 belongs to the side that is not taken; multiplied by 0 instead of left out, it gives NaN."""
    with np.errstate(all="ignore"):
        gated = (FAR > 0) * FAR + (FAR <= 0) * (np.exp(FAR) - 1)
    agree(
        nn.elu(FAR),
        elu(FAR),
        mistakes=lambda: {"the infinite exponential is multiplied by 0, not left out": gated},
        what="elu(z)",
    )


@claim(
    "3.3/elu-derivative",
    r"\mathrm{ELU}^\prime(z) = \begin{cases}1 & z > 0\\ \alpha e^z & z \le 0\end{cases}",
    states=("elu_grad",),
)
@of_bands(*BANDS, alpha=0.5)
@of_bands((1.0, 8.0), alpha=0.0)
@of_bands((1.0, 8.0), alpha=2.0)
@given(z=pre_activations(), alpha=ALPHAS)
def test_elu_derivative(nn, z, alpha: float):
    """ELU(z) + α from zero down: written with the activation it is as cheap as ReLU's."""
    z = np.append(z, 0.0)
    right = np.where(z > 0, 1, alpha * np.exp(z))
    agree(
        nn.elu_grad(z, alpha),
        right,
        scale=right + alpha,  # ELU(z) + α is a right form
        mistakes=lambda: {
            "alpha is not used": elu_grad(z),
            "the negative side is the function itself": np.where(z > 0, 1, alpha * (np.exp(z) - 1)),
            "z is taken for the activation: z + alpha": np.where(z > 0, 1, z + alpha),
            "the negative side is 0, as in ReLU": z > 0,
            "the negative side is alpha, as in leaky ReLU": np.where(z > 0, 1, alpha),
            "the exponential is taken on both sides": alpha * np.exp(z),
            "the exponent has the wrong sign": np.where(z > 0, 1, alpha * np.exp(-z)),
            "the positive side is z, not 1": np.where(z > 0, z, alpha * np.exp(z)),
            "0 is counted as positive: z >= 0 instead of z > 0": np.where(z >= 0, 1, right),
        },
        what="elu_grad(z, alpha)",
    )


@claim("3.3/elu-derivative")
def test_elu_derivative_of_large_numbers(nn):
    """1 far to the right, nothing left of the slope far to the left, and no NaN."""
    with np.errstate(all="ignore"):
        gated = (FAR > 0) + (FAR <= 0) * np.exp(FAR)
    agree(
        nn.elu_grad(FAR),
        elu_grad(FAR),
        mistakes=lambda: {"the infinite exponential is multiplied by 0, not left out": gated},
        what="elu_grad(z)",
    )


@claim(
    "3.3/elu-derivative",
    r"\mathrm{ELU}^\prime(z) = \begin{cases}1 & z > 0\\ \alpha e^z & z \le 0\end{cases}",
)
def test_elu_derivative_is_the_slope():
    """Below zero, measured with an imaginary step; α = 1 makes the two slopes at 0 equal."""
    z, h = np.linspace(-8, 0, 33), 1e-20
    agree(elu_grad(z, 2.0), np.imag(2 * (np.exp(z + 1j * h) - 1)) / h, scale=2)
    assert elu_grad(np.array(0.0)) == 1


# ## SELU
#
# The table of section 7.5 names SELU: λ·ELU with α = 1.67326 and λ = 1.05070. These two are not
# free. They are what makes mean 0 and variance 1 come out where mean 0 and variance 1 go in, layer
# after layer, without normalisation: λ = 1.0507009873554805 and α = 1.6732632423543772. Both are often
# written with five digits, which do so nearly; here they are asked for as a float holds them.

SCALE, ALPHA = SELU_SCALE, SELU_ALPHA

TERMS = SCALE * ALPHA  # SELU is less by this than an exponential, and its derivative more than SELU
ROUNDED = {  # digits -> the pair as it is often written
    "five": (1.0507, 1.6733),
    "nine": (1.05070098, 1.67326324),
}


@claim("3.3/selu", r"z \sim \mathcal N(0, 1): \quad \mathbb E[a] = 0, \ \mathbb E[a^2] = 1")
def test_selu_keeps_mean_zero_and_variance_one():
    """Two conditions for two constants; the integrals are taken on each side of the kink."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    z = np.outer([-6, 6], nodes + 1)  # the two halves of [-12, 12]
    share = 6 * weights * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    a = SCALE * elu(z, ALPHA)
    measured("mean of a", np.sum(share * a))
    measured("variance of a", np.sum(share * a**2))
    agree(np.sum([share * a, share * a**2], axis=(1, 2)), [0, 1], scale=1)


@claim(
    "3.3/selu",
    r"\mathrm{SELU}(z) = \lambda\begin{cases}z & z > 0\\ \alpha(e^z-1) & z \le 0\end{cases}",
    states=("selu",),
)
@of_bands(*BANDS, ZERO)
@given(z=pre_activations())
def test_selu(nn, z):
    """λ > 1 lets activations grow above zero, where ELU's floor has taken variance away below it."""
    z = np.append(z, FAR)
    agree(
        nn.selu(z),
        SCALE * elu(z, ALPHA),
        scale=np.abs(SCALE * elu(z, ALPHA)) + TERMS,
        mistakes=lambda: {
            "lambda is missing": elu(z, ALPHA),
            "lambda scales the positive side only": np.where(z > 0, SCALE * z, elu(z, ALPHA)),
            "lambda scales the negative side only": np.where(z > 0, z, SCALE * elu(z, ALPHA)),
            "alpha is missing": SCALE * elu(z),
            "lambda and alpha have changed places": ALPHA * elu(z, SCALE),
            "alpha scales the positive side, too": SCALE * ALPHA * elu(z),
            "the - 1 is missing on the negative side": SCALE
            * np.where(z > 0, z, ALPHA * np.exp(np.minimum(z, 0))),
            "the ELU is taken": elu(z),
            "the infinite exponential is multiplied by 0, not left out": np.where(
                z > 710, np.nan, SCALE * elu(z, ALPHA)
            ),
            **{
                f"lambda and alpha have {digits} digits only": scale * elu(z, alpha)
                for digits, (scale, alpha) in ROUNDED.items()
            },
        },
        what="selu(z)",
    )


@claim(
    "3.3/selu-derivative",
    r"\mathrm{SELU}^\prime(z) = \lambda\begin{cases}1 & z > 0\\ \alpha e^z & z \le 0\end{cases}",
    states=("selu_grad",),
)
@of_every_value
@given(z=pre_activations())
def test_selu_derivative(nn, z):
    """λ times ELU's; above 1 on the positive side, so that variance is not only ever lost."""
    z = np.concatenate([z, [0.0], FAR])
    right = SCALE * elu_grad(z, ALPHA)
    agree(
        nn.selu_grad(z),
        right,
        scale=right + TERMS,
        mistakes=lambda: {
            "lambda is missing": elu_grad(z, ALPHA),
            "lambda scales the positive side only": np.where(z > 0, SCALE, right / SCALE),
            "lambda scales the negative side only": np.where(z > 0, 1, right),
            "alpha is missing": SCALE * elu_grad(z),
            "lambda and alpha have changed places": ALPHA * elu_grad(z, SCALE),
            "the negative side is the function itself": np.where(
                z > 0, SCALE, SCALE * elu(z, ALPHA)
            ),
            "z is taken for the activation: z + lambda alpha": np.where(
                z > 0, SCALE, z + SCALE * ALPHA
            ),
            "the positive side is lambda z": np.where(z > 0, SCALE * z, right),
            "the derivative of ELU is taken": elu_grad(z),
            "0 is counted as positive: z >= 0 instead of z > 0": np.where(z >= 0, SCALE, right),
            "the infinite exponential is multiplied by 0, not left out": np.where(
                z > 710, np.nan, right
            ),
            **{
                f"lambda and alpha have {digits} digits only": scale * elu_grad(z, alpha)
                for digits, (scale, alpha) in ROUNDED.items()
            },
        },
        what="selu_grad(z)",
    )
