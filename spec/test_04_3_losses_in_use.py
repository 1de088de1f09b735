"""# 4.3 Losses in use

A formula for a loss is soon written down. In use it meets predictions that are exactly 0 or 1, shapes
that almost fit, and arrays that somebody else still needs; and a network has to report the very loss
whose gradients it descends.
"""

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, arguments_after, claim, refuses
from spec.harness.ground.compare import Array
from spec.harness.ground.outcomes import NotWrittenYet
from spec.harness.mathematics.deep_networks import FEWER
from spec.harness.mathematics.losses import judge_loss, yes_or_no
from spec.harness.mathematics.networks import (
    CLASSIFIERS,
    each_net,
    fresh,
    mlp,
    set_parameters,
)
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import Problem, of_every_size, problems
from spec.harness.subject.proxy import Guarded

EACH = pytest.mark.parametrize("which", range(3), ids=CLASSIFIERS)

# ## Certain predictions
#
# A sigmoid or a softmax rounds to 0 and to 1 long before its logits are extreme, and the logarithm of
# 0 is −∞. If the prediction was wrong, one such sample makes the mean infinite; if it was right,
# 0 · log 0 is NaN. A loss caps what one sample may cost, at some large number.


def costly(loss: object) -> bool:
    """Whether a loss is finite and large; of its sign, another claim is the judge."""
    return bool(10 < np.abs(np.array(loss, float)) < np.inf)


def free(loss: object) -> bool:
    """Whether a loss is 0, but for the number inside its logarithm."""
    return bool(np.abs(np.array(loss, float)) < 1e-6)


@claim("4.3/finite-at-certainty")
def test_binary_cross_entropy_of_certain_predictions(nn):
    """Sure and right costs nothing, sure and wrong costs much, and neither costs NaN."""
    y = np.array([0.0, 1, 0, 1, 1])
    right, wrong = nn.binary_cross_entropy(y, y), nn.binary_cross_entropy(1 - y, y)
    assert free(right), f"the loss of predictions that are 0, 1 and right is {right}"
    assert costly(wrong), f"the loss of predictions that are 0, 1 and wrong is {wrong}"


@claim("4.3/finite-at-certainty")
def test_cross_entropy_of_certain_predictions(nn):
    """The zeros of a one-hot target meet the logarithm of 0 even where the prediction is right."""
    Y = np.eye(3)[[0, 2, 1, 2]]
    right, wrong = nn.cross_entropy(Y, Y), nn.cross_entropy(np.roll(Y, 1, axis=1), Y)
    assert free(right), f"the loss of predictions that are 0, 1 and right is {right}"
    assert costly(wrong), f"the loss of predictions that are 0, 1 and wrong is {wrong}"


# ## Shapes that almost fit
#
# A network's output is a column (m, 1); labels are often a vector (m,). NumPy stretches the two to
# (m, m), every prediction against every label, and the mean of that is a plausible number. A loss
# refuses such a pair, or compares each prediction with its own label.

TERMS = {
    "binary_cross_entropy": lambda p, y: -np.log(np.abs(1 - y - p)),
    "mean_squared_error": lambda p, y: (y - p) ** 2,
}


@claim("4.3/no-silent-broadcast")
@pytest.mark.parametrize("name", TERMS)
@given(batch=yes_or_no())
def test_a_column_against_a_vector(nn, name: str, batch: tuple[Array, Array]):
    """A wrong shape must be loud, or harmless; a wrong loss trains a wrong network."""
    (p, y), term = batch, TERMS[name]
    loss, m = getattr(nn, name), len(p)
    loss(p, y)
    pairs = term(p[:, None], y)
    for first, second in ((p[:, None], y), (p, y[:, None])):
        if not refuses(loss, first, second):
            judge_loss(
                loss(first, second),
                np.mean(term(p, y)),
                lambda: {
                    "every prediction is compared with every label": np.mean(pairs),
                    "every prediction is compared with every label, and added": np.sum(pairs) / m,
                },
                f"{name} of a column and a vector",
                m=m,
            )


