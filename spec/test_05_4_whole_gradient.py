"""# 5.4 The gradient as a whole

The lines of the algorithm have been judged one by one. What follows are the laws that they obey
together, for any depth, hidden activation and output; then the step that they are taken for, and its
cost.
"""

from itertools import pairwise

import numpy as np
from hypothesis import given

from spec.harness import agree, by_its_word, claim, measured, refuses
from spec.harness.mathematics import oracle
from spec.harness.mathematics.backpropagation import (
    judge_last_batch,
    judge_no_trace,
    judge_step,
    slopes,
)
from spec.harness.mathematics.deep_networks import (
    DEEP,
    FEW,
    HIDDEN,
    OUTPUTS,
    TALL,
    WIDTHS,
    cost,
    deep_of_every_size,
    gradient_names,
    one_large_sample,
    with_output,
)
from spec.harness.mathematics.networks import gradients, mlp
from spec.harness.mathematics.strategies import SEEDS, Problem
from spec.harness.subject.counting import counted, multiplications_of
from spec.harness.subject.proxy import passes_kept

EPS = np.finfo(float).eps

# ## Laws of the whole
#
# The derivative of the loss that is reported; of the last batch, and of nothing before it; taken
# without a trace; and of targets that fit.


@claim(
    "5.4/gradient-is-the-derivative-of-the-loss",
    r"\langle d\theta, D\rangle \approx \frac{\mathcal L(\theta + hD) - \mathcal L(\theta - hD)}{2h}",
)
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_gradient_is_the_derivative_of_the_reported_loss(nn, problem: Problem):
    """Whatever loss an output reports, its own derivative comes back: no factor m, K or 2 between them."""
    for i, kind in enumerate(OUTPUTS):
        model, activation = with_output(problem, kind), HIDDEN[(problem.seed + i) % 3]
        net, X = mlp(nn, model, activation), model.X / 4
        case = slopes(net, X, model.Y, model.parameters, activation=activation, output=kind)
        for name, promised, slope, apart in case:
            agree(
                promised,
                slope,
                scale=apart / EPS,
                ulps=1,
                sizes=model.named_sizes(),
                mistakes=lambda: {
                    "the loss reports half the squared error": slope * (1 + (kind == "identity")),
                    "the factor 2 of the squared error is missing": slope
                    / (1 + (kind == "identity")),
                },
                what=f"the slope that d{name} promises with {kind}",
            )


@claim("5.4/last-forward-pass", judges=("MLP.backward",))
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_gradient_is_that_of_the_last_forward_pass(nn, problem: Problem):
    """Of the second batch's samples, and of their number."""
    judge_last_batch(mlp(nn, problem), mlp(nn, problem), problem)


@claim("5.4/backward-changes-nothing", judges=("MLP.backward",))
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_backward_changes_nothing(nn, problem: Problem):
    """Neither what it was given, nor the parameters, nor the cache: asked again, it says the same."""
    judge_no_trace(mlp(nn, problem), problem)


@claim("5.4/backward-changes-nothing")
@by_its_word
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_what_was_returned_stays_as_it_is(nn, problem: Problem):
    """Whoever adds up the gradients of several batches keeps each while the next is computed."""
    net, X, Y = mlp(nn, problem), problem.X, problem.Y
    seen = "another pass overwrites what forward or backward returned before"
    assert passes_kept(net, X, Y, -X, Y[::-1]), seen


@claim("5.4/targets-must-fit")
@FEW
@given(seed=SEEDS)
def test_targets_without_a_column_are_no_silent_matrix(nn, seed: int):
    """(m, 1) less (m,) is (m, m) to NumPy: refuse it, or read it as a column.

    Without hidden layers nothing further on would stop it.
    """
    for kind in ("sigmoid", "identity"):
        problem = Problem((5, 1), 3, seed, kind)
        net, flat, names = mlp(nn, problem), problem.Y[:, 0], gradient_names(problem)
        net.forward(problem.X)
        if refuses(net.backward, flat):
            continue
        expected, actual = gradients(net, problem.Y, names), gradients(net, flat, names)
        for name in names:
            agree(actual[name], expected[name], what=f"{name} for targets of shape (m,)")


# ## The step


