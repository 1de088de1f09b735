"""# 5.1 The chain rule, one variable

If y depends on g and g on x, a small step in x is stretched twice, first by g and then by f, and
stretching twice is multiplying. For y = f(g(x)):

    dy/dx = f′(g(x)) · g′(x)

The outer derivative is taken *where the inner function has arrived*, at g(x). That is why a network
remembers what it computed on the way forward. Backpropagation is this rule and patience.
"""

from math import prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from spec.harness import agree, claim
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.activations import ACTIVATIONS, sigmoid
from spec.harness.mathematics.strategies import SEEDS, odd_fractions, pre_activations

# ## Two functions
#
# Polynomials make the rule a statement about whole numbers: substitute one into the other, multiply
# everything out, differentiate term by term. No limit is taken and nothing is rounded.


@claim("5.1/chain-rule", r"\frac{dy}{dx} = \frac{df}{dg}\cdot\frac{dg}{dx}")
@given(seed=SEEDS)
def test_chain_rule_for_polynomials(seed: int):
    """The composed polynomial knows nothing of f and g any more, and still has their slopes' product."""
    rng = generator(seed)
    f, g = (Polynomial([*rng.integers(-3, 4, 2), rng.integers(1, 4)]) for _ in range(2))
    x = np.arange(-3.0, 4)
    agree(
        f(g).deriv()(x),
        f.deriv()(g(x)) * g.deriv()(x),
        mistakes=lambda: {
            "the outer derivative is taken at x, not at g(x)": f.deriv()(x) * g.deriv()(x),
            "the inner derivative is forgotten": f.deriv()(g(x)),
            "the derivatives are added": f.deriv()(g(x)) + g.deriv()(x),
            "the derivatives are composed": f.deriv()(g.deriv()(x)),
        },
        what="the slope of f(g(x))",
    )


# An implementation offers activations f and their derivatives as functions of z. Whether these belong
# together shows in a chain: tanh(sigmoid(x)) has the slope tanh′(sigmoid(x)) · sigmoid′(x). The truth
# comes from a **complex step**: f(x + ih) = f(x) + ih f′(x) − ..., so that Im f(x + ih) / h is f′(x)
# as exactly as floating point can say it, with no difference of nearly equal numbers.


def slope(f, x: Array) -> Array:
    """The derivative of a real analytic f at the numbers x, to rounding."""
    return np.asarray(f(x + 1e-40j).imag / 1e-40)


def logistic(z: Array) -> Array:
    """The sigmoid, for complex numbers, too."""
    return 1 / (1 + np.exp(-z))


@claim("5.1/chain-rule", r"(f\circ g)'(x) = f'(g(x))\,g'(x)")
@given(x=pre_activations(largest=4.0))
def test_chain_rule_for_activations(nn, x: Array):
    """Each derivative is asked at its own function's input; the chain rule supplies the rest."""
    s, t = logistic(x), np.tanh(x)
    outer_tanh = slope(lambda z: np.tanh(logistic(z)), x)
    outer_sigmoid = slope(lambda z: logistic(np.tanh(z)), x)
    agree(
        nn.tanh_grad(nn.sigmoid(x)) * nn.sigmoid_grad(x),
        outer_tanh,
        scale=outer_tanh * (1 + np.abs(x)) + (1 - np.tanh(s) ** 2) * s,  # for rounding in 1 - σ
        mistakes=lambda: {
            "the derivatives are functions of a, not of z": (1 - s**2) * x * (1 - x),
            "sigmoid_grad is a function of a, not of z": (1 - np.tanh(s) ** 2) * x * (1 - x),
            "tanh_grad is a function of a, not of z": (1 - s**2) * s * (1 - s),
        },
        what="the slope of tanh(sigmoid(x))",
    )
    agree(
        nn.sigmoid_grad(nn.tanh(x)) * nn.tanh_grad(x),
        outer_sigmoid,
        scale=outer_sigmoid * (1 + 2 * np.abs(x)) + sigmoid(t) * sigmoid(-t),  # ... in 1 - tanh²
        mistakes=lambda: {
            "the derivatives are functions of a, not of z": t * (1 - t) * (1 - x**2),
            "sigmoid_grad is a function of a, not of z": t * (1 - t) * (1 - t**2),
            "tanh_grad is a function of a, not of z": sigmoid(t) * sigmoid(-t) * (1 - x**2),
        },
        what="the slope of sigmoid(tanh(x))",
    )


