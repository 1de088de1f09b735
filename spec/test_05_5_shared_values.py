"""# 5.5 The computational graph: values that are shared

A value may be used by many others, at different depths. Each use sends its share of the gradient back,
and the shares arrive at different times. Here formulas are drawn at random: each step takes its
operands among all that is there already, so that paths part and meet again.

A share must be added to what has come so far, in an array of the value's own. Whoever keeps the first
share as it came, and adds the next one in place, adds it to the gradient of another value as well.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from hypothesis import given

from spec.harness import agree, claim
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.deep_networks import FEW
from spec.harness.mathematics.strategies import SEEDS, always

Step = tuple[
    str, int, int
]  # an operation, and the places of its operands; `relu` has but the first
Receive = Callable[[dict[int, Array], int, Array], None]

N = 3  # the values are (N, N): each operation fits
N_LEAVES = 3
KINK = 1e-3  # no pre-activation of a ReLU is nearer to 0
LARGEST = 8.0  # an entry of a product: among larger logits a softmax sees one alone
OPERATIONS = ("add", "multiply", "matmul", "relu")

# Each with the first leaf, 0; the places of results go on from N_LEAVES.
SHARED: dict[str, list[Step]] = {
    "a sum, and one of its terms again": [("add", 0, 1), ("add", 3, 0)],
    "a sum, and its other term again": [("add", 0, 1), ("add", 1, 3)],
    "two paths that meet": [("multiply", 0, 1), ("add", 3, 2), ("matmul", 3, 2), ("add", 4, 5)],
    "a path that leaves out a step": [("add", 0, 1), ("multiply", 3, 2), ("add", 4, 3)],
    "twice the same, twice": [("add", 0, 0), ("add", 3, 3), ("add", 4, 0)],
    "forty steps": [("add", N_LEAVES - 1 + k if k else 1, 0) for k in range(40)],
}


def drawn_formula(seed: int, n_steps: int) -> list[Step]:
    """A formula of this many steps; each takes the last result, and another value, in either order."""
    rng = generator(seed, n_steps)
    steps: list[Step] = []
    for k in range(n_steps):
        last, other = N_LEAVES + k - 1 if k else 0, int(rng.integers(0, N_LEAVES + k))
        a, b = (last, other) if rng.integers(2) else (other, last)
        steps.append((str(rng.choice(OPERATIONS)), a, b))
    return steps


def result(step: Step, values: list[Array]) -> Array:
    """What one step gives."""
    operation, a, b = step
    x, y = values[a], values[b]
    if operation == "relu":
        return np.maximum(x, 0)
    return {"add": x + y, "multiply": x * y, "matmul": x @ y}[operation]


def evaluated(steps: list[Step], leaves: list[Array]) -> list[Array]:
    """The values of a formula: the leaves, and the result of each step."""
    values = list(leaves)
    for step in steps:
        values.append(result(step, values))
    return values


def within_bounds(steps: list[Step], leaves: list[Array]) -> list[Step]:
    """The formula with sums in place of ReLUs too near to their kink, and of products that grow large."""
    values, done = list(leaves), []
    for operation, a, b in steps:
        at_the_kink = operation == "relu" and np.abs(values[a]).min() < KINK
        too_large = np.abs(result((operation, a, b), values)).max() > LARGEST
        done.append(("add" if at_the_kink or too_large else operation, a, b))
        values.append(result(done[-1], values))
    return done


def walked_back(
    steps: list[Step], values: list[Array], G: Array, receive: Receive
) -> dict[int, Array]:
    """The gradient of each value by its place, if G comes back to the last; `receive` takes in a share."""
    grad = {len(values) - 1: G.copy()}
    for k in range(len(steps) - 1, -1, -1):
        operation, a, b = steps[k]
        g, x, y = grad.get(N_LEAVES + k), values[a], values[b]
        if g is None:
            continue
        if operation == "relu":
            receive(grad, a, g * (x > 0))
            continue
        shares = {"add": (g, g), "multiply": (g * y, g * x), "matmul": (g @ y.T, x.T @ g)}
        to_a, to_b = shares[operation]
        receive(grad, a, to_a)
        receive(grad, b, to_b)
    return grad


def added(grad: dict[int, Array], place: int, share: Array) -> None:
    """As it should be: a sum of its own."""
    grad[place] = grad[place] + share if place in grad else share.copy()


def added_in_place(grad: dict[int, Array], place: int, share: Array) -> None:
    """The first share is kept as it came, and may be another value's gradient, too."""
    if place in grad:
        grad[place] += share
    else:
        grad[place] = share


def overwritten(grad: dict[int, Array], place: int, share: Array) -> None:
    """The last share alone is kept."""
    grad[place] = share.copy()


def of_every_sharing(test: Callable[..., None]) -> Callable[..., None]:
    """Tie to a test each of the SHARED formulas, and one of forty drawn steps."""
    for steps in SHARED.values():
        test = always(seed=lambda: 0, steps=partial(list, steps))(test)
    return test


def small(rng: np.random.Generator) -> Array:
    """A leaf: entries of both signs, far enough from 0."""
    return np.asarray(rng.choice([-1, 1], (N, N)) * rng.uniform(0.25, 1, (N, N)))


@claim(
    "5.5/graph-gradient",
    r"\bar v = \sum_{v \to u} (\partial u / \partial v)^\top \bar u",
    states=("backward",),
)
@FEW
@of_every_sharing
@given(seed=SEEDS, steps=SEEDS.map(lambda seed: drawn_formula(seed, 6)))
def test_each_value_gets_the_sum_of_all_shares(nn, seed: int, steps: list[Step]):
    """However often a value is used, however far apart: every path counts once."""
    rng, Y = generator(seed), np.eye(N)
    leaves = [small(rng) for _ in range(N_LEAVES)]
    steps = within_bounds(steps, leaves)
    values, sizes = evaluated(steps, leaves), evaluated(steps, [np.abs(leaf) for leaf in leaves])
    nodes = [nn.Node(leaf) for leaf in leaves]
    for operation, a, b in steps:
        step = getattr(nodes[a], operation)
        nodes.append(step() if operation == "relu" else step(nodes[b]))
    nn.backward(nodes[-1].cross_entropy(Y))
    G = (oracle.softmax(values[-1]) - Y) / N
    right = walked_back(steps, values, G, added)
    scale = walked_back(steps, sizes, np.ones((N, N)), added)
    reach = 1 + np.abs(sizes[-1]).max()  # an error of the logits is one of the probabilities
    wrong = {
        "a share is added in place to an array that is another value's gradient, too": added_in_place,
        "of several uses of a value the last alone counts": overwritten,
    }
    for place in right:
        agree(
            nodes[place].grad,
            right[place],
            scale=scale[place] * reach,
            mistakes=lambda: {
                cause: walked_back(steps, values, G, receive).get(place, np.zeros((N, N)))
                for cause, receive in wrong.items()
            },
            what=f"the gradient of value {place}",
        )
