"""# 2.1 What linear models cannot do

A linear model scores a sample by a weighted sum of its features. This section asks what can be gained
by feeding one such model into another, and the answer is: nothing.

Samples are rows here, and all equations are written for rows: what the theory writes as W x + b for
a column x is X W + b for the rows of X, with W transposed once and for all. The theory's W₂W₁ is then
W₁W₂: rows pass through the layers from left to right.
"""

from functools import reduce
from itertools import pairwise, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, arguments_after, claim, measured, refuses
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.networks import row
from spec.harness.mathematics.strategies import SEEDS, at_sizes, odd_fractions, sizes, tenths

Layer = tuple[np.ndarray, np.ndarray]


def layers_of(widths: tuple[int, ...], seed: int) -> list[Layer]:
    """Affine layers (W, b) of these widths, every bias different from zero."""
    rng = generator(seed, *widths)
    return [(tenths(rng, n, k), odd_fractions(rng, 1 / 16, 1, k)) for n, k in pairwise(widths)]


# ## One linear model, many samples
#
# The model is ŷ = w·x + b. Several models of the same x are the columns of a matrix W, several samples
# the rows of a matrix X: each entry of the affine layer X W + b is one model's score of one sample.


@claim("2.1/linear-model", r"\hat y = \mathbf w^\top \mathbf x + b", states=("affine",))
@at_sizes("widths", (1, 5, 3), (2, 1, 5), (5, 2, 1), (5, 3, 2), (3, 3, 3), (65, 3, 5), (3, 66, 67))
@given(widths=sizes(3), seed=SEEDS)
def test_each_output_is_a_dot_product_plus_a_bias(nn, widths, seed):
    """Entry (i, k) pairs sample i with model k: a sample by itself gets what it gets in a batch."""
    m, n_in, n_out = widths
    [(W, b)] = layers_of((n_in, n_out), seed)
    batch = tenths(generator(seed), m, n_in)
    for X in (batch, batch[:1]):
        dots = (X[:, :, None] * W).sum(axis=1)
        agree(
            nn.affine(X, W, b),
            dots + b,
            scale=np.abs(X) @ np.abs(W) + np.abs(b),
            sizes={"m": len(X), "n_in": n_in, "n_out": n_out},
            mistakes=lambda: {
                "the bias is left out": dots,
                "the bias is subtracted": dots - b,
                "every output gets the first one's bias": dots + b[0, 0],
                "the mean over the features is taken, not the sum": dots / n_in + b,
            },
            what="Z",
        )


@claim("2.1/linear-model")
@given(widths=sizes(3), seed=SEEDS)
def test_whole_numbers_are_data_like_any_other(nn, widths, seed):
    """Counts and pixels come as integers, weights of 0 and ±1 as well; scores need not be whole."""
    m, n_in, n_out = widths
    rng, [(weights, b)] = generator(seed), layers_of((n_in, n_out), seed)
    counts, signs = rng.integers(-9, 10, (m, n_in)), np.sign(weights).astype(int)
    X, W = (tenths(rng, m, n_in), signs) if seed % 2 else (counts, weights)
    which = "W" if seed % 2 else "X"
    agree(
        nn.affine(X, W, b),
        X @ W + b,
        scale=np.abs(X) @ np.abs(W) + np.abs(b),
        mistakes=lambda: {
            f"the result is cut to whole numbers, the type of {which}": np.trunc(X @ W + b),
            f"the products are cut to whole numbers, the type of {which}": np.trunc(X @ W) + b,
            "the other factor is cut to whole numbers, too": np.trunc(X) @ np.trunc(W) + b,
            f"the bias is cut to whole numbers, the type of {which}": X @ W + np.trunc(b),
        },
        what=f"Z, where {which} holds whole numbers,",
    )


# NumPy stretches an axis of length 1 to the length beside it. That serves the bias, one row for all
# samples, and betrays whoever miscounts: of two shapes that do not fit it may make a third, silently.
# A layer refuses them.


@claim("2.1/layers-must-chain", r"\mathbf w \in \mathbb R^n, \mathbf x \in \mathbb R^n")
def test_as_many_weights_as_features(nn, rng):
    """A weight without a feature, or a feature without a weight, has no product."""
    X, b = tenths(rng, 7, 3), tenths(rng, 1, 5)
    nn.affine(X, tenths(rng, 3, 5), b)  # this one fits
    for n_in, n_out in ((2, 5), (4, 5), (1, 5), (7, 5), (5, 3)):  # the last two fit if turned over
        assert refuses(nn.affine, X, tenths(rng, n_in, n_out), b), (
            f"affine should refuse samples of 3 features where W has {n_in} rows; "
            "it returned something"
        )


