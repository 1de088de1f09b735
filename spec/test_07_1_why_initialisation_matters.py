"""# 7.1 Why initialisation matters

Gradient descent starts somewhere, and in a deep network most places are bad ones. Before any data are
looked at, the weights decide how the size of a signal changes from layer to layer, forwards for the
activations and backwards for the gradients. The change is a factor per layer, so depth turns it
into a power: 0.5 and 2 are both a thousandfold, up or down, after ten layers.

Size means **second moment**, the mean square over the units of a layer. If the weights of a layer are
independent of each other and of what comes in, with mean 0 and variance Var(w), then

    E z² = n_in Var(w) E a²,

and an activation maps E z² to the next E a². For one input even the whole law is simple: given a, the
entries of a W are independent and normal, N(0, Var(w) Σ a²), since each has a column of W to itself.
A random network can thus be sent one input by drawing n numbers a layer instead of n². The tests
below do so for whole populations of networks, and draw the matrices only where gradients come back
through the same weights.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, chance, claim, measured
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.networks import mlp, set_parameters, two_layer_net
from spec.harness.mathematics.oracle import Parameters, gradients
from spec.harness.mathematics.signals import (
    Rule,
    backward,
    factors,
    forward,
    one_input,
    random_weights,
    second_moments,
)
from spec.harness.mathematics.strategies import Problem, problems
from spec.harness.subject.proxy import Guarded

# ## Signals that vanish or explode


@claim("7.1/vanishing-activations", r"\sigma \ll 1/\sqrt{n} \Rightarrow A^{[l]} \to 0")
@chance(false_alarms=1e-9)
def test_small_weights_silence_the_deep_layers(rng):
    """A hundred terms of deviation 0.01 do not make up for one another: each layer is weaker."""
    for activation in ("relu", "tanh"):
        Z = one_input(rng, 100, [100] * 11, 0.01, activation)
        largest = float(np.abs(ACTIVATIONS[activation].function(Z[-1])).max())
        measured(f"largest activation of layer 10 in 100 networks, {activation}", largest)
        assert 1e-15 < largest < 1e-7, f"{activation}: an activation of {largest:.1e} in layer 10"


@claim("7.1/exploding-activations", r"\sigma \gg 1/\sqrt{n} \Rightarrow A^{[l]} \to \infty")
@chance(false_alarms=1e-9)
def test_large_weights_overflow(rng):
    """At σ = 5 and width 40 a ReLU layer magnifies √(40 · 25 / 2) ≈ 22 times: 10³⁰⁸ is near layer 229.

    Infinity is not the end of it: a neuron that weighs two infinities with different signs is NaN.
    """
    A, finite, numbers = np.ones((5, 1, 40)), np.zeros(5), np.zeros(5)
    with np.errstate(all="ignore"):
        for _ in range(270):
            A = np.maximum(A @ rng.normal(0, 5, (5, 40, 40)), 0)
            finite += np.isfinite(A).all(axis=(1, 2))
            numbers += ~np.isnan(A).any(axis=(1, 2))
    measured("layers before the first overflow, median of 5 networks", np.median(finite))
    assert finite.min() > 200, f"all is finite for {finite} layers"
    assert finite.max() < 260, f"all is finite for {finite} layers"
    assert np.max(numbers - finite) < 10, f"there is no NaN for {numbers} layers"


# ## Gradients that vanish
#
# Backwards, a layer hands on dZ[l] = (dZ[l+1] W[l+1]ᵀ) ⊙ σ′(Z[l]). So the second moment of the gradient
# changes by about n_out Var(w) E σ′(z)² a layer: a contest between the weights and the slopes.
# Slopes are small where an activation saturates. Whether the product is small is another question.

WIDTHS = [64] * 13
NETWORKS = 20


def gradient_signals(rng, rule: Rule, activation: str, shift: float = 0.0):
    """Z[l] and dZ[l] of one input in random networks, with biases ±`shift` and dA = N(0, 1) on top."""
    weights = random_weights(rng, NETWORKS, WIDTHS, rule)
    biases = [rng.choice([-shift, shift], (NETWORKS, 1, n)) for n in WIDTHS[1:]]
    X, dA = rng.standard_normal((2, NETWORKS, 1, WIDTHS[0]))
    Z = forward(X, weights, activation, biases)
    return Z, backward(dA, Z, weights, activation)


@claim(
    "7.1/vanishing-gradients",
    r"\lvert z\rvert \gg 0 \Rightarrow \lVert dZ^{[l]}\rVert \ll \lVert dZ^{[l+1]}\rVert",
    verdict="conditional",
    instead="a layer multiplies the gradient's second moment by about n_out Var(w) E σ′(z)², which is "
    "below 1 for a saturated layer of moderate weights, and for a sigmoid under Xavier at any z; where "
    "z is large because the weights are, they outweigh the slopes, and gradients explode",
)
@chance(false_alarms=1e-9)
def test_saturation_by_large_weights_makes_gradients_grow(rng):
    """The few units that are not saturated pass on more than all the others hold back.

    For z ~ N(0, s²) with a large s the slopes average E σ′(z)² ∝ 1/s, but the weights grow like s².
    """
    Z, dZ = gradient_signals(rng, 5 / np.sqrt(WIDTHS[0]), "tanh")
    saturated = float(np.mean(np.abs(Z) > 2))
    growth = float(factors(dZ[::-1]).mean())
    measured("share of tanh units with |z| > 2 at five times Xavier's deviation", saturated)
    measured("growth of the gradient's second moment per layer there", growth)
    assert saturated > 0.5, f"only {saturated:.0%} of the units are saturated"
    assert growth > 1.5, f"the gradient changes by {growth:.2f} per layer"


@claim(
    "7.1/vanishing-gradients",
    r"\frac{E\,(dZ^{[l]})^2}{E\,(dZ^{[l+1]})^2} \approx n_{out} \mathrm{Var}(w) E\,\sigma'(z)^2",
    corrected=True,
)
@chance(false_alarms=1e-9)
def test_gradients_shrink_by_the_slopes_where_weights_are_moderate(rng):
    """Weights of variance 1/n hand on what they get, so the slopes decide: a sigmoid's are at most 1/4."""
    for activation, shift in (("sigmoid", 0.0), ("tanh", 2.0)):
        Z, dZ = gradient_signals(rng, "xavier", activation, shift)
        slopes = float(np.mean(ACTIVATIONS[activation].derivative(np.array(Z[:-1])) ** 2))
        shrinkage = float(factors(dZ[::-1]).mean())
        measured(
            f"change of the gradient's second moment per layer, {activation}, ±{shift:g}", shrinkage
        )
        assert abs(shrinkage / slopes - 1) < 0.3, f"{activation}: {shrinkage:.4f}, not {slopes:.4f}"
        first_to_last = np.median(second_moments(dZ)[0] / second_moments(dZ)[-1])
        assert first_to_last < 1e-8, f"{activation}: {first_to_last:.1e} is left in the first layer"


