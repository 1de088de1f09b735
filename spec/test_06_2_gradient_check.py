"""# 6 Gradient checking: the check of a network

Backpropagation against finite differences of the loss: where the two agree to seven digits, a mistake
in either is hard to imagine. The check itself can be wrong, though, and a check that finds nothing is
worse than none. So it is judged here on networks of the specification's own: one that is right, and
others with bugs, put there on purpose.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import Refuted, agree, claim, untouched
from spec.harness.ground.compare import Array, NotPlain, as_plain
from spec.harness.ground.outcomes import NotWrittenYet, Raised
from spec.harness.mathematics import oracle
from spec.harness.mathematics.oracle import Parameters
from spec.harness.mathematics.strategies import Problem

GROUPS = ["W1", "b1", "W2", "b2"]
SURE = {"apart": 0.5, "shaken": 1 / 64}  # each gradient is large enough that its mistakes show
PROBLEM = Problem((1, 2, 2), 5, 14, **SURE)  # W2 is square: a transpose too many fits all the same
OBLONG = Problem((3, 2, 2), 5, 1, **SURE)  # W1 is no vector, and no square
SMALL = Problem((2, 1, 2), 5, 1, **SURE)  # enough where all that counts is which group it is
WIDE = Problem((66, 1, 2), 11, 2, **SURE)  # many entries in W1, more than ten samples
OF_EVERY_SIZE = (  # with the group that is wrong: the last layer's in turn
    (Problem((1, 1, 1, 2), 5, 0, **SURE), "b3"),
    (Problem((3, 2), 5, 0, **SURE), "W1"),
    (Problem((2, *[1] * 11, 2), 5, 0, **SURE), "b12"),
    (Problem((2, 2, 3), 1, 0, **SURE), "W2"),
    (Problem((3, 5, 2), 2, 0, **SURE), "b2"),
    (Problem((66, 1, 2), 65, 0, **SURE), "W1"),
    (Problem((2, 66, 2), 3, 0, **SURE), "b1"),
    (Problem((2, 1, 66), 3, 0, **SURE), "W2"),
)
NORM = np.linalg.norm


class Network:
    """input -> tanh -> softmax in double precision, with all that a gradient check asks of a network.

    `bug` gives what `backward` returns in place of some of the right gradients. The penalty of section
    9 at `l2` is part of the gradients, and of the loss too unless `penalised` is False. `passes` counts
    the forward passes of all networks, the copies that a check may make included.
    """

    passes = 0

    def __init__(
        self,
        bug: Callable[["Network", Parameters], Parameters] | None = None,
        l2: float = 0.0,
        penalised: bool = True,
        problem: Problem = PROBLEM,
    ) -> None:
        for group, theta in problem.parameters.items():
            setattr(self, group, theta.copy())
        self._problem, self._logits = problem, f"Z{len(problem.sizes) - 1}"
        self._bug, self._l2, self._penalised = bug, l2, penalised

    def parameters(self) -> Parameters:
        """The parameters by name."""
        return {group: getattr(self, group) for group in self._problem.parameters}

    def _weights(self) -> Parameters:
        return {group: W for group, W in self.parameters().items() if group.startswith("W")}

    def forward(self, X: Array) -> Array:
        """The probabilities for X."""
        Network.passes += 1
        self.X = X
        return oracle.softmax(self._values()[self._logits])

    def _values(self) -> Parameters:
        """A0, Z1, A1, Z2, ... of the last forward pass, whose parameters these still are."""
        return oracle.forward(self.X, self.parameters(), "tanh")

    def compute_loss(self, Y_hat: Array, Y: Array) -> float:
        """The mean cross-entropy and the penalty."""
        squares = sum(np.sum(W**2) for W in self._weights().values())
        penalty = self._l2 * squares if self._penalised else 0.0
        return float(-np.sum(Y * np.log(Y_hat)) / len(Y) + penalty)

    def backward(self, Y: Array) -> Parameters:
        """dW1, db1, dW2, db2, ..., the bug included."""
        values = self._values()
        self.m, self.A1 = len(Y), values.get("A1")
        self.dZ = (oracle.softmax(values[self._logits]) - Y) / self.m
        right = oracle.gradients(self.X, Y, self.parameters(), "tanh")
        for group, W in self._weights().items():
            right[f"d{group}"] = right[f"d{group}"] + 2 * self._l2 * W
        return right | (self._bug(self, right) if self._bug else {})

    def first_layer(self, dZ1: Array) -> Parameters:
        """What the first layer's gradients are if dZ1 is what comes down to it."""
        return {"dW1": self.X.T @ dZ1, "db1": dZ1.sum(axis=0, keepdims=True)}


