"""# 5.5 The computational graph

A network is a graph without cycles: its nodes are values, each computed from its parents by one
operation. Whoever knows the derivative of each single operation has the derivative of the whole: walk
the graph backwards, hand each node's gradient on to its parents, and add up what arrives. No layer
occurs in this rule, and so it works for every formula that can be written down.

The two-layer network of section 5.3, node by node:

    X, W1 → matmul → (b1) add → relu → (W2) matmul → (b2) add → cross_entropy(Y)
"""

import numpy as np
from hypothesis import given

from spec.harness import agree, claim, measured
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.backpropagation import LOG_EPSILON
from spec.harness.mathematics.deep_networks import FEW, three_layers_of_every_size
from spec.harness.mathematics.networks import gradients, mlp, set_parameters
from spec.harness.mathematics.strategies import (
    SEEDS,
    Problem,
    eighths,
    of_every_size,
    problems,
    tenths,
)
from spec.harness.subject import beside
from spec.harness.subject.proxy import Guarded, Implementation, next_to

EPS = np.finfo(float).eps
LEAVES = ("X", "W1", "b1", "W2", "b2")
SIZE = 8  # of the activations and weights that stand in the products here


def two_layer_graph(nn: Implementation, problem: Problem, lift: float = 0) -> dict[str, Guarded]:
    """The nodes of the two-layer network by name; the last one is its loss. `lift` raises all logits."""
    leaves = {"X": problem.X / 3, **problem.parameters}  # thirds: rounded in float32
    leaves["b2"] = leaves["b2"] + lift
    node = {name: nn.Node(value) for name, value in leaves.items()}
    node["XW1"] = node["X"].matmul(node["W1"])
    node["Z1"] = node["XW1"].add(node["b1"])
    node["A1"] = node["Z1"].relu()
    node["A1W2"] = node["A1"].matmul(node["W2"])
    node["Z2"] = node["A1W2"].add(node["b2"])
    node["loss"] = node["Z2"].cross_entropy(problem.Y)
    return node


def parents_behind(node: Guarded) -> dict[Guarded, list[Guarded]]:
    """The node and all that it was computed from, each with its parents."""
    return dict(next_to(node, beside.behind))


# ## Forward


@claim(
    "5.5/graph",
    r"\mathcal L = \mathrm{CE}(\max(0, XW_1 + \mathbf b_1) W_2 + \mathbf b_2, Y)",
    states=("Node",),
)
@FEW
@of_every_size
@given(problem=problems())
def test_graph_has_the_value_of_the_formula(nn, problem: Problem):
    """Each node knows its value, and where it comes from; logits near 1000 are none too large."""
    node = two_layer_graph(nn, problem, lift=1000)
    value = {name: node[name].value for name in node}
    X, W1, b1, W2, b2 = (value[name] for name in LEAVES)
    XW1, Z1, A1, A1W2 = (value[name] for name in ("XW1", "Z1", "A1", "A1W2"))
    for name, expected, scale, row, kept in (
        ("XW1", X @ W1, np.abs(X) @ np.abs(W1), 0, 0),
        ("Z1", XW1 + b1, np.abs(XW1) + np.abs(b1), b1, 0),
        ("A1", np.maximum(Z1, 0), np.abs(Z1), 0, np.minimum(Z1, 0)),
        ("A1W2", A1 @ W2, np.abs(A1) @ np.abs(W2), 0, 0),
        ("Z2", A1W2 + b2, np.abs(A1W2) + np.abs(b2), b2, 0),
    ):
        agree(
            value[name],
            expected,
            scale=scale,
            mistakes=lambda: {
                "`add` subtracts": expected - 2 * row,
                "`add` forgets the row": expected - row,
                "`relu` keeps what is negative": expected + kept,
            },
            what=f"the value of {name}",
        )
    Z2, m, Y = value["Z2"], problem.m, problem.Y
    nearest = np.sum(Y * oracle.softmax(Z2), axis=1).min()
    loss = oracle.loss_from_logits(Z2, Y)
    agree(
        value["loss"],
        loss,
        scale=64 * (1 + np.abs(Z2).max()) + LOG_EPSILON / nearest / EPS,
        ulps=1,
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the mean over the m samples is missing": m * loss,
            "the mean runs over the classes as well": loss / Y.shape[1],
            "the sign of the logarithm is missing": -loss,
        },
        what="the loss at the end of the graph",
    )
    behind = parents_behind(node["loss"])
    for name in node:
        assert node[name] in behind, f"following `parents` from the loss never leads to {name}"


