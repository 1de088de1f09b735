"""# 4.2 Forward pass in matrix form

A network with one hidden layer is four equations:

    Z[1] = X W[1] + b[1]       A[1] = ReLU(Z[1])
    Z[2] = A[1] W[2] + b[2]    A[2] = softmax(Z[2])

Each is judged by itself, on the values that the network caches: a slip in the first leaves the other
three standing.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, arguments_after, by_its_word, claim, refuses
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.activations import sigmoid
from spec.harness.mathematics.deep_networks import FEWER
from spec.harness.mathematics.networks import (
    CLASSIFIERS,
    cached,
    each_net,
    fresh,
    get_parameters,
    set_parameters,
    two_layer_net,
)
from spec.harness.mathematics.oracle import forward, softmax
from spec.harness.mathematics.strategies import Problem, of_every_size, problems
from spec.harness.subject.proxy import kept

# ## Four equations


def values_of(nn, problem: Problem) -> dict[str, Array]:
    """What a network caches as the batch goes through, and its own parameters, by name."""
    net = two_layer_net(nn, problem)
    net.forward(problem.X)
    return cached(net, 2) | get_parameters(net, problem.parameters)


@claim(
    "4.2/hidden-pre-activation",
    r"Z^{[1]} = XW^{[1]} + \mathbf b^{[1]}",
    states=("TwoLayerNet.forward",),
)
@of_every_size
@given(problem=problems())
def test_hidden_pre_activation(nn, problem: Problem):
    """Row i of X meets column j of W in one product: sample i's view of neuron j."""
    v = values_of(nn, problem)
    X, W, b = problem.X, v["W1"], v["b1"]
    agree(
        v["Z1"],
        X @ W + b,
        scale=np.abs(X) @ np.abs(W) + np.abs(b),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the bias is left out": X @ W,
            "the bias is subtracted": X @ W - b,
            "the first neuron's bias is added to all": X @ W + b[0, 0],
            "the sum of the biases is added to every neuron": X @ W + b.sum(),
            "the ReLU has overwritten the pre-activations": np.maximum(X @ W + b, 0),
        },
        what="Z1",
    )


@claim(
    "4.2/hidden-activation", r"A^{[1]} = \mathrm{ReLU}(Z^{[1]})", states=("TwoLayerNet.forward",)
)
@of_every_size
@given(problem=problems())
def test_hidden_activation(nn, problem: Problem):
    """The pre-activations stay in the cache beside the activations: going back needs their signs."""
    v = values_of(nn, problem)
    Z = v["Z1"]
    agree(
        v["A1"],
        np.maximum(Z, 0),
        scale=np.abs(Z),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the activation is left out": Z,
            "the negative part is kept, not the positive": np.minimum(Z, 0),
            "the absolute value is taken": np.abs(Z),
            "ReLU's derivative is in its place": (Z > 0).astype(float),
            "the activation is leaky": np.where(Z > 0, Z, 0.01 * Z),
            "the activation is a sigmoid": sigmoid(Z),
            "the activation is tanh": np.tanh(Z),
            "the activation is a softmax": softmax(Z),
        },
        what="A1",
    )


@claim(
    "4.2/output-pre-activation",
    r"Z^{[2]} = A^{[1]}W^{[2]} + \mathbf b^{[2]}",
    states=("TwoLayerNet.forward",),
)
@of_every_size
@given(problem=problems())
def test_output_pre_activation(nn, problem: Problem):
    """The same affine map again, on what the hidden layer made of the samples."""
    v = values_of(nn, problem)
    A, W, b = v["A1"], v["W2"], v["b2"]
    agree(
        v["Z2"],
        A @ W + b,
        scale=np.abs(A) @ np.abs(W) + np.abs(b),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the bias is left out": A @ W,
            "the bias is subtracted": A @ W - b,
            "the first neuron's bias is added to all": A @ W + b[0, 0],
            "the sum of the biases is added to every neuron": A @ W + b.sum(),
            "the hidden layer's Z, not its A, goes on": v["Z1"] @ W + b,
            "a ReLU is applied to the output layer, too": np.maximum(A @ W + b, 0),
            "the softmax has overwritten the logits": softmax(A @ W + b),
        },
        what="Z2",
    )


@claim(
    "4.2/output-activation", r"A^{[2]} = \mathrm{softmax}(Z^{[2]})", states=("TwoLayerNet.forward",)
)
@of_every_size
@given(problem=problems())
def test_output_activation(nn, problem: Problem):
    """Each row becomes a distribution over the K classes; the columns need not sum to anything."""
    v = values_of(nn, problem)
    Z = v["Z2"]

    def mistakes() -> dict[str, Array]:
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        return {
            "it is a softmax over the samples, not over the classes": softmax(Z.T).T,
            "it is a softmax over the whole matrix": softmax(Z.ravel()).reshape(Z.shape),
            "the sum is taken over the samples, not over the classes": E / E.sum(axis=0),
            "the sum is taken over the whole matrix": E / E.sum(),
            "the activation is left out": Z,
            "the hidden layer's ReLU is applied to the logits first": softmax(np.maximum(Z, 0)),
            "the exponentials are not divided by their sum": np.exp(Z),
            "its logarithm is returned": np.log(softmax(Z)),
            "each output has a sigmoid of its own": sigmoid(Z),
            "the softmax is taken twice": softmax(softmax(Z)),
        }

    agree(
        v["A2"],
        softmax(Z),
        scale=softmax(Z) * (1 + np.ptp(Z, axis=1, keepdims=True)),
        sizes=problem.named_sizes(),
        mistakes=mistakes,
        what="A2",
    )


