"""# 3.2 Activation functions: ReLU and leaky ReLU

The rectified linear unit keeps what is positive and drops the rest. Its slope is 1 or 0, nothing in
between: a gradient passes an active neuron untouched, and an inactive one not at all. The leaky
ReLU leaves the closed gate ajar by a slope α of 0.01 to 0.1.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, claim
from spec.harness.mathematics.networks import cached, get_parameters, gradient, set_parameters
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import BANDS, BEYOND, ZERO, of_bands, pre_activations

SLOPES = st.sampled_from([0.03, 0.07, 0.09])  # within 0.01 to 0.1, and rounded in float32
ANY_SIZE = np.array([2.0**-40, 1 / 64, 1, 10, 1000, 2.0**40])

# ## ReLU


@claim("3.2/relu", r"\mathrm{ReLU}(z) = \max(0, z)", states=("relu",))
@of_bands(*BANDS, BEYOND, ZERO)
@given(z=pre_activations())
def test_relu(nn, z):
    """The simplest bend there is: no exponential, one comparison."""
    agree(
        nn.relu(z),
        np.where(z > 0, z, 0),
        scale=np.abs(z),
        mistakes=lambda: {
            "the minimum is taken, not the maximum": np.minimum(z, 0),
            "the absolute value is taken": np.abs(z),
            "z is returned unchanged": z,
            "the derivative is returned": z > 0,
            "the negative side keeps a slope of 0.01, as in leaky ReLU": np.where(
                z > 0, z, 0.01 * z
            ),
            "the smooth log(1 + exp(z)) is taken": np.logaddexp(0, z),
            "it is cut off at 6": np.clip(z, 0, 6),
        },
        what="relu(z)",
    )


@claim("3.2/relu-derivative", r"\mathrm{ReLU}^\prime(z) = \mathbb 1[z > 0]", states=("relu_grad",))
@of_bands(*BANDS, BEYOND)
@given(z=pre_activations())
def test_relu_derivative(nn, z):
    """A gate: open for what was kept, shut for what was dropped."""
    agree(
        nn.relu_grad(z),
        np.where(z > 0, 1, 0),
        mistakes=lambda: {
            "the gate is always open": np.ones(z.shape),
            "the gate is open on the wrong side": z < 0,
            "the sign of z is taken": np.sign(z),
            "ReLU itself is returned": np.maximum(z, 0),
            "the negative side keeps a slope of 0.01, as in leaky ReLU": np.where(z > 0, 1, 0.01),
        },
        what="relu_grad(z)",
    )


# ### At the kink
#
# At z = 0 there is no derivative: from the left the slope is 0, from the right 1. Any number
# between the two will do for gradient descent, but a choice must be made, and the theory's table
# makes it: z ≤ 0 belongs to the left.


@claim("3.2/relu-derivative-at-zero", r"\mathrm{ReLU}^\prime(0) = 0")
def test_relu_derivative_at_zero_is_zero(nn):
    """A neuron that gives 0 gets no gradient, whether its z was negative or exactly 0."""
    z = np.array([0.0, -0.0])
    agree(
        nn.relu_grad(z),
        np.zeros(2),
        mistakes=lambda: {
            "the gate is open at 0: z >= 0 instead of z > 0": np.ones(2),
            "the mean of the two one-sided slopes is taken": np.full(2, 0.5),
        },
        what="relu_grad(0)",
    )


@claim("3.2/relu-range", r"\mathrm{ReLU}(z) \in [0, \infty)")
def test_relu_is_bounded_below_only(nn):
    """Never negative, and as large as its input: unlike the sigmoid it is no probability."""
    z = np.concatenate([-ANY_SIZE, ANY_SIZE])
    a = sample_of(nn.relu(z), z.shape, "relu(z)")
    assert np.all(a >= 0), f"relu gives {a.min()}, expected nothing below 0"
    assert a.max() >= z.max(), (
        f"relu goes up to {a.max()} only, expected {z.max()}: it has no bound"
    )


@claim("3.2/relu-sparse", r"P(\mathrm{ReLU}(z) = 0) = \frac12")
def test_relu_silences_half_of_symmetric_pre_activations(nn, rng):
    """If -z is as likely as z, half of the neurons give exactly 0: the next layer's sums skip them.

    The sample holds the negative of each of its numbers, so that the half is exact, without chance.
    """
    z = rng.permutation(np.outer([1, -1], rng.normal(size=500)).ravel())
    silent = np.mean(sample_of(nn.relu(z), z.shape, "relu(z)") == 0)
    assert silent == 1 / 2, f"{silent:.1%} of the activations are exactly 0, expected 50 %"


@claim("3.2/relu-does-not-saturate", r"z > 0 \Rightarrow \mathrm{ReLU}^\prime(z) = 1")
def test_relu_slope_stays_one(nn):
    """At z = 10 the sigmoid's slope has shrunk to 0.00005; here it is still 1, as it is at 2⁴⁰."""
    agree(nn.relu_grad(ANY_SIZE), np.ones(ANY_SIZE.shape), what="relu_grad(z)")


