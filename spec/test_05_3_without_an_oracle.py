"""# 5.3 Laws of the gradient that need no oracle

So far each gradient was held against an equation. The laws of this section hold one gradient against
another. They follow from a single property of ReLU: it is *homogeneous*, ReLU(cz) = c ReLU(z) for every
c > 0. So a hidden neuron whose incoming weights and bias are multiplied by c, and whose outgoing
weights are divided by c, computes what it did before. Along this path the loss is constant, and its
slope is 0: what the gradients say of the way in, they must say of the way out.
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.mathematics import oracle
from spec.harness.mathematics.backpropagation import terms_of
from spec.harness.mathematics.deep_networks import FEW, TWO_LAYERS, awake, awake_of_every_size
from spec.harness.mathematics.networks import get_parameters, gradients, two_layer_net
from spec.harness.mathematics.strategies import Problem

NAMES = ["dW1", "db1", "dW2", "db2"]
RATE = 3 / 8

# ## What comes in and what goes out


def incoming(theta: oracle.Parameters, d: oracle.Parameters) -> Array:
    """⟨W1_j, dW1_j⟩ + b1_j db1_j of each hidden neuron j, (n_1,)."""
    return np.asarray((theta["W1"] * d["dW1"]).sum(axis=0) + (theta["b1"] * d["db1"])[0])


def outgoing(theta: oracle.Parameters, d: oracle.Parameters) -> Array:
    """⟨W2_j, dW2_j⟩ of each hidden neuron j, (n_1,)."""
    return np.asarray((theta["W2"] * d["dW2"]).sum(axis=1))


@claim(
    "5.3/balance",
    r"\langle W^{[1]}_{\cdot j}, dW^{[1]}_{\cdot j}\rangle + b^{[1]}_j\,db^{[1]}_j ="
    r" \langle W^{[2]}_{j\cdot}, dW^{[2]}_{j\cdot}\rangle",
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_each_neuron_is_in_balance(nn, problem: Problem):
    """A factor that stands in one of the gradients and not in the others tips the scales."""
    net, theta = two_layer_net(nn, problem), problem.parameters
    net.forward(problem.X)
    d = gradients(net, problem.Y, NAMES)
    sizes, weights = terms_of(problem, "relu"), {name: np.abs(theta[name]) for name in theta}
    agree(
        incoming(theta, d),
        outgoing(theta, d),
        scale=incoming(weights, sizes) + outgoing(weights, sizes),
        sizes=problem.named_sizes(),
        what="what comes in, weights times gradients, against what goes out, of each hidden neuron",
        shows=False,
    )


@claim("5.3/balance", r"\sum_k db^{[2]}_k = 0")
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_what_one_class_gains_the_others_lose(nn, problem: Problem):
    """A number added to all logits changes no probability, so the loss has no slope along it."""
    net = two_layer_net(nn, problem)
    net.forward(problem.X)
    total = gradients(net, problem.Y, ["db2"])["db2"].sum()
    agree(total, 0.0, scale=2 * problem.sizes[-1], what="the sum of db2 over the classes")


@claim("5.3/balance", r"\mathrm{ReLU}(cz) = c\,\mathrm{ReLU}(z)")
def test_only_a_homogeneous_activation_is_in_balance():
    """The condition is needed: tanh(cz) is not c tanh(z), and its neurons are out of balance."""
    problem = awake(Problem((5, 7, 3), 11, 0))
    off = {}
    for activation in ("relu", "tanh"):
        d = oracle.gradients(problem.X, problem.Y, problem.parameters, activation)
        differences = incoming(problem.parameters, d) - outgoing(problem.parameters, d)
        off[activation] = float(np.abs(differences).max())
    measured("how far a tanh network is out of balance", off["tanh"])
    assert off["relu"] < 1e-15
    assert off["tanh"] > 1e-3


# ## What a step keeps
#
# Let D_j be the sum of squares of what comes into a neuron less that of what goes out. Gradient descent
# moves each weight against its gradient, so that D_j changes by −2η times the difference of the two
# products above, which is 0, and by η² times the same difference of squared gradients. With a small rate
# D_j is as good as conserved: a neuron that starts with small weights on both sides keeps them alike.


def difference_of_squares(W1: Array, b1: Array, W2: Array) -> Array:
    """D_j of each hidden neuron, (n_1,)."""
    return np.asarray((W1**2).sum(axis=0) + b1[0] ** 2 - (W2**2).sum(axis=1))


@claim(
    "5.3/conserved",
    r"D_j \leftarrow D_j + \eta^2 (\lVert dW^{[1]}_{\cdot j}\rVert^2 + (db^{[1]}_j)^2 -"
    r" \lVert dW^{[2]}_{j\cdot}\rVert^2)",
)
@FEW
@awake_of_every_size
@given(problem=TWO_LAYERS)
def test_a_step_keeps_the_difference_of_squares(nn, problem: Problem):
    """To first order in the rate nothing moves; what is left is known exactly."""
    net, theta = two_layer_net(nn, problem), problem.parameters
    net.forward(problem.X)
    d = gradients(net, problem.Y, NAMES)
    net.train_step(problem.X, problem.Y, RATE)
    after = get_parameters(net, theta)
    before, now = (difference_of_squares(of["W1"], of["b1"], of["W2"]) for of in (theta, after))
    left_over = RATE**2 * difference_of_squares(d["dW1"], d["db1"], d["dW2"])
    sizes = terms_of(problem, "relu")
    reach = {name: np.abs(theta[name]) + RATE * sizes[f"d{name}"] for name in ("W1", "b1", "W2")}
    agree(
        now - before,
        left_over,
        scale=(reach["W1"] ** 2).sum(axis=0) + reach["b1"][0] ** 2 + (reach["W2"] ** 2).sum(axis=1),
        sizes=problem.named_sizes(),
        mistakes=lambda: {"the parameters do not move": 0 * left_over},
        what="the change of D of each hidden neuron in one step",
        shows=False,
    )
