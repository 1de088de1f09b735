"""# 4.1 Architecture

A **fully connected network** with L layers passes a batch of m samples, the rows of X, from layer to
layer. Layer l has n[l] neurons, and each of them sees every neuron of the layer before:

    Z[l] = A[l−1] W[l] + b[l]        A[l] = σ(Z[l])

Neurons are columns and samples are rows, so one product serves the whole batch, and b[l], a single
row, is added to each row of it. The σ of the hidden layers is a nonlinearity; the last layer has one
that suits the task (section 4.3).
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import Refuted, agree, claim, refuses
from spec.harness.ground.compare import Array
from spec.harness.ground.outcomes import Kind
from spec.harness.mathematics.activations import ACTIVATIONS, activation_of
from spec.harness.mathematics.deep_networks import FEWER
from spec.harness.mathematics.networks import (
    CLASSIFIERS,
    as_in_networks,
    cached,
    fresh,
    gradients,
    mlp,
    row,
    set_parameters,
    two_layer_net,
)
from spec.harness.mathematics.oracle import Parameters, forward, output
from spec.harness.mathematics.strategies import SEEDS, Problem, of_every_size, problems, sizes
from spec.harness.subject.proxy import Guarded

STEEPEST = max(activation.steepest for activation in ACTIVATIONS.values())


@st.composite
def problems_of_any_depth(draw: st.DrawFn, depths: tuple[int, ...] = (3, 1, 2, 4)) -> Problem:
    """A problem of any depth and output; m = 4 is coprime to all widths, m = 1 beside those of 1 and 2."""
    L = draw(st.sampled_from(depths))
    kind = draw(st.sampled_from(("identity", "softmax", "sigmoid")))
    widths = list(draw(sizes(5))[: L + 1]) if L < 5 else [1, 2] * 3
    if kind == "sigmoid":
        widths[-1] = 1
    return Problem(tuple(widths), 4 if L < 5 else 1, draw(SEEDS), kind)


# ## Shapes
#
# A layer from n[l−1] to n[l] neurons has a weight for each pair, kept as a matrix n[l−1] × n[l], and
# a bias row 1 × n[l]. A parameter and its gradient have one shape, or the update would broadcast
# into something else without a word: a bias (n,) less a gradient (n, 1) is a matrix (n, n).


def judge_shapes(net: Guarded, problem: Problem) -> None:
    """Judge the shapes of all parameters, cached values and gradients.

    A bias that is a vector, and its gradient with it, every other claim reads as the row that is
    meant: a convention. Whatever else has a wrong shape is worse, and told first.
    """
    conventions = []
    L, n = len(problem.sizes) - 1, problem.sizes
    net.forward(problem.X)
    cache, returned = cached(net, L), net.backward(problem.Y)
    gradients(net, problem.Y, [f"d{name}" for name in problem.parameters])  # all of them are there
    for l in range(1, L + 1):
        weight, bias, layer = (n[l - 1], n[l]), (1, n[l]), (problem.m, n[l])
        b, db = getattr(net, f"b{l}"), returned[f"db{l}"]
        is_convention = np.shape(b) == np.shape(db) and np.shape(row(b)) == bias
        for name, value, shape in (
            (f"W{l}", getattr(net, f"W{l}"), weight),
            (f"b{l}", b, bias),
            (f"Z{l}", cache[f"Z{l}"], layer),
            (f"A{l}", cache[f"A{l}"], layer),
            (f"dW{l}", returned[f"dW{l}"], weight),
            (f"db{l}", db, bias),
        ):
            wrong = f"{name} has shape {np.shape(value)}, expected {shape}"
            if np.shape(value) != shape and is_convention and name.endswith(f"b{l}"):
                conventions.append(wrong)
            elif np.shape(value) != shape:
                raise Refuted(wrong)
    if conventions:
        raise Refuted(
            f"{conventions[0]}: a convention, which nothing else minds", kind=Kind.CONVENTION
        )


SHAPES = (
    r"W^{[l]}: n^{[l-1]}\times n^{[l]},\quad \mathbf b^{[l]}: 1\times n^{[l]},"
    r"\quad Z^{[l]}, A^{[l]}: m\times n^{[l]}"
)


@claim("4.1/shapes", SHAPES)
@FEWER
@of_every_size
@given(problem=problems())
def test_shapes_of_a_two_layer_network(nn, problem: Problem):
    """The widths fix every shape but the batch's; this claim alone minds a bias that is (n,)."""
    for which in range(len(CLASSIFIERS)):
        net, widths = fresh(nn, which, problem.sizes)
        judge_shapes(net, replace(problem, sizes=widths))


@claim("4.1/shapes", SHAPES)
@given(problem=problems_of_any_depth())
def test_shapes_at_any_depth(nn, problem: Problem):
    """One rule shapes all layers, be it the only one or the fourth."""
    judge_shapes(nn.MLP(list(problem.sizes), output=problem.output), problem)


# ## The input is layer 0
#
# With A[0] = X the first layer is no exception: what holds of layer l holds for l = 1. The backward
# pass will ask for A[0], so the network keeps it with the rest, and keeps the batch that came last.


def judge_layer_zero(net: Guarded, problem: Problem) -> None:
    """Judge the A[0] that the network keeps, once another batch has come before."""
    X, before = problem.X, -problem.X[:2]
    net.forward(before)
    net.forward(X)
    agree(
        cached(net, len(problem.sizes) - 1)["A0"],
        X,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the batch of an earlier call is kept": before,
            "the samples are kept as columns": X.T,
            "the hidden activation is applied to the input, too": np.maximum(X, 0),
        },
        what="A0",
    )