def by_group(returned: dict[Any, Any]) -> dict[str, Any]:
    """What `gradient_check` reports, by "W1", "b1", ... where it may say "dW1", too."""
    return {str(name).removeprefix("d"): error for name, error in returned.items()}


def errors_of(nn: Any, net: Network, *epsilon: float) -> dict[str, float]:
    """What `gradient_check` reports of each group; *not written yet* where it reports nothing.

    6/every-group alone minds a check that returns something else, or passes over a group.
    """
    returned = nn.gradient_check(net, net._problem.X, net._problem.Y, *epsilon)
    if not isinstance(returned, dict):
        raise NotWrittenYet("the dict of errors that gradient_check returns")
    errors = by_group(returned)
    for group in net.parameters():
        if group not in errors:
            raise NotWrittenYet(f"gradient_check(...)[{group!r}]")
    return {group: number(errors[group], group) for group in net.parameters()}


def number(error: Any, group: str) -> float:
    """An error as a number, NaN included."""
    try:
        plain = as_plain(error)
    except NotPlain as problem:
        raise Refuted(f"the error that gradient_check gives {group} {problem}") from None
    if plain.size != 1:
        raise Refuted(f"the error that gradient_check gives {group} has shape {plain.shape}")
    return float(plain.reshape(-1)[0])


# ## A right network
#
# Its error is what truncation and rounding leave, some 10⁻¹⁰ with centred differences. One-sided ones
# leave 10⁻⁵, which no one could tell from a kink.


@claim("6/centred-difference", r"\lVert\mathbf g_a-\mathbf g_n\rVert \propto\epsilon^2")
def test_the_check_of_a_right_network_is_as_good_as_centred_differences(nn):
    """The check may take its differences with code of its own: they have to be centred there, too."""
    for group, error in errors_of(nn, Network(problem=SMALL)).items():
        assert error < 1e-7, (
            f"the error of a right {group} is below 1e-7, and gradient_check gives {error:.1e}"
        )


@claim("6/epsilon", r"\epsilon\approx10^{-5}")
def test_the_check_takes_the_step_that_it_is_given(nn):
    """At a step of 0.1 the truncation error of a right network shows."""
    for group, error in errors_of(nn, Network(problem=SMALL), 0.1).items():
        assert error > 1e-7, (
            f"at epsilon = 0.1 {group} cannot be right to {error:.1e}: was another step taken?"
        )


@claim(
    "6/relative-error",
    r"\frac{\lVert4\mathbf g-\mathbf g\rVert}{\lVert4\mathbf g\rVert+\lVert\mathbf g\rVert}=\frac35",
    stands_alone=True,
)
def test_the_check_reports_relative_errors(nn):
    """A gradient four times too large is three fifths of the two norms away, whatever its size."""
    net = Network(lambda net, g: {"dW2": 4 * g["dW2"]}, problem=SMALL)
    error = errors_of(nn, net)["W2"]
    size = NORM(oracle.gradients(SMALL.X, SMALL.Y, SMALL.parameters, "tanh")["dW2"])
    agree(
        error,
        3 / 5,
        ulps=1e12,  # four digits: this is about the formula, not about the differences
        mistakes=lambda: {
            "it is the absolute error": 3 * size,
            "one norm alone is below, not the sum of the two": 3 / 4,
            "the numerical gradient's norm alone is below": 3.0,
            "the norms below are averaged, not added": 6 / 5,
            "the norms are squared": 9 / 17,
        },
        what="the error of a gradient four times too large",
    )


# ## Bugs
#
# Each of the bugs below leaves all shapes as they should be: the program runs, and often even learns.


def all_but_ten_zero(W: Array) -> Array:
    """W with all but its first ten entries set to 0."""
    return np.where(np.arange(W.size).reshape(W.shape) < 10, W, 0)


