"""# 5.4 The general algorithm

Nothing in section 5.3 depends on there being two layers. Forward, each layer takes the activations of
the one before; backward, each hands its error down to the one before:

    dZ[L] → dA[L-1] → dZ[L-1] → ... → dZ[1],

and at every dZ[l] the gradients of that layer's weights and biases branch off. The networks here have
up to twelve layers, some of them equally wide, and each line is judged for each hidden activation by
itself: a derivative fed with a instead of z hides behind ReLU, whose slope at either is the same.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS, activation_of, sigmoid
from spec.harness.mathematics.backpropagation import bias_mistakes, derivative, layer_errors, placed
from spec.harness.mathematics.deep_networks import (
    DEEP,
    FEW,
    OF_EVERY_KIND,
    OUTPUTS,
    deep_of_every_size,
    gradient_names,
    of_kind,
    with_output,
)
from spec.harness.mathematics.losses import but_for_own_epsilon
from spec.harness.mathematics.networks import cached, gradients, mlp, set_parameters
from spec.harness.mathematics.strategies import Problem, odd_fractions

# ## Forward


@claim(
    "5.4/forward-recursion",
    r"Z^{[l]} = A^{[l-1]} W^{[l]} + \mathbf b^{[l]},\quad A^{[l]} = \sigma_l(Z^{[l]})",
    states=("MLP.forward", "ThreeLayerNet.forward"),
)
@OF_EVERY_KIND
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_each_layer_is_an_affine_map_and_an_elementwise_function(
    nn, activation: str, output: str, problem: Problem
):
    """One rule for all layers; the activation changes, the rule does not."""
    problem, net, own = of_kind(nn, problem, activation, output)
    L, sigma = oracle.depth(problem.parameters), activation_of(own).function
    net.forward(problem.X)
    values = cached(net, L)
    for l in range(1, L + 1):
        A, Z, b = values[f"A{l - 1}"], values[f"Z{l}"], problem.parameters[f"b{l}"]
        W = problem.parameters[f"W{l}"]
        agree(
            Z,
            A @ W + b,
            scale=np.abs(A) @ np.abs(W) + np.abs(b),
            mistakes=lambda: {
                "the bias is left out": A @ W,
                "the bias is subtracted": A @ W - b,
            },
            what=f"Z{l}",
        )
        if l < L:
            agree(
                values[f"A{l}"],
                sigma(Z),
                scale=1 + np.abs(Z),
                mistakes=lambda: {
                    "the activation is left out": Z,
                    **as_if("relu", activation, np.maximum(Z, 0)),
                    **as_if("sigmoid", activation, sigmoid(Z)),
                },
                what=f"A{l} of a network with {activation}",
            )


def as_if(other: str, activation: str, value: Array) -> dict[str, Array]:
    """The mistake of a network that has this activation, whatever was asked for; it is none where it was."""
    names = {"relu": "ReLU", "sigmoid": "the sigmoid"}
    return {} if other == activation else {f"it is {names[other]}, whatever was asked for": value}


@claim("5.4/forward-recursion", r"\hat Y = A^{[L]} = \sigma_L(Z^{[L]})")
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_the_last_layer_has_a_function_of_its_own(nn, problem: Problem):
    """What `forward` returns is the output's function of the last pre-activations, and no hidden one."""
    L = oracle.depth(problem.parameters)
    for kind in OUTPUTS:
        net = mlp(nn, with_output(problem, kind), "tanh")
        Y_hat = net.forward(problem.X)
        Z = cached(net, L)[f"Z{L}"]
        agree(
            Y_hat,
            oracle.output(Z, kind),
            scale=1 + np.abs(Z),
            mistakes=lambda: {
                "the last pre-activation is returned as it is": Z,
                "the hidden activation is applied to the output": np.tanh(Z),
            },
            what=f"the output of a network with {kind}",
        )


# ## The error of the output
#
# The algorithm starts from A[L] − Y. It can, whatever the depth, for what lies below the last
# pre-activation does not matter to it. But two things matter: that the loss fits the output, and that
# the 1/m is still to come. A softmax judged by its squared error starts elsewhere.


