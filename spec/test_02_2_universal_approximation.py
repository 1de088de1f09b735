"""# 2.2 Universal approximation

Put a nonlinear function σ between two affine layers, and their product no longer multiplies out.
What is gained is everything: one such layer, if only it is wide enough, comes as close as wanted to
any continuous function.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, claim, measured
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.networks import mlp
from spec.harness.mathematics.strategies import SEEDS, Problem, sizes

# ## One hidden layer


@st.composite
def regression_networks(draw: st.DrawFn) -> Problem:
    """A network with one hidden layer and several outputs, each any number."""
    m, *widths = draw(sizes(4))
    return Problem(tuple(widths), m, draw(SEEDS), "identity")


@claim(
    "2.2/one-hidden-layer",
    r"\mathbf a_1=\sigma(W_1\mathbf x+\mathbf b_1),\quad \hat y = W_2\mathbf a_1+\mathbf b_2",
)
@given(problem=regression_networks(), activation=st.sampled_from(["tanh", "sigmoid"]))
def test_one_hidden_layer(nn, problem, activation):
    """Affine, bent, affine: the last layer stays unbent, so that any number can come out."""
    net, P = mlp(nn, problem, activation), problem.parameters
    sigma, relu = ACTIVATIONS[activation].function, ACTIVATIONS["relu"].function
    Z1 = problem.X @ P["W1"] + P["b1"]
    Y_hat = sigma(Z1) @ P["W2"] + P["b2"]
    size = np.abs(problem.X) @ np.abs(P["W1"]) + np.abs(P["b1"]) + np.abs(sigma(Z1))
    agree(
        net.forward(problem.X),
        Y_hat,
        scale=size @ np.abs(P["W2"]) + np.abs(P["b2"]),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the activation is left out, and the two layers collapse": Z1 @ P["W2"] + P["b2"],
            "the activation bends the output as well": sigma(Y_hat),
            "a softmax stands behind the output": oracle.softmax(Y_hat),
            "the hidden layer is a ReLU, whatever was asked for": relu(Z1) @ P["W2"] + P["b2"],
            "the hidden bias is left out": sigma(Z1 - P["b1"]) @ P["W2"] + P["b2"],
            "the hidden bias is added behind the activation": (
                (sigma(Z1 - P["b1"]) + P["b1"]) @ P["W2"] + P["b2"]
            ),
            "the output bias is left out": Y_hat - P["b2"],
        },
        what="y_hat",
    )


# ## Any continuous function
#
# Cybenko (1989) proved it for sigmoids and Hornik (1991) for any bounded activation that is not
# constant. That it is enough, and necessary, for σ not to be a polynomial was found by Leshno, Lin,
# Pinkus and Schocken (1993).
#
# For ReLU on an interval the proof is a construction: a neuron at each knot, weighted by the change
# of slope there, draws the polygon through f. With knots h apart the polygon lies everywhere between
# two values that f takes less than h away. Its error is therefore at most ω(h), the most that f changes
# over a distance of h: L h if f is L-Lipschitz, and in any case a number that vanishes with h.
# How many neurons that takes is another question, and so is how to find them: in many dimensions
# there may be exponentially many.


def largest_error(f, n: int) -> float:
    """How far f is from the network of n ReLUs that meets it at n + 1 knots in [0, 1]."""
    knots = np.linspace(0, 1, n + 1)
    slopes = np.diff(f(knots)) * n
    polygon = {
        "W1": np.ones((1, n)),
        "b1": -knots[None, :-1],
        "W2": np.diff(slopes, prepend=0.0)[:, None],
        "b2": f(np.zeros((1, 1))),
    }
    x = np.linspace(0, 1, 1531)[:, None]
    return float(np.abs(oracle.forward(x, polygon)["Z2"] - f(x)).max())


@claim(
    "2.2/universal-approximation",
    r"\max_x |f(x) - \hat y(x)| \le \max_{|u - v| \le h} |f(u) - f(v)| \to 0",
)
def test_enough_neurons_come_as_close_as_wanted():
    """A wave, a corner beside the knots, a vertical tangent: all that counts is how fast f can change."""
    for name, f, omega in (
        ("sin 6x", lambda x: np.sin(6 * x), lambda h: 6 * h),
        ("|x - 1/3|", lambda x: np.abs(x - 1 / 3), lambda h: h),
        ("√x", np.sqrt, np.sqrt),
    ):
        for n in (4, 32, 256):
            error = largest_error(f, n)
            assert error <= omega(1 / n), f"{name} with {n} neurons is {error} off"
        measured(f"largest error of 256 neurons on {name}", error)


@claim(
    "2.2/universal-approximation", r"\max_x |f(x) - \hat y(x)| \le \frac{h^2}{8} \max_x |f''(x)|"
)
def test_on_a_smooth_function_twice_the_neurons_make_a_quarter_of_the_error():
    """Between two knots the polygon is a chord, and a chord is off by the curvature times h² / 8."""
    widths = np.array([16, 32, 64, 128])
    errors = [largest_error(lambda x: np.sin(6 * x), n) for n in widths]
    assert np.all(errors <= 36 / (8 * widths**2))
    exponent = np.polyfit(np.log(widths), np.log(errors), 1)[0]
    measured("exponent of the error in the number of neurons", exponent)
    assert abs(exponent + 2) < 0.05


# ## No polynomial
#
# Let σ be a polynomial of degree d. A weighted sum of σ's of affine maps is then, along any line, a
# polynomial of degree d at most, and its (d+1)-th difference at equal steps is 0, at any width. A wave
# that is 1 and -1 in turn at d + 2 such steps has the difference ±2^(d+1); by an error of less than
# 1 at each step it could not become 0. So the network is at least 1 off: no better than no network.


@claim("2.2/polynomial-activation-fails", r"\Delta^{d+1} \hat y = 0")
@given(d=st.integers(1, 4), n=st.sampled_from([1, 7, 100]), seed=SEEDS)
def test_a_polynomial_activation_gives_a_polynomial(d, n, seed):
    """In whole numbers, so that 0 is 0: what the degree does not allow, no width can buy."""
    rng = generator(seed)
    w, b, v = rng.integers(-4, 5, (3, n))
    coefficients = [int(rng.integers(1, 4)), *rng.integers(-3, 4, d).tolist()]
    t = np.arange(d + 4)
    network = np.polyval(coefficients, np.outer(t, w) + b) @ v
    assert not np.diff(network, d + 1).any()
    assert np.diff(np.maximum(0, t - 2), d + 1).any()  # a single ReLU is no polynomial
    wave = (-1) ** t[: d + 2]
    assert abs(np.diff(wave, d + 1)) == 2 ** (d + 1)
    assert np.abs(network[: d + 2] - wave).max() >= 1


# ## Depth against width
#
# On the line a ReLU network draws a polygon. N neurons in one layer bend it N times at most, each at
# its own kink: N + 1 pieces. But the tent 2 relu(x) - 4 relu(x - ½), made of two neurons, lays the unit
# interval over itself, and each tent that follows folds all there is once more (Telgarsky 2016).


def pieces(y: np.ndarray) -> int:
    """How many lines make up a polygon, from its exact values y on a grid that has all its corners."""
    return 1 + np.count_nonzero(np.diff(y, 2))


@claim("2.2/depth-beats-width", r"2k\ \text{neurons in } k\ \text{layers: } 2^k\ \text{pieces}")
def test_each_fold_doubles_the_pieces():
    """Fractions of 2048 are exact in floats: the pieces are counted, not estimated."""
    y = np.arange(2**11 + 1) / 2**11
    for k in range(1, 11):
        y = 2 * np.maximum(0, y) - 4 * np.maximum(0, y - 0.5)
        assert pieces(y) == 2**k
    measured("pieces that 20 neurons make in 10 layers", pieces(y))
    measured("neurons that one layer needs for as many, at least", pieces(y) - 1)


@claim("2.2/depth-beats-width", r"N\ \text{neurons in one layer: at most } N + 1\ \text{pieces}")
def test_one_layer_bends_once_a_neuron(rng):
    """Whole weights and kinks at whole numbers: counted again, and the bound is met but not passed."""
    x = np.arange(101)
    for n in range(1, 31):
        kinks, w = rng.permutation(x[1:-1])[:n], rng.choice([-2, -1, 1, 2], n)
        hidden = np.maximum(0, w * (x[:, None] - kinks))
        assert pieces(hidden @ rng.integers(-3, 4, n)) <= n + 1
        assert pieces(hidden @ np.ones(n)) == n + 1
