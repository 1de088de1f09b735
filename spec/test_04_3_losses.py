"""# 4.3 Losses

A loss turns predictions and targets into one number, the smaller the better: one loss for each kind
of task, each paired with an output activation that speaks its language.

| task | output | loss |
| --- | --- | --- |
| yes or no | sigmoid | binary cross-entropy |
| one class of K | softmax | cross-entropy |
| numbers | identity | mean squared error |

All three are means over the m samples, so that a batch of another size has a loss of the same size.
"""

from collections.abc import Callable
from functools import partial
from itertools import product
from math import log, prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, claim, refuses
from spec.harness.ground.compare import Array
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.losses import judge_loss, probabilities, yes_or_no
from spec.harness.mathematics.strategies import SEEDS, always, at_sizes, eighths, sizes


def distributions(m: int, K: int, seed: int = 0, n_occurring: int = 0) -> tuple[Array, np.ndarray]:
    """Predicted distributions over K classes, in 64ths (m, K), and the true classes (m,).

    Of many classes they come in 256ths, and the true one has four more. Of `n_occurring` classes alone,
    if that is given, there are samples.
    """
    rng, (whole, more) = generator(seed, m, K), (64, 0) if K < 32 else (256, 4)
    P = 1 + rng.multinomial(whole - K - more, np.full(K, 1 / K), m)
    labels = rng.integers(0, n_occurring or K, m)
    if more:
        labels[:2] = 0, K - 1  # none of many is left out without being missed
    P[np.arange(m), labels] += (
        more  # 1/64 at least: what a small number in the logarithm may change
    )
    return P / whole, labels


@st.composite
def one_of_k(draw: st.DrawFn) -> tuple[Array, np.ndarray]:
    """Distributions and classes of drawn sizes."""
    return distributions(*draw(sizes(2)), draw(SEEDS))


def of_every_batch(test: Callable[..., None]) -> Callable[..., None]:
    """One sample, two, many; two classes, many; as many as there are samples; all of one class."""
    for m, K in ((1, 5), (2, 3), (5, 2), (1, 2), (65, 3), (3, 3), (3, 66)):
        test = always(batch=partial(distributions, m, K))(test)
    return always(batch=partial(distributions, 5, 3, n_occurring=1))(test)


# ## Targets
#
# A class is a name, not a quantity: class 2 is not twice class 1. **One-hot** targets give each class
# a column of its own. How many columns there are is a matter of the task, not of the labels that a
# batch happens to hold: a batch without the last class still has its column, of zeros.


@claim("4.3/one-hot", r"y_{i,k} = \mathbb 1[k = c_i]", states=("one_hot",))
@at_sizes("shape", (3, 1), (1, 2), (2, 5), (65, 3), (3, 66))
@given(shape=sizes(2), seed=SEEDS)
def test_one_hot_targets(nn, shape: tuple[int, int], seed: int):
    """Each row, be it the only one, has a single 1, in the column of its class; classes count from 0."""
    m, K = shape
    early = generator(seed).integers(0, max(K - 1, 1), m)  # the last of two or more never occurs
    for labels in (early, np.full(3, K - 1)):
        Y = np.array([[float(k == c) for k in range(K)] for c in labels])
        agree(
            nn.one_hot(labels, K),
            Y,
            sizes={"m": m, "K": K},
            mistakes=lambda: {
                "the width is taken from the labels that happen to occur": Y[:, : labels.max() + 1],
                "the classes are counted from 1": np.roll(Y, -1, axis=1),
                "the last class is left out": Y * (np.arange(K) < K - 1),
                "the samples are columns": Y.T,
            },
            what="one_hot(labels, K)",
        )


@claim("4.3/one-hot-refuses-foreign-labels")
def test_labels_out_of_range_are_refused(nn):
    """A class that the network has no output for must not vanish without a word."""
    nn.one_hot(np.array([0, 2, 1]), 3)
    for label in (3, 7):
        seen = f"one_hot takes the label {label}, where the classes are 0, 1 and 2"
        assert refuses(nn.one_hot, np.array([0, 2, 1, label]), 3), seen


# ## Binary cross-entropy
#
# With one output ŷ, the probability of "yes", the loss of a sample is −log ŷ where the answer is yes
# and −log(1 − ŷ) where it is no. The equation writes both at once: y or 1 − y switches one term off.


