"""# 11 The notebook's experiments: the exercises

Four extensions of the two-layer network. Each is a few lines of code, and each invites the old slips: no
gate in the new layer, a derivative that is fed with a where it wants z, a penalty of which the loss knows
nothing. Gradients come first, training second: a network with wrong gradients trains, too, only worse.
"""

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, chance, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.backpropagation import terms_of, through_moved_weights
from spec.harness.mathematics.deep_networks import three_layers_of_every_size
from spec.harness.mathematics.moons import fresh_moons, moons, moons_run
from spec.harness.mathematics.networks import (
    get_parameters,
    gradients,
    mlp,
    own_activation,
    set_parameters,
    three_layer_net,
    train_steps,
)
from spec.harness.mathematics.population import Population, mostly
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import (
    Problem,
    of_every_size,
    of_every_value,
    pre_activations,
    problems,
)


def he(sizes: tuple[int, ...], rng: np.random.Generator) -> oracle.Parameters:
    """He weights and zero biases."""
    return {n: np.array(W[0], float) for n, W in Population(sizes, 1, rng).parameters.items()}


# ## Exercise 1: a third layer
#
# The recursion of 5.4 makes one more turn. The new hidden layer has a gate of its own.


@claim(
    "11/three-layer-net",
    r"dZ^{[l]} = dZ^{[l+1]} (W^{[l+1]})^\top \odot \mathrm{ReLU}'(Z^{[l]})",
    states=("ThreeLayerNet.backward",),
)
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_a_three_layer_net_has_the_right_gradients(nn, problem: Problem):
    """From the output inwards; a batch of another size has been there before."""
    net, m = three_layer_net(nn, problem.parameters), problem.m
    X1, Y1 = problem.another_batch()
    net.forward(X1)
    net.backward(Y1)
    net.forward(problem.X)
    slope, model = ACTIVATIONS["relu"].derivative, (problem.X, problem.Y, problem.parameters)
    right = oracle.gradients(*model)
    terms = terms_of(problem, "relu")
    no_gate = {
        layer: oracle.gradients(
            *model, gate=lambda l, Z, A, out=layer: np.ones(Z.shape) if l == out else slope(Z)
        )
        for layer in (1, 2)
    }
    for name, own in gradients(net, problem.Y, list(right)).items():
        agree(
            own,
            right[name],
            scale=terms[name],
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the gate of the second hidden layer is missing": no_gate[2][name],
                "the gate of the first hidden layer is missing": no_gate[1][name],
                "the mean over the m samples is missing": m * right[name],
                "the mean over the m samples is taken twice": right[name] / m,
                "m is still that of the first batch": right[name] * m / len(X1),
            },
            what=name,
        )


@claim("11/three-layer-net", r"A^{[3]} = \mathrm{softmax}(A^{[2]} W^{[3]} + \mathbf b^{[3]})")
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_a_three_layer_net_takes_one_more_step_forward(nn, problem: Problem):
    """The new layer is the old recipe once more: affine, and ReLU. One sample has logits of thousands."""
    X, theta = np.vstack([4096 * problem.X[:1], problem.X[1:]]), problem.parameters
    layers, (W2, b2, W3, b3) = oracle.forward(X, theta), list(theta.values())[2:]
    size = np.abs(layers["Z3"]).max(axis=1, keepdims=True)
    linear_1, no_b2 = np.maximum(layers["Z1"] @ W2 + b2, 0), np.maximum(layers["A1"] @ W2, 0)
    agree(
        three_layer_net(nn, theta).forward(X),
        oracle.softmax(layers["Z3"]),
        scale=1 + np.maximum(size, size[1:].max(initial=0)),
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the second hidden layer has no activation": oracle.softmax(layers["Z2"] @ W3 + b3),
            "the first hidden layer has no activation": oracle.softmax(linear_1 @ W3 + b3),
            "the second bias is left out": oracle.softmax(no_b2 @ W3 + b3),
        },
        what="the output",
    )


@claim(
    "11/three-layer-net",
    r"\mathcal L = -\frac1m \sum_i \log \hat y_{i c_i}",
    states=("ThreeLayerNet.compute_loss",),
)
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_a_three_layer_net_reports_its_loss(nn, problem: Problem):
    """Within what a safeguard of up to 1e-7 in the logarithm changes."""
    net, X, Y = three_layer_net(nn, problem.parameters), problem.X, problem.Y
    log_p = oracle.log_softmax(oracle.forward(X, problem.parameters)["Z3"])[Y == 1]
    least, most = -np.mean(np.logaddexp(log_p, np.log(1e-7))), -np.mean(log_p)
    slack = 1e-5 * (1 + most)
    for what in ("compute_loss", "train_step"):
        loss = net.compute_loss(net.forward(X), Y) if "loss" in what else net.train_step(X, Y, 0.5)
        loss = sample_of(loss, (), f"the loss of {what}")
        assert least - slack <= loss <= most + slack, f"{what} returned {loss}, not {most:.6f}"


