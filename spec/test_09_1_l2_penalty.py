"""# 9 Regularisation

A network with weights enough fits whatever it is shown, the noise included. Two remedies need nothing
that is not here already: a price on large weights, and an end of training before the noise is learned.
"""

import math
from collections.abc import Callable

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from spec.harness import agree, arguments_after, chance, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.backpropagation import terms_of
from spec.harness.mathematics.deep_networks import FEW
from spec.harness.mathematics.networks import get_parameters, gradients, mlp
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import SEEDS, Problem, at_sizes, problems, tenths
from spec.harness.subject.proxy import Guarded, Implementation

LAMBDAS = st.sampled_from([(0, 1 / 8), (1 / 8, 1)])  # the first of a pair, 0: the plain loss

# ## Why it is needed
#
# The hidden layer below is not even trained: its weights are drawn once, and the output weights alone
# are fitted, which is a linear problem. With more units than samples that problem has a solution for
# any targets at all, labels by the toss of a coin among them.


@claim("9/memorises", r"\forall Y\ \exists W^{[2]}:\ A^{[1]}W^{[2]}=Y\quad(n_1 \gg m)")
@chance(false_alarms=1e-9)
def test_a_wide_layer_memorises_labels_drawn_at_random(rng):
    """Where nothing can be learned, all 20 samples are still right: training accuracy proves nothing."""
    right = []
    for _ in range(10):
        X, labels = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
        A1 = np.maximum(X @ rng.normal(size=(2, 200)) + rng.normal(size=200), 0)
        W2 = np.linalg.lstsq(A1[:20], np.eye(2)[labels[:20]], rcond=None)[0]
        right.append((A1 @ W2).argmax(axis=1) == labels)
    seen, unseen = np.split(np.array(right), 2, axis=1)
    measured("accuracy on the random labels that were fitted", seen.mean())
    measured("accuracy on as many others", unseen.mean())
    assert seen.all()
    assert unseen.mean() < 0.8


# ## The penalty
#
# ‖W‖² is the sum of all squared entries. It is multiplied by λ, no half and no 1/m, and added once to
# the mean loss. Biases go free: they shift a unit's threshold and make no function steeper. Networks
# are judged by the difference between two values of λ, in which all but the penalty drops out, and the
# penalty is the same for each depth, output and hidden activation.

DEEP = Problem((3, 5, 7, 1), 11, 0, "identity")  # its last W has one column, as a bias may have
TWELVE = Problem((3, *[2] * 11, 3), 3, 0, apart=0.5)


def of_all_kinds(test: Callable[..., None]) -> Callable[..., None]:
    """Networks of 1, 2 and 3 layers and all outputs; one with nothing hidden and a deep one for certain."""
    some = problems() | problems(1, "sigmoid") | problems(3, "identity")
    test = example(problem=Problem((5, 3), 7, 0), lambdas=(0, 1 / 8))(test)
    test = example(problem=DEEP, lambdas=(0, 1 / 128))(test)
    test = example(problem=TWELVE, lambdas=(0, 1 / 8))(test)
    for m, widths in ((1, (2, 3, 5)), (2, (1, 2, 2)), (65, (66, 2, 67)), (3, (2, 65, 1, 2))):
        test = example(problem=Problem(widths, m, 0), lambdas=(0, 1 / 8))(test)
    for output in ("sigmoid", "identity"):
        test = example(problem=Problem((3, 1, 1), 5, 0, output), lambdas=(0, 1 / 8))(test)
    return FEW(given(problem=some, lambdas=LAMBDAS)(test))


def hidden(problem: Problem) -> str:
    """The activation: tanh in networks with an identity output, else ReLU."""
    return "tanh" if problem.output == "identity" else "relu"


def penalised(nn: Implementation, problem: Problem, lam: float) -> Guarded:
    """A network with this λ."""
    return mlp(nn, problem, hidden(problem), l2=lam)