@claim(
    "4.3/binary-cross-entropy",
    r"\mathcal L = -\frac1m\sum_i[y_i\log\hat y_i + (1-y_i)\log(1-\hat y_i)]",
    states=("binary_cross_entropy",),
)
@always(batch=lambda: (probabilities(5)[0], np.ones(5, int)), shape=lambda: (-1,))
@always(batch=partial(probabilities, 1), shape=lambda: (-1, 1))
@always(batch=partial(probabilities, 2), shape=lambda: (-1,))
@always(batch=partial(probabilities, 65), shape=lambda: (-1, 1))
@given(batch=yes_or_no(), shape=st.sampled_from([(-1,), (-1, 1)]))
def test_binary_cross_entropy(nn, batch: tuple[Array, Array], shape: tuple[int, ...]):
    """The logarithm makes independent samples add up; the mean makes batches comparable."""
    p, y = batch
    m, right = len(p), np.where(y == 1, p, 1 - p)
    loss = -np.mean(np.log(right))
    judge_loss(
        nn.binary_cross_entropy(p.reshape(shape), y.reshape(shape)),
        loss,
        lambda: {
            "the sum over the samples is not divided by m": m * loss,
            "the sign is missing": -loss,
            "it is divided by 2m, not by m": loss / 2,
            "the sum is divided by m twice": loss / m,
            "the term of the answers 0 is left out": -np.mean(y * np.log(p)),
            "the term of the answers 1 is left out": -np.mean((1 - y) * np.log(1 - p)),
            "the answers 0 and 1 change places": -np.mean(np.log(1 - right)),
            "both terms count for every sample": -np.mean(np.log(p * (1 - p))),
            "the second term is subtracted": -np.mean((2 * y - 1) * np.log(right)),
            "the logarithm is to base 2": loss / log(2),
            "the logarithm is to base 10": loss / log(10),
            "the logarithm is left out": -np.mean(right),
            "it is the squared error": np.mean((y - p) ** 2),
            "the predictions and the answers change places": np.inf,
        },
        "binary_cross_entropy(y_hat, y)",
        m=m,
    )


# ## Cross-entropy
#
# With K outputs that are a distribution, the loss of a sample is −log of what its true class was
# given. The other K − 1 probabilities matter only in that they take their share of 1.


@claim(
    "4.3/cross-entropy", r"\mathcal L = -\frac1m\sum_i\log\hat y_{i,c_i}", states=("cross_entropy",)
)
@of_every_batch
@given(batch=one_of_k())
def test_cross_entropy(nn, batch: tuple[Array, np.ndarray]):
    """One-hot rows pick one logarithm each; it is a mean over m samples, not over m K entries."""
    P, labels = batch
    m, K = P.shape
    Y, p = np.eye(K)[labels], P[np.arange(m), labels]
    loss = -np.mean(np.log(p))
    judge_loss(
        nn.cross_entropy(P, Y),
        loss,
        lambda: {
            "the sum over the samples is not divided by m": m * loss,
            "the mean is taken over all m K entries": loss / K,
            "the sum is divided by m twice": loss / m,
            "it is divided by 2m, not by m": loss / 2,
            "the sign is missing": -loss,
            "the targets are left out, every class counts": -np.sum(np.log(P)) / m,
            "the other classes count, not the true one": -np.sum((1 - Y) * np.log(P)) / m,
            "the terms of binary cross-entropy are added": -np.sum(np.log(np.abs(1 - Y - P))) / m,
            "the logarithm is to base 2": loss / log(2),
            "the logarithm is to base 10": loss / log(10),
            "the logarithm is left out": -np.mean(p),
            "the mean is taken before the logarithm": -np.log(np.mean(p)),
            "it is the squared error": np.sum((Y - P) ** 2) / m,
            "the predictions and the targets change places": np.inf,
        },
        "cross_entropy(Y_hat, Y)",
        m=m,
        K=K,
    )


# ## Mean squared error
#
# For targets that are vectors, the error of a sample is the squared *length* of the difference: a sum
# over the components, a mean over the samples. (Many libraries take the mean over all entries, which
# is K times smaller. Either is a loss; the gradient has to be that of the one reported.)


@claim("4.3/mean-squared-error", r"\mathcal L = \frac1m\sum_i(y_i - \hat y_i)^2")
@at_sizes("m", (1,), (2,), (65,), shape=(-1, 1))
@given(m=sizes(1), seed=SEEDS, shape=st.sampled_from([(-1,), (-1, 1)]))
def test_mean_squared_error(nn, m: tuple[int], seed: int, shape: tuple[int, ...]):
    """Far off costs more than in proportion: twice the error is four times the loss."""
    rng = generator(seed)
    y_hat, y = eighths(rng, *m).reshape(shape), rng.integers(-4, 5, m).reshape(shape)
    error = y - y_hat
    loss = np.mean(error**2)
    judge_loss(
        nn.mean_squared_error(y_hat, y),
        loss,
        lambda: {
            "the sum over the samples is not divided by m": np.sum(error**2),
            "the sum is divided by m twice": loss / m[0],
            "it is halved": loss / 2,
            "the root is taken": np.sqrt(loss),
            "the error is not squared but its absolute value taken": np.mean(np.abs(error)),
            "the error is not squared": np.mean(error),
            "the mean is taken before the square": np.mean(error) ** 2,
            "prediction and target are added": np.mean((y + y_hat) ** 2),
            "the sign is reversed": -loss,
        },
        "mean_squared_error(y_hat, y)",
        m=m[0],
    )