# ## Symmetry
#
# Two neurons that start alike see the same inputs and are heard with the same weights, so they receive
# the same gradient and stay alike: a layer of twins is one neuron, however wide it is. Only chance
# in the weights breaks the tie. Biases may start equal, since the weights already differ.


def of_twins(parameters: Parameters) -> Parameters:
    """The parameters with all neurons of each hidden layer made equal to its first one."""
    L, twins = len(parameters) // 2, dict(parameters)
    for l in range(1, L):
        for name in (f"W{l}", f"b{l}"):
            twins[name] = np.repeat(twins[name][:, :1], twins[name].shape[1], axis=1)
        twins[f"W{l + 1}"] = np.repeat(twins[f"W{l + 1}"][:1], len(twins[f"W{l + 1}"]), axis=0)
    return twins


def stay_twins(net: Guarded, problem: Problem) -> None:
    """Three large steps from equal neurons, after which they must be equal still, but for rounding."""
    set_parameters(net, of_twins(problem.parameters))
    for _ in range(3):
        net.train_step(problem.X, problem.Y, 0.5)
    for l in range(1, len(problem.sizes) - 1):
        W, after = getattr(net, f"W{l}"), getattr(net, f"W{l + 1}")
        for weights, first, what in (
            (W, np.repeat(W[:, :1], W.shape[1], axis=1), f"W{l} of equal neurons"),
            (after, np.repeat(after[:1], len(after), axis=0), f"W{l + 1}, row by row"),
        ):
            agree(weights, first, scale=1 + np.abs(first), what=what)  # 1: of the steps