@claim(
    "11/three-layer-net",
    r"\theta \leftarrow \theta - \eta\,d\theta",
    states=("ThreeLayerNet.train_step",),
)
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_a_three_layer_net_moves_all_its_parameters(nn, problem: Problem):
    """At a rate of 3/8 it shows whether a gradient was taken after another parameter had moved."""
    (net, twin), lr = (three_layer_net(nn, problem.parameters) for _ in range(2)), 3 / 8
    twin.forward(problem.X)
    own = gradients(twin, problem.Y, [f"d{name}" for name in problem.parameters])
    late = through_moved_weights(problem.X, problem.Y, problem.parameters, lr)
    terms = terms_of(problem, "relu")
    net.train_step(problem.X, problem.Y, lr)
    for name, after in get_parameters(net, problem.parameters).items():
        before, gradient = problem.parameters[name], own[f"d{name}"]
        agree(
            after,
            before - lr * gradient,
            scale=np.abs(before) + lr * terms[f"d{name}"],
            mistakes=lambda: {
                "it is not updated": before,
                "the gradient is added": before + lr * gradient,
                "the learning rate is left out": before - gradient,
                "errors went back through weights that were already updated": before
                - lr * late[f"d{name}"],
            },
            what=f"{name} after a step",
        )


@claim("11/three-layer-net", r"\text{ThreeLayerNet}(2, 10, 10, 2)")
@chance(false_alarms=1e-9)
def test_a_three_layer_net_learns_the_moons(nn, rng):
    """Two runs from He weights are by then far better than guessing, of which the loss is 0.69."""
    X, Y, *_ = moons()
    losses = []
    for _ in range(2):
        weights = he((2, 10, 10, 2), rng)
        net = three_layer_net(nn, weights)
        train_steps(net, 60, X, Y, 0.2)
        logits = oracle.forward(X, get_parameters(net, weights))["Z3"]
        losses.append(oracle.loss_from_logits(logits, Y))
    assert np.mean(losses) < 0.5, f"after 60 steps the losses are {losses}, expected below 0.5"


@claim("11/three-layer-net", r"\text{He}, \ \eta = 0.5")
@chance(false_alarms=6e-9)
def test_a_second_hidden_layer_learns_in_fewer_epochs(run_seed):
    """On the moons depth buys speed, and no accuracy: two layers are near the best possible already."""
    two = moons_run(run_seed, n=12)
    three = moons_run(run_seed, n=12, sizes=(2, 10, 10, 2), epochs=500)
    epochs = [run.epochs_to(0.1) for run in (two, three)]
    measured("epochs to a loss of 0.1, two layers", np.median(epochs[0]))
    measured("epochs to a loss of 0.1, three layers", np.median(epochs[1]))
    measured("accuracy, two layers after 1000 epochs", np.median(two.accuracy))
    measured("accuracy, three layers after 500 epochs", np.median(three.accuracy))
    mostly(epochs[1] < 0.9 * epochs[0], "three layers are quicker", exceptions=0.02)
    close = np.abs(three.accuracy - two.accuracy) < 0.03
    mostly(close, "three layers are as good as two", exceptions=0.025)


# ## Exercise 2: other activations
#
# Only σ and σ′ change. With ReLU one may feed the derivative with a instead of z and never notice,
# since both have one sign; with the others it is a bug.


@claim("11/other-activations", r"dZ^{[l]} = dA^{[l]} \odot \sigma'(Z^{[l]})")
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky_relu"])
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_other_hidden_activations_have_the_right_gradients(nn, activation, problem: Problem):
    """The derivative belongs to the activation of its own layer, at the pre-activation of that layer."""
    net = mlp(nn, problem, activation)
    net.forward(problem.X)
    sigma = own_activation(nn, activation)
    wrong = {"it is left out": lambda l, Z, A: np.ones(Z.shape)}
    wrong["it is ReLU's"] = lambda l, Z, A: (Z > 0).astype(float)
    if not sigma.has_straight_sides:
        wrong["it is fed with a instead of z"] = lambda l, Z, A: sigma.derivative(A)
    model = (problem.X, problem.Y, problem.parameters, sigma)
    right, terms = oracle.gradients(*model), terms_of(problem, sigma)
    mistaken = {why: oracle.gradients(*model, gate=gate) for why, gate in wrong.items()}
    for name, own in gradients(net, problem.Y, list(right)).items():
        agree(
            own,
            right[name],
            scale=terms[name],
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                f"the derivative of the activation: {why}": values[name]
                for why, values in mistaken.items()
            },
            what=f"{name} with {activation}",
        )