@claim("4.3/no-silent-broadcast")
@pytest.mark.parametrize(
    ("name", "output"), [("binary_cross_entropy", "sigmoid"), ("mean_squared_error", "identity")]
)
def test_the_column_of_a_network_against_a_vector(nn, name: str, output: str):
    """A network that has a loss of its own, in place of the one that bears its name, is as careful."""
    x, y = np.array([[0.5], [-1.0], [2.0]]), np.array([1.0, 0, 1])
    with suppress(NotWrittenYet):  # of a network
        net = nn.MLP([1, 1], output=output)
        set_parameters(net, {"W1": np.array([[0.75]]), "b1": np.array([[0.25]])})
        y_hat = net.forward(x)
        if not refuses(net.compute_loss, y_hat, y):
            agree(
                net.compute_loss(y_hat, y),
                sample_of(net.compute_loss(y_hat, y[:, None]), (), "the loss"),
                mistakes=lambda: {
                    "every prediction is compared with every label": np.mean(TERMS[name](y_hat, y)),
                    "every prediction is compared with every label, and added": (
                        np.sum(TERMS[name](y_hat, y)) / 3
                    ),
                },
                what="compute_loss of a column and a vector",
            )


@claim("4.3/changes-no-argument")
@pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy", "mean_squared_error"])
def test_losses_change_no_argument(nn, name: str):
    """Clipping belongs on a copy: the backward pass still needs the probabilities as they were."""
    P = np.array([[0.0, 1], [0.25, 0.75], [1, 0], [1 - 1e-9, 1e-9]])
    batch = [P, np.array([[0.0, 1], [1, 0], [0, 1], [0, 1]])]
    if name == "binary_cross_entropy":
        batch = [array[:, 1] for array in batch]
    left = arguments_after(getattr(nn, name), *batch)
    for title, before, after in zip(("predictions", "targets"), batch, left, strict=True):
        assert np.array_equal(before, after), f"{name} changes its caller's {title} in place"


# ## The loss that a network reports
#
# compute_loss(Ŷ, Y) is the loss that goes with the output activation. It is what the gradients of
# chapter 5 are derivatives of and what a gradient check differentiates, hence no other will do.


def term_of(output: str, Y_hat: Array, Y: Array) -> Array:
    """What each sample contributes to the loss of a network with this output."""
    if output == "softmax":
        return -np.log(Y_hat[Y == 1])
    if output == "sigmoid":
        return -np.log(np.abs(1 - Y - Y_hat)).ravel()
    return np.asarray(((Y - Y_hat) ** 2).sum(axis=1))


def judge_reported(net: Guarded, problem: Problem) -> None:
    """Judge the loss that a network reports of its own output, after a batch of another size."""
    for name, value in problem.parameters.items():  # a quarter: no probability comes near 0 or 1
        set_parameters(net, {name: value / 4})
    m, (X1, Y1) = problem.m, problem.another_batch()
    net.compute_loss(net.forward(X1), Y1)
    Y_hat = net.forward(problem.X)
    with np.errstate(all="ignore"):  # an output of 0 is another claim's business
        terms = term_of(problem.output, np.asarray(Y_hat, float), problem.Y)
    total = terms.sum()

    def mistakes() -> dict[str, float]:
        listed = {
            "the sum over the samples is not divided by m": total,
            "m is that of an earlier batch": total / len(X1),
            "the sum is divided by m twice": total / m**2,
            "it is divided by 2m, not by m": total / (2 * m),
            "the sign is reversed": -total / m,
        }
        if problem.output != "sigmoid":
            listed["the mean is taken over all m K entries"] = total / problem.Y.size
        if problem.output == "sigmoid":
            listed["the term of the answers 0 is left out"] = np.sum(terms * problem.labels) / m
        if problem.output != "identity":
            squares = np.sum((problem.Y - Y_hat) ** 2)
            listed["it is the squared error, whatever the output"] = squares / m
        return listed

    judge_loss(
        net.compute_loss(Y_hat, problem.Y),
        total / m,
        mistakes,
        f"compute_loss for the output {problem.output}",
        **problem.named_sizes(),
    )


