"""# 3.2 Activation functions: softmax

Softmax turns a row of K scores, the *logits*, into K probabilities: exponentiate, so that all are
positive, and divide by their sum. Unlike the other activations it does not work entry by entry.
Each entry depends on its whole row, and on nothing outside of it.
"""

from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, by_its_word, claim, measured, warnings_of
from spec.harness.ground.seeds import generator
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import sigmoid
from spec.harness.mathematics.sampling import sample_of
from spec.harness.mathematics.strategies import (
    BANDS,
    SEEDS,
    always,
    at_sizes,
    eighths,
    from_band,
    matrices,
    sizes,
    tenths,
)

LARGE = np.array(
    [[1000.0, 1000, 1000], [0, 0, 0], [-1000, 0, 0], [400, 400, 400], [4000, 1000, 1000]]
)


def from_band_of_rows(least: float, most: float):
    """A row of logits of these sizes, and one of equal ones."""
    row = from_band(least, most, 4)
    return (np.vstack([row, np.full(row.size, row[0])]),)


def of_every_kind_of_row(test):
    """Nearly equal logits, equal ones, a tie for the first place, and leads up to e^350."""
    for band in BANDS:
        test = always(logits=partial(from_band_of_rows, *band))(test)
    return always(logits=lambda: (np.array([[0.5, 2, 2], [2, -1, 2]]) + generator(5).random(),))(
        test
    )


@claim(
    "3.2/softmax",
    r"\mathrm{softmax}(\mathbf z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}",
    states=("softmax",),
)
@of_every_kind_of_row
@always(logits=lambda: (tenths(generator(2), 5, 2),))
@always(logits=lambda: (tenths(generator(3), 2, 5),))
@always(logits=lambda: (tenths(generator(1), 1, 3),))
@always(logits=lambda: (tenths(generator(0), 65, 66),))
@given(logits=matrices(1))
def test_softmax(nn, logits):
    """Differences of logits become ratios of probabilities: 1 more is e times as likely."""
    (drawn,) = logits
    n, K = min(drawn.shape), drawn.shape[1]
    for Z in (drawn, drawn[:n, :n] if n < K else drawn[:, :1]):  # a square, where any axis fits
        E, shifted = np.exp(Z), np.exp(Z - Z.max(axis=1, keepdims=True))
        by_column = np.exp(Z - Z.max(axis=0))
        agree(
            nn.softmax(Z),
            E / E.sum(axis=1, keepdims=True),
            mistakes=lambda: {
                "the sum runs down the columns, not along the rows": E / E.sum(axis=0),
                "the sum runs over the whole matrix": E / E.sum(),
                "the maximum is the row's, but the sum runs down the columns": shifted
                / shifted.sum(axis=0),
                "the maximum is the row's, but the sum that of the matrix": shifted / shifted.sum(),
                "every row is divided by the sum of the first": shifted / shifted[0].sum(),
                "the maximum of each column is subtracted, not of each row": by_column
                / by_column.sum(axis=1, keepdims=True),
                "the exponentials are not divided by their sum": E,
                "the shifted exponentials are not divided by their sum": shifted,
                "the logits have the wrong sign": oracle.softmax(-Z),
                "the logarithm of the probabilities is returned": oracle.log_softmax(Z),
                "each entry is a sigmoid of its own": sigmoid(Z),
            },
            what="softmax(Z)",
        )


@claim("3.2/softmax-rows", r"\mathrm{softmax}(Z)_i = \mathrm{softmax}(Z_i)")
@given(Z=matrices(1))
def test_softmax_treats_each_row_alone(nn, Z):
    """A sample's probabilities do not depend on who shares its batch, be their logits far off."""
    Z = Z[0] + 4 * np.arange(len(Z[0])).reshape(-1, 1) - 16
    E = np.exp(Z)
    together = nn.softmax(Z)
    alone = np.vstack([sample_of(nn.softmax(Z[i : i + 1]), (1, Z.shape[1])) for i in range(len(Z))])
    agree(
        together,
        alone,
        mistakes=lambda: {
            "the sum runs over the whole matrix": E / E.sum(),
            "the sum runs down the columns, not along the rows": E / E.sum(axis=0),
        },
        what="softmax(Z)",
    )


