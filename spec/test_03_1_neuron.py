"""# 3.1 The neuron

A neuron weighs its inputs, adds a bias and passes the sum through a function: z = wᵀx + b, then a =
σ(z). The number z is its *pre-activation*, a its *activation*. What it can learn is w and b; what
makes it more than a linear model is σ.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, claim
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS, sigmoid
from spec.harness.mathematics.losses import but_for_own_epsilon
from spec.harness.mathematics.networks import get_parameters, gradient, mlp, set_parameters
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import (
    SEEDS,
    Problem,
    at_sizes,
    eighths,
    odd_fractions,
    problems,
    sizes,
)


@claim("3.1/neuron", r"a = \sigma(\mathbf w^\top\mathbf x + b) = \sigma(z)", states=("neuron",))
@at_sizes("n", (1,), (2,), (65,))
@given(n=sizes(1), seed=SEEDS)
def test_neuron_is_its_activation_of_a_weighted_sum(nn, n: tuple[int], seed: int):
    """The sum comes first and σ last, so one number leaves the neuron however many enter."""
    rng = generator(seed)
    some, weights, b = eighths(rng, *n), eighths(rng, *n) / 4, odd_fractions(rng, 1 / 64, 1)[0]
    whole, relu = some.astype(int), ACTIVATIONS["relu"].function
    for x, w, sigma in ((some, weights, sigmoid), (whole, 40 * weights, relu)):
        z = w @ x + b
        agree(
            nn.neuron(x, w, b, sigma),
            sigma(z),
            scale=1 + np.abs(w) @ np.abs(x) + abs(b),  # the slope of either σ is at most 1
            mistakes=lambda: {
                "the activation is left out": z,
                "the bias is left out": sigma(w @ x),
                "the bias is subtracted": sigma(w @ x - b),
                "the bias is added once for each input": sigma(w @ x + x.size * b),
                "the bias is added after the activation": sigma(w @ x) + b,
                "each product is activated by itself, before the sum": np.sum(sigma(w * x)) + b,
                "the products are not summed": sigma(w * x + b),
                "the products are cut to whole numbers, the type of x": (
                    sigma(np.trunc(w * x).sum() + b)
                ),
                "the activation is applied twice": sigma(sigma(z)),
            },
            what="a",
        )


# ## One neuron is logistic regression
#
# Take σ to be the sigmoid and the loss to be the binary cross-entropy, and nothing is left to tell
# the neuron from logistic regression: not its prediction σ(wᵀx + b), not its gradient, a mean over
# the samples of (prediction - label) times input, and not the weights at which training ends. A
# network of the widths [n, 1] with a sigmoid output is such a neuron.


@claim("3.1/logistic-regression", r"\hat y = \sigma(\mathbf w^\top\mathbf x + b)")
@given(problem=problems(depth=1, output="sigmoid"))
def test_one_sigmoid_neuron_predicts_as_logistic_regression_does(nn, problem: Problem):
    """With no hidden layer there is no hidden activation: the sigmoid sees the weighted sum itself."""
    X, W, b = problem.X, problem.parameters["W1"], problem.parameters["b1"]
    Z = X @ W + b
    agree(
        mlp(nn, problem).forward(X),
        sigmoid(Z),
        scale=1 + np.abs(X) @ np.abs(W) + np.abs(b),
        mistakes=lambda: {
            "the hidden layers' ReLU comes before the sigmoid": sigmoid(np.maximum(Z, 0)),
            "the sigmoid is left out": Z,
            "a softmax of one number, which is always 1, is taken": np.ones(Z.shape),
            "the bias is left out": sigmoid(X @ W),
        },
        what="the prediction",
    )


@claim(
    "3.1/logistic-regression",
    r"\frac{\partial\mathcal L}{\partial\mathbf w} = \frac1m X^\top(\hat{\mathbf y} - \mathbf y)",
)
@pytest.mark.parametrize("name", ["dW1", "db1"])
@given(problem=problems(depth=1, output="sigmoid"))
def test_one_sigmoid_neuron_learns_as_logistic_regression_does(nn, problem: Problem, name: str):
    """The sigmoid's slope cancels against the loss: what is left is the error, weighed by the input.

    The bias is the weight of an input that is always 1.
    """
    net, m = mlp(nn, problem), problem.m
    A = sample_of(net.forward(problem.X), (m, 1), "the prediction")
    error, found = A - problem.Y, gradient(net, problem.Y, name)
    inputs = problem.X if name == "dW1" else np.ones((m, 1))

    def right(epsilon: float) -> Array:
        return inputs.T @ oracle.error(A, problem.Y, "sigmoid", epsilon) / m

    agree(
        found,
        but_for_own_epsilon(net, found, right, "sigmoid"),
        scale=np.abs(inputs).T @ (A + problem.Y) / m,
        sizes={"m": m, "n": problem.sizes[0]},
        mistakes=lambda: {
            "the mean over the m samples is missing": inputs.T @ error,
            "the mean over the m samples is taken twice": inputs.T @ error / m**2,
            "the target is subtracted from the wrong side": -inputs.T @ error / m,
            "the sigmoid's slope is multiplied in once more": inputs.T @ (error * A * (1 - A)) / m,
            "the factor 2 of a squared error is there": 2 * inputs.T @ error / m,
        },
        what=name,
    )


@claim("3.1/logistic-regression")
def test_trained_sigmoid_neuron_has_the_coefficients_of_logistic_regression(nn):
    """The loss is convex with one minimum, so gradient descent ends where scikit-learn's solver does.

    On the corners of a cube the inputs are uncorrelated and the slope of the sigmoid is near 1/4:
    a rate of 4 is nearly a Newton step, and each step leaves a fifth of the error.
    """
    from sklearn.linear_model import LogisticRegression

    corners = np.array(list(itertools.product([-1.0, 1.0], repeat=3)))
    positive = np.array([1, 1, 2, 1, 2, 3, 2, 3])  # of the 4 samples at each corner: not separable
    X, labels = np.repeat(corners, 4, axis=0), (np.arange(4) < positive[:, None]).ravel()
    judge = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(X, labels)
    net = nn.MLP([3, 1], output="sigmoid")
    set_parameters(net, {"W1": np.zeros((3, 1)), "b1": np.zeros((1, 1))})
    for _ in range(20):
        net.train_step(X, labels.reshape(-1, 1).astype(float), 4.0)
    theta = get_parameters(net, ["W1", "b1"])
    found = np.append(theta["W1"], theta["b1"])
    expected = np.append(judge.coef_, judge.intercept_)
    assert np.abs(found - expected).max() < 1e-5, (
        f"training ends at weights and bias {found.round(5)}, scikit-learn's at {expected.round(5)}"
    )