@claim("2.1/one-bias-an-output", r"\mathbf b \in \mathbb R^{1 \times n}")
def test_no_more_biases_than_outputs(nn, rng):
    """What has no place to go must not be dropped or wrapped around. (A single bias goes to all.)"""
    X = tenths(rng, 7, 5)
    for n_out, n_biases in ((3, 5), (5, 3), (3, 21)):  # 21: one for each of the 7 samples
        W = tenths(rng, 5, n_out)
        nn.affine(X, W, tenths(rng, 1, n_out))  # this one fits
        assert refuses(nn.affine, X, W, tenths(rng, 1, n_biases)), (
            f"affine should refuse {n_biases} biases where W has {n_out} columns; "
            "it returned something"
        )


# ## Stacking gains nothing
#
# Two layers in a row are (X W₁ + b₁) W₂ + b₂. Multiply out, and one layer is left. The matrices below
# are square, so that multiplying them in the wrong order is legal, and wrong.


@claim(
    "2.1/linear-collapse",
    r"W_2(W_1\mathbf x+\mathbf b_1)+\mathbf b_2 = (W_2W_1)\mathbf x + (W_2\mathbf b_1+\mathbf b_2)"
    r" = W'\mathbf x+\mathbf b'",
    judges=("collapse",),
)
@given(n=st.sampled_from([3, 5]), seed=SEEDS)
def test_two_layers_collapse_into_one(nn, n, seed):
    """The first bias is input to the second layer like anything else: it passes through W₂."""
    (W1, b1), (W2, b2) = layers = layers_of((n, n, n), seed)
    W, b = nn.collapse(layers)
    agree(
        W,
        W1 @ W2,
        scale=np.abs(W1) @ np.abs(W2),
        mistakes=lambda: {
            "the matrices stand in the order for columns, but samples are rows": W2 @ W1,
            "the second layer is left out": W1,
            "the first layer is left out": W2,
            "the matrices are multiplied entry by entry": W1 * W2,
            "the matrices are added": W1 + W2,
        },
        what="W'",
    )
    agree(
        row(b),
        b1 @ W2 + b2,
        scale=np.abs(b1) @ np.abs(W2) + np.abs(b2),
        mistakes=lambda: {
            "the first bias does not pass through the second layer": b1 + b2,
            "the first bias is left out": b2,
            "the second bias is left out": b1 @ W2,
            "the second layer is left out": b1,
            "the second bias passes through its own layer": (b1 + b2) @ W2,
            "the first bias passes through its own layer": b1 @ W1 + b2,
            "the first bias passes through the second layer transposed": b1 @ W2.T + b2,
            "the second bias passes through the first layer": b2 @ W1 + b1,
        },
        what="b'",
    )


# For any depth there is a shorter way. Let each sample carry one feature more, the constant 1: the
# layer (W, b) is then a matrix, with b as its last row. A stack of layers is a product of matrices,
# and a product of matrices is a matrix.


def homogeneous(layer: Layer) -> np.ndarray:
    """The matrix that maps (x, 1) to (x W + b, 1)."""
    W, b = layer
    return np.block([[W, np.zeros((len(W), 1))], [b, np.ones((1, 1))]])


@claim(
    "2.1/any-depth-collapses",
    r"\mathbf x \mapsto \mathbf xW_1\cdots W_L + \mathbf b'",
    states=("collapse",),
)
@given(widths=st.lists(st.integers(1, 7), min_size=2, max_size=7), seed=SEEDS)
def test_a_deep_linear_network_is_an_affine_map(widths, seed):
    """In whole numbers, which floats hold exactly: through the layers, and through one matrix."""
    rng = generator(seed)
    layers = [(rng.integers(-3, 4, s), rng.integers(-3, 4, (1, s[1]))) for s in pairwise(widths)]
    X = rng.integers(-3, 4, (5, widths[0]))
    by_layers = reduce(lambda A, layer: A @ layer[0] + layer[1], layers, X)
    M = reduce(np.matmul, map(homogeneous, layers))
    assert np.array_equal(X @ M[:-1, :-1] + M[-1:, :-1], by_layers)


