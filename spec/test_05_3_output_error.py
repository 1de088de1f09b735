"""# 5.3 The error of the output

Backpropagation starts at the end: with the gradient of the loss with respect to Z[2], the last thing
computed before the softmax. The softmax has a full Jacobian and the cross-entropy a reciprocal, yet
together they are simple: the logarithm undoes the exponential.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import sigmoid
from spec.harness.mathematics.backpropagation import (
    LOG_EPSILON,
    derivative,
    layer_errors,
)
from spec.harness.mathematics.deep_networks import FEW, TWO_LAYERS, awake_of_every_size
from spec.harness.mathematics.losses import but_for_own_epsilon
from spec.harness.mathematics.networks import cached, gradient, mlp, two_layer_net
from spec.harness.mathematics.strategies import SEEDS, Problem, eighths, problems

EPS = np.finfo(float).eps


def logits_and_labels(seed: int, m: int = 7, K: int = 5) -> tuple[Array, Array, Array]:
    """Logits (m, K), labels (m,) and their one-hot rows."""
    rng = generator(seed)
    labels = rng.integers(0, K, m)
    return eighths(rng, m, K), labels, np.eye(K)[labels]


def softmax_losses(Z: Array, Y: Array) -> Array:
    """The cross-entropy of each row, straight from logits of moderate size."""
    return np.log(np.exp(Z).sum(axis=1)) - np.sum(Y * Z, axis=1)


# ## One sample
#
# What is left of the loss of one sample is its own logit, against a smooth maximum of all of them.


@claim("5.3/per-sample-loss", r"\mathcal L_i = -z_{c_i} + \log\sum_k e^{z_k}")
@FEW
@given(seed=SEEDS)
def test_per_sample_loss_is_the_logit_against_the_smooth_maximum(seed: int):
    """Nothing is divided and nothing underflows: this is the form in which to compute a loss."""
    Z, labels, _ = logits_and_labels(seed)
    probability = (np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))[range(len(Z)), labels]
    log_sum = np.log(np.exp(Z).sum(axis=1))
    agree(
        -np.log(probability),
        log_sum - Z[range(len(Z)), labels],
        scale=np.abs(log_sum) + np.abs(Z).max(),
    )


@claim("5.3/per-sample-loss", r"\mathcal L_i = -z_{c_i} + \log\sum_k e^{z_k}")
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_network_reports_the_per_sample_loss(nn, problem: Problem):
    """For a batch of one there is no mean; a constant inside the logarithm may be up to 1e-7."""
    net, X, Y, K = two_layer_net(nn, problem), problem.X[:1], problem.Y[:1], problem.sizes[-1]
    loss = net.compute_loss(net.forward(X), Y)
    Z = cached(net, 2)["Z2"]
    p = oracle.softmax(Z)
    expected = -np.sum(Y * oracle.log_softmax(Z))
    allowed = 64 * (1 + np.abs(Z).max()) + LOG_EPSILON / np.sum(Y * p) / EPS
    agree(
        loss,
        expected,
        scale=allowed,
        ulps=1,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the sign of the logarithm is missing": -expected,
            "the mean runs over the K classes as well": expected / K,
            "all classes are penalised, not the true one alone": -np.sum(np.log(p)),
            "the logarithm is to base 2": expected / np.log(2),
            "the probability stands there without its logarithm": 1 - np.sum(Y * p),
            "it is the squared error": np.sum((Y - p) ** 2),
        },
        what="the loss of one sample",
    )


@claim(
    "5.3/per-sample-gradient",
    r"\frac{\partial\mathcal L_i}{\partial z_j} = \hat y_{i,j} - y_{i,j}",
)
@FEW
@given(seed=SEEDS)
def test_per_sample_gradient_is_prediction_minus_target(seed: int):
    """The smooth maximum's gradient is the softmax, and the sample's own logit contributes the -1."""
    Z, _, Y = logits_and_labels(seed)
    A = oracle.softmax(Z)
    agree(
        derivative(lambda Z: softmax_losses(Z, Y).sum(), Z),
        A - Y,
        scale=A + Y,
        mistakes=lambda: {"the sign is turned": Y - A, "the true class is not set apart": A},
    )


# ## The batch
#
# Row by row this is the matrix A[2] − Y; divided by m it is the gradient of the loss that section 4.3
# defines. The printed equation has no 1/m, although its ℒ is the mean. That is a convention, and a
# sound one as long as the 1/m comes in later, exactly once.


@claim(
    "5.3/output-gradient",
    r"\frac{\partial\mathcal L}{\partial Z^{[2]}} = A^{[2]} - Y",
    verdict="conditional",
    instead="A - Y is the gradient of the summed loss, row i being that of sample i; of the mean "
    "loss of 4.3 it is (A - Y)/m. The theory carries the 1/m into dW and db instead.",
)
def test_output_gradient_as_printed_is_m_times_that_of_the_mean_loss(rng):
    """Read with the ℒ of 4.3 the equation is off by a factor, and the factor is the batch."""
    for m in (1, 3, 7):
        Z, _, Y = logits_and_labels(int(rng.integers(1000)), m)
        of_the_mean = derivative(lambda Z, Y=Y: softmax_losses(Z, Y).mean(), Z)
        error = oracle.softmax(Z) - Y
        agree(error, m * of_the_mean, scale=1, mistakes=lambda: {"it is no multiple": of_the_mean})
        measured(
            f"(A - Y) over the gradient of the mean loss, m = {m}", np.mean(error / of_the_mean)
        )


@claim(
    "5.3/output-gradient",
    r"\frac{\partial(m\mathcal L)}{\partial Z^{[2]}} = A^{[2]} - Y",
    corrected=True,
    states=("TwoLayerNet.backward",),
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_output_gradient_is_prediction_minus_target(nn, problem: Problem):
    """For a batch of one sample sum and mean are the same, and so are both readings."""
    net, X, Y = two_layer_net(nn, problem), problem.X, problem.Y
    errors = layer_errors(two_layer_net(nn, problem), X, Y, problem.parameters)[2]
    A = net.forward(X)
    agree(
        errors,
        but_for_own_epsilon(net, errors, lambda epsilon: oracle.error(A, Y, "softmax", epsilon)),
        scale=1,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the target is subtracted from the wrong side": Y - A,
            "the target is not subtracted": A,
            "the softmax's derivative is applied once more": (A - Y) * A * (1 - A),
            "only the true class's column is kept": (A - Y) * Y,
            "the derivative of the logarithm alone, -Y/A": -Y / A,
        },
        what="dZ2, one row a sample,",
    )


# ## No coincidence
#
# Logistic regression has the same gradient, and for the same reason. So has linear regression, if
# half the squared error is its loss; with the whole squared error of section 4.3 a factor 2 stays.
# Each of the three outputs is paired with the loss that undoes it.


@claim("5.3/same-as-logistic-regression", r"\frac{\partial\mathcal L_i}{\partial z} = \hat y - y")
@FEW
@given(seed=SEEDS)
def test_each_output_with_its_own_loss_gives_prediction_minus_target(seed: int):
    """Sigmoid with binary cross-entropy, and the identity with half the squared error."""
    z = logits_and_labels(seed, K=1)[0]
    y = generator(seed).integers(0, 2, z.shape)
    sigmoid_losses = derivative(lambda z: np.sum(np.log(1 + np.exp(z)) - y * z), z)
    squared_errors = derivative(lambda z: np.sum((y - z) ** 2), z)
    agree(sigmoid_losses, sigmoid(z) - y, scale=1)
    agree(squared_errors / 2, z - y, mistakes=lambda: {"the whole squared error": squared_errors})


@claim(
    "5.3/same-as-logistic-regression",
    r"\frac{\partial\mathcal L}{\partial\mathbf w} = \frac1m X^\top (\hat{\mathbf y} - \mathbf y)",
    judges=("MLP.backward",),
)
@FEW
@given(problem=problems(depth=1, output="sigmoid"), seed=SEEDS)
def test_a_network_without_hidden_layers_is_a_linear_model(nn, problem: Problem, seed: int):
    """One neuron and a sigmoid are logistic regression, one neuron alone is linear regression."""
    for output, factor in (("sigmoid", 1), ("identity", 2)):
        model = Problem(problem.sizes, problem.m, seed, output)
        net, X, Y, m = mlp(nn, model), model.X, model.Y, model.m
        y_hat = net.forward(X)
        error = factor * (y_hat - Y)
        doubled = error * (y_hat * (1 - y_hat) if output == "sigmoid" else 2)
        found = gradient(net, Y, "dW1")

        def right(epsilon: float) -> Array:
            return X.T @ oracle.error(y_hat, Y, output, epsilon) / m

        agree(
            found,
            but_for_own_epsilon(net, found, right, output),
            scale=np.abs(X).T @ (np.abs(y_hat) + np.abs(Y)) / m,
            sizes=model.named_sizes(),
            mistakes=lambda: {
                "the output's derivative is applied although the loss has undone it": X.T
                @ doubled
                / m,
                "the factor 2 of the squared error is missing": X.T @ (y_hat - Y) / m,
                "the target is subtracted from the wrong side": -X.T @ error / m,
            },
            what="dW1 of a network without hidden layers",
        )