# ## Its derivative
#
# K numbers in, K numbers out: the derivative is a K × K matrix. A logit raises its own probability,
# s_k(1 - s_k), and lowers every other, -s_k s_j; those off the diagonal are what is most often
# forgotten.


def jacobian(z):
    """The derivative of the softmax of one row."""
    s = oracle.softmax(z)
    return s[:, None] * (np.eye(z.size) - s)


@claim(
    "3.2/softmax-jacobian",
    r"\frac{\partial s_k}{\partial z_j} = s_k(\mathbb 1[j = k] - s_j)",
    states=("softmax_jacobian",),
)
@at_sizes("n", (1,), (2,), (65,), largest=2.0)
@at_sizes("n", (5,), largest=2.0**-20)
@at_sizes("n", (5,), largest=40.0)
@given(n=sizes(1), seed=SEEDS, largest=st.just(2.0))
def test_softmax_jacobian(nn, n: tuple[int], seed: int, largest: float):
    """A function of the logits z of one sample; the probabilities s are computed inside."""
    z = eighths(generator(seed), *n) * largest / 2
    s = oracle.softmax(z)
    agree(
        nn.softmax_jacobian(z),
        jacobian(z),
        scale=np.diag(s) + np.outer(s, s),
        sizes={"K": z.size},
        mistakes=lambda: {
            "only the diagonal is there": np.diag(s * (1 - s)),
            "only the diagonal is there, as a vector": s * (1 - s),
            "the products s_k s_j are missing": np.diag(s),
            "the s_k of the diagonal is missing": -np.outer(s, s),
            "the products s_k s_j are added": np.diag(s) + np.outer(s, s),
            "the logits are taken for the probabilities": np.diag(z) - np.outer(z, z),
            "every entry is s_k (1 - s_j)": s[:, None] * (1 - s),
        },
        what="the Jacobian",
    )
    far = 500 * np.round(z).astype(
        int
    )  # in exp(z - log Σ exp(z)), a right form, z is what is rounded
    agree(
        nn.softmax_jacobian(far),
        jacobian(far),
        scale=1 + np.abs(far).max(),
        mistakes=lambda: {
            "exp(z) is infinite for large z, and the quotient NaN": np.full(
                (z.size, z.size), np.nan
            ),
            "the result is cut to whole numbers, the type of z": np.zeros((z.size, z.size)),
            "the logits are clipped to ±500": jacobian(far.clip(-500, 500)),
        },
        what="the Jacobian at large whole numbers",
    )


@claim(
    "3.2/softmax-jacobian",
    r"\frac{\partial s_k}{\partial z_j} = s_k(\mathbb 1[j = k] - s_j)",
)
def test_softmax_jacobian_is_the_slope():
    """Each column is the response of all probabilities to one logit, measured with an imaginary step."""
    z, h = np.array([0.5, -1.0, 2.0, 0.0]), 1e-20
    E = np.exp(z + 1j * h * np.eye(4))  # row j: logit j is the one that moves
    slopes = np.imag(E / E.sum(axis=1, keepdims=True)).T / h
    agree(jacobian(z), slopes)
    agree(slopes.sum(axis=0), np.zeros(4), scale=1)  # what one class gains, the others lose


# ## Its range


@claim(
    "3.2/softmax-sums-to-one",
    r"\sum_k s_k = 1, \quad 0 < s_k < 1",
    verdict="conditional",
    instead="for real numbers 0 < s_k < 1; computed in float64 the rows sum to 1 up to rounding and "
    "0 ≤ s_k ≤ 1: a class can get exactly 1 (a lead of 36.74) or exactly 0 (745.13 behind).",
)
def test_softmax_reaches_zero_and_one_in_floating_point():
    """Of two classes one has it all from a lead of 37 on; the logarithm of the other is -∞ from 746 on."""

    def probabilities(lead):
        return oracle.softmax(np.column_stack([lead, np.zeros(lead.size)]))

    lead = np.arange(36, 38, 2.0**-10)
    all_of_it = lead[np.argmax(probabilities(lead)[:, 0] == 1)]
    measured("the least lead that gives a class exactly 1", all_of_it)
    lead = np.arange(700, 750, 2.0**-6)
    nothing = lead[np.argmax(probabilities(lead)[:, 1] == 0)]
    measured("the least lead that leaves the other class exactly 0", nothing)
    assert abs(all_of_it - 53 * np.log(2)) < 2.0**-9
    assert 700 < nothing < 746