def terms(problem: Problem) -> oracle.Parameters:
    """How large the terms of the plain gradients are; only a linear output is not bounded by 1."""
    sizes, largest = terms_of(problem, hidden(problem)), 1.0
    if problem.output == "identity":
        values = oracle.forward(problem.X, problem.parameters, hidden(problem))
        largest = 2 * (1 + np.abs(values[f"Z{len(problem.sizes) - 1}"]).max())
    return {name: largest * size for name, size in sizes.items()}


def squared_norm(*weights: Array) -> float:
    """The sum of the squares of all entries."""
    return float(sum(np.sum(W**2) for W in weights))


@claim("9/l2-loss", r"\lambda\sum_l\lVert W^{[l]}\rVert_F^2", states=("l2_penalty",))
@at_sizes("depth", 1, 2, 12, lam=1 / 4)
@at_sizes("depth", 3, lam=0.0)
@given(depth=st.just(3), lam=st.sampled_from([1 / 4, 3.0]), seed=SEEDS)
def test_the_penalty_is_lambda_times_the_sum_of_squares(nn, depth: int, lam: float, seed: int):
    """The Frobenius norm is the length of the matrix as a vector; squared, it needs no root."""
    rng = generator(seed)
    weights = [tenths(rng, *shape) + 0.05 for shape in ((3, 8), (8, 1), (5, 3))]
    weights = [weights[l % 3] for l in range(depth)]
    total = squared_norm(*weights)
    agree(
        nn.l2_penalty(weights, lam),
        lam * total,
        mistakes=lambda: {
            "it is halved": lam * total / 2,
            "lambda is left out": total,
            "the roots are taken: the norms are not squared": lam
            * sum(np.linalg.norm(W) for W in weights),
            "the root of the whole sum is taken": lam * math.sqrt(total),
            "the squares are averaged, not added up": lam * sum(np.mean(W**2) for W in weights),
            "absolute values are added up, not squares": lam
            * sum(np.abs(W).sum() for W in weights),
            "the entries are added up before they are squared": lam
            * sum(W.sum() ** 2 for W in weights),
            "the spectral norm is taken": lam * sum(np.linalg.norm(W, 2) ** 2 for W in weights),
            "the largest column sum is taken": lam
            * sum(np.linalg.norm(W, 1) ** 2 for W in weights),
            "the last matrix alone is penalised": lam * squared_norm(weights[-1]),
            "the first matrix alone is penalised": lam * squared_norm(weights[0]),
            "the first two matrices alone are penalised": lam * squared_norm(*weights[:2]),
            "a matrix of one column is taken for a bias": lam * squared_norm(*weights[::2]),
        },
        what="the penalty",
    )


@claim(
    "9/l2-loss",
    r"\mathcal L_{reg}=\mathcal L+\lambda\sum_l\lVert W^{[l]}\rVert_F^2",
    states=("MLP.compute_loss",),
)
@of_all_kinds
def test_the_reported_loss_includes_the_penalty(nn, problem: Problem, lambdas):
    """With λ = 0 it is the plain loss; from there on it rises by ‖W‖² for each unit of λ."""
    X, Y = problem.X, problem.Y
    nets = [penalised(nn, problem, lam) for lam in lambdas]
    judge_rise([net.compute_loss(net.forward(X), Y) for net in nets], problem, lambdas, "the loss")
    what = "the loss that train_step returns"
    steps = [sample_of(net.train_step(X, Y, 1 / 4), (), what) for net in nets]
    judge_rise(steps, problem, lambdas, what)