BUGS: dict[str, Callable[[Network, Parameters], Parameters]] = {
    "dW2 of the wrong sign": lambda net, g: {"dW2": -g["dW2"]},
    "dW2 transposed": lambda net, g: {"dW2": g["dW2"].T},
    "no 1/m in dW1": lambda net, g: {"dW1": net.m * g["dW1"]},
    "dW2 forgotten": lambda net, g: {"dW2": np.zeros_like(g["dW2"])},
    "dW2 of the first ten samples": lambda net, g: {"dW2": net.A1[:10].T @ net.dZ[:10]},
    "no 1/m in db1": lambda net, g: {"db1": net.m * g["db1"]},
    "db1 of the wrong sign": lambda net, g: {"db1": -g["db1"]},
    "1/m twice in db2": lambda net, g: {"db2": g["db2"] / net.m},
    "db2 forgotten": lambda net, g: {"db2": np.zeros_like(g["db2"])},
    "no gate": lambda net, g: net.first_layer(net.dZ @ net.W2.T),
    "a gate fed with a, not with z": lambda net, g: net.first_layer(
        net.dZ @ net.W2.T * (1 - np.tanh(net.A1) ** 2)
    ),
    "W2 not transposed on the way back": lambda net, g: net.first_layer(
        net.dZ @ net.W2 * (1 - net.A1**2)
    ),
    "zeros after the first ten entries of dW1": lambda net, g: {"dW1": all_but_ten_zero(g["dW1"])},
    "NaN in dW2": lambda net, g: {"dW2": np.where(np.eye(2) > 0, np.nan, g["dW2"])},
}
NETWORKS: list[tuple[Problem, list[str]]] = [  # each with its bugs, no two in the same group
    (PROBLEM, []),
    (PROBLEM, ["dW2 of the wrong sign", "no 1/m in dW1", "no 1/m in db1", "1/m twice in db2"]),
    (PROBLEM, ["dW2 transposed", "no gate", "db2 forgotten"]),
    (PROBLEM, ["NaN in dW2", "a gate fed with a, not with z"]),
    (PROBLEM, ["W2 not transposed on the way back", "dW2 forgotten"]),
    (
        WIDE,
        [
            "zeros after the first ten entries of dW1",
            "db1 of the wrong sign",
            "dW2 of the first ten samples",
        ],
    ),
]


def with_bugs(problem: Problem, names: list[str]) -> Network:
    """A network with these bugs."""

    def bug(net: Network, right: Parameters) -> Parameters:
        return {k: value for name in names for k, value in BUGS[name](net, right).items()}

    return Network(bug, problem=problem)


@claim(
    "6/bug",
    r">10^{-3}\text{ for each bug, and for no right network}",
    corrected=True,
)
def test_each_bug_lands_above_1e_3_and_a_right_network_below(nn):
    """A check of the first ten entries or samples alone, or one that lets NaN pass, misses some."""
    for problem, names in NETWORKS:
        net, bugs = with_bugs(problem, names), ", ".join(names)
        right = oracle.gradients(problem.X, problem.Y, problem.parameters, "tanh")
        net.forward(problem.X)
        returned = net.backward(problem.Y)
        net.forward(-problem.X)  # the check needs a forward pass of its own
        errors = errors_of(nn, net)
        wrong = [g for g in GROUPS if not np.allclose(returned[f"d{g}"], right[f"d{g}"])]
        assert len(wrong) >= len(names), f"a bug that is none: {bugs}"
        for group in wrong:
            assert not errors[group] <= 1e-3, (
                f"gradient_check misses a bug ({bugs}): it gives {group} {errors[group]:.1e}"
            )
        assert wrong or all(error < 1e-3 for error in errors.values()), (
            "gradient_check finds fault with a network without bugs, whose last forward pass was of "
            f"another batch: it gives {', '.join(f'{g} {error:.1e}' for g, error in errors.items())}"
        )


@claim("6/bug", r">10^{-3}", corrected=True)
def test_a_gradient_of_the_wrong_shape_does_not_pass(nn):
    """Broadcasting could make the shapes agree: an exception will do, a small error will not."""
    bugs = {
        "dW1 transposed": (OBLONG, lambda net, g: {"dW1": g["dW1"].T}),
        "db1 summed to one number": (PROBLEM, lambda net, g: {"db1": np.sum(g["db1"])}),
    }
    for name, (problem, bug) in bugs.items():
        group = name[1:3]
        try:
            error = errors_of(nn, Network(bug, problem=problem))[group]
        except Raised:
            continue
        assert not error <= 1e-3, f"gradient_check misses {name}: it gives {group} {error:.1e}"


# ## What the check costs
#
# Two forward passes for each parameter, where backpropagation gets all derivatives for the price of
# about two. Hence the advice of a small batch, and of checking a small network instead of the large one.