@claim(
    "5.4/output-gradient",
    r"dZ^{[L]} = A^{[L]} - Y",
    verdict="conditional",
    instead="dZ = A - Y needs an output paired with its own loss, softmax with cross-entropy or "
    "sigmoid with binary cross-entropy, and is m times the gradient of the mean loss of 4.3. An "
    "identity output with the squared error has dZ = 2 (A - Y).",
)
def test_output_gradient_depends_on_the_loss():
    """The squared error of a softmax has to pass its Jacobian, and dies where the softmax saturates."""
    Z, Y = np.array([[0.0, 0.0, 12.0]]), np.array([[1.0, 0.0, 0.0]])
    error = oracle.softmax(Z) - Y
    with_softmax = derivative(lambda Z: np.sum((oracle.softmax(Z) - Y) ** 2), Z)
    with_identity = derivative(lambda Z: np.sum((Z - Y) ** 2), Z)
    assert np.abs(error).min() < 1e-5
    assert np.abs(error).max() > 0.99
    assert np.abs(with_softmax).max() < 1e-4
    agree(with_identity, 2 * (Z - Y), mistakes=lambda: {"no factor": Z - Y})
    measured("A - Y at the true class, for a sample that is quite wrong", error[0, 0])
    measured("the gradient of the squared error of that softmax", with_softmax[0, 0])


@claim(
    "5.4/output-gradient",
    r"dZ^{[L]} = \frac{\partial(m\mathcal L)}{\partial Z^{[L]}} = c \, (A^{[L]} - Y)",
    corrected=True,
    states=("MLP.backward",),
)
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_output_gradient_is_a_multiple_of_prediction_minus_target(nn, problem: Problem):
    """c = 1 for softmax and sigmoid with their cross-entropies, 2 for the identity with squared errors."""
    for kind, c in OUTPUTS.items():
        model = with_output(problem, kind)
        net, X, Y, L = mlp(nn, model, "tanh"), model.X, model.Y, oracle.depth(model.parameters)
        errors = layer_errors(net, X, Y, model.parameters, activation="tanh", output=kind)[L]
        A = net.forward(X)
        agree(
            errors,
            but_for_own_epsilon(net, errors, lambda inside: oracle.error(A, Y, kind, inside), kind),
            scale=1 + np.abs(A) + np.abs(Y),
            sizes=model.named_sizes(),
            mistakes=lambda: {
                "the target is subtracted from the wrong side": c * (Y - A),
                "the target is not subtracted": c * A,
                "the sigmoid's derivative is applied although the loss has undone it": c
                * (A - Y)
                * (A * (1 - A) if kind == "sigmoid" else 1),
                "the softmax's derivative is applied although the loss has undone it": c
                * (A - Y)
                * (A * (1 - A) if kind == "softmax" else 1),
                "the factor 2 of the squared error is missing": A - Y,
                "the factor 2 of the squared error stands at every loss": 2 * (A - Y),
            },
            what=f"dZ{L} with {kind}, one row a sample,",
        )


# ## Down the layers
#
# Four lines, repeated for l = L, ..., 1. Each is again judged on the network's own values.


@claim(
    "5.4/weight-gradient",
    r"dW^{[l]} = \frac1m (A^{[l-1]})^\top dZ^{[l]}",
    states=("MLP.backward", "ThreeLayerNet.backward"),
)
@OF_EVERY_KIND
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_weight_gradient_is_the_mean_of_activation_times_error(
    nn, activation: str, output: str, problem: Problem
):
    """What entered the layer, times what is wrong with what left it."""
    problem, net, own = of_kind(nn, problem, activation, output)
    X, Y, m, L = problem.X, problem.Y, problem.m, oracle.depth(problem.parameters)
    other = mlp(nn, problem, activation)
    dZ = layer_errors(other, X, Y, problem.parameters, activation=own, output=output)
    net.forward(X)
    values, found = cached(net, L), gradients(net, Y, gradient_names(problem))
    for l in range(L, 0, -1):
        A, Z = values[f"A{l - 1}"], values[f"Z{l - 1}" if l > 1 else "A0"]
        dW = A.T @ dZ[l] / m
        agree(
            found[f"dW{l}"],
            dW,
            scale=np.abs(A).T @ (1 + np.abs(dZ[l])) / m,
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the mean over the m samples is missing": m * dW,
                "the mean over the m samples is taken twice": dW / m,
                "the mean over the m samples is missing below the output": m * dW if l < L else dW,
                "the mean over the m samples is taken again in each layer": dW / m ** (L - l),
                "Z of the layer before stands for its A": Z.T @ dZ[l] / m,
                "the layer's own A stands for that of the layer before": values[f"A{l}"].T
                @ dZ[l]
                / m,
                "only the last sample is heard": A[-1:].T @ dZ[l][-1:] / m,
            },
            what=f"dW{l} of {L} layers",
        )