@claim("2.1/any-depth-collapses", r"W' = W_1 W_2 \cdots W_L")
@given(widths=st.sampled_from([2, 4, 5]).flatmap(sizes) | st.just((1, 2) * 6), seed=SEEDS)
def test_any_stack_collapses(nn, widths, seed):
    """A stack of one layer is that layer; of three, four or eleven, each leaves its mark."""
    layers = layers_of(widths, seed)
    matrices = [homogeneous(layer) for layer in layers]
    M, size = reduce(np.matmul, matrices), reduce(np.matmul, map(np.abs, matrices))
    wrong = {
        "only the first two layers are used": reduce(np.matmul, matrices[:2]),
        "the last layer is left out": reduce(np.matmul, matrices[:-1] or matrices),
        "the first layer is left out": reduce(np.matmul, matrices[1:] or matrices),
    }
    W, b = nn.collapse(layers)
    for value, part, what in ((W, np.s_[:-1, :-1], "W'"), (row(b), np.s_[-1:, :-1], "b'")):
        agree(
            value,
            M[part],
            scale=size[part],
            mistakes=lambda: {cause: N[part] for cause, N in wrong.items()},
            what=what,
        )


@claim("2.1/arguments-untouched")
@given(n=st.sampled_from([3, 5]), seed=SEEDS)
def test_layers_are_read_and_not_changed(nn, n, seed):
    """The next batch needs the same weights, and the backward pass the same X."""
    layers = layers_of((n, n, n, n), seed)
    before = [tenths(generator(seed), 7, n), *layers[0]]
    for name, old, new in zip("XWb", before, arguments_after(nn.affine, *before), strict=True):
        assert np.array_equal(old, new), f"affine changes its argument {name} in place"
    [left] = arguments_after(nn.collapse, layers)
    assert len(left) == 3, f"collapse takes layers off the list it is given: of 3, {len(left)} stay"
    for old, new in zip(layers, left, strict=True):
        assert all(map(np.array_equal, old, new)), "collapse changes a layer it is given in place"


# ## Only straight boundaries
#
# A linear classifier says yes where w·x + b > 0. There are 16 ways to answer at the corners of a square,
# and a line can give 14 of them. XOR and its opposite are missing, and the reason is a sum: both
# diagonals have the same midpoint, so that for every w and b
#
#     f(0, 0) + f(1, 1) = f(0, 1) + f(1, 0),
#
# while XOR wants the right side to be positive and the left not to be. In general, signs s are out of
# reach if there is a λ ≥ 0, not all 0, with Σ λᵢ sᵢ (xᵢ, 1) = 0. Here λ = (1, 1, 1, 1).

CORNERS = np.array(list(product((0, 1), repeat=2)))
XOR = (0, 1, 1, 0)


@claim("2.1/linear-boundary", r"f(0,0) + f(1,1) = f(0,1) + f(1,0)")
def test_a_line_gives_fourteen_of_sixteen_answers():
    """Each answer has a line, or the proof that it has none."""
    lines = np.array(list(product((-1, 0, 1), (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5))))
    points = np.column_stack([CORNERS, np.ones(4)])
    reached = {tuple(answer) for answer in (lines @ points.T > 0).astype(int).tolist()}
    for answer in product((0, 1), repeat=4):
        signs = 2 * np.array(answer) - 1
        out_of_reach = not (signs @ points).any()
        assert out_of_reach == (answer in (XOR, (1, 0, 0, 1)))
        assert out_of_reach != (answer in reached)
    best = max(sum(map(int.__eq__, XOR, answer)) for answer in reached)
    measured("corners of XOR that the best line gets right", best)
    assert best == 3


@claim("2.1/linear-boundary", r"\mathrm{relu}(x_1 + x_2) - 2\,\mathrm{relu}(x_1 + x_2 - 1)")
def test_a_relu_between_two_layers_gets_xor(nn):
    """Two neurons fold the square so that (0, 0) meets (1, 1); after that a line will do."""
    W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[0.0, -1.0]])
    W2, b2 = np.array([[1.0], [-2.0]]), np.array([[-0.5]])
    folded = np.maximum(nn.affine(CORNERS.astype(float), W1, b1), 0)
    answers = np.ravel(nn.affine(folded, W2, b2)) > 0
    right = int(np.sum(answers == XOR))
    assert right == 4, (
        f"with a ReLU between them two affine layers solve XOR; yours get {right} of 4 corners"
    )