# A network may hold a softmax of its own, so it is put to the proof here as well. With
# W[1] = [I, −I] and W[2] = [I; −I] the hidden layer splits X into its positive and its negative part
# and the output layer puts it together again: the logits are X, however large. A layer between the
# two, as the deeper networks have it, passes both parts on.


@claim("4.2/output-activation", r"A^{[2]} = \mathrm{softmax}(Z^{[2]})", stands_alone=True)
@pytest.mark.parametrize("which", range(3), ids=CLASSIFIERS)
def test_output_activation_of_large_logits(nn, which: int):
    """Rows of very different level: each needs its own maximum subtracted, and nothing else."""
    X = np.array([[0, 0, 0], [1000, 1000, 1000], [-1000, 0, 0], [0, 1000, -1000]], float)
    net, sizes = fresh(nn, which, (3, 6, 3))
    L = len(sizes) - 1
    theta = {f"b{l}": np.zeros((1, sizes[l])) for l in range(1, L + 1)}
    theta |= {"W1": np.eye(3, 6) - np.eye(3, 6, 3), "W2": np.eye(6, sizes[2])}
    theta[f"W{L}"] = np.eye(sizes[-2], 3) - np.eye(sizes[-2], 3, -3)
    set_parameters(net, theta)
    output, Z = net.forward(X), cached(net, L)[f"Z{L}"]

    def shifted_by(s: Array) -> Array:
        E = np.exp(Z - s)
        return E / E.sum(axis=1, keepdims=True)

    agree(
        output,
        softmax(Z),
        scale=1 + np.abs(Z).max(axis=1, keepdims=True),  # exp(z - log Σ exp(z)) rounds z
        mistakes=lambda: {
            "the maximum of the row is not subtracted": shifted_by(0),
            "the maximum of the whole matrix is subtracted": shifted_by(Z.max()),
            "the maximum of each column is subtracted": shifted_by(Z.max(axis=0)),
            "the maximum of the absolute values is subtracted": shifted_by(
                np.abs(Z).max(axis=1, keepdims=True)
            ),
            "the maximum is added, not subtracted": shifted_by(-Z.max(axis=1, keepdims=True)),
        },
        what="forward(X), where the logits are X,",
    )


# ## What a call leaves behind
#
# Going back needs exactly the batch that went forward last, through the parameters as they are now.


@claim("4.2/cache-of-the-last-batch", judges=("*.forward",))
@FEWER
@of_every_size
@given(problem=problems())
def test_the_cache_is_of_the_last_batch(nn, problem: Problem):
    """forward returns the A[2] that it caches, whatever came before, or goes on in another network."""
    for which, (net, model) in enumerate(each_net(nn, problem)):
        L = len(model.sizes) - 1
        before = net.forward(-model.X[:2])
        returned = net.forward(model.X)
        another, _ = fresh(nn, which, problem.sizes)
        elsewhere = another.forward(-model.X)
        agree(
            cached(net, L)[f"A{L}"],
            returned,
            sizes=model.named_sizes(),
            mistakes=lambda: {
                "the batch of an earlier call is kept": before,
                "it is what another network said last": elsewhere,
            },
            what=f"A{L} of the cache, against what forward returned,",
            shows=False,
        )


@claim("4.2/no-memory", judges=("*.forward",))
@FEWER
@of_every_size
@given(problem=problems())
def test_forward_has_no_memory(nn, problem: Problem):
    """Parameters are read when they are needed: a copy made earlier would never learn."""
    earlier = replace(problem, m=problem.m - 1 or 2, seed=problem.seed + 1)
    for (net, old), (new, model) in zip(each_net(nn, earlier), each_net(nn, problem), strict=True):
        X, theta, last = model.X, model.parameters, f"Z{len(model.sizes) - 1}"
        net.forward(old.X)
        set_parameters(net, theta)
        old_weights = theta | {n: W for n, W in old.parameters.items() if n.startswith("W")}
        agree(
            net.forward(X),
            new.forward(X),
            sizes=model.named_sizes(),
            mistakes=lambda: {
                "the parameters that it had before are used": softmax(
                    forward(X, old.parameters)[last]
                ),
                "the weights that it had before are used": softmax(forward(X, old_weights)[last]),
            },
            what="the output of a network with new parameters, against that of a new network,",
            shows=False,
        )
        turned = not np.allclose(*(softmax(forward(x, theta)[last]) for x in (X, -X)))  # not silent
        same = turned and np.array_equal(net.forward(X), net.forward(-X))
        assert not same, "forward gives the same output for X and for −X"


