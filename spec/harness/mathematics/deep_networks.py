"""The networks that sections 5.3 to 5.5 judge: widths, hidden activations, outputs."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from ..ground import trial
from ..ground.compare import Array
from ..ground.outcomes import NotWrittenYet, Raised
from ..subject.counting import cost_of_backward
from ..subject.proxy import Guarded, Implementation, next_to
from . import oracle
from .activations import ACTIVATIONS
from .networks import as_in_networks, mlp
from .strategies import EVERY_SIZE, SEEDS, Problem, Test, always, problems

FEWER = settings(max_examples=max(1, settings().max_examples // 6))  # for those with three networks
FEW = settings(max_examples=max(3, settings().max_examples // 3))  # for tests that loop themselves
HIDDEN = ("tanh", "relu", "sigmoid")
OUTPUTS = {"softmax": 1, "sigmoid": 1, "identity": 2}  # c in dZ[L] = c (A[L] - Y)
WIDTHS = ((7, 5, 5, 11), (5, 7, 7, 17), (11, 7, 7, 5, 13), (7, 11, 5, 5, 19))


def awake(problem: Problem) -> Problem:
    """The problem with the first neuron of each hidden layer active for every sample.

    So no layer is ever silent altogether: through a layer that is, nothing below can be judged.
    """
    parameters = problem.parameters
    parameters["W1"][:, 0] /= 16  # so that the bias below outweighs it
    parameters["b1"][0, 0] = 0.75 + 1 / 512
    for l in range(2, len(problem.sizes) - 1):
        for name in (f"W{l}", f"b{l}"):
            parameters[name][:, 0] = np.abs(parameters[name][:, 0])
    return problem


TWO_LAYERS = problems().map(awake)


def awake_of_every_size(test: Test) -> Test:
    """The same as `of_every_size`, for networks that are awake."""
    for m, widths in EVERY_SIZE:
        test = always(problem=partial(_awake_one, m, widths))(test)
    return test


# one sample and two classes, one neuron and one input, many samples, wide layers
THREE_LAYERS = (
    *((1, (5, 3, 7, 2)), (2, (1, 1, 2, 2)), (65, (2, 3, 1, 5))),
    *((3, (66, 67, 3, 3)), (3, (3, 2, 66, 67))),
)
OTHER_DEPTHS = ((3, (5, 2)), (5, (2, 3, 5)), (3, (3, *[2] * 11, 3)))


def three_layers_of_every_size(test: Test) -> Test:
    """Tie to a test, above its `@given(problem=...)`, a network of three layers of each class of sizes."""
    for m, widths in THREE_LAYERS:
        test = always(problem=partial(_awake_one, m, widths))(test)
    return test


def _awake_one(m: int, widths: tuple[int, ...]) -> Problem:
    return awake(Problem(widths, m, 0))


def deep_of_every_size(test: Test) -> Test:
    """The same, and networks of one layer, of two and of twelve."""
    for m, widths in OTHER_DEPTHS:
        test = always(problem=partial(_awake_one, m, widths))(test)
    return three_layers_of_every_size(test)


DEEP = st.builds(lambda sizes, seed: awake(Problem(sizes, 3, seed)), st.sampled_from(WIDTHS), SEEDS)


# More layers than a loop over a few would reach, and narrow ones: they cost little. No weight is near
# 0, so every layer gets an error.
TALL = Problem((1, 2, 2, 1, 2, 1), 3, 1, "identity", apart=1.0)


def one_large_sample(problem: Problem) -> Problem:
    """The problem's first sample as a batch, 64 times as large, of the class that seems least likely.

    So its gradients are no small numbers.
    """
    sample, x = replace(problem, m=1), problem.X[:1]
    sample.parameters.update(problem.parameters)
    sample.X[:], sample.Y[:] = 64 * np.where(x < 0, x - 1, x + 1), problem.Y[:1]
    if problem.output == "softmax":
        values = oracle.forward(sample.X, problem.parameters)
        logits = values[f"Z{oracle.depth(problem.parameters)}"]
        sample.Y[:] = np.eye(logits.shape[1])[logits.argmin(axis=1)]
    return sample


def gradient_names(problem: Problem) -> list[str]:
    """dW1, db1, dW2, ..."""
    return [f"d{name}" for name in problem.parameters]


def with_output(problem: Problem, output: str) -> Problem:
    """The same problem for a network that ends in another function, of one output if it is a sigmoid."""
    n_L = 1 if output == "sigmoid" else problem.sizes[-1]
    return awake(replace(problem, sizes=(*problem.sizes[:-1], n_L), output=output))


# hidden activation and output: each activation with a softmax, each output with ReLU
KINDS = [(name, "softmax") for name in ACTIVATIONS] + [("relu", "sigmoid"), ("relu", "identity")]
OF_EVERY_KIND = pytest.mark.parametrize(
    ("activation", "output"),
    KINDS,
    ids=[name if kind == "softmax" else f"{kind}-output" for name, kind in KINDS],
)


def of_kind(
    nn: Implementation, problem: Problem, activation: str, output: str
) -> tuple[Problem, Guarded, str]:
    """The problem for this output, a network for it, and the activation by the name that the oracle knows.

    Another network, of another activation, is made before this one is used: they live side by side, so
    that one which keeps in its class what is its own takes the other's.
    """
    model = problem if output == problem.output else with_output(problem, output)
    net, own = mlp(nn, model, activation), as_in_networks(nn, activation)
    with suppress(NotWrittenYet, Raised):
        mlp(nn, model, "tanh" if activation == "relu" else "relu")
    return model, net, own


def cost(net: Guarded, Y: Array) -> tuple[int, int]:
    """Multiplications and forward passes of `net.backward(Y)`, counted next to the network."""
    __tracebackhide__ = True
    code, name = f"{net._code}.backward({{0}})", f"{net._name}.backward"
    trial.current().called(trial.Call(code, (Y,), name))
    products, passes = next_to(net, cost_of_backward, Y)
    return products, passes
