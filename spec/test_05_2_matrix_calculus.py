"""# 5.2 The chain rule, vectors and matrices

A function from vectors to vectors has a slope for each pair of an output and an input. They stand in
its **Jacobian** J, J[k, j] = ∂z_k/∂x_j, and the chain rule multiplies matrices in place of numbers.
A loss is a single number, so its derivative by z is a row, and the rule reads row times matrix:

    ∂ℒ/∂x = ∂ℒ/∂z · ∂z/∂x

A network never builds these Jacobians: a layer from 100 to 100 neurons has 10,000 slopes for each of
its m samples. It needs what they do to a row, and for the two kinds of step that a network is made
of, that is a short formula.
"""

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, arguments_after, claim, refuses
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.activations import ACTIVATIONS, activation_of
from spec.harness.mathematics.deep_networks import awake
from spec.harness.mathematics.networks import (
    as_function,
    as_in_networks,
    cached,
    gradients,
    mlp,
    row,
)
from spec.harness.mathematics.oracle import softmax
from spec.harness.mathematics.strategies import (
    SEEDS,
    Layer,
    Problem,
    affine_layers,
    eighths,
    layers_of_every_size,
    odd_fractions,
    pre_activations,
    sizes,
)
from spec.harness.subject.proxy import kind, unpacked

# ## Jacobians


def like(value: object, array: Array) -> Array:
    """`array` as float32 if that is what `value` is: a product must not look more precise than it is."""
    return array.astype(np.float32) if getattr(value, "dtype", None) == np.float32 else array


@claim(
    "5.2/jacobian-chain-rule",
    r"\frac{\partial\mathcal L}{\partial\mathbf x} = \frac{\partial\mathcal L}{\partial\mathbf z}"
    r"\cdot\frac{\partial\mathbf z}{\partial\mathbf x}",
)
@given(n=sizes(1), seed=SEEDS)
def test_a_gradient_goes_back_through_a_jacobian(n: tuple[int], seed: int):
    """z = (Ax)² and ℒ = z·z, whose slopes by x come from complex steps that know of no chain rule."""
    A = eighths(generator(seed), *n, *n)
    x = odd_fractions(generator(seed + 1), 1 / 8, *n)
    z, steps = (A @ x) ** 2, x + 1e-40j * np.eye(*n)
    J, dz = 2 * (A @ x)[:, None] * A, 2 * z
    agree(
        dz @ J,
        np.sum((steps @ A.T) ** 4, axis=1).imag / 1e-40,
        scale=np.abs(dz) @ np.abs(J) + 8 * np.abs((np.abs(A) @ np.abs(x)) ** 3 @ np.abs(A)),
        mistakes=lambda: {
            "the Jacobian is transposed": J @ dz,
            "the columns are added up, whatever the gradient": J.sum(axis=0),
            "only the diagonal of the Jacobian counts": dz * np.diag(J),
        },
        what="the gradient by x",
    )


# The softmax is the one activation that mixes its inputs, so its Jacobian is a full matrix. Under
# cross-entropy it collapses: ∂ℒ/∂ŷ = −y/ŷ, times J, is ŷ − y (section 5.3). Under any other loss it
# is needed whole.


@claim(
    "5.2/jacobian-chain-rule", r"-\frac{\mathbf y}{\hat{\mathbf y}}\,J = \hat{\mathbf y}-\mathbf y"
)
@given(z=pre_activations(largest=4.0), seed=SEEDS)
def test_losses_behind_a_softmax(nn, z: Array, seed: int):
    """Raising one logit lowers the other probabilities: the off-diagonal entries carry that."""
    s, y = softmax(z), np.eye(len(z))[seed % len(z)]
    J = nn.softmax_jacobian(z)
    for name, ds in {"cross-entropy": -y / s, "squared error": 2 * (s - y)}.items():
        agree(
            like(J, ds) @ J,
            s * (ds - ds @ s),
            scale=(np.abs(ds) * s + s * (np.abs(ds) @ s)) * (1 + np.ptp(z)),
            sizes={"K": len(z)},
            mistakes=lambda: {
                "the Jacobian has its diagonal only": ds * s * (1 - s),
                "the off-diagonal entries are left out and the diagonal is s": ds * s,
                "the off-diagonal entries have the wrong sign": s * (ds + ds @ s) - 2 * ds * s**2,
                "the outer product is added, not subtracted": s * (ds + ds @ s),
                "the sign is reversed": -s * (ds - ds @ s),
                "the identity is missing": -s * (ds @ s),
            },
            what=f"the gradient of the {name} by the logits",
        )