def judge_rise(losses: list, problem: Problem, lambdas: tuple[float, float], what: str) -> None:
    """Judge by how much the loss rises from the lower λ to the higher one."""
    (low, high), rise = losses, lambdas[1] - lambdas[0]
    Ws = [W for name, W in problem.parameters.items() if name.startswith("W")]
    weights, all_parameters = squared_norm(*Ws), squared_norm(*problem.parameters.values())
    agree(
        high - low,
        rise * weights,
        scale=np.abs(high) + np.abs(low),
        ulps=2**35,  # 64 units of single precision: a float may hold what was computed so
        sizes=problem.named_sizes(),
        mistakes=lambda: {
            "the reported loss has no penalty in it": 0.0,
            "the penalty is halved": rise * weights / 2,
            "the biases are penalised, too": rise * all_parameters,
            "the penalty is divided by m": rise * weights / problem.m,
            "half of the penalty is taken, and divided by m": rise * weights / (2 * problem.m),
            "the penalty is added m times": rise * weights * problem.m,
            "the last layer alone is penalised": rise * squared_norm(Ws[-1]),
            "the first layer alone is penalised": rise * squared_norm(Ws[0]),
            "the first two layers alone are penalised": rise * squared_norm(*Ws[:2]),
            "the norm is not squared": rise * sum(np.linalg.norm(W) for W in Ws),
        },
        what=f"the rise of {what} with lambda",
    )


# ## Its gradient
#
# The derivative of λw² is 2λw: the factor 2 is the one most often lost, and where the loss has a half
# in it, it should be.


@claim(
    "9/l2-gradient",
    r"\frac{\partial}{\partial W}\lambda\lVert W\rVert_F^2=2\lambda W",
    states=("l2_gradient",),
)
@at_sizes("shape", (1, 5), (5, 1), (2, 5), (5, 2), (66, 3), (3, 66), lam=1 / 4)
@at_sizes("shape", (8, 5), lam=0.0)
@given(shape=st.just((8, 5)), lam=st.sampled_from([1 / 4, 3.0]), seed=SEEDS)
def test_the_gradient_of_the_penalty(nn, shape: tuple[int, int], lam: float, seed: int):
    """Each weight is drawn to 0 in proportion to itself."""
    W = 16 * tenths(generator(seed), *shape) + 0.05
    agree(
        nn.l2_gradient(W, lam),
        2 * lam * W,
        mistakes=lambda: {
            "the factor 2 is missing": lam * W,
            "lambda is left out": 2 * W,
            "it is the gradient of absolute values": lam * np.sign(W),
            "it is the penalty, not its gradient": lam * W**2,
            "it pushes the weights away from 0": -2 * lam * W,
            "it is divided by the norm, which is not squared": lam * W / np.linalg.norm(W),
        },
        what="the gradient of the penalty",
    )


@claim("9/l2-gradient", r"W'=W")
def test_the_weights_are_not_changed_by_asking(nn, rng):
    """`W *= 2 * lam` would be a step of training, and a long one."""
    W = tenths(rng, 3, 5)
    after = arguments_after(nn.l2_gradient, W, 1 / 4)[0]
    assert np.array_equal(after, W), "l2_gradient must not change W, and it does"


@claim(
    "9/l2-gradient",
    r"\frac{\partial\mathcal L_{reg}}{\partial W^{[l]}} ="
    r" \frac{\partial\mathcal L}{\partial W^{[l]}}+2\lambda W^{[l]}",
    states=("MLP.backward",),
)
@of_all_kinds
def test_weight_gradients_include_that_of_the_penalty(nn, problem: Problem, lambdas):
    """It joins the mean over the samples, which neither sums it up nor divides it."""
    low, high = (gradients_at(nn, problem, lam, "W") for lam in lambdas)
    sizes = terms(problem)
    for name in low:
        m, W = problem.m, problem.parameters[name[1:]]
        full = 2 * (lambdas[1] - lambdas[0]) * W
        agree(
            high[name] - low[name],
            full,
            scale=sizes[name] + 2 * lambdas[1] * np.abs(W),
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "the factor 2 is missing": full / 2,
                "the penalty is not in the gradient": 0 * full,
                "it pushes the weights away from 0": -full,
                "it is divided by m": full / m,
                "the factor 2 is missing, and it is divided by m": full / (2 * m),
                "it is added m times": full * m,
            },
            what=f"the rise of {name} with lambda",
        )