@claim(
    "5.4/bias-gradient",
    r"d\mathbf b^{[l]} = \frac1m \mathbf 1^\top dZ^{[l]}",
    states=("MLP.backward", "ThreeLayerNet.backward"),
)
@OF_EVERY_KIND
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_bias_gradient_is_the_column_mean(nn, activation: str, output: str, problem: Problem):
    """The row of ones is the input that a bias has."""
    problem, net, own = of_kind(nn, problem, activation, output)
    X, Y, L = problem.X, problem.Y, oracle.depth(problem.parameters)
    other = mlp(nn, problem, activation)
    dZ = layer_errors(other, X, Y, problem.parameters, activation=own, output=output)
    net.forward(X)
    found = gradients(net, Y, gradient_names(problem))
    for l in range(1, L + 1):
        agree(
            found[f"db{l}"],
            dZ[l].mean(axis=0, keepdims=True),
            scale=1 + np.abs(dZ[l]).max(),
            sizes=problem.named_sizes(),
            mistakes=lambda: bias_mistakes(dZ[l]),
            what=f"db{l} of {L} layers",
        )


@claim("5.4/activation-gradient", r"dA^{[l-1]} = dZ^{[l]} (W^{[l]})^\top", states=("MLP.backward",))
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_activation_gradient_is_the_error_sent_back(nn, problem: Problem):
    """Seen where every ReLU is open, so that dZ[l-1] is dA[l-1] itself.

    Between layers of equal width the transpose could be forgotten without an error of shape.
    """
    x, y, L = problem.X[:1], problem.Y[:1], oracle.depth(problem.parameters)
    rng = generator(problem.seed)
    logits = odd_fractions(rng, 1 / 64, 1, problem.sizes[-1])
    parameters = placed(
        problem.parameters, x, *(np.ones((1, n)) for n in problem.sizes[1:-1]), logits
    )
    net = mlp(nn, problem)
    set_parameters(net, parameters)
    dZ = layer_errors(net, x, y, parameters)
    for l in range(L, 1, -1):
        W = parameters[f"W{l}"]
        square = W.shape[0] == W.shape[1]
        agree(
            dZ[l - 1],
            dZ[l] @ W.T,
            scale=(1 + np.abs(dZ[l])) @ np.abs(W.T),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "W is transposed only where shapes demand it": dZ[l] @ (W if square else W.T),
                "W is reshaped, not transposed": dZ[l] @ W.reshape(W.T.shape),
                "the sign of the error is turned on the way": -dZ[l] @ W.T,
            },
            what=f"dA{l - 1} of one sample, all gates open,",
        )


@claim(
    "5.4/pre-activation-gradient",
    r"dZ^{[l-1]} = dA^{[l-1]} \odot \sigma_{l-1}'(Z^{[l-1]})",
    states=("MLP.backward",),
)
@OF_EVERY_KIND
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_pre_activation_gradient_has_the_slope_at_z(
    nn, activation: str, output: str, problem: Problem
):
    """The slope of the hidden activation that this network has, of this layer, and at z, not at a."""
    problem, net, own = of_kind(nn, problem, activation, output)
    x, y, L = problem.X[:1], problem.Y[:1], oracle.depth(problem.parameters)
    dZ = layer_errors(net, x, y, problem.parameters, activation=own, output=output)
    slope, values = activation_of(own).derivative, cached(net, L)
    for l in range(L, 1, -1):
        dA, Z, A = dZ[l] @ getattr(net, f"W{l}").T, values[f"Z{l - 1}"], values[f"A{l - 1}"]
        above, b = values[f"Z{l}"], problem.parameters[f"b{l - 1}"]
        agree(
            dZ[l - 1],
            dA * slope(Z),
            scale=(1 + np.abs(dZ[l])) @ np.abs(getattr(net, f"W{l}").T),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "it is taken at the pre-activation of another layer": dA
                * slope(above if above.shape == Z.shape else Z),
                "the bias is left out of z": dA * slope(Z - b),
                "the activation stands for its derivative": dA * A,
                **slips_of(activation, dA, Z, A, slope),
            },
            what=f"dZ{l - 1} with {activation}",
        )


def slips_of(activation: str, dA: Array, Z: Array, A: Array, slope) -> dict[str, Array]:
    """What goes wrong with the derivative of one activation and not, or not visibly, with that of another."""
    slips = {
        "it is ReLU's derivative, whatever was asked for": dA * (Z > 0),
        "it is the sigmoid's derivative, whatever was asked for": dA * sigmoid(Z) * sigmoid(-Z),
        "the derivative is left out": dA,
    }
    if activation == "relu":
        del slips["it is ReLU's derivative, whatever was asked for"]
        slips["the gate is always open: is it asked whether a >= 0?"] = slips.pop(
            "the derivative is left out"
        )
    elif not ACTIVATIONS[activation].has_straight_sides:
        slips["the derivative is fed with a, not with z"] = dA * slope(A)
    if activation == "sigmoid":
        del slips["it is the sigmoid's derivative, whatever was asked for"]
    if activation == "tanh":
        slips["1 - a stands for 1 - a²"] = dA * (1 - A)
    return slips