# ## Any number of functions
#
# A chain of L functions has a slope for each link, and the slope of the whole is their product. A
# product may be multiplied from either end. From the loss backwards is the end to choose in a network:
# every partial product is then the gradient of some layer, and is used for all that lies before it.

LINKS = {
    "sine": (np.sin, np.cos),
    "tanh": (ACTIVATIONS["tanh"].function, ACTIVATIONS["tanh"].derivative),
    "sigmoid": (logistic, lambda z: sigmoid(z) * sigmoid(-z)),
    "softplus": (lambda z: np.log(1 + np.exp(z)), sigmoid),
    "exponential": (lambda z: np.exp(z / 4), lambda z: np.exp(z / 4) / 4),
    "reciprocal": (lambda z: 1 / (4 + z), lambda z: -1 / (4 + z) ** 2),
}


@claim(
    "5.1/chain-rule-any-depth",
    r"\frac{d\mathcal L}{dx} = \frac{d\mathcal L}{df_L}\cdot\frac{df_L}{df_{L-1}}"
    r"\cdots\frac{df_1}{dx}",
)
@given(names=st.permutations(list(LINKS)), depth=st.sampled_from((3, 4, 5, 6, 2)))
def test_chain_rule_for_chains(names: list[str], depth: int):
    """Going forward notes where each link stands; going backward multiplies the slopes found there."""
    chain = [LINKS[name] for name in names[:depth]]
    x = np.linspace(-1.5, 1.5, 7)

    def whole(z: Array) -> Array:
        for f, _ in chain:
            z = f(z)
        return z

    values = [x]
    for f, _ in chain:
        values.append(f(values[-1]))
    slopes = [df(z) for (_, df), z in zip(chain, values[:-1], strict=True)]
    agree(
        prod(reversed(slopes)),
        slope(whole, x),
        scale=prod(np.maximum(np.abs(s), 0.1) for s in slopes),  # a slope near 0 is less exact
        mistakes=lambda: {
            "every derivative is taken at x": prod(df(x) for _, df in chain),
            "the derivatives are taken one link too late": prod(
                df(z) for (_, df), z in zip(chain, values[1:], strict=True)
            ),
            "the last link is left out": prod(slopes[:-1]),
            "the first link is left out": prod(slopes[1:]),
            "the slopes are added": sum(slopes),
        },
        what="the slope of the chain",
    )


# The graph of section 5.5 does that walk by itself. Here each link is a ReLU of a multiple, and the
# gates are open; a slope per link, a product for the chain.


@claim("5.1/chain-rule-any-depth", r"\frac{dy}{dx} = \prod_{l=1}^{L} w_l")
@given(depth=st.sampled_from((3, 4, 5, 2)), seed=SEEDS)
def test_chain_rule_by_a_graph(nn, depth: int, seed: int):
    """What reaches x has been multiplied once by every weight on the way."""
    rng = generator(seed)
    weights = 1.5 + odd_fractions(rng, 1 / 8, depth)  # positive and apart from 1: 5/8, 7/8, 9/8 ...
    weights[1], weights[-1] = weights[1] / 4, 7 / 8  # a gradient cut off at 1 is no single link's
    x = y = nn.Node(np.array(0.75))
    for w in weights:
        y = y.multiply(nn.Node(np.array(w))).relu()
    nn.backward(y)
    agree(
        x.grad,
        weights.prod(),
        sizes={"L": depth},
        mistakes=lambda: {
            "the last link is left out": weights[:-1].prod(),
            "the first link is left out": weights[1:].prod(),
            "only the last link's slope arrives": weights[-1],
            "only the first link's slope arrives": weights[0],
            "the slopes are added": weights.sum(),
            "the slopes are added to the 1 at the end of the chain": 1 + weights.sum(),
            "it is the value of y, not its slope": 0.75 * weights.prod(),
        },
        what="the gradient at the start of the chain",
    )
