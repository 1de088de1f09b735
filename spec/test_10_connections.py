"""# 10 Connections

A network is new in one thing, its gradient. The rest of the course meets it from all sides: the
optimisers take its gradient as they took any other, its smallest case is linear regression, its loss
is a likelihood, and its widest case is a Gaussian process.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, chance, claim, measured
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import sampling
from spec.harness.mathematics.networks import gradients, row, train_steps, two_layer_net
from spec.harness.mathematics.strategies import (
    SEEDS,
    Problem,
    always,
    eighths,
    of_every_size,
    problems,
)

# ## Optimisers, unchanged
#
# An optimiser is told a parameter θ and its gradient g, and not what g is the gradient of. It has no
# batch to average over, no sign to mend, no shape to choose: backpropagation has done all that.

PARAMETERS = ("W1", "b1", "W2", "b2")


@claim(
    "10/optimisers-unchanged",
    r"\theta \leftarrow \theta - \eta\,\frac{\partial\mathcal L}{\partial\theta}",
    states=("sgd",),
)
@always(problem=lambda: Problem((1, 1, 2), 3, 0), lr=lambda: 3 / 8)
@always(problem=lambda: Problem((2, 1, 2), 3, 0), lr=lambda: 0.0)
@given(problem=problems(), lr=st.sampled_from([3 / 8, 2.0]))
def test_gradient_descent_takes_the_gradient_as_it_is(nn, problem, lr):
    """A matrix, a row of biases or a vector, small or large: minus η times what backward returned."""
    net = two_layer_net(nn, problem)
    net.forward(problem.X)
    for name, g in gradients(net, problem.Y, [f"d{name}" for name in PARAMETERS]).items():
        theta = problem.parameters[name[1:]]
        if name == "dW1":
            g = 1024 * g
        if name == "db1":
            theta, g = theta[0], g[0]
        agree(
            nn.sgd(theta, g, lr),
            theta - lr * g,
            scale=np.abs(theta) + lr * np.abs(g),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the step goes up the gradient": theta + lr * g,
                "the learning rate is left out": theta - g,
                "the step is returned, not the parameter after it": -lr * g,
                "the gradient is divided by its number of rows": theta - lr * g / len(g),
                "every row moves by the mean of the gradient's rows": theta - lr * g.mean(axis=0),
                "the gradient is scaled to length 1": theta - lr * g / np.linalg.norm(g),
            },
            what=name[1:],
        )


@claim("10/optimisers-unchanged")
@of_every_size
@given(problem=problems())
def test_all_rules_begin_downhill(nn, problem):
    """With nothing to remember yet, each entry moves against its own gradient, whatever the rule."""
    net, lr = two_layer_net(nn, problem), 0.125
    net.forward(problem.X)
    g, theta = gradients(net, problem.Y, ["dW2"])["dW2"], problem.parameters["W2"]
    felt = np.abs(g) > 1e-4  # enough to outweigh rounding, and the epsilon of Adam
    for name in ("momentum", "adam"):
        after, _ = getattr(nn, name)(theta, g, None, lr)
        against = (np.sign(theta - after) == np.sign(g))[felt]
        assert against.all(), (
            f"the first step of {name} goes against the gradient in each entry; "
            f"yours does so in {against.sum()} of {against.size}"
        )


# ## Linear regression is a network
#
# One layer, one output, nothing bent, and the mean squared error: this network is linear regression,
# and its loss is a bowl with the least-squares solution at the bottom. At the rate 1/λ, with λ the
# largest curvature, each step leaves at most a share 1 - 1/κ of the distance, κ being the condition.


@claim(
    "10/linear-regression",
    r"W, b \to \operatorname{argmin} \tfrac1m \lVert XW + b - \mathbf y \rVert^2",
)
def test_a_neuron_without_activation_learns_least_squares(nn, rng):
    """The closed form and the network agree, although neither knows of the other."""
    X, m = eighths(rng, 64, 3) + 0.5, 64
    y = X @ np.array([[1.0], [-2.0], [0.5]]) + 3 + eighths(rng, m, 1)
    design = np.column_stack([X, np.ones(m)])
    best = np.linalg.lstsq(design, y, rcond=None)[0]
    curvature = np.linalg.eigvalsh(2 * design.T @ design / m)
    kappa = curvature[-1] / curvature[0]
    net = nn.MLP([3, 1], output="identity")
    n = int(50 * kappa)  # they leave exp(-50) of the error, and rounding exp(-36)
    train_steps(net, n, X, y, 1 / curvature[-1])
    by_origin = np.linalg.lstsq(X, y, rcond=None)[0]
    options = {"scale": np.abs(best).max(), "ulps": 64 * kappa}
    agree(
        net.W1,
        best[:-1],
        mistakes=lambda: {"the bias has no part in it": by_origin},
        what="W1",
        **options,
    )
    agree(
        row(net.b1),
        best[-1:],
        mistakes=lambda: {"the bias has no part in it": [[0]]},
        what="b1",
        **options,
    )


# ## Squared error is a Gaussian likelihood
#
# Say that each target is the prediction plus normal noise of variance σ². The mean of -log p is then
# the mean squared error over 2σ², and log(σ√2π) besides, which no weight can change.


@claim(
    "10/mse-is-gaussian-nll",
    r"-\frac1m\sum_i \log p(y_i) = \frac{\mathrm{MSE}}{2\sigma^2} + \log(\sigma\sqrt{2\pi})",
)
@given(m=st.sampled_from([3, 5, 7]), sigma=st.sampled_from([0.25, 1.0, 3.0]), seed=SEEDS)
def test_squared_error_is_a_gaussian_log_likelihood(nn, m, sigma, seed):
    """To minimise the one is to maximise the other, for whatever σ."""
    rng = generator(seed, m)
    y, y_hat = eighths(rng, m, 1), eighths(rng, m, 1) + 1 / 16
    error, constant = y - y_hat, np.log(sigma * np.sqrt(2 * np.pi))
    density = np.exp(-((error / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    agree(
        nn.mean_squared_error(y_hat, y),
        2 * sigma**2 * (-np.log(density).mean() - constant),
        scale=np.mean(error**2) + 2 * sigma**2 * abs(constant),
        sizes={"m": m},
        mistakes=lambda: {
            "it is halved": np.mean(error**2) / 2,
            "the errors are summed over the samples": np.sum(error**2),
            "the root is taken": np.sqrt(np.mean(error**2)),
            "the errors are not squared": np.mean(np.abs(error)),
            "the mean error is squared, not the error": np.mean(error) ** 2,
        },
        what="the mean squared error",
    )


# ## A wide network is a Gaussian process
#
# Draw a network at random: H hidden ReLUs relu(w·x) with w ~ N(0, I), and ŷ(x) = Σ vⱼ relu(wⱼ·x) with
# vⱼ ~ N(0, 1/H). Its outputs at x and y then have the covariance E relu(w·x) relu(w·y), at any width.
# This is the arc-cosine kernel (Cho and Saul 2009): with θ the angle between x and y,
#
#     K(x, y) = ‖x‖ ‖y‖ (sin θ + (π - θ) cos θ) / 2π.
#
# What the width brings is the bell (Neal 1996). Given the hidden layer, ŷ(x) is normal, and its variance
# S is the mean of H squares. So the excess kurtosis of ŷ(x) is 3 Var S / (E S)², which for ReLU is 15/H.
#
# Rates of false alarm are stated here with a margin, of a factor of about 5 at most, over those of the normal
# law that the means are judged by: products and squares have longer tails on one side.


def kernel(X: np.ndarray) -> np.ndarray:
    """The arc-cosine kernel between all rows of X."""
    lengths = np.linalg.norm(X, axis=1)
    products = np.outer(lengths, lengths)
    theta = np.arccos(np.clip(X @ X.T / products, -1, 1))
    return products * (np.sin(theta) + (np.pi - theta) * np.cos(theta)) / (2 * np.pi)


@claim(
    "10/infinite-width-gp",
    r"\mathbb E\,\mathrm{relu}(\mathbf w^\top\mathbf x)\,\mathrm{relu}(\mathbf w^\top\mathbf y)"
    r" = \lVert\mathbf x\rVert \lVert\mathbf y\rVert"
    r" \frac{\sin\theta + (\pi - \theta)\cos\theta}{2\pi}",
)
@chance(false_alarms=8e-9, detects={"a kernel off by {:.0%} at any of four angles": 0.1})
def test_the_covariance_is_the_arc_cosine_kernel(rng):
    """From x = y, where half the square survives, to an obtuse angle, where little does."""
    w = rng.normal(size=(2, 2**17))
    for theta in (0, np.pi / 3, np.pi / 2, 2 * np.pi / 3):
        pair = np.array([[1.0, 0.0], [np.cos(theta), np.sin(theta)]])
        cos, rest = np.cos(theta), np.pi - theta
        square = (3 * np.sin(theta) * cos + rest * (1 + 2 * cos**2)) / (2 * np.pi)
        K = kernel(pair)[0, 1]
        at_x, at_y = np.maximum(0, pair @ w)
        sampling.mean_is(at_x * at_y, K, np.sqrt(square - K**2), false_alarm=1e-9)


def excess_kurtosis(H: int) -> float:
    """The excess kurtosis of an output of a network with H hidden ReLUs."""
    return 15 / H


@claim("10/infinite-width-gp", r"\kappa - 3 = \frac{15}{H}")
@chance(false_alarms=1.3e-8, detects={"a kurtosis off by {:.0%} at any of three widths": 0.17})
def test_excess_kurtosis_falls_as_one_over_the_width(rng):
    """relu(z)² has mean 1/2, variance 5/4 and fourth cumulant 279/8: S shares them among H neurons.

    The excess kurtosis is 12 times the variance of S, for 3 / (E S)² is 12.
    """
    for H in (4, 16, 64):
        z = rng.normal(size=(2**19 // H, H))
        S = np.mean(np.maximum(0, z) ** 2, axis=1)
        spread = (S - 1 / 2) ** 2
        deviation = np.sqrt(279 / 8 / H**3 + 2 * (5 / 4 / H) ** 2)
        sampling.mean_is(spread, excess_kurtosis(H) / 12, deviation, false_alarm=1e-9)
        measured(
            f"excess kurtosis times width, at width {H}", 3 * spread.mean() / S.mean() ** 2 * H
        )


def whitened_outputs(rng: np.random.Generator, H: int, n: int) -> np.ndarray:
    """The outputs (n, 3, 1) of n networks at three inputs, freed of the covariance that the kernel gives."""
    X = np.array([[1.0, 0.0], [1.0, 1.0], [-0.5, 2.0]])
    hidden = np.maximum(0, X @ rng.normal(size=(n, 2, H)))
    outputs = hidden @ rng.normal(0, np.sqrt(1 / H), (n, H, 1))
    return np.linalg.solve(np.linalg.cholesky(kernel(X)), outputs)


@claim(
    "10/infinite-width-gp",
    r"(\hat y(\mathbf x_1), \ldots, \hat y(\mathbf x_n)) \to \mathcal N(0, K)",
)
@chance(false_alarms=8e-9, detects={sampling.VARIANCE: 0.19, sampling.GAP: 0.063})
def test_a_wide_network_is_jointly_normal(rng):
    """Whitened by the kernel, outputs at three inputs are standard normal numbers."""
    from scipy.stats import norm

    white = whitened_outputs(rng, 256, 2048)
    sampling.variance_is(white, 1, false_alarm=1e-9, what="the whitened output")
    sampling.distribution_is(white, norm(), false_alarm=1e-9, what="the whitened output")
