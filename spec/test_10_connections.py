"""# 10 Connections

A network is new in one thing, its gradient. The rest of the course meets it from all sides: the
optimisers take its gradient as they took any other, its smallest case is linear regression, its loss
is a likelihood, and its widest case is a Gaussian process.
"""

from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, arguments_after, chance, claim, measured, sampling
from spec.harness.networks import gradients, row, train_steps, two_layer_net
from spec.harness.strategies import SEEDS, eighths, odd_fractions, problems, sizes

# ## Optimisers, unchanged
#
# An optimiser is told a parameter θ and its gradient g, and not what g is the gradient of. It has no
# batch to average over, no sign to mend, no shape to choose: backpropagation has done all that.

PARAMETERS = ("W1", "b1", "W2", "b2")


@claim(
    "10/optimisers-unchanged",
    r"\theta \leftarrow \theta - \eta\,\frac{\partial\mathcal L}{\partial\theta}",
)
@given(problem=problems(), lr=st.sampled_from([0.5, 2.0]))
def test_gradient_descent_takes_the_gradient_as_it_is(nn, problem, lr):
    """A matrix or a row of biases, whatever it belongs to: minus η times what backward returned."""
    net = two_layer_net(nn, problem)
    net.forward(problem.X)
    for name, g in gradients(net, problem.Y, [f"d{name}" for name in PARAMETERS]).items():
        theta = problem.parameters[name[1:]]
        agree(
            nn.sgd(theta, g, lr),
            theta - lr * g,
            scale=np.abs(theta) + lr * np.abs(g),
            sizes=problem.named_sizes(),
            mistakes={
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


# ### What they remember
#
# Momentum (Polyak 1964) steps along a velocity, a sum of past gradients that fades by β at each step.
# Adam (Kingma and Ba 2015) divides a fading mean of the gradients by the root of a fading mean of their
# squares. Both means start at 0, and after t steps have gathered only the share 1 - βᵗ of a whole one:
# dividing by that share corrects the bias. What comes back besides θ is handed in again at the next
# step, and is nobody else's business.


@st.composite
def histories(draw: st.DrawFn, unit: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A parameter (n, k), and the gradients (5, n, k) of five steps, some much larger than others.

    The first entry has gradient 0 throughout, as behind a dead neuron; no other is ever 0.
    """
    n, k = draw(sizes(2))
    rng = np.random.default_rng([draw(SEEDS), n, k])
    g = odd_fractions(rng, 1 / 8, 5, n, k) * unit * rng.permutation([1, 1, 2, 4, 8])[:, None, None]
    g[:, 0, 0] = 0.0
    return odd_fractions(rng, 1 / 8, n, k), g


def fading(values: np.ndarray, beta: float) -> np.ndarray:
    """Σ β^(t - s) values[s] over all steps s up to the last, t."""
    return np.tensordot(beta ** np.arange(len(values))[::-1], values, axes=1)


@claim("10/momentum", r"v \leftarrow \beta v + g,\quad \theta \leftarrow \theta - \eta v")
@given(history=histories())
def test_momentum(nn, history):
    """A gradient that stays the same is soon felt 1 / (1 - β) times: ten times at the usual 0.9."""
    lr = 0.125
    for options, beta in (((), 0.9), ((0.5,), 0.5)):
        (theta, g), velocity = history, None
        for t in range(1, 6):
            before, past = theta, g[:t]
            theta, velocity = nn.momentum(theta, past[-1], velocity, lr, *options)
            agree(
                theta,
                before - lr * fading(past, beta),
                scale=np.abs(before) + lr * fading(np.abs(past), beta),
                mistakes={
                    cause: before - lr * v for cause, v in wrong_velocities(past, beta, lr).items()
                },
                what=f"theta after step {t}",
            )


def wrong_velocities(g: np.ndarray, beta: float, lr: float) -> dict[str, np.ndarray]:
    """What a parameter moves along, times the rate, if momentum goes wrong in a known way."""
    v = fading(g, beta)
    return {
        "the step goes up the velocity": -v,
        "the velocity is not kept from step to step": g[-1],
        "the velocity does not fade": fading(g, 1.0),
        "each new gradient is subtracted": reduce(lambda v, new: beta * v - new, g),
        "the new gradient is multiplied by 1 - beta": (1 - beta) * v,
        "the gradients after the first are multiplied by 1 - beta": (
            (1 - beta) * v + beta ** len(g) * g[0]
        ),
        "the new gradient is multiplied by beta": beta * v,
        "beta is 0.9, whatever was asked for": fading(g, 0.9),
        "the step looks ahead, as Nesterov's does": g[-1] + beta * v,
        "the step is taken along the previous velocity": (v - g[-1]) / beta,
        "the learning rate enters twice": lr * v,
        "the learning rate is left out": v / lr,
    }


def adam_direction(
    g: np.ndarray, beta1: float, beta2: float, t1: float, t2: float, power: float = 0.5
) -> np.ndarray:
    """What Adam steps along after the gradients g, its biases corrected as after t1 and t2 steps."""
    m = (1 - beta1) * fading(g, beta1) / (1 - beta1**t1)
    v = (1 - beta2) * fading(g**2, beta2) / (1 - beta2**t2)
    return m / (v**power + 1e-8)


@claim(
    "10/adam",
    r"\theta \leftarrow \theta - \eta\,\hat m / (\sqrt{\hat v} + \epsilon),\quad"
    r" \hat m = \frac{m}{1-\beta_1^t},\ \hat v = \frac{v}{1-\beta_2^t}",
)
@given(history=histories(unit=2.0**32))
def test_adam(nn, history):
    """Steps of about η at any scale of g: one so large that ε has no say, and 0, where nothing moves."""
    for options in ((), (0.125, 0.25, 0.375)):
        lr, *betas = options or (0.001, 0.9, 0.999)
        (theta, g), state = history, None
        for t in range(1, 6):
            before, past = theta, g[:t]
            theta, state = nn.adam(theta, past[-1], state, *options)
            agree(
                theta,
                before - lr * adam_direction(past, *betas, t, t),
                scale=np.abs(before) + 2 * lr,  # no entry of the direction is larger
                mistakes={
                    cause: before - lr * u
                    for cause, u in wrong_directions(past, *betas, lr).items()
                },
                what=f"theta after step {t}",
            )


def wrong_directions(g: np.ndarray, beta1: float, beta2: float, lr: float) -> dict[str, np.ndarray]:
    """What a parameter moves along, times the rate, if Adam goes wrong in a known way."""
    t, never, betas = len(g), np.inf, (beta1, beta2)
    right = adam_direction(g, *betas, t, t)
    return {
        "the step goes up the gradient": -right,
        "the biases are not corrected": adam_direction(g, *betas, never, never),
        "only the mean's bias is corrected": adam_direction(g, *betas, t, never),
        "only the mean square's bias is corrected": adam_direction(g, *betas, never, t),
        "t stays 1 in the correction": adam_direction(g, *betas, 1, 1),
        "t is one step ahead in the correction": adam_direction(g, *betas, t + 1, t + 1),
        "the state is not kept from step to step": adam_direction(g[-1:], *betas, 1, 1),
        "beta1 and beta2 are exchanged": adam_direction(g, beta2, beta1, t, t),
        "the betas are 0.9 and 0.999, whatever was asked for": adam_direction(g, 0.9, 0.999, t, t),
        "the square root is left out": adam_direction(g, *betas, t, t, power=1),
        "the gradient takes the place of its mean": adam_direction(g, 0.0, beta2, t, t),
        "the learning rate is left out": right / lr,
    }


@claim("10/adam", r"\lvert\hat m\rvert / (\sqrt{\hat v} + \epsilon) < 1")
def test_epsilon_shortens_the_steps_of_adam(nn):
    """A gradient no larger than some ε is noise around a minimum: it must not make a whole step of η."""
    g = 2.0**-25 * np.array([[1.0, -1, 1], [-1, 1, -1]])
    theta, _ = nn.adam(np.zeros(g.shape), g, None, 0.125)
    share = -theta / (0.125 * np.sign(g))
    assert np.all((share > 0) & (share < 0.99)), f"it makes {share.max():.3g} of a step of the rate"


@claim("10/memory-of-one-parameter")
def test_parameters_trained_in_turn_do_not_meet(nn, rng):
    """A velocity in a global, or one counter of steps for all, would mix the layers of a network."""
    starts, history = eighths(rng, 2, 3, 5), odd_fractions(rng, 1 / 8, 4, 2, 3, 5)

    def trained(rule, *which):
        thetas, memories = {i: starts[i] for i in which}, dict.fromkeys(which)
        for g in history:
            for i in which:
                thetas[i], memories[i] = rule(thetas[i], g[i], memories[i], 0.125)
        return thetas

    for name in ("momentum", "adam"):
        rule = getattr(nn, name)
        alone = trained(rule, 0) | trained(rule, 1)
        for i, theta in trained(rule, 0, 1).items():
            assert np.array_equal(theta, alone[i]), (
                f"{name} takes parameter {i + 1} elsewhere when another one is trained in turn with it"
            )


@claim("10/arguments-untouched")
def test_a_step_returns_the_new_and_keeps_the_old(nn, rng):
    """Whoever keeps θ or g, to compare or to try another rate, finds them as they were."""
    theta, g = eighths(rng, 3, 5), odd_fractions(rng, 1 / 8, 3, 5)
    calls = [("sgd", (0.5,))]
    for name in ("momentum", "adam"):
        _, memory = getattr(nn, name)(theta, g, None, 0.5)
        calls.append((name, (memory, 0.5)))
    for name, others in calls:
        after = arguments_after(getattr(nn, name), theta, g, *others)
        assert np.array_equal(theta, after[0]), f"{name} changes the parameter it is given in place"
        assert np.array_equal(g, after[1]), f"{name} changes the gradient it is given in place"


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
    n = int(80 * kappa)  # half of these steps leave exp(-40), less than rounding does
    train_steps(net, n, X, y, 1 / curvature[-1])
    by_origin = np.linalg.lstsq(X, y, rcond=None)[0]
    options = {"scale": np.abs(best).max(), "ulps": 64 * kappa}
    agree(
        net.W1, best[:-1], mistakes={"the bias has no part in it": by_origin}, what="W1", **options
    )
    agree(
        row(net.b1), best[-1:], mistakes={"the bias has no part in it": [[0]]}, what="b1", **options
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
    rng = np.random.default_rng([seed, m])
    y, y_hat = eighths(rng, m, 1), eighths(rng, m, 1) + 1 / 16
    error, constant = y - y_hat, np.log(sigma * np.sqrt(2 * np.pi))
    density = np.exp(-((error / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    agree(
        nn.mean_squared_error(y_hat, y),
        2 * sigma**2 * (-np.log(density).mean() - constant),
        scale=np.mean(error**2) + 2 * sigma**2 * abs(constant),
        sizes={"m": m},
        mistakes={
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