@claim("11/other-activations", r"\max(0.1\,z, z)")
@of_every_value
@given(z=pre_activations())
def test_leaky_relu_leaks_as_much_as_it_is_told(nn, z: Array):
    """The exercise asks for a slope of 0.1, ten times the usual one."""
    agree(
        nn.leaky_relu(z, 0.1),
        np.where(z > 0, z, 0.1 * z),
        scale=np.abs(z),
        mistakes=lambda: {"the slope is 0.01 all the same": np.where(z > 0, z, 0.01 * z)},
        what="leaky_relu(z, 0.1)",
    )
    agree(
        nn.leaky_relu_grad(z, 0.1),
        np.where(z > 0, 1, 0.1),
        mistakes=lambda: {
            "the slope is 0.01 all the same": np.where(z > 0, 1, 0.01),
            "it is multiplied by z": np.where(z > 0, 1, 0.1 * z),
        },
        what="leaky_relu_grad(z, 0.1)",
    )


@claim("11/other-activations", r"\text{epochs to } \mathcal L < 0.1")
@chance(false_alarms=1.5e-8)
def test_the_loss_curves_of_the_activations_differ(run_seed):
    """ReLU, leaky ReLU and tanh need some 400 epochs from He weights; the sigmoid is not there at 1000."""
    names = ("relu", "leaky_relu(0.1)", "tanh", "sigmoid")
    runs = {name: moons_run(run_seed, n=12, activation=name) for name in names}
    for name, run in runs.items():
        measured(f"epochs to a loss of 0.1, {name}", np.median(run.epochs_to(0.1)))
        measured(f"loss after 1000 epochs, {name}", np.median(run.final))
    for name in names[:3]:
        mostly(runs[name].epochs_to(0.1) < 800, f"{name} comes to a loss of 0.1", exceptions=0.025)
    mostly(runs["sigmoid"].final > 0.12, "the sigmoid does not", exceptions=0.01)


# ## Exercise 3: mini-batches
#
# What counts is the number of updates. 30 epochs in batches of 32 are 210 of them, and do about what 210
# epochs of full-batch training do, for a seventh of the arithmetic.


@claim("11/minibatch-training", r"30 \cdot \lceil 210 / 32 \rceil = 210")
@chance(false_alarms=1e-9)
def test_mini_batches_need_fewer_epochs(rng):
    """From the same weights, at the same rate, and judged on the same fresh samples."""
    X, Y, *_ = moons()
    seed = rng.integers(2**32)
    full, mini = (Population((2, 10, 2), 34, np.random.default_rng(seed)) for _ in range(2))
    in_batches = np.median(mini.train(X, Y, 0.5, 30, batch_size=32, rng=rng)[20:], axis=0)
    losses = full.train(X, Y, 0.5, 210)
    early, late = np.median(losses[20:30], axis=0), np.median(losses[140:], axis=0)
    measured("loss in epochs 21 to 30, batches of 32: updates 141 to 210", np.median(in_batches))
    measured("full-batch loss in epochs 21 to 30", np.median(early))
    measured("full-batch loss in epochs 141 to 210", np.median(late))
    measured("accuracy after 30 epochs in batches of 32", np.median(mini.accuracy(*fresh_moons())))
    measured("accuracy after 210 full-batch epochs", np.median(full.accuracy(*fresh_moons())))
    ratio = in_batches / late
    mostly(in_batches < 0.9 * early, "batches are ahead in epochs 21 to 30", exceptions=0.1)
    mostly((ratio > 0.7) & (ratio < 1.4), "they are even after as many updates", exceptions=0.03)


@claim("11/minibatch-training", r"\mathcal L_{B = 32} < \mathcal L_{B = m}")
@chance(false_alarms=1e-9)
def test_training_in_mini_batches_is_ahead_after_the_same_epochs(nn, rng):
    """Three networks a side, from the same weights: 28 updates against 4."""
    X, Y, *_ = moons()
    losses = {32: 0.0, None: 0.0}
    for _ in range(3):
        weights = he((2, 10, 2), rng)
        for B in losses:
            net = nn.MLP([2, 10, 2], activation="relu")
            set_parameters(net, weights)
            nn.train(net, X, Y, 0.1, 4, B, rng)
            logits = oracle.forward(X, get_parameters(net, weights))["Z2"]
            losses[B] += oracle.loss_from_logits(logits, Y) / 3
    assert losses[None] - losses[32] > 0.005, (
        f"after 4 epochs the mean loss is {losses[32]:.3f} in batches of 32, {losses[None]:.3f} without"
    )


