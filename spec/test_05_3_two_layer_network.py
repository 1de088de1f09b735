"""# 5.3 Backpropagation through a two-layer network

The network of section 4.2 sends a batch X through X → Z[1] → A[1] → Z[2] → A[2] → ℒ. Going back, each
arrow is crossed once, and each crossing is one of the identities of section 5.2.

The loss is a mean over the m samples. Like the theory we write ∂ℒ/∂Z for the gradient *before* that
mean is taken, one row a sample, and bring the 1/m in where the rows are added up: in the gradients of
the weights and of the biases. Each equation is fed the network's own values of what stands on its
right-hand side, so that a slip in one equation is reported at that equation and nowhere else. The
rows ∂ℒ/∂Z are nobody's return value; they are read off batches of one sample, for which the bias
gradient and ∂ℒ/∂Z are the same numbers.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.activations import sigmoid
from spec.harness.mathematics.backpropagation import bias_mistakes, layer_errors, placed
from spec.harness.mathematics.deep_networks import FEW, TWO_LAYERS, awake_of_every_size
from spec.harness.mathematics.networks import cached, gradient, set_parameters, two_layer_net
from spec.harness.mathematics.strategies import Problem, odd_fractions

# ## The output layer's parameters


@claim(
    "5.3/output-weight-gradient",
    r"\frac{\partial\mathcal L}{\partial W^{[2]}} = "
    r"\frac1m (A^{[1]})^\top \frac{\partial\mathcal L}{\partial Z^{[2]}}",
    states=("TwoLayerNet.backward",),
)
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_output_weight_gradient_is_the_mean_of_activation_times_error(nn, problem: Problem):
    """Each output weight hears from every sample; the mean enters here and nowhere before."""
    net, m, X, Y = two_layer_net(nn, problem), problem.m, problem.X, problem.Y
    dZ2 = layer_errors(two_layer_net(nn, problem), X, Y, problem.parameters)[2]
    net.forward(X)
    A1, A2, Z1 = (cached(net, 2)[name] for name in ("A1", "A2", "Z1"))
    agree(
        gradient(net, Y, "dW2"),
        A1.T @ dZ2 / m,
        scale=np.abs(A1).T @ (1 + np.abs(dZ2)) / m,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the mean over the m samples is missing": A1.T @ dZ2,
            "the mean over the m samples is taken twice": A1.T @ dZ2 / m**2,
            "the mean runs over the K outputs as well": A1.T @ dZ2 / dZ2.size,
            "the pre-activation Z1 stands for the activation A1": Z1.T @ dZ2 / m,
            "the prediction stands for the error": A1.T @ A2 / m,
            "A1 is reshaped, not transposed": A1.reshape(A1.T.shape) @ dZ2 / m,
            "only the last sample is heard": A1[-1:].T @ dZ2[-1:] / m,
        },
        what="dW2",
    )


@claim(
    "5.3/output-bias-gradient",
    r"\frac{\partial\mathcal L}{\partial\mathbf b^{[2]}} = "
    r"\frac1m \sum_{i=1}^m \frac{\partial\mathcal L}{\partial Z^{[2]}_i}",
    states=("TwoLayerNet.backward",),
)
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_output_bias_gradient_is_the_column_mean(nn, problem: Problem):
    """A bias is a weight whose input is always 1: the mean error of its neuron is left.

    Averaged over the neurons as well, the errors of a softmax cancel, and the bias would never learn.
    """
    net, Y = two_layer_net(nn, problem), problem.Y
    dZ2 = layer_errors(two_layer_net(nn, problem), problem.X, Y, problem.parameters)[2]
    net.forward(problem.X)
    agree(
        gradient(net, Y, "db2"),
        dZ2.mean(axis=0, keepdims=True),
        scale=1,
        sizes=problem.named_sizes(),
        mistakes=lambda: bias_mistakes(dZ2),
        what="db2",
    )


# ## Through the hidden layer
#
# Backwards, the weights work transposed: a hidden neuron is blamed for each output's error in
# proportion to the weight that led there. Then its gate decides. With one sample in the batch the
# biases can place every pre-activation at will, which shows the two crossings apart: with all gates
# open ∂ℒ/∂Z[1] is ∂ℒ/∂A[1].


def one_sample(problem: Problem) -> tuple[Array, Array, Array, Array]:
    """A sample x and its y, pre-activations Z1 of both signs and 0 for it, and logits Z2."""
    rng = generator(problem.seed)
    _, n_hidden, K = problem.sizes
    Z1, Z2 = odd_fractions(rng, 1 / 64, 1, n_hidden) * 4, odd_fractions(rng, 1 / 64, 1, K) * 2
    Z1[0, 0], Z1[0, 1:2], Z1[0, 2:3] = abs(Z1[0, 0]), -abs(Z1[0, 1:2]), 0
    return problem.X[:1], problem.Y[:1], Z1, Z2


@claim(
    "5.3/hidden-activation-gradient",
    r"\frac{\partial\mathcal L}{\partial A^{[1]}} = "
    r"\frac{\partial\mathcal L}{\partial Z^{[2]}} (W^{[2]})^\top",
    states=("TwoLayerNet.backward",),
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_hidden_activation_gradient_is_the_error_sent_back(nn, problem: Problem):
    """The same connections as forward, walked in the other direction."""
    net = two_layer_net(nn, problem)
    x, y, Z1, Z2 = one_sample(problem)
    parameters = placed(problem.parameters, x, np.ones(Z1.shape), Z2)
    set_parameters(net, parameters)
    errors, W2 = layer_errors(net, x, y, parameters), net.W2
    dZ2 = errors[2]
    agree(
        errors[1],
        dZ2 @ W2.T,
        scale=(1 + np.abs(dZ2)) @ np.abs(W2.T),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "W2 is reshaped, not transposed": dZ2 @ W2.reshape(W2.T.shape),
            "the bias is left out of the gate": dZ2 @ W2.T * (x @ parameters["W1"] > 0),
            "the prediction is sent back, not the error": (dZ2 + y) @ W2.T,
            "the gradient of W2 is used, not W2": dZ2 @ (np.ones(Z1.shape).T @ dZ2).T,
        },
        what="dA1 of one sample, all gates open,",
    )


@claim(
    "5.3/hidden-pre-activation-gradient",
    r"\frac{\partial\mathcal L}{\partial Z^{[1]}} = "
    r"\frac{\partial\mathcal L}{\partial A^{[1]}} \odot \mathrm{ReLU}'(Z^{[1]})",
    states=("TwoLayerNet.backward",),
)
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_hidden_pre_activation_gradient_is_gated_by_the_sign_of_z(nn, problem: Problem):
    """Whether a neuron's output matters is decided by whether it was on, and by z alone."""
    net = two_layer_net(nn, problem)
    x, y, Z1, Z2 = one_sample(problem)
    parameters = placed(problem.parameters, x, Z1, Z2)
    set_parameters(net, parameters)
    errors, W2 = layer_errors(net, x, y, parameters), net.W2
    Z1, A1, dA1 = cached(net, 2)["Z1"], cached(net, 2)["A1"], errors[2] @ W2.T
    agree(
        errors[1],
        dA1 * (Z1 > 0),
        scale=(1 + np.abs(errors[2])) @ np.abs(W2.T),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the gate is always open: is it asked whether a >= 0?": dA1,
            "the gate is open at 0: z >= 0 instead of z > 0": dA1 * (Z1 >= 0),
            "the gate is open on the wrong side": dA1 * (Z1 < 0),
            "the bias is left out of the gate": dA1 * (x @ parameters["W1"] > 0),
            "the activation stands for its derivative": dA1 * A1,
            "the pre-activation stands for the derivative": dA1 * Z1,
            "the derivative is the sigmoid's": dA1 * sigmoid(Z1) * sigmoid(-Z1),
            "the derivative is the leaky ReLU's": dA1 * np.where(Z1 > 0, 1, 0.01),
        },
        what="dZ1 of one sample",
    )