@claim(
    "9/l2-gradient",
    r"\frac{\partial\mathcal L_{reg}}{\partial b} = \frac{\partial\mathcal L}{\partial b}",
)
@of_all_kinds
def test_bias_gradients_do_not_hear_of_the_penalty(nn, problem: Problem, lambdas):
    """A loop over all parameters penalises the biases along with the weights."""
    low, high = (gradients_at(nn, problem, lam, "b") for lam in lambdas)
    sizes = terms(problem)
    for name in low:
        full = 2 * (lambdas[1] - lambdas[0]) * problem.parameters[name[1:]]
        agree(
            high[name] - low[name],
            0 * full,
            scale=sizes[name],
            mistakes=lambda: {
                "the biases are penalised, too": full,
                "the biases are penalised, too, without the factor 2": full / 2,
            },
            what=f"the rise of {name} with lambda",
        )


def gradients_at(nn, problem: Problem, lam: float, kind: str) -> dict[str, Array]:
    """The gradients by the weights, or by the biases, at this λ."""
    net = penalised(nn, problem, lam)
    net.forward(problem.X)
    return gradients(net, problem.Y, [f"d{name}" for name in problem.parameters if kind in name])


# ## Weight decay
#
# A step of gradient descent on ℒ + λ‖W‖² takes ηdW away, and 2ηλW besides. So each weight first loses
# the same share of itself, and then follows the data: what the data do not ask for decays. It is so for
# plain gradient descent; a rule that rescales the gradient, as Adam does, rescales the decay with it.


@claim("9/weight-decay", r"W\leftarrow(1-2\eta\lambda)W-\eta\,dW")
@given(problem=problems(), lam=st.sampled_from([1 / 8, 1 / 32]))
def test_a_step_lets_the_weights_decay(nn, problem: Problem, lam: float):
    """One step at a large rate, against the same network's gradients without the penalty."""
    (after, plain, lr), sizes = after_a_step(nn, problem, lam), terms(problem)
    for name in ("W1", "W2"):
        W, step = problem.parameters[name], lr * plain[f"d{name}"]
        agree(
            after[name],
            (1 - 2 * lr * lam) * W - step,
            scale=np.abs(W) + lr * sizes[f"d{name}"],
            mistakes=lambda: {
                "the 2 of 2 eta lambda is missing": (1 - lr * lam) * W - step,
                "the weights do not decay": W - step,
                "the weights grow instead of decaying": (1 + 2 * lr * lam) * W - step,
                "the decay is not multiplied by the learning rate": (1 - 2 * lam) * W - step,
                "the weights decay twice": (1 - 4 * lr * lam) * W - step,
                "the step decays, too": (1 - 2 * lr * lam) * (W - step),
            },
            what=f"{name} after a step",
        )


@claim("9/weight-decay", r"b\leftarrow b-\eta\,db")
@given(problem=problems(), lam=st.sampled_from([1 / 8, 1 / 32]))
def test_a_step_lets_no_bias_decay(nn, problem: Problem, lam: float):
    """What carries no penalty does not decay."""
    (after, plain, lr), sizes = after_a_step(nn, problem, lam), terms(problem)
    for name in ("b1", "b2"):
        b, step = problem.parameters[name], lr * plain[f"d{name}"]
        agree(
            after[name],
            b - step,
            scale=np.abs(b) + lr * sizes[f"d{name}"],
            mistakes=lambda: {"the biases decay, too": (1 - 2 * lr * lam) * b - step},
            what=f"{name} after a step",
        )


def after_a_step(
    nn, problem: Problem, lam: float
) -> tuple[dict[str, Array], dict[str, Array], float]:
    """The parameters after one step at the rate 1/4, and the gradients without a penalty before it."""
    net, free = mlp(nn, problem, l2=lam), mlp(nn, problem)
    free.forward(problem.X)
    plain = gradients(free, problem.Y, [f"d{name}" for name in problem.parameters])
    net.train_step(problem.X, problem.Y, 1 / 4)
    return get_parameters(net, problem.parameters), plain, 1 / 4