@claim(
    "7.1/symmetry",
    r"w_1 = w_2 \Rightarrow \partial\mathcal L/\partial w_1 = \partial\mathcal L/\partial w_2",
)
@given(problem=problems())
def test_equal_neurons_stay_equal(nn, problem: Problem):
    """Training cannot tell apart what the initial weights do not."""
    stay_twins(two_layer_net(nn, problem), problem)


@claim("7.1/symmetry")
@given(problem=problems(depth=3))
def test_equal_neurons_stay_equal_in_every_layer(nn, problem: Problem):
    """Depth does not help, nor does a smooth activation."""
    stay_twins(mlp(nn, problem, "tanh"), problem)


def only_the_output_bias_moves(net: Guarded, problem: Problem) -> None:
    """Three large steps from nothing, after which all but the last bias must be nothing still."""
    zeros = {name: np.zeros_like(theta) for name, theta in problem.parameters.items()}
    set_parameters(net, zeros)
    for _ in range(3):
        net.train_step(problem.X, problem.Y, 0.5)
    for name in list(zeros)[:-1]:
        value = getattr(net, name)
        agree(value, np.zeros(np.shape(value)), what=f"{name} after three steps from W = 0")


@claim("7.1/symmetry", r"W = 0 \Rightarrow \partial\mathcal L/\partial W^{[l]} = 0")
@given(problem=problems())
def test_from_zero_only_the_output_bias_moves(nn, problem: Problem):
    """W[2] gets no gradient since A[1] = 0, and nothing gets past W[2] = 0 to the layer before."""
    only_the_output_bias_moves(two_layer_net(nn, problem), problem)


@claim("7.1/symmetry")
@given(problem=problems(depth=3))
def test_from_zero_no_deeper_layer_wakes_up(nn, problem: Problem):
    """Every layer waits for one of its neighbours to move first."""
    only_the_output_bias_moves(mlp(nn, problem), problem)


@claim("7.1/symmetry")
def test_zero_weights_learn_the_class_shares_and_no_more():
    """ReLU and tanh are 0 at 0. A sigmoid is 1/2 there: its network moves, as one neuron."""
    problem = Problem((3, 5, 3), 11, seed=0, shaken=1 / 64)  # each class occurs
    shares = problem.Y.mean(axis=0, keepdims=True)
    for activation in ("relu", "tanh", "sigmoid"):
        theta = {name: np.zeros_like(value) for name, value in problem.parameters.items()}
        for _ in range(300):
            step = gradients(problem.X, problem.Y, theta, activation)
            theta = {name: theta[name] - 0.5 * step["d" + name] for name in theta}
        if activation == "sigmoid":
            assert np.abs(theta["W1"]).max() > 1e-3, "the sigmoid network did not move"
            assert np.ptp(theta["W1"], axis=1).max() < 1e-9, "its hidden neurons came apart"
            continue
        moved = [name for name in ("W1", "b1", "W2") if theta[name].any()]
        assert not moved, f"{activation}: {moved} moved away from 0"
        odds = np.exp(theta["b2"] - theta["b2"].max())
        agree(odds / odds.sum(), shares, ulps=1e7, what=f"the one prediction left, {activation}")


# ## The goal


@claim(
    "7.1/goal",
    r"E\,(Z^{[l]})^2 \approx E\,(Z^{[1]})^2,\quad E\,(dZ^{[l]})^2 \approx E\,(dZ^{[L]})^2",
)
@chance(false_alarms=1e-9)
def test_one_scale_keeps_both_directions_alive(rng):
    """Between weights too small and too large lies a scale at which no layer changes the size.

    It is the same for activations and gradients where the widths are equal. For ReLU it is He's.
    """
    weights = random_weights(rng, NETWORKS, WIDTHS, "he")
    X, dA = rng.standard_normal((2, NETWORKS, 1, WIDTHS[0]))
    for times, low, high in ((0.25, 0, 0.1), (1, 0.75, 1.33), (4, 10, np.inf)):
        scaled = [times * W for W in weights]
        Z = forward(X, scaled, "relu")
        there, back = factors(Z).mean(), factors(backward(dA, Z, scaled, "relu")[::-1]).mean()
        measured(f"factor of E z² per layer at {times:g} times He's deviation", there)
        measured(f"factor of E dz² per layer at {times:g} times He's deviation", back)
        assert low < there < high, f"activations: {there:.3g} per layer at {times:g} times He's"
        assert low < back < high, f"gradients: {back:.3g} per layer at {times:g} times He's"