@claim("5.3/relu-is-a-gate", r"\mathrm{ReLU}'(z) = \mathbb 1[z > 0]")
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_a_closed_gate_lets_nothing_through(nn, problem: Problem):
    """Exactly nothing: a neuron that is silent on the whole batch does not learn from it at all."""
    net = two_layer_net(nn, problem)
    parameters = problem.parameters | {"b1": problem.parameters["b1"].copy()}
    parameters["b1"][0, -1] = -64
    set_parameters(net, parameters)
    dZ1 = layer_errors(net, problem.X, problem.Y, parameters)[1]
    net.forward(problem.X)
    closed = cached(net, 2)["Z1"] < 0
    passed = np.abs(dZ1[closed]).max(initial=0)
    assert passed == 0, f"a gradient of {passed:g} passes a closed gate"
    learnt = np.abs(gradient(net, problem.Y, "dW1")[:, closed.all(axis=0)]).max(initial=0)
    assert learnt == 0, f"dW1 of a neuron silent on the whole batch is {learnt:g}, not exactly 0"


# ## The hidden layer's parameters
#
# From here on nothing is new: the same two equations as above, one layer further down, with X in the
# place of A[1].


@claim(
    "5.3/hidden-weight-gradient",
    r"\frac{\partial\mathcal L}{\partial W^{[1]}} = "
    r"\frac1m X^\top \frac{\partial\mathcal L}{\partial Z^{[1]}}",
    states=("TwoLayerNet.backward",),
)
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_hidden_weight_gradient_is_the_mean_of_input_times_error(nn, problem: Problem):
    """The mean enters once a parameter, not once a layer: it does not pile up on the way down."""
    net, m, X, Y = two_layer_net(nn, problem), problem.m, problem.X, problem.Y
    dZ1 = layer_errors(two_layer_net(nn, problem), X, Y, problem.parameters)[1]
    net.forward(X)
    agree(
        gradient(net, Y, "dW1"),
        X.T @ dZ1 / m,
        scale=np.abs(X).T @ (1 + np.abs(dZ1)) / m,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the mean over the m samples is missing": X.T @ dZ1,
            "the mean over the m samples is taken twice": X.T @ dZ1 / m**2,
            "the mean runs over the neurons as well": X.T @ dZ1 / dZ1.size,
            "X is reshaped, not transposed": X.reshape(X.T.shape) @ dZ1 / m,
            "only the last sample is heard": X[-1:].T @ dZ1[-1:] / m,
        },
        what="dW1",
    )


@claim(
    "5.3/hidden-bias-gradient",
    r"\frac{\partial\mathcal L}{\partial\mathbf b^{[1]}} = "
    r"\frac1m \sum_{i=1}^m \frac{\partial\mathcal L}{\partial Z^{[1]}_i}",
    states=("TwoLayerNet.backward",),
)
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_hidden_bias_gradient_is_the_column_mean(nn, problem: Problem):
    """One number a neuron, averaged over the samples alone."""
    net, Y = two_layer_net(nn, problem), problem.Y
    dZ1 = layer_errors(two_layer_net(nn, problem), problem.X, Y, problem.parameters)[1]
    net.forward(problem.X)
    agree(
        gradient(net, Y, "db1"),
        dZ1.mean(axis=0, keepdims=True),
        scale=1 + np.abs(dZ1).max(),
        sizes=problem.named_sizes(),
        mistakes=lambda: bias_mistakes(dZ1),
        what="db1",
    )
