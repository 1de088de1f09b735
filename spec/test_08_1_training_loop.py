"""# 8.1 Full-batch and mini-batch training

Training repeats one step: forward, loss, backward, update. **Full-batch** gradient descent takes each
step on all m samples. **Mini-batch** gradient descent shuffles the samples, cuts them into batches of B
and takes a step on each; when all batches have had their turn, an **epoch** is over. A step then costs
B/m of a full one, and points in the right direction on average.
"""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from spec.harness import agree, arguments_after, chance, claim, refuses
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.deep_networks import three_layers_of_every_size
from spec.harness.mathematics.epochs import (
    batches,
    in_each,
    loss_after,
    members,
    numbered,
    numbers,
    recorded,
    visits,
)
from spec.harness.mathematics.losses import network_loss
from spec.harness.mathematics.networks import (
    get_parameters,
    mlp,
    set_parameters,
    two_layer_net,
)
from spec.harness.mathematics.sampling import sample_of, spend
from spec.harness.mathematics.strategies import Problem, of_every_size, problems
from spec.harness.subject import beside
from spec.harness.subject.proxy import next_to, unpacked

# ## The step
#
# The loss that a step reports is a by-product of its forward pass, so it belongs to the parameters
# that the step found, not to those that it leaves behind.

NEW = {"TwoLayerNet": two_layer_net, "MLP": mlp}
NETWORKS = pytest.mark.parametrize("network", NEW)


@claim(
    "8.1/full-batch-step",
    r"\mathrm{train\_step}(X, Y, \eta) = \mathcal L(\theta), \text{ and then } "
    r"\theta \leftarrow \theta - \eta\,\nabla\mathcal L(\theta)",
    judges=("*.train_step",),
)
@NETWORKS
@of_every_size
@given(problem=problems())
def test_a_step_returns_the_loss_before_it(nn, network, problem: Problem):
    """The first step needs no forward pass beforehand, and the second must not remember the first's."""
    X, Y, theta = problem.X, problem.Y, problem.parameters
    net, twin = (NEW[network](nn, problem) for _ in range(2))
    first = before = network_loss(twin.compute_loss(twin.forward(X), Y), X, Y, theta)
    for _ in range(2):
        returned = network_loss(net.train_step(X, Y, 0.5), X, Y, theta)
        theta = get_parameters(net, problem.parameters)
        set_parameters(twin, theta)
        after = network_loss(twin.compute_loss(twin.forward(X), Y), X, Y, theta)
        agree(  # the scale: the logarithm of a rounded probability
            returned,
            before,
            scale=1 + abs(before),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "it is the loss after the update": after,
                "it is that of an earlier forward pass": first,
            },
            what="the loss that train_step returns",
        )
        before = after


@claim("8.1/full-batch-step")
@given(problem=problems(output="sigmoid") | problems(output="identity"))
def test_a_step_returns_the_loss_of_its_output(nn, problem: Problem):
    """A step may come to its loss by a way of its own, from the logits; it is the same loss."""
    net = mlp(nn, problem)
    set_parameters(net, {n: v / 4 for n, v in problem.parameters.items()})  # no ŷ near 0 or 1
    X, Y, theta = problem.X, problem.Y, get_parameters(net, problem.parameters)
    loss = network_loss(net.compute_loss(net.forward(X), Y), X, Y, theta, problem.output)
    returned = network_loss(net.train_step(X, Y, 0.5), X, Y, theta, problem.output)
    agree(returned, loss, scale=1 + abs(loss), what="the loss")


@claim(
    "8.1/step-descends",
    r"\mathcal L(\theta - \eta g) = \mathcal L(\theta) - \eta\,\lVert g\rVert^2 + O(\eta^2)",
)
@three_layers_of_every_size
@given(problem=problems(depth=3))
def test_a_step_lowers_the_loss_by_its_rate_times_the_squared_gradient(problem: Problem):
    """No other direction of this length gains as much; what is left over shrinks with the rate squared."""

    def loss(parameters: oracle.Parameters) -> float:
        logits = oracle.forward(problem.X, parameters, "tanh")["Z3"]
        return oracle.loss_from_logits(logits, problem.Y)

    theta = problem.parameters
    g = oracle.gradients(problem.X, problem.Y, theta, "tanh")
    promised = sum(np.sum(gradient**2) for gradient in g.values())
    for lr in (1e-3, 1e-4, 1e-5):
        gained = loss(theta) - loss({n: value - lr * g[f"d{n}"] for n, value in theta.items()})
        left_over = abs(gained - lr * promised)
        most = 20 * lr**2 * promised  # the worst of 30 000 networks drawn needs 3
        assert left_over < most, f"at {lr:g} the loss fell by {gained:.6g}, not {lr * promised:.6g}"