@claim("4.1/input-is-layer-zero", r"A^{[0]} = X", judges=("*.forward",))
@of_every_size
@given(problem=problems())
def test_the_input_is_layer_zero(nn, problem: Problem):
    """The first weights' gradient is a product with A[0], as every other's is with its A[l−1]."""
    judge_layer_zero(two_layer_net(nn, problem), problem)


@claim("4.1/input-is-layer-zero", r"A^{[0]} = X", judges=("*.forward",))
@given(problem=problems_of_any_depth())
def test_the_input_is_layer_zero_at_any_depth(nn, problem: Problem):
    """A network of one layer has nothing but its input to remember."""
    judge_layer_zero(mlp(nn, problem), problem)


# ## Layers compose
#
# Nothing else happens between input and output: a network *is* its layers, one after the other. For
# L = 1 no layer is hidden, and a softmax or sigmoid output makes it logistic regression. The hidden
# activation goes by its name, so that one class serves for all of those in chapter 3.


def magnitude(X: Array, parameters: Parameters) -> float:
    """The size of what is added up on the way to Z[L], to which rounding errors are proportional."""
    M = np.abs(X)
    for l in range(1, len(parameters) // 2 + 1):
        M = STEEPEST * (M @ np.abs(parameters[f"W{l}"]) + np.abs(parameters[f"b{l}"]))
    return float(M.max())


@claim(
    "4.1/composition",
    r"\hat Y = \sigma_L(\cdots\sigma_1(XW^{[1]}+\mathbf b^{[1]})\cdots)",
    judges=("MLP.forward",),
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(problem=problems_of_any_depth(depths=(3, 1, 2, 4, 5)))
def test_a_network_is_the_composition_of_its_layers(nn, activation: str, problem: Problem):
    """Every hidden layer ends in the activation that was named, the last one in the output's own."""
    X, theta, kind = problem.X, problem.parameters, problem.output
    last, own = f"Z{len(problem.sizes) - 1}", as_in_networks(nn, activation)
    Z = forward(X, theta, own)[last]
    A = activation_of(own).function(Z)
    no_bias = {name: value * name.startswith("W") for name, value in theta.items()}
    last_bias = theta[last.replace("Z", "b")]
    agree(
        mlp(nn, problem, activation).forward(X),
        output(Z, kind),
        scale=magnitude(X, theta),
        mistakes=lambda: {
            "the biases are left out": output(forward(X, no_bias, own)[last], kind),
            "the last bias is left out": output(Z - last_bias, kind),
            "the last layer has the hidden activation, too": output(A, kind),
            "the last layer has the hidden activation in place of its own": A,
            "the output activation is left out": Z,
            "the output is a softmax whatever its name": output(Z, "softmax"),
            **{
                f"the hidden activation is {other}": output(forward(X, theta, other)[last], kind)
                for other in ACTIVATIONS
                if other != activation
            },
        },
        what="the output",
    )


@claim("4.1/composition")
def test_relu_and_softmax_unless_told_otherwise(nn):
    """What is not named is the usual choice: ReLU inside, softmax at the end."""
    problem = Problem((3, 5, 7), 4, 0)
    net, X, theta = nn.MLP([3, 5, 7]), problem.X, problem.parameters
    set_parameters(net, theta)
    nn.MLP([3, 1], "elu", "identity")  # another network, whose choices are its own
    Z1 = forward(X, theta)["Z1"]
    agree(
        net.forward(X),
        output(forward(X, theta)["Z2"]),
        scale=magnitude(X, theta),
        mistakes=lambda: {
            "the hidden activation is tanh": output(forward(X, theta, "tanh")["Z2"]),
            "the hidden activation is a sigmoid": output(forward(X, theta, "sigmoid")["Z2"]),
            "each output has a sigmoid of its own": output(forward(X, theta)["Z2"], "sigmoid"),
            "the output activation is left out, or that of a network made later": (
                forward(X, theta)["Z2"]
            ),
            "the hidden activation is that of a network made later": (
                output(forward(X, theta, "elu")["Z2"])
            ),
            "the depth that was given is not used, but that of a network made later": output(Z1),
            "nothing that was given is used, but what a network made later was given": Z1,
        },
        what="the output of MLP([3, 5, 7])",
    )


# ## What is not a network
#
# A misspelt name that quietly falls back to some default, or a layer without neurons, costs an
# afternoon; an error at construction costs a minute.


@claim("4.1/refuses-unknown-names")
@pytest.mark.parametrize(
    ("argument", "before", "known"),
    [
        ("activation", (), list(ACTIVATIONS)),
        ("output", ("relu",), ["softmax", "sigmoid", "identity"]),
        ("init", ("relu", "softmax"), ["small", "xavier", "xavier_uniform", "he", "lecun"]),
    ],
)
def test_unknown_names_are_refused(nn, argument: str, before: tuple[str, ...], known: list[str]):
    """Every name that the theory uses is known; one that it does not is refused, not guessed at."""
    for name in known:
        nn.MLP([3, 5, 1], *before, name)
    for name in ("swish", ""):
        seen = f"MLP builds a network with {argument}={name!r}, expected an error that names it"
        assert refuses(nn.MLP, [3, 5, 1], *before, name), seen


@claim("4.1/refuses-empty-layers")
def test_layers_without_neurons_are_refused(nn):
    """NumPy lets a width of 0 pass: the matrices are empty, and all that comes after is a bias."""
    nn.MLP([3, 5, 2])
    for widths in ([3, 0, 2], [0, 5, 2], [3, 5, 4, 0], [3, -5, 2]):
        assert refuses(nn.MLP, widths), f"MLP builds a network of the widths {widths}"