# ## Exercise 4: L2 regularisation
#
# The penalty belongs in the loss and, as its derivative, in the gradients of the weights; biases go
# free. Both are seen best in what changes when λ does.


@claim(
    "11/l2-exercise",
    r"\mathcal L_\lambda - \mathcal L_0 = \lambda \sum_l \lVert W^{[l]} \rVert_F^2",
)
@of_every_size
@given(problem=problems())
def test_the_loss_of_a_network_includes_its_penalty(nn, problem: Problem):
    """A loss that leaves it out is not the one that is minimised, and no gradient check will pass."""
    lam, theta = 0.25, problem.parameters
    plain, penalised = (mlp(nn, problem, l2=l2) for l2 in (0.0, lam))
    without, included = (
        net.compute_loss(net.forward(problem.X), problem.Y) for net in (plain, penalised)
    )
    squares = sum(np.sum(theta[W] ** 2) for W in ("W1", "W2"))
    agree(
        included - without,
        lam * squares,
        scale=abs(without) + lam * squares,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the penalty is not in the loss": 0.0,
            "the penalty has a factor 1/2": lam * squares / 2,
            "the penalty is averaged over the samples": lam * squares / problem.m,
            "biases are penalised as well": lam * sum(np.sum(value**2) for value in theta.values()),
            "the weights are not squared": lam * (theta["W1"].sum() + theta["W2"].sum()),
            "the norms are not squared": lam * sum(np.linalg.norm(theta[W]) for W in ("W1", "W2")),
        },
        what="the loss at λ = 0.25 less that at λ = 0",
    )


@claim(
    "11/l2-exercise", r"dW_\lambda - dW_0 = 2 \lambda W, \quad d\mathbf b_\lambda = d\mathbf b_0"
)
@of_every_size
@given(problem=problems())
def test_the_gradients_of_a_network_include_its_decay(nn, problem: Problem):
    """Each weight is pulled towards 0 in proportion to itself, and no bias is."""
    lam, names = 0.25, ["dW1", "dW2", "db1", "db2"]
    plain, penalised = (mlp(nn, problem, l2=l2) for l2 in (0.0, lam))
    for net in (plain, penalised):
        net.forward(problem.X)
    without, included = (gradients(net, problem.Y, names) for net in (plain, penalised))
    for name in names:
        theta = problem.parameters[name[1:]]
        rise, decay = included[name] - without[name], 2 * lam * theta
        options = {
            "scale": 1 + np.abs(without[name]) + np.abs(decay),  # 1: of the terms of the gradient
            "what": f"{name} at λ = 0.25 less that at λ = 0",
        }
        if name.startswith("db"):
            agree(rise, 0 * decay, mistakes=lambda: {"biases decay as well": decay}, **options)
            continue
        agree(
            rise,
            decay,
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the factor 2 is missing": decay / 2,
                "the decay is averaged over the samples": decay / problem.m,
                "the decay is subtracted": -decay,
                "the decay is not in the gradients": 0 * decay,
            },
            **options,
        )


@claim("11/l2-exercise", r"\lambda \in \{0, 0.001, 0.01, 0.1\}")
@chance(false_alarms=1e-9)
def test_a_stronger_penalty_makes_smaller_weights_and_a_straighter_boundary(run_seed):
    """0.001 costs the moons nothing; 0.01 takes most of the curve away, and 0.1 more than that."""
    strengths = (0.0, 0.001, 0.01, 0.1)
    norms, accuracies = [], []
    for lam in strengths:
        run = moons_run(run_seed, n=12, l2=lam, epochs=500)
        W = [stack for name, stack in run.networks.parameters.items() if name.startswith("W")]
        norms.append(sum(np.sum(w**2, axis=(1, 2)) for w in W))
        accuracies.append(run.accuracy)
        measured(f"accuracy at a penalty of {lam:g}", np.median(accuracies[-1]))
    none, least, more, most = accuracies
    mostly(np.all(np.diff(norms, axis=0) < 0, axis=0), "the norms shrink", exceptions=0.01)
    mostly(np.abs(least - none) < 0.03, "0.001 costs nothing", exceptions=0.02)
    mostly((least > more) & (more > most), "the boundary is straighter", exceptions=0.01)
