"""# 5.3 The gradient as a whole

The equations of the two-layer network have been judged one by one, each on the network's own values.
What is left are laws of the whole: that together they are the derivative of the loss which the
network reports, that they speak of the last batch and of no other, that taking them disturbs nothing,
and that a step goes down along all of them at once.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, by_its_word, claim
from spec.harness.mathematics.backpropagation import (
    judge_last_batch,
    judge_no_trace,
    judge_step,
    slopes,
)
from spec.harness.mathematics.deep_networks import (
    FEW,
    TWO_LAYERS,
    awake_of_every_size,
    one_large_sample,
)
from spec.harness.mathematics.networks import gradients, two_layer_net
from spec.harness.mathematics.strategies import Problem
from spec.harness.subject.proxy import passes_kept

EPS = np.finfo(float).eps
NAMES = ["dW1", "db1", "dW2", "db2"]

# ## The derivative of what is reported
#
# Of 71 published networks that were put to it, 38 fail this test: a factor m, K or 2 stands in the loss
# and not in the gradient, or the other way round. They learn all the same, at another rate than the
# one asked for. The judge is the network's own loss, differenced along a direction in which every
# entry of one parameter moves equally far.


@claim(
    "5.3/gradient-is-the-derivative-of-the-loss",
    r"\langle d\theta, D\rangle \approx \frac{\mathcal L(\theta + hD) - \mathcal L(\theta - hD)}{2h}",
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_gradient_is_the_derivative_of_the_reported_loss(nn, problem: Problem):
    """Whatever constant the loss carries, its gradient carries too."""
    net, X, Y = two_layer_net(nn, problem), problem.X / 4, problem.Y
    for name, promised, slope, apart in slopes(net, X, Y, problem.parameters):
        agree(
            promised,
            slope,
            scale=apart / EPS,
            ulps=1,
            sizes=problem.named_sizes(),
            what=f"the slope of the loss that d{name} promises",
        )


# ## The last batch, and nothing else
#
# A network lives through many batches, the last one of an epoch often smaller than the others. What it
# remembers of one must be gone with the next.


@claim("5.3/last-forward-pass", judges=("TwoLayerNet.backward",))
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_gradient_is_that_of_the_last_forward_pass(nn, problem: Problem):
    """A fresh network that has seen the second batch alone gives the same gradients."""
    judge_last_batch(two_layer_net(nn, problem), two_layer_net(nn, problem), problem)


@claim("5.3/backward-changes-nothing", judges=("TwoLayerNet.backward",))
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_backward_changes_nothing(nn, problem: Problem):
    """It is a question about the loss: asked twice, it has the same answer twice."""
    judge_no_trace(two_layer_net(nn, problem), problem)


@claim("5.3/backward-changes-nothing")
@by_its_word
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_what_was_returned_stays_as_it_is(nn, problem: Problem):
    """Whoever adds up the gradients of several batches keeps each while the next is computed."""
    net, X, Y = two_layer_net(nn, problem), problem.X, problem.Y
    seen = "another pass overwrites what forward or backward returned before"
    assert passes_kept(net, X, Y, -X, Y[::-1]), seen


@claim("5.3/whole-number-batch")
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_a_batch_of_whole_numbers_has_the_same_gradients(nn, problem: Problem):
    """Pixels and one-hot rows often come as integers; what is computed from them are real numbers."""
    net, X, Y = two_layer_net(nn, problem), np.round(problem.X), problem.Y
    net.forward(X)
    expected = gradients(net, Y, NAMES)
    net.forward(X.astype(int))
    actual = gradients(net, Y.astype(int), NAMES)
    for name in NAMES:
        agree(
            actual[name],
            expected[name],
            mistakes=lambda: {"it is cut to whole numbers": np.trunc(expected[name])},
            what=f"{name} of a batch of whole numbers",
        )


# ## One step
#
# Gradient descent moves all parameters at once. The rate here is large on purpose: what a step does in
# the wrong order is of second order in the rate, and invisible at a small one.


@claim(
    "5.3/update", r"\theta \leftarrow \theta - \eta \, d\theta", states=("TwoLayerNet.train_step",)
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_step_goes_down_along_the_gradient(nn, problem: Problem):
    """Biases, too, every gradient taken before any parameter moves; and a second step like the first.

    It is made with one sample, large numbers and a large rate: neither cuts a step short.
    """
    net = two_layer_net(nn, problem)
    after = judge_step(net, problem, 3 / 8)
    judge_step(net, one_large_sample(problem), 16.0, before=after)