# ## Through an affine layer
#
# Forward, Z = XW + b. Let G = ∂ℒ/∂Z come back. An entry x_ij reaches the whole row i of Z, through
# the row j of W; a weight w_jk reaches its column k from all samples; a bias reaches a whole column.
# Each adds up what comes back along its ways:
#
#     ∂ℒ/∂X = G Wᵀ        ∂ℒ/∂W = Xᵀ G        ∂ℒ/∂b = Σ_i G_i
#
# These are sums. A mean over the samples is a matter of the loss, which has put its 1/m into G.


def back(nn, G: Array, X: Array, W: Array) -> dict[str, Array]:
    """What affine_backward returns, by name."""
    returned = unpacked(nn.affine_backward(G, X, W))
    three = isinstance(returned, (tuple, list)) and len(returned) == 3
    assert three, f"affine_backward returned a {kind(returned)}, expected dX, dW, db"
    return dict(zip(("dX", "dW", "db"), returned, strict=True))


def named(X: Array, W: Array) -> dict[str, int]:
    """The sizes that a constant factor may be."""
    return {"m": len(X), "n_in": W.shape[0], "n_out": W.shape[1]}


@claim(
    "5.2/affine-input-gradient",
    r"\frac{\partial\mathcal L}{\partial X} = \frac{\partial\mathcal L}{\partial Z}W^\top",
    states=("affine_backward",),
)
@layers_of_every_size
@given(layer=affine_layers())
def test_affine_input_gradient(nn, layer: Layer):
    """Through the same weights, the other way round: what flowed out of a neuron flows back into it."""
    G, X, W = layer
    agree(
        back(nn, G, X, W)["dX"],
        G @ W.T,
        scale=np.abs(G) @ np.abs(W.T),
        sizes=named(X, W),
        mistakes=lambda: {
            "the mean over the m samples is taken, where no sample meets another": G @ W.T / len(X),
            "the gradient that comes in is ignored": np.ones(G.shape) @ W.T,
            "the gradient is added up over the samples": np.tile(
                (G @ W.T).sum(axis=0), (len(X), 1)
            ),
            "it is reshaped, not transposed": (W @ G.T).reshape(X.shape),
            "the sign is reversed": -G @ W.T,
        },
        what="dX",
    )


@claim(
    "5.2/affine-weight-gradient",
    r"\frac{\partial\mathcal L}{\partial W} = X^\top\frac{\partial\mathcal L}{\partial Z}",
    states=("affine_backward",),
)
@layers_of_every_size
@given(layer=affine_layers())
def test_affine_weight_gradient(nn, layer: Layer):
    """A weight is shared by the samples, so their gradients add up: that is what the product does."""
    G, X, W = layer
    agree(
        back(nn, G, X, W)["dW"],
        X.T @ G,
        scale=np.abs(X.T) @ np.abs(G),
        sizes=named(X, W),
        mistakes=lambda: {
            "a mean over the m samples is taken, which is the loss's to take": X.T @ G / len(X),
            "the gradient that comes in is ignored": X.T @ np.ones(G.shape),
            "the input is ignored": np.ones(X.T.shape) @ G,
            "only the first sample counts": np.outer(X[0], G[0]),
            "the transpose is returned": G.T @ X,
            "it is reshaped, not transposed": (G.T @ X).reshape(W.shape),
            "the sign is reversed": -X.T @ G,
        },
        what="dW",
    )