@claim("5.5/graph")
@FEW
@of_every_size
@given(problem=problems())
def test_product_of_nodes_is_elementwise(nn, problem: Problem):
    """Gates, masks and penalties are products entry by entry."""
    X, V = problem.X, problem.X[::-1] + 1
    product = nn.Node(X).multiply(nn.Node(V)).value
    agree(
        product,
        X * V,
        scale=np.abs(X * V),
        mistakes=lambda: {"it is a sum": X + V},
        what="the product",
    )


# ## Backwards
#
# A node may hand its gradient on only when it has all of it, that is after every node that uses it.
# Sorting the nodes so that each comes after its parents, and walking that list from its end, sees to it.


@claim("5.5/reverse-topological-order", states=("topological_order",))
@FEW
@of_every_size
@given(problem=problems())
def test_every_node_comes_after_its_parents(nn, problem: Problem):
    """Each once, however many paths lead to it: the paths double at each step here, the nodes do not."""
    node = nn.Node(problem.X).add(nn.Node(problem.X))  # two nodes, though of the same value
    made = [node]
    for i in range(8):
        node = node.add(made[i // 2] if i % 2 else node).relu()
        made.append(node)
    order = list(nn.topological_order(node))
    place = {current: i for i, current in enumerate(order)}
    assert len(place) == len(order), f"{len(order) - len(place)} nodes are in the order twice"
    parents = parents_behind(node)
    assert set(parents) == set(order), "the order has not exactly the nodes behind the last one"
    assert order[-1] == node, "the last of the order is not the node that was asked about"
    for current in order:
        for parent in parents[current]:
            assert place[parent] < place[current], "a node comes before one of its parents"


@claim(
    "5.5/graph-gradient",
    r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u",
    states=("backward",),
)
@FEW
@of_every_size
@given(problem=problems())
def test_graph_gives_the_gradients_of_the_layers(nn, problem: Problem):
    """Backpropagation is this walk, written out for a chain of layers."""
    node, m = two_layer_graph(nn, problem), problem.m
    nn.backward(node["loss"])
    X, W2 = problem.X / 3, problem.parameters["W2"]
    expected = oracle.gradients(X, problem.Y, problem.parameters)
    values = oracle.forward(X, problem.parameters)
    dZ2 = (oracle.softmax(values["Z2"]) - problem.Y) / m
    dA1 = dZ2 @ W2.T
    ungated = expected | {"dW1": X.T @ dA1, "db1": dA1.sum(axis=0, keepdims=True)}
    rows = expected | {"db1": dA1 * (values["Z1"] > 0), "db2": dZ2}
    for name in problem.parameters:
        d = expected[f"d{name}"]
        agree(
            node[name].grad,
            d,
            scale=SIZE,
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the mean over the m samples is missing": m * d,
                "the bias row is averaged over the samples": d / m if name in ("b1", "b2") else d,
                "the bias row's gradient is not summed over the samples": rows[f"d{name}"],
                "`relu` hands on what a silent neuron gets": ungated[f"d{name}"],
            },
            what=f"the gradient of the node {name}",
        )


@claim("5.5/graph-gradient", r"\bar v = (\partial u / \partial v)^\top \bar u")
@FEW
@given(seed=SEEDS)
def test_each_operand_gets_its_own_gradient(nn, seed: int):
    """Square matrices, so that an exchange or a missing transpose is no error of shape."""
    rng = generator(seed)
    a, b, Y = tenths(rng, 4, 4) / 2, tenths(rng, 4, 4) / 2, np.eye(4)
    for operation, value in (("multiply", a * b), ("matmul", a @ b)):
        left, right = nn.Node(a), nn.Node(b)
        nn.backward(getattr(left, operation)(right).cross_entropy(Y))
        G = (oracle.softmax(value) - Y) / 4
        product = operation == "matmul"
        to_a, to_b = (G @ b.T, a.T @ G) if product else (G * b, G * a)
        for grad, expected, other, untransposed, what in (
            (left.grad, to_a, to_b, G @ b if product else to_a, "left"),
            (right.grad, to_b, to_a, a @ G if product else to_b, "right"),
        ):
            agree(
                grad,
                expected,
                scale=SIZE,
                mistakes=lambda: {
                    "each gets the gradient of the other": other,
                    "the left one gets that of the right one": to_b,
                    "the right one gets that of the left one": to_a,
                    "the transposes are missing": untransposed,
                    "the left factor is not transposed": expected
                    if what == "left"
                    else untransposed,
                    "the right factor is not transposed": expected
                    if what == "right"
                    else untransposed,
                },
                what=f"the gradient of the {what} operand of {operation}",
            )


@claim("5.5/graph-gradient", r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u")
@FEW
@given(seed=SEEDS)
def test_a_value_used_twice_gets_both_gradients(nn, seed: int):
    """Each use is a way in which it matters, and the ways add up: x·x has the slope 2x."""
    x, Y = tenths(generator(seed), 4, 4), np.eye(4)
    for operation, value, first, second in (
        ("matmul", x @ x, lambda G: G @ x.T, lambda G: x.T @ G),
        ("multiply", x * x, lambda G: G * x, lambda G: G * x),
        ("add", x + x, lambda G: G, lambda G: G),
    ):
        node = nn.Node(x)
        nn.backward(getattr(node, operation)(node).cross_entropy(Y))
        G = (oracle.softmax(value) - Y) / 4
        one_use = "one of the two uses is forgotten, or overwritten, or each operand gets half"
        agree(
            node.grad,
            first(G) + second(G),
            scale=SIZE,
            mistakes=lambda: (
                {
                    "the use as left operand is forgotten, or overwritten": second(G),
                    "the use as right operand is forgotten, or overwritten": first(G),
                }
                if operation == "matmul"
                else {one_use: first(G)}
            ),
            what=f"the gradient of x in x.{operation}(x)",
        )


@claim("5.5/graph-gradient", r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u")
@FEW
@given(problem=problems(depth=1))
def test_a_value_used_at_two_depths_waits_for_both_gradients(nn, problem: Problem):
    """h = x·u goes into h + h·v: by the short way its gradient arrives before that of the long one."""
    x, Y = problem.X @ problem.parameters["W1"], problem.Y
    u, v = x[::-1] + 2, x[:, ::-1] - 1
    G = (oracle.softmax(x * u + x * u * v) - Y) / problem.m
    for short_way_first in (True, False):
        X, U, V = nn.Node(x), nn.Node(u), nn.Node(v)
        h = X.multiply(U)
        long = h.multiply(V)
        nn.backward((h.add(long) if short_way_first else long.add(h)).cross_entropy(Y))
        agree(
            X.grad,
            G * (1 + v) * u,
            scale=1 + np.abs(u) * (1 + np.abs(v)),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "of h, what comes the short way alone is handed on": G * u,
                "of h, what comes the long way alone is handed on": G * v * u,
                "h hands its gradient on twice, the first part twice": G * (2 + v) * u,
            },
            what="the gradient of x",
        )


@claim("5.5/graph-gradient", r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u")
@FEW
@given(problem=problems(depth=1))
def test_a_second_walk_starts_anew_or_adds_the_same_again(nn, problem: Problem):
    """Libraries do either; no node in between hands on again what it had from the first walk."""
    x, Y = problem.X @ problem.parameters["W1"], problem.Y
    u, v = x[::-1] + 2, x[:, ::-1] - 1
    G = (oracle.softmax(x * u + x * u * v) - Y) / problem.m
    X, U, V = nn.Node(x), nn.Node(u), nn.Node(v)
    h = X.multiply(U)
    loss = h.add(h.multiply(V)).cross_entropy(Y)
    for _ in range(2):
        nn.backward(loss)
    to_h, to_v = G * (1 + v), G * x * u
    adds = np.linalg.norm(X.grad) > 1.5 * np.linalg.norm(to_h * u)
    measured("a second walk over one graph", "adds at the leaves" if adds else "starts anew")
    at_h, with_loss = to_h + G * (3 + 4 * v), to_h + G * (4 + 5 * v)  # after 1 or 2 at the loss
    for name, leaf, grad, piled_up, from_loss_on in (
        ("x", X, to_h * u, at_h * u, with_loss * u),
        ("u", U, to_h * x, at_h * x, with_loss * x),
        ("v", V, to_v, 4 * to_v, 5 * to_v),
    ):
        agree(
            leaf.grad,
            (1 + adds) * grad,
            scale=(1 + np.abs(u)) * (1 + np.abs(v)) * (1 + np.abs(x)),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "what nodes in between had from the first walk is handed on again": piled_up,
                "what the loss had from the first walk is handed on again": from_loss_on,
            },
            what=f"the gradient of {name} after a second walk",
        )


@claim("5.5/graph-gradient", r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u")
def test_a_row_hears_from_every_row_of_the_matrix_that_it_meets(nn):
    """On either side of it; through a gate that is closed at 0; and the loss is a node like others.

    The first row is 0 exactly once it has met its opposite, and all logits are near 1000.
    """
    rng, Y = generator(0), np.eye(4)[[2, 0, 1, 3, 0]]
    x, factor = eighths(rng, 5, 4), eighths(rng, 1, 4) + 17 / 8
    X, R, F = nn.Node(x), nn.Node(-x[:1]), nn.Node(factor)
    logits = R.add(X).relu().multiply(F).add(nn.Node(np.full((1, 4), 1000.0)))
    nn.backward(logits.cross_entropy(Y).multiply(nn.Node(np.array(3.0))))
    z = x - x[:1]
    a = np.maximum(z, 0)
    G = 3 * (oracle.softmax(a * factor) - Y) / 5
    gated, open_at_0 = G * factor * (z > 0), G * factor * (z >= 0)
    for what, node, of_all, of_all_open_at_0 in (
        ("the matrix x in row.add(x)", X, gated, open_at_0),
        ("the row in row.add(x)", R, gated, open_at_0),
        ("the row in x.multiply(row)", F, G * a, G * a),
    ):
        expected, at_0 = of_all, of_all_open_at_0
        if node is not X:
            expected, at_0 = (value.sum(axis=0, keepdims=True) for value in (expected, at_0))
        agree(
            node.grad,
            expected,
            scale=SIZE,
            mistakes=lambda: {
                "in cross_entropy the gradient that comes to the loss itself is ignored": expected
                / 3,
                "the gate is open at 0: z >= 0 instead of z > 0": at_0,
                "the row's gradient is not summed over the samples": of_all,
            },
            what=f"the gradient of {what}",
        )


# ## The price
#
# Every product on the way back has a factor from the way there: A[l-1] for dW[l], Z[l] for the slope.
# To keep them takes memory, m rows for each layer; to forget them would take another forward pass.


@claim("5.5/cache")
@FEW
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_backward_reads_the_cache(nn, problem: Problem):
    """What went into the forward pass may be gone: of the parameters, W[2], ..., W[L] alone are read."""
    net, other = mlp(nn, problem, "tanh"), mlp(nn, problem, "tanh")
    names = [f"d{name}" for name in problem.parameters]
    other.forward(problem.X)
    expected = gradients(other, problem.Y, names)
    net.forward(problem.X)
    for name in ("W1", "b1", "b2", "b3"):
        set_parameters(net, {name: -problem.parameters[name] - 1})
    actual = gradients(net, problem.Y, names)
    for name in names:
        agree(
            actual[name],
            expected[name],
            scale=1 + np.abs(expected[name]),
            what=f"{name}, with W1 and the biases overwritten after forward,",
        )


@claim("5.5/cache", r"\text{memory} = m \Bigl(n_0 + 2 \sum_l n_l\Bigr)")
def test_cache_grows_with_the_batch_and_the_widths():
    """A whole data set in one batch may not fit where its network fits easily."""
    sizes = (784, 128, 64, 10)
    for m in (3, 6):
        problem = Problem(sizes, m, 0)
        values = oracle.forward(problem.X, problem.parameters)
        entries = sum(value.size for value in values.values()) + m * sizes[-1]
        assert entries == m * (sizes[0] + 2 * sum(sizes[1:]))
    measured("numbers in the cache per sample, widths 784, 128, 64, 10", entries / m)
    measured("numbers in the parameters", problem.n_parameters)