@claim(
    "4.3/mean-squared-error",
    r"\mathcal L = \frac1m\sum_i\lVert\mathbf y_i - \hat{\mathbf y}_i\rVert^2",
    states=("mean_squared_error",),
)
@at_sizes("shape", (1, 5), (2, 3), (65, 2), (5, 2), (3, 3), (3, 66), (3, 1))
@given(shape=sizes(2), seed=SEEDS)
def test_mean_squared_error_of_vectors(nn, shape: tuple[int, int], seed: int):
    """The mean is over samples: a target with more components has more to get wrong."""
    rng, (m, K) = generator(seed), shape
    Y_hat, Y = eighths(rng, m, K), eighths(rng, m, K)
    squares = (Y - Y_hat) ** 2
    loss = squares.sum() / m
    judge_loss(
        nn.mean_squared_error(Y_hat, Y),
        loss,
        lambda: {
            "the mean is taken over all m K entries": squares.mean(),
            "the sum over the samples is not divided by m": squares.sum(),
            "it is a mean over the K components, not over the samples": squares.sum() / K,
            "it is halved": loss / 2,
            "the length is not squared": np.mean(np.sqrt(squares.sum(axis=1))),
            "the root is taken": np.sqrt(loss),
            "the errors are not squared but their absolute values taken": (
                np.abs(Y - Y_hat).sum() / m
            ),
        },
        "mean_squared_error(Y_hat, Y)",
        m=m,
        K=K,
    )


# ## Where these losses come from
#
# Read the outputs as probabilities and ask how likely the labels were. Independent samples multiply;
# the **likelihood** of a batch is ∏ P(y_i). Its negative logarithm, over m, is cross-entropy: a
# Bernoulli variable for each yes or no, a categorical one for each class. The tests multiply the
# probabilities of what happened, literally.


@claim(
    "4.3/bce-is-bernoulli-nll",
    r"\mathcal L = -\frac1m\log\prod_i \hat y_i^{y_i}(1-\hat y_i)^{1-y_i}",
)
@given(batch=yes_or_no())
def test_binary_cross_entropy_is_a_bernoulli_likelihood(batch: tuple[Array, Array]):
    """To minimise the one is to maximise the other: the logarithm is monotone."""
    p, y = batch
    likelihood = prod(float(p_i if y_i else 1 - p_i) for p_i, y_i in zip(p, y, strict=True))
    agree(
        -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)),
        -log(likelihood) / len(y),
        mistakes=lambda: {"the likelihood is not per sample": -log(likelihood)},
        what="binary cross-entropy",
    )


@claim(
    "4.3/ce-is-categorical-nll", r"\mathcal L = -\frac1m\log\prod_i\prod_k \hat y_{i,k}^{y_{i,k}}"
)
@given(batch=one_of_k())
def test_cross_entropy_is_a_categorical_likelihood(batch: tuple[Array, np.ndarray]):
    """A one-hot exponent leaves of each row the one factor that was observed."""
    P, labels = batch
    likelihood = prod(float(row[c]) for row, c in zip(P, labels, strict=True))
    Y = np.eye(P.shape[1])[labels]
    agree(
        -np.sum(Y * np.log(P)) / len(Y),
        -log(likelihood) / len(Y),
        mistakes=lambda: {"the likelihood is not per sample": -log(likelihood)},
        what="cross-entropy",
    )


# A network that is blind to its input can only predict the same distribution q for everyone. The
# likelihood of m labels, of which m_k are of class k, is ∏ q_k^m_k; by Gibbs' inequality it is largest
# where q_k = m_k / m. So a loss below that of the class frequencies is the first sign of learning.


@claim("4.3/minimum-is-maximum-likelihood", r"\hat q_k = \frac{m_k}{m}")
@given(counts=st.tuples(*[st.integers(0, 5)] * 3).filter(any))
def test_the_best_constant_prediction_is_the_class_frequencies(counts: tuple[int, ...]):
    """Of all distributions in steps of 1/m, none is as likely as the frequencies, and none as cheap."""
    m = sum(counts)
    grid = [(i, j, m - i - j) for i, j in product(range(m + 1), repeat=2) if i + j <= m]
    likelihood = {q: prod((n / m) ** c for n, c in zip(q, counts, strict=True)) for q in grid}
    loss = {q: -log(likelihood[q]) / m if likelihood[q] else np.inf for q in grid}
    assert max(grid, key=likelihood.__getitem__) == counts, "another constant is more likely"
    others = [loss[q] for q in grid if q != counts]
    assert min(others, default=np.inf) > loss[counts], "another constant has as small a loss"