@claim(
    "5.2/affine-bias-gradient",
    r"\frac{\partial\mathcal L}{\partial\mathbf b} = \sum_i\frac{\partial\mathcal L}{\partial Z_i}",
    states=("affine_backward",),
)
@layers_of_every_size
@given(layer=affine_layers())
def test_affine_bias_gradient(nn, layer: Layer):
    """A bias is a weight whose input is always 1: its gradient is 1ᵀG, a number for each neuron."""
    G, X, W = layer
    agree(
        row(back(nn, G, X, W)["db"]),
        G.sum(axis=0, keepdims=True),
        scale=np.abs(G).sum(axis=0, keepdims=True),
        sizes=named(X, W),
        mistakes=lambda: {
            "a mean over the m samples is taken, which is the loss's to take": G.mean(axis=0)[None],
            "it is one number, the sum over neurons and samples": np.array(G.sum()),
            "every neuron gets the sum over neurons and samples": np.full((1, W.shape[1]), G.sum()),
            "the sum is over the neurons, not over the samples": G.sum(axis=1)[None],
            "the sum over the samples is missing": G,
            "only the first sample counts": G[:1],
            "the sign is reversed": -G.sum(axis=0, keepdims=True),
        },
        what="db",
    )


# ## What may come in, and what must not
#
# X and W can be whole numbers; the gradients are not. And shapes that no one layer can have must not
# give gradients.


@claim("5.2/affine-whole-numbers")
@given(layer=affine_layers())
def test_whole_numbers_have_fractional_gradients(nn, layer: Layer):
    """A gradient stored into an array that was made like an integer X or W loses its fraction."""
    G, X, W = layer[0], (8 * layer[1]).astype(int), (8 * layer[2]).astype(int)
    whole, real = back(nn, G, X, W), back(nn, G, X.astype(float), W.astype(float))
    cut = "the gradient is cut to whole numbers"
    agree(
        whole["dX"], real["dX"], mistakes=lambda: {cut: np.trunc(G @ W.T)}, what="dX for integers"
    )
    agree(
        whole["dW"], real["dW"], mistakes=lambda: {cut: np.trunc(X.T @ G)}, what="dW for integers"
    )


@claim("5.2/affine-changes-no-argument")
@given(layer=affine_layers())
def test_going_back_changes_no_argument(nn, layer: Layer):
    """G, X and W are needed again: by the layer before, by a check, by the update."""
    after = arguments_after(nn.affine_backward, *layer)
    for name, given_, left in zip(("dZ", "X", "W"), layer, after, strict=True):
        assert np.array_equal(given_, left), f"affine_backward changes its caller's {name} in place"


@claim("5.2/affine-refuses-other-shapes")
@given(layer=affine_layers())
def test_shapes_that_do_not_fit_are_refused(nn, layer: Layer):
    """Gradients of a layer that cannot exist are a wrong argument found too late."""
    G, X, W = layer
    back(nn, G, X, W)
    for what, arguments in {
        "dZ has a row less than X": (G[1:], X, W),
        "dZ has a column less than W": (G[:, 1:], X, W),
        "W is transposed": (G, X, W.T),
    }.items():
        assert refuses(nn.affine_backward, *arguments), f"affine_backward goes on where {what}"


# ## Through an activation
#
# An elementwise activation has a diagonal Jacobian: z_i reaches a_i and nothing else. A row times a
# diagonal matrix is a product entry by entry,
#
#     ∂ℒ/∂Z = ∂ℒ/∂A ⊙ σ′(Z),
#
# with the derivative at the pre-activation Z. The classic slip is to hand it A. A ReLU is none the
# worse for it, its A being positive just where Z is; a tanh then learns with the wrong slopes.


@claim(
    "5.2/elementwise-gradient",
    r"\frac{\partial\mathcal L}{\partial Z} = \frac{\partial\mathcal L}{\partial A}\odot\sigma'(Z)",
    judges=("MLP.backward",),
)
@pytest.mark.parametrize("name", ACTIVATIONS)
@given(shape=sizes(2), seed=SEEDS)
def test_elementwise_gradient(nn, name: str, shape: tuple[int, int], seed: int):
    """Every entry of a matrix goes back by itself, through the slope at its own z."""
    activation = activation_of(as_function(nn, name))
    sigma, derivative = activation.function, activation.derivative
    rng = generator(seed)
    dA, Z = eighths(rng, *shape), 4 * odd_fractions(rng, 1 / 64, *shape)

    def mistakes() -> dict[str, np.ndarray]:
        listed = {
            "the derivative is left out": dA,
            "the activation stands in for its derivative": dA * sigma(Z),
        }
        if activation.has_two_sides:
            listed["the two sides of 0 change places"] = dA * derivative(-Z)
        if not activation.has_straight_sides:
            listed["the derivative is a function of a, not of z"] = dA * activation.slope_at(Z)
        return listed

    slopes = getattr(nn, f"{name}_grad")(Z)
    agree(
        like(slopes, dA) * slopes,
        dA * derivative(Z),
        scale=np.abs(dA * derivative(Z)) * (1 + 2 * np.abs(Z)),
        mistakes=mistakes,
        what=f"the gradient before a {name} layer",
    )