@claim(
    "5.4/update",
    r"W^{[l]} \leftarrow W^{[l]} - \eta\,dW^{[l]},\quad "
    r"\mathbf b^{[l]} \leftarrow \mathbf b^{[l]} - \eta\,d\mathbf b^{[l]}",
    states=("MLP.train_step",),
)
@FEW
@deep_of_every_size
@given(problem=DEEP)
def test_step_goes_down_along_the_gradient(nn, problem: Problem):
    """All gradients are taken before any parameter moves; at this rate the difference is no rounding."""
    judge_step(mlp(nn, problem, "tanh"), problem, 3 / 8, activation="tanh")


@claim(
    "5.4/update",
    r"W^{[l]} \leftarrow W^{[l]} - \eta\,dW^{[l]},\quad "
    r"\mathbf b^{[l]} \leftarrow \mathbf b^{[l]} - \eta\,d\mathbf b^{[l]}",
)
def test_step_moves_every_layer_of_every_network(nn):
    """Of one layer or of five, whatever the activation and the output; by one sample, too."""
    one_layer = Problem((5, 3), 3, 0)
    for problem, activation, lr in (
        (with_output(Problem(WIDTHS[0], 3, 0), "sigmoid"), "relu", 3 / 8),
        (TALL, "sigmoid", 3 / 8),
        (one_layer, "tanh", 3 / 8),
        (one_large_sample(one_layer), "tanh", 16.0),
    ):
        judge_step(mlp(nn, problem, activation), problem, lr, activation=activation)


# ## What it costs
#
# A product of (m, p) and (p, n) takes m·p·n multiplications. Forward there is one such product a
# layer; backward there are two, dW and dA, but for the first layer, whose input needs no gradient. So
# "the same cost" is a factor of just under 2, whatever the number of parameters. Differences would
# take a forward pass, or two, for *each* of them.
#
# A bias is a weight whose input is always 1. Whoever multiplies by that 1, as 1ᵀ dZ[l] says, takes
# m·n_l more for each layer; so does, for the hidden ones, who writes dA ⊙ σ′ as an einsum. Judged is
# against two forward passes with the biases counted among the weights, which is 2 m·n_l more: room
# for both, and for dA[0], which the algorithm's four lines take and nobody needs.


def forward_cost(m: int, sizes: tuple[int, ...], bias: int = 0) -> int:
    """The multiplications of one forward pass; with `bias` = 1, also those by the 1 that is its input."""
    return m * sum((n_in + bias) * n_out for n_in, n_out in pairwise(sizes))


@claim(
    "5.4/cost-is-linear",
    r"\text{forward } m \sum_l n_{l-1} n_l,\quad "
    r"\text{backward } 2 m \sum_l n_{l-1} n_l - m n_0 n_1",
)
def test_cost_of_the_recursion_is_linear_in_the_parameters():
    """Counted in the recursion itself, as the arrays see it."""
    for sizes in (*WIDTHS, (784, 128, 64, 10)):
        problem = Problem(sizes, 3, 0)
        X, Y, parameters = counted(problem.X), counted(problem.Y), counted(problem.parameters)
        forward = multiplications_of(oracle.forward, X, parameters)
        backward = multiplications_of(oracle.gradients, X, Y, parameters) - forward
        assert forward == forward_cost(3, sizes)
        assert backward == 2 * forward - 3 * sizes[0] * sizes[1]
    measured("backward over forward, widths 784, 128, 64, 10", backward / forward)
    measured("centred differences over forward, same widths", 2 * problem.n_parameters)


@claim("5.4/cost-is-linear", r"\text{backward} \le 2 \cdot \text{forward}")
@by_its_word
def test_backward_costs_at_most_two_forward_passes(nn):
    """A lower bound is counted: of what the network does with its own arrays, and of forward passes."""
    for sizes in WIDTHS:
        problem = Problem(sizes, 3, 0)
        net = mlp(nn, problem)
        net.forward(problem.X)
        products, passes = cost(net, problem.Y)
        ratio = products / forward_cost(3, sizes, bias=1) + passes
        assert ratio <= 2, (
            f"backward costs as much as {ratio:.2f} forward passes, expected 2.00 at most"
        )
    measured(
        "multiplications counted backward, over forward", products / forward_cost(3, sizes) + passes
    )