@claim("4.2/changes-nothing-else")
@by_its_word
@of_every_size
@given(problem=problems())
def test_forward_leaves_what_it_returned(nn, problem: Problem):
    """Two predictions can be compared: the second has an array of its own."""
    for net, model in each_net(nn, problem):
        seen = "a second forward pass overwrites what the first one returned"
        assert kept(net.forward, model.X, -model.X), seen


@claim("4.2/changes-nothing-else", judges=("*.forward",))
@FEWER
@of_every_size
@given(problem=problems())
def test_forward_changes_neither_input_nor_parameters(nn, problem: Problem):
    """Prediction is reading: the batch and the weights are the same afterwards, to the bit."""
    for net, model in each_net(nn, problem):
        (X,) = arguments_after(net.forward, model.X)
        assert np.array_equal(X, model.X), "forward changes the X of its caller in place"
        for name, value in get_parameters(net, model.parameters).items():
            assert np.array_equal(value, model.parameters[name]), f"forward changes {name}"


# ## One product for the whole batch
#
# Samples share weights and nothing else, so that a batch is a convenience and never a matter of
# meaning. It is checked by taking the batch apart. (Up to rounding: a matrix product may add up in
# another order when there are fewer rows.)


@claim("4.2/batched", r"f(X)_i = f(X_i)", judges=("*.forward",))
@FEWER
@of_every_size
@given(problem=problems())
def test_each_sample_as_if_alone(nn, problem: Problem):
    """What the others in the batch are makes no difference to a sample's output."""
    for net, model in each_net(nn, problem):
        together = net.forward(model.X)
        for i in range(model.m):
            agree(
                net.forward(model.X[i : i + 1]),
                together[i : i + 1],
                sizes=model.named_sizes(),
                mistakes=lambda: {
                    "the softmax runs over the samples": np.ones((1, model.sizes[-1]))
                },
                what="the output for a sample alone, against that for it among others,",
                shows=False,
            )


@claim("4.2/batched", r"f(PX) = P f(X)")
@of_every_size
@given(problem=problems())
def test_reordered_samples_are_reordered_outputs(nn, problem: Problem):
    """The order of the samples carries no meaning, so shuffling them (8.1) is free."""
    net, X = two_layer_net(nn, problem), problem.X
    order = generator(problem.seed).permutation(problem.m)
    unmoved = net.forward(X)
    agree(net.forward(X[order]), unmoved[order], what="the output for the samples in another order")


# ## What may come in
#
# Pixels and counts are whole numbers. They are treated as the floats that they equal; what does not
# fit the first weights is refused.


@claim("4.2/integer-input")
@FEWER
@of_every_size
@given(problem=problems())
def test_whole_numbers_are_numbers(nn, problem: Problem):
    """An integer array in which results are stored cuts off what comes after the point."""
    for net, model in each_net(nn, problem):
        X, theta, L = (8 * model.X).astype(int), model.parameters, len(model.sizes) - 1
        whole = {name: np.trunc(value) for name, value in theta.items()}
        weights = theta | {name: W for name, W in whole.items() if name.startswith("W")}
        Z = np.trunc(X @ theta["W1"] + theta["b1"])
        for l in range(2, L + 1):
            Z = np.trunc(np.maximum(Z, 0) @ theta[f"W{l}"] + theta[f"b{l}"])
        right = softmax(forward(X, theta)[f"Z{L}"])
        agree(
            net.forward(X),
            net.forward(X.astype(float)),
            sizes=model.named_sizes(),
            mistakes=lambda: {
                "the parameters are cut to whole numbers": softmax(forward(X, whole)[f"Z{L}"]),
                "the weights are cut to whole numbers": softmax(forward(X, weights)[f"Z{L}"]),
                "the pre-activations are cut to whole numbers": softmax(Z),
                "the output is rounded to whole numbers": np.round(right),
                "the output is cut to whole numbers": np.zeros(right.shape),
            },
            what="forward(X) for an X of integers, against floats,",
            shows=False,
        )


@claim("4.2/refuses-other-widths")
@FEWER
@of_every_size
@given(problem=problems())
def test_inputs_of_another_width_are_refused(nn, problem: Problem):
    """A column too many or too few is another problem; so is X with its samples as columns."""
    for net, model in each_net(nn, problem):
        X = model.X
        net.forward(X)
        for wrong in (X[:, 1:], np.hstack([X, X[:, :1]]), X[:, :1], X.T):
            if wrong.shape[1] == X.shape[1]:
                continue  # of one input, or of as many samples
            assert refuses(net.forward, wrong), (
                f"a network for {X.shape[1]} inputs takes an X of shape {wrong.shape}"
            )