# ### Dead neurons
#
# The shut gate has its price. Take one hidden neuron, z = x - 1, and three inputs -1, 0 and 1: z is
# negative, or 0, on each. Whatever the output does wrong, none of it is the hidden neuron's business.

X, Y = np.array([[-1.0], [0.0], [1.0]]), np.array([[5.0], [6.0], [7.0]])
BELOW_ZERO = {
    "W1": np.array([[1.0]]),
    "b1": np.array([[-1.0]]),
    "W2": np.array([[4.0]]),
    "b2": np.array([[0.0]]),
}


def neuron_below_zero(nn, activation: str):
    """A network with one hidden neuron that is nowhere above zero on X, after a forward pass."""
    net = nn.MLP([1, 1, 1], activation=activation, output="identity")
    set_parameters(net, BELOW_ZERO)
    Y_hat = net.forward(X)
    z = sample_of(cached(net, 2)["Z1"], X.shape, "Z1").ravel()
    assert np.all(z <= 0), f"Z1 is {z}, expected x - 1 = {X.ravel() - 1}"
    return net, Y_hat


@claim(
    "3.2/relu-dead-neuron",
    r"z_i \le 0 \ \forall i \Rightarrow \frac{\partial\mathcal L}{\partial\mathbf w} = 0",
)
@pytest.mark.parametrize("name", ["dW1", "db1"])
def test_dead_neuron_gets_no_gradient(nn, name: str):
    """The error reaches its activation and stops there: the slope it would be multiplied by is 0."""
    net, Y_hat = neuron_below_zero(nn, "relu")
    inputs = X if name == "dW1" else np.ones((3, 1))
    agree(
        gradient(net, Y, name),
        np.zeros((1, 1)),
        mistakes=lambda: {
            "the gate of a silent neuron is open": inputs.T @ (Y_hat - Y) * 2 / 3 * BELOW_ZERO["W2"]
        },
        what=name,
    )


@claim("3.2/relu-dead-neuron")
def test_dead_neuron_stays_dead(nn):
    """Without a gradient its weights stand still, so it is as silent after each step as before it."""
    net, _ = neuron_below_zero(nn, "relu")
    for _ in range(5):
        net.train_step(X, Y, 0.1)
    after = get_parameters(net, BELOW_ZERO)
    for name in ("W1", "b1", "W2"):
        agree(after[name], BELOW_ZERO[name], what=f"after five steps {name}")
    assert np.all(after["b2"] > 1), (
        "the output's bias has not learned, though the loss depends on it"
    )


# ## Leaky ReLU


@claim(
    "3.2/leaky-relu",
    r"\mathrm{LeakyReLU}(z) = \begin{cases}z & z > 0\\ \alpha z & z \le 0\end{cases}",
    states=("leaky_relu",),
)
@of_bands(*BANDS, BEYOND, ZERO, alpha=0.05)
@of_bands((1.0, 8.0), alpha=0.0)
@of_bands((1.0, 8.0), alpha=1.0)
@given(z=pre_activations(), alpha=SLOPES)
def test_leaky_relu(nn, z, alpha: float):
    """The identity above zero, a much flatter line below it."""
    agree(
        nn.leaky_relu(z, alpha),
        np.where(z > 0, z, alpha * z),
        scale=np.where(z > 0, z, alpha * np.abs(z)),
        mistakes=lambda: {
            "the negative side is 0, as in ReLU": np.maximum(z, 0),
            "alpha is not used, but 0.01": np.where(z > 0, z, 0.01 * z),
            "alpha scales the positive side": np.where(z > 0, alpha * z, z),
            "alpha scales both sides": alpha * z,
            "alpha itself stands for the negative side, not alpha z": np.where(z > 0, z, alpha),
            "the negative side has the wrong sign": np.where(z > 0, z, -alpha * z),
            "the minimum of z and alpha z is taken, not the maximum": np.minimum(z, alpha * z),
        },
        what="leaky_relu(z, alpha)",
    )