@claim("8.1/step-descends", r"\mathcal L(\theta - \eta g) < \mathcal L(\theta)")
@NETWORKS
@of_every_size
@given(problem=problems())
def test_a_small_step_goes_downhill(nn, network, problem: Problem):
    """At the first sign of a loss that rises from the start, look at the sign of the update."""
    net = NEW[network](nn, problem)
    net.train_step(problem.X, problem.Y, 1e-3)
    before, after = (
        oracle.loss_from_logits(oracle.forward(problem.X, theta)["Z2"], problem.Y)
        for theta in (problem.parameters, get_parameters(net, problem.parameters))
    )
    assert after < before, f"a step at the rate 0.001: the loss was {before:.8g}, is {after:.8g}"


# ## The batches
#
# To see where each sample goes, it carries its number: sample i has the features (i/2, −i/2), and its
# target is 1/2 in column i: batches are made for regression, too, where targets are no whole numbers. One
# m is a multiple of B, one is not, one is less than B.

CASES = ((12, 4), (11, 4), (7, 3), (3, 5), (4, 1), (5, 5), (1, 1), (2, 2), (5, 2), (70, 66))


@claim(
    "8.1/shuffle",
    r"\text{batches}: \{1, \dots, m\} = \bigcup_k \mathcal B_k, \text{ disjoint}",
    states=("minibatches",),
)
def test_an_epoch_visits_every_sample_once(nn, rng):
    """The batch that m leaves short holds samples like any other; dropped, they may never be seen."""
    for m, B in CASES:
        visited = visits(batches(nn, m, B, rng)[0])
        agree(
            len(visited),
            m,
            sizes={"m": m, "B": B},
            mistakes=lambda: {
                "the last, short batch is dropped": m // B * B,
                "the last batch is always dropped": (m - 1) // B * B,
                "the last sample is never used": m - 1,
                "the last batch is filled up with samples that were used before": -(-m // B) * B,
            },
            what=f"the number of samples visited, of {m} in batches of {B},",
        )
        twice = sorted({i for i in visited if visited.count(i) > 1})
        assert not twice, f"of {m} samples in batches of {B}, {twice} came more than once an epoch"
    first, second = (members(batches(nn, 59, 30, rng)[0]) for _ in range(2))
    assert first != second, (
        "59 samples fall into the same batches of 30 and 29 in both of two epochs"
    )
    once, again = (batches(nn, 59, 30, generator(59))[0] for _ in range(2))
    assert once == again, "two generators in one state give two orders: `rng` is not used"


@claim("8.1/shuffle", r"(x_i, y_i) \in \mathcal B_k")
def test_a_sample_keeps_its_target(nn, rng):
    """X and Y are shuffled by one permutation, or the network is taught nonsense."""
    for m, B in CASES:
        for x, y in zip(*batches(nn, m, B, rng), strict=True):
            assert x == y, f"a batch holds the samples {x}, with the targets of {y}"


@claim("8.1/shuffle", r"P(\mathcal B_1 = S) = 1 / \tbinom{4}{2} \text{ for each } S")
@chance(false_alarms=4e-9, detects={"a pair that comes first {:.0%} too often": 1.25})
def test_every_pair_is_as_likely_to_be_the_first_batch(nn, rng):
    """New batches every epoch: to shuffle the order of batches that stay together is not enough."""
    from scipy.stats import chisquare

    n, pairs = 400, list(combinations(range(4), 2))
    in_each(nn.minibatches(*numbered(4), 2, rng), 4)
    found = next_to(nn.minibatches, beside.first_of_each, n, *numbered(4), 2, rng)
    firsts = [tuple(sorted(numbers(unpacked(batch)[0], 4, 2))) for batch in found]
    counts = [*map(firsts.count, pairs)]
    undrawn = visits(batches(nn, 59, 30, rng)[0]) == [*range(59)]
    why = {
        ((0, 1),): "always the same one" + undrawn * ": the samples are not shuffled",
        ((0, 1), (2, 3)): "two of the six: whole batches are shuffled, and never their members",
        ((0, 1), (0, 3), (1, 2), (2, 3)): "only neighbours: the samples are rotated, not shuffled",
    }.get(tuple(sorted(set(firsts))), "and each should come about 67 times")
    spend(4e-9)  # χ² is a limit: counts of 400 pass its 2e-9 quantile that often
    came = dict(zip(pairs, counts, strict=True))
    assert chisquare(counts).pvalue >= 2e-9, f"over {n} epochs the first batch was {came}, {why}"


@claim(
    "8.1/batches-of-B",
    r"|\mathcal B_k| = B \text{ for } k < \lceil m/B \rceil",
    states=("minibatches",),
)
def test_batches_have_the_size_asked_for(nn, rng):
    """All but the last: it has what is left."""
    for m, B in CASES:
        sizes = [len(batch) for batch in batches(nn, m, B, rng)[0]]
        right = all(size == B for size in sizes[:-1]) and all(0 < size <= B for size in sizes)
        assert right, f"{m} samples in batches of {B} came in batches of {sizes}"


@claim("8.1/refusals")
def test_impossible_batches_are_refused(nn, rng):
    """A batch size of 0 or less trains nothing, and without a word; so does a Y of another length."""
    X, Y = numbered(6)
    for B in (0, -2):
        assert refuses(nn.minibatches, X, Y, B, rng), f"a batch size of {B} was accepted"
    for rows, columns in ((6, 4), (4, 6)):
        refused = refuses(nn.minibatches, X[:rows], Y[:columns], 3, rng)
        assert refused, f"{rows} samples with {columns} targets were accepted"


@claim("8.1/arguments-untouched")
def test_shuffling_leaves_the_data_in_their_order(nn, rng):
    """Shuffling X itself pairs it with the wrong targets wherever else it is used."""
    X, Y = numbered(7)
    X_after, Y_after = arguments_after(nn.minibatches, X, Y, 3, rng)[:2]
    agree(X_after, X, what="X after an epoch of batches")
    agree(Y_after, Y, what="Y after an epoch of batches")


# ## The epoch
#
# Here `train` is given a network that learns nothing but writes down what it is asked to do. Its loss
# falls, stays what it is from the 13th step on, and jumps up at the 19th: whether to go on is not for
# `train` to decide. The next page has many epochs.


@claim("8.1/full-batch-step", r"\mathcal L_1, \dots, \mathcal L_E")
def test_without_a_batch_size_an_epoch_is_one_step_on_all_samples(nn):
    """The loss curve begins with the loss of the untrained network, one number an epoch."""
    for epochs in (25, 1):
        net, losses = recorded(nn, 5, 0.25, epochs)
        for X, Y, lr in net._steps:
            assert sorted(numbers(X, 5, 2)) == list(range(5)), (
                f"a full batch held {len(X)} of 5 samples"
            )
            assert numbers(X, 5, 2) == numbers(Y, 5, 7), "samples and targets were parted"
            assert lr == 0.25, f"train was given the rate 0.25 and used {lr:g}"
        agree(
            len(net._steps),
            epochs,
            sizes={"m": 5},
            mistakes=lambda: {
                "training ends when the loss rises": min(epochs, 19),
                "training ends when the loss stays the same": min(epochs, 14),
            },
            what="the number of updates",
        )
        curve = np.array([loss_after(k) for k in range(epochs + 1)])
        agree(
            losses,
            curve[:-1],
            mistakes=lambda: {
                "it is the loss after each update": curve[1:],
                "the losses are added up": np.cumsum(curve[:-1]),
            },
            what="the list of losses",
        )
        kept = np.array_equal(net.W1, [[epochs]])
        assert kept, f"after {epochs} steps train has set the network's W1 to what it was before"


@claim("8.1/epoch", r"\text{updates} = \text{epochs} \cdot \lceil m / B \rceil", states=("train",))
def test_an_epoch_is_an_update_for_every_batch(nn, rng):
    """Hence smaller batches learn more from an epoch, and each of their updates costs less."""
    for m, B in CASES:
        net, losses = recorded(nn, m, 0.25, 2, B, rng)
        agree(
            len(net._steps),
            2 * -(-m // B),
            sizes={"m": m, "B": B},
            mistakes=lambda: {
                "the last, short batch is dropped": 2 * (m // B),
                "there is one update an epoch": 2,
                "there is an update for every sample": 2 * m,
                "only one epoch is trained": -(-m // B),
            },
            what=f"the number of updates in 2 epochs of {m} samples in batches of {B}",
        )
        assert {lr for *_, lr in net._steps} == {0.25}, "train did not pass on its rate of 0.25"
        n = -(-m // B)
        for epoch, loss in enumerate(sample_of(losses, (2,), "the list of losses of 2 epochs")):
            first, last = 1 / (n * epoch + 1), 1 / (n * epoch + n + 1)
            assert last * (1 - 1e-6) <= loss <= first * (1 + 1e-6), (
                f"the loss of an epoch was {loss:.6g}, while it fell from {first:.6g} to {last:.6g}"
            )


@claim("8.1/epoch", r"\mathcal B^{(1)} \ne \mathcal B^{(2)}")
@pytest.mark.parametrize("given_one", [True, False], ids=["a generator", "none"])
def test_every_epoch_is_a_new_partition_of_all_samples(nn, rng, given_one: bool):
    """Whoever is with whom in one epoch meets others in the next."""
    m, (net, _) = 59, recorded(nn, 59, 0.25, 2, 30, *([rng] if given_one else []))
    epochs = [[numbers(X, m, 2) for X, *_ in steps] for steps in (net._steps[:2], net._steps[2:])]
    for epoch in epochs:
        n, of = len(visits(epoch)), len(set(visits(epoch)))  # not which: chance decides that
        assert n == of == m, f"an epoch visits {n} samples, {of} different ones, of {m}"
    for X, Y, _ in net._steps:
        assert numbers(X, m, 2) == numbers(Y, m, m + 2), "samples and targets were parted"
    first, second = map(members, epochs)
    assert first != second, "the batches of the second epoch have the members of those of the first"