@claim("3.2/softmax-sums-to-one", r"\sum_k s_k = 1, \quad 0 \le s_k \le 1", corrected=True)
@given(Z=matrices(1))
def test_softmax_rows_are_probabilities(nn, Z):
    """What makes the output of a classifier a distribution over its classes."""
    Z = 16 * Z[0]
    s = sample_of(nn.softmax(Z), Z.shape, "softmax(Z)")
    assert np.all((s >= 0) & (s <= 1)), f"softmax leaves [0, 1]: {s.min():.6g} to {s.max():.6g}"
    off = np.abs(s.sum(axis=1) - 1).max()
    assert off < 1e-6, f"a row of softmax(Z) sums to {1 + off:.6g} or {1 - off:.6g}, expected 1"


# ## Shift and overflow
#
# e^(z + c) = e^c e^z, and the common factor cancels. So a constant may be added to a row for free,
# and the one to add is minus the row's maximum: no exponent is then positive, one of them is 0, and
# the sum is at least 1.


@claim(
    "3.2/softmax-shift-invariance",
    r"\mathrm{softmax}(\mathbf z + c\mathbf 1) = \mathrm{softmax}(\mathbf z)",
)
@given(Z=matrices(1), seed=SEEDS)
def test_softmax_ignores_a_shift_of_a_row(nn, Z, seed: int):
    """Only differences of logits count; hence one of the K is redundant."""
    Z = Z[0]
    c = eighths(generator(seed), len(Z), 1) * 4
    E = np.exp(Z + c)
    agree(
        nn.softmax(Z + c),
        sample_of(nn.softmax(Z), Z.shape, "softmax(Z)"),
        mistakes=lambda: {
            "the sum runs over the whole matrix": E / E.sum(),
            "the sum runs down the columns, not along the rows": E / E.sum(axis=0),
            "the exponentials are not divided by their sum": E,
        },
        what="softmax(Z + c)",
    )


@claim(
    "3.2/softmax-does-not-overflow",
    r"\mathrm{softmax}(1000, 1000, 1000) = (\frac13, \frac13, \frac13)",
)
def test_softmax_of_large_logits(nn):
    """e^1000 is infinite. It takes each row's own maximum: under another's, e^(-1000) leaves only zeros."""

    def shifted_by(shift):
        with np.errstate(all="ignore"):
            E = np.exp(LARGE - shift)
            return E / E.sum(axis=1, keepdims=True)

    agree(
        nn.softmax(LARGE),
        oracle.softmax(LARGE),
        scale=1 + np.abs(LARGE).max(axis=1, keepdims=True),  # exp(z - log Σ exp(z)) rounds z
        mistakes=lambda: {
            "the maximum is not subtracted": shifted_by(0),
            "the maximum is added": shifted_by(-LARGE.max(axis=1, keepdims=True)),
            "the maximum of the whole matrix is subtracted": shifted_by(LARGE.max()),
            "the maximum of each column is subtracted": shifted_by(LARGE.max(axis=0)),
            "the maximum of the absolute values is subtracted": shifted_by(
                np.abs(LARGE).max(axis=1, keepdims=True)
            ),
            "the mean is subtracted, not the maximum": shifted_by(
                LARGE.mean(axis=1, keepdims=True)
            ),
            "the minimum is subtracted, not the maximum": shifted_by(
                LARGE.min(axis=1, keepdims=True)
            ),
            "the logits are clipped to ±500": oracle.softmax(LARGE.clip(-500, 500)),
        },
        what="softmax(Z)",
    )


@claim("3.2/softmax-does-not-overflow")
@by_its_word
def test_softmax_of_large_logits_gives_no_warning(nn):
    """With the shift nothing overflows on the way either: silence is the sign of it."""
    texts = warnings_of(nn.softmax, LARGE)
    assert not texts, f"softmax of logits up to 4000 warns: {texts[0]}"