@claim(
    "4.3/reported-loss",
    r"\mathcal L = -\frac1m\sum_i\log\hat y_{i,c_i}",
    states=("TwoLayerNet.compute_loss",),
    judges=("*.compute_loss",),
)
@FEWER
@of_every_size
@given(problem=problems())
def test_loss_reported_by_a_two_layer_network(nn, problem: Problem):
    """Softmax and cross-entropy belong together; m is the number of rows of this very batch."""
    for net, model in each_net(nn, problem):
        judge_reported(net, model)


@claim("4.3/reported-loss")
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
@given(two_layers=problems())
def test_loss_reported_by_any_network(nn, output: str, two_layers: Problem):
    """The name of the output names the loss, too: the two are a pair."""
    n, hidden, K = two_layers.sizes
    widths = (n, hidden, 1 if output == "sigmoid" else K)
    problem = Problem(widths, two_layers.m, two_layers.seed, output)
    judge_reported(nn.MLP(list(widths), output=output), problem)


@claim("4.3/reported-loss")
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
@given(two_layers=problems())
def test_loss_reported_of_any_predictions(nn, output: str, two_layers: Problem):
    """Ŷ is an argument: what the network itself said last, for other samples here, has no say.

    By turns Ŷ is a part of a batch: the mean is over its rows, however many went through last.
    """
    K = 1 if output == "sigmoid" else two_layers.sizes[-1]
    problem = Problem((*two_layers.sizes[:2], K), two_layers.m, two_layers.seed, output)
    net = mlp(nn, problem)
    set_parameters(net, {n: v / 4 for n, v in problem.parameters.items()})
    Y_hat = net.forward(problem.X)
    earlier = net.forward(-problem.X)
    part = slice(problem.seed % 2, None)
    terms, others = (term_of(output, each, problem.Y)[part] for each in (Y_hat, earlier))
    judge_loss(
        net.compute_loss(Y_hat[part], problem.Y[part]),
        np.mean(terms),
        lambda: {
            "it is the loss of what the network said last": np.mean(others),
            "m is that of the last forward pass": np.sum(terms) / problem.m,
        },
        "compute_loss(Y_hat, Y)",
    )


# Two logits 800 apart give a probability that is 0 in floating point. The truth is a loss of 800 for
# that sample; a capped logarithm says less, but says it in finite numbers.


def with_logits(nn, which: int, logits: list[float]) -> Guarded:
    """One of the `fresh` networks for one input, two classes and, whatever comes in, these logits."""
    net, sizes = fresh(nn, which, (1, 1, 2))
    theta = {}
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        theta |= {f"W{l}": np.zeros((n_in, n_out)), f"b{l}": np.zeros((1, n_out))}
    set_parameters(net, theta | {f"b{len(sizes) - 1}": np.array([logits])})
    return net


@claim("4.3/finite-at-certainty")
@EACH
def test_reported_loss_where_a_softmax_underflows(nn, which: int):
    """One hopeless sample must not turn the loss of a whole batch into infinity."""
    net, one = with_logits(nn, which, [-800.0, 0]), np.ones((1, 1))
    loss = net.compute_loss(net.forward(one), np.array([[1.0, 0]]))
    assert costly(loss), f"the loss is {loss} where the true class is 800 below the other"


@claim("4.3/finite-at-certainty")
@EACH
def test_loss_of_a_step_where_a_softmax_underflows(nn, which: int):
    """A step may take its loss from the logits, whose maximum is to be subtracted there as well."""
    net = with_logits(nn, which, [0, 800.0])
    loss = net.train_step(np.ones((1, 1)), np.array([[1.0, 0]]), 0.1)
    assert costly(loss), f"the loss is {loss} where the true class is 800 below the other"


@claim("4.3/finite-at-certainty")
def test_reported_loss_where_a_sigmoid_underflows(nn):
    """exp(−800) is 0 as well, and 1 − 1 on the other side."""
    net = nn.MLP([1, 1], output="sigmoid")
    set_parameters(net, {"W1": np.array([[-800.0]]), "b1": np.zeros((1, 1))})
    loss = net.compute_loss(net.forward(np.array([[1.0], [-1]])), np.array([[1.0], [0]]))
    assert costly(loss), f"the loss is {loss} for logits of −800 and 800 that are both wrong"