# A network takes this step between its layers. With a batch of one sample, a bias gradient is the
# gradient of its pre-activations, so that the step can be watched: db[2] W[2]ᵀ comes in, db[1] goes
# out.


@claim(
    "5.2/elementwise-gradient", r"d\mathbf z^{[1]} = d\mathbf a^{[1]}\odot\sigma'(\mathbf z^{[1]})"
)
@pytest.mark.parametrize("name", ACTIVATIONS)
@given(widths=sizes(3), seed=SEEDS)
def test_elementwise_gradient_inside_a_network(nn, name: str, widths: tuple[int, ...], seed: int):
    """The cache has both z and a; the derivative belongs to z, and to this layer's activation."""
    activation = activation_of(as_in_networks(nn, name))
    sigma, derivative = activation.function, activation.derivative
    problem = awake(Problem(widths, 1, seed))  # its first neuron is on
    problem.parameters["b1"][0, 1] -= 4  # and its second one off
    net = mlp(nn, problem, name)
    net.forward(problem.X)
    z = cached(net, 2)["Z1"]
    found = gradients(net, problem.Y, ["db1", "db2"])
    assert np.any(found["db2"]), "the gradient of the output's biases is 0: nothing goes back"
    dA = found["db2"] @ problem.parameters["W2"].T

    def mistakes() -> dict[str, np.ndarray]:
        listed = {
            "the derivative is left out": dA,
            "the activation stands in for its derivative": dA * sigma(z),
        }
        if name != "relu":
            listed["the derivative is ReLU's, whatever the activation"] = dA * (z > 0)
        if not activation.has_straight_sides:
            listed["the derivative is fed with a, not with z"] = dA * derivative(sigma(z))
        return listed

    agree(
        found["db1"],
        dA * derivative(z),
        scale=np.abs(found["db2"]) @ np.abs(problem.parameters["W2"].T) * (1 + np.abs(z)),
        mistakes=mistakes,
        what=f"the gradient before a {name} layer",
    )


# ## The same connections, in reverse
#
# Forward uses W and backward its transpose. That is no accident: Wᵀ is the **adjoint** of W, the only
# matrix with ⟨G, XW⟩ = ⟨GWᵀ, X⟩ for all X and G, where ⟨A, B⟩ = Σ A_ij B_ij. Both sides are the same
# sum over all paths from an x, along a w, to a g. The number is the same for the weights: ⟨Xᵀ G, W⟩.
# With as many neurons in as out, a forgotten transpose has the right shape; the inner product knows.


@claim("5.2/backward-is-the-adjoint", r"\langle G, XW\rangle = \langle GW^\top, X\rangle")
@given(layer=affine_layers(square=True))
def test_backward_is_the_adjoint_of_forward(nn, layer: Layer):
    """What G makes of the output is what the gradient makes of the input."""
    G, X, W = layer
    dX, dW = (back(nn, G, X, W)[name] for name in ("dX", "dW"))
    agree(
        np.sum(dX * like(dX, X)),
        np.sum(G * (X @ W)),
        scale=np.sum(np.abs(G) * (np.abs(X) @ np.abs(W))),
        sizes=named(X, W),
        mistakes=lambda: {
            "W is not transposed": np.sum(G @ W * X),
            "a mean over the m samples is taken": np.sum(G * (X @ W)) / len(X),
        },
        what="the inner product of dX and X",
    )
    agree(
        np.sum(dW * like(dW, W)),
        np.sum(G * (X @ W)),
        scale=np.sum(np.abs(G) * (np.abs(X) @ np.abs(W))),
        sizes=named(X, W),
        mistakes=lambda: {
            "dW is transposed": np.sum(G.T @ X * W),
            "a mean over the m samples is taken": np.sum(G * (X @ W)) / len(X),
        },
        what="the inner product of dW and W",
    )