@claim("3.2/leaky-relu", r"0.01 \le \alpha \le 0.1")
def test_leaky_relu_has_a_small_slope_of_its_own(nn):
    """Where no α is given, it is small enough to bend the line and large enough to learn by."""
    (alpha,) = -sample_of(nn.leaky_relu(np.array([-1.0])), (1,), "leaky_relu([-1])")
    assert 0.0099 < alpha < 0.1001, f"alpha is {alpha:.4g} by default, expected 0.01 to 0.1"


@claim(
    "3.2/leaky-relu-derivative",
    r"\mathrm{LeakyReLU}^\prime(z) = \begin{cases}1 & z > 0\\ \alpha & z \le 0\end{cases}",
    states=("leaky_relu_grad",),
)
@of_bands(*BANDS, BEYOND, alpha=0.05)
@of_bands((1.0, 8.0), alpha=0.0)
@given(z=pre_activations(), alpha=SLOPES)
def test_leaky_relu_derivative(nn, z, alpha: float):
    """Never 0: each neuron hears of each sample, if faintly."""
    slope = np.where(z > 0, 1, alpha)
    agree(
        nn.leaky_relu_grad(z, alpha),
        slope,
        scale=slope,
        mistakes=lambda: {
            "the negative side is 0, as in ReLU": z > 0,
            "alpha is not used, but 0.01": np.where(z > 0, 1, 0.01),
            "1 and alpha have changed sides": np.where(z > 0, alpha, 1),
            "the slope is alpha on both sides": np.full(z.shape, alpha),
            "the slope is multiplied by z on the negative side": np.where(z > 0, 1, alpha * z),
            "the slope is multiplied by z on the positive side": np.where(z > 0, z, alpha),
            "the negative side has the wrong sign": np.where(z > 0, 1, -alpha),
            "the gate is always open": np.ones(z.shape),
        },
        what="leaky_relu_grad(z, alpha)",
    )


@claim("3.2/leaky-relu-derivative-at-zero", r"\mathrm{LeakyReLU}^\prime(0) = \alpha")
@given(alpha=SLOPES)
def test_leaky_relu_derivative_at_zero_is_alpha(nn, alpha: float):
    """The same choice: 0 belongs to the left."""
    z = np.array([0.0, -0.0])
    agree(
        nn.leaky_relu_grad(z, alpha),
        np.full(2, alpha),
        mistakes=lambda: {
            "0 is counted as positive: z >= 0 instead of z > 0": np.ones(2),
            "the mean of the two one-sided slopes is taken": np.full(2, (1 + alpha) / 2),
            "the slope at 0 is 0": np.zeros(2),
        },
        what="leaky_relu_grad(0, alpha)",
    )
    left = sample_of(nn.leaky_relu(np.array([-1.0])), (1,), "leaky_relu([-1])")
    agree(nn.leaky_relu_grad(z), np.repeat(-left, 2), what="leaky_relu_grad(0), for leaky_relu(z),")


@claim(
    "3.2/leaky-relu-revives",
    r"\frac{\partial\mathcal L}{\partial z} = \alpha\,\frac{\partial\mathcal L}{\partial a}",
)
def test_leaky_neuron_gets_alpha_times_the_gradient(nn):
    """The same neuron: the gradient at its activation, W[2] times the output's, goes on α times as large."""
    net, _ = neuron_below_zero(nn, "leaky_relu")
    db1, db2 = (sample_of(gradient(net, Y, b), (1, 1), b)[0, 0] for b in ("db1", "db2"))
    alpha = db1 / (BELOW_ZERO["W2"][0, 0] * db2)
    assert 0.0099 < alpha < 0.1001, f"db1 is {alpha + 0:.4g} times W2 db2, expected 0.01 to 0.1"


@claim("3.2/leaky-relu-revives")
def test_leaky_neuron_recovers(nn):
    """One step towards the targets, which are all above the output, and it is active for x = 1."""
    net, _ = neuron_below_zero(nn, "leaky_relu")
    net.train_step(X, Y, 1.0)
    after = get_parameters(net, ["W1", "b1"])
    z = sample_of(X @ after["W1"] + after["b1"], X.shape, "z")
    assert z.max() > 0, f"after one step z is still {z.ravel().round(3)}, expected one above 0"