@claim("6/costs-two-forward-passes-a-parameter", r"2\,|\theta|\text{ evaluations}")
@given(n=st.sampled_from([2, 5, 11]))
def test_the_numerical_gradient_evaluates_twice_a_parameter(nn, n: int):
    """The loss at θ itself is in neither term of the difference."""
    calls = []

    def f(theta):
        calls.append(1)
        return float(np.sum(theta))

    nn.numerical_gradient(f, np.zeros((n, 1)))
    assert n <= len(calls) <= 2 * n + 1, f"{n} parameters cost {2 * n} calls of f, not {len(calls)}"


@claim("6/costs-two-forward-passes-a-parameter", r"2\,|\theta|\text{ forward passes}")
def test_the_check_makes_two_forward_passes_a_parameter(nn):
    """One or two more for each group, for the analytic gradient, make no difference."""
    n, before = PROBLEM.n_parameters, Network.passes
    errors_of(nn, Network())
    passes = Network.passes - before
    assert n <= passes <= 2 * n + 2 * len(GROUPS), (
        f"{n} parameters cost {2 * n} forward passes and a few, not {passes}"
    )


# ## With a penalty on the weights
#
# The derivative of the penalty λ‖W‖² is in the gradient; so the penalty must be in the loss whose
# differences are taken. A check that computes a loss of its own would find fault with a right network.


@claim(
    "6/regularisation-off-or-in-both",
    r"\nabla(\mathcal L+\lambda\lVert W\rVert^2)=\nabla\mathcal L+2\lambda W",
)
def test_the_penalty_belongs_into_both_or_neither(nn):
    """In the gradient alone it is as good as a bug."""
    for group, error in errors_of(nn, Network(l2=1 / 8, problem=SMALL)).items():
        assert error < 1e-5, (
            f"with the penalty in loss and gradient {group} passes, but its error is {error:.1e}: "
            "does gradient_check use the network's own compute_loss?"
        )
    errors = errors_of(nn, Network(l2=1 / 8, penalised=False, problem=SMALL))
    for group in ("W1", "W2"):
        assert errors[group] > 1e-3, (
            f"with the penalty in the gradient alone the error of {group} is {errors[group]:.1e}"
        )


# ## Each group by itself
#
# An error that belongs to one group says where to look, and one group's error cannot drown in the norm
# of another.


@claim("6/every-group", r"W_1,\ b_1,\ W_2,\ b_2,\ \ldots", states=("gradient_check",))
def test_each_group_gets_an_error_of_its_own(nn):
    """Twice the gradient of one group raises the error of that group, and of no other, at any depth."""
    for problem, guilty in [*((SMALL, group) for group in GROUPS), *OF_EVERY_SIZE]:
        net = Network(lambda net, g, name=f"d{guilty}": {name: 2 * g[name]}, problem=problem)
        returned = nn.gradient_check(net, problem.X, problem.Y)
        assert isinstance(returned, dict), (
            "gradient_check returns the errors by group, "
            '{"W1": ..., "b1": ..., "W2": ..., "b2": ...}, '
            f"and returned {returned!r}{': is a `return` missing?' if returned is None else ''}"
        )
        errors = by_group(returned)
        missing = set(problem.parameters) - set(errors)
        assert not missing, f"gradient_check reports no error of {', '.join(sorted(missing))}"
        for group in problem.parameters:
            error = number(errors[group], group)
            assert (error > 1e-3) == (group == guilty), (
                f"where d{guilty} alone is wrong, gradient_check gives {group} an error of {error:.1e}"
            )


# ## What the check leaves behind
#
# Every entry of every parameter was moved, twice, in the course of it.


@claim("6/nothing-moved", r"\theta'=\theta")
def test_the_check_leaves_the_parameters_as_they_were(nn, rng):
    """Whoever checks between two steps of training goes on with the same weights."""
    net = Network()
    given = {
        g: theta * 10.0 ** rng.integers(-9, 1, theta.shape) for g, theta in net.parameters().items()
    }
    for group, theta in given.items():
        setattr(net, group, theta.copy())
    nn.gradient_check(net, PROBLEM.X, PROBLEM.Y)
    for group, theta in given.items():
        own = getattr(net, group)
        moved = np.abs(own - theta).max()
        untouched(
            theta, own, f"gradient_check must leave {group} as it was, and moved it by {moved:.1e}"
        )
