"""# 12 Symbols

Most symbols of the theory are names, and the chapters before this one have used them all. Two are
operations on matrices, and are defined here. Both treat a matrix as a plain table of numbers, and both are
easily taken for a more famous relative: the spectral norm, and the matrix product.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, claim
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.strategies import SEEDS, eighths, matrices


def single_matrices() -> st.SearchStrategy[np.ndarray]:
    """One matrix, with sides of different length."""
    return matrices(1).map(lambda chain: chain[0])


# ## The Frobenius norm
#
# ‖W‖ is the length of W read as one long vector. It is also the length of the vector of its singular
# values, and the root of the trace of WᵀW: turning W from either side does not change it.


@claim("12/frobenius-norm", r"\lVert W\rVert_F=\sqrt{\sum_{ij}w_{ij}^2}")
@given(W=single_matrices())
def test_frobenius_norm_in_three_ways(W):
    """Entries, singular values and trace agree, to the few roundings that singular values take."""
    singular = np.linalg.svd(W, compute_uv=False)
    squares = [sum(w * w for w in W.flat), np.trace(W.T @ W), np.sum(singular**2)]
    assert np.allclose(np.sqrt(squares), np.linalg.norm(W), rtol=1e-13, atol=0)


@claim("12/frobenius-norm", r"\lambda\lVert W\rVert_F^2 = \lambda\sum_{ij}w_{ij}^2")
@given(W=single_matrices(), lam=st.sampled_from([0.25, 1.0]))
def test_the_penalty_measures_weights_by_frobenius(nn, W, lam):
    """The norm of a 1 by 1 matrix sets the scale, so that the norm alone is judged, and no factor."""
    size = np.abs(W)
    agree(
        nn.l2_penalty([W], lam) / nn.l2_penalty([np.ones((1, 1))], lam),
        np.sum(W**2),
        mistakes=lambda: {
            "the norm is not squared": np.sqrt(np.sum(W**2)),
            "the spectral norm, the largest singular value, is taken": np.linalg.norm(W, 2) ** 2,
            "the largest column sum is taken": np.linalg.norm(W, 1) ** 2,
            "absolute values are summed, not squares": size.sum(),
            "the sum of the absolute values is squared": size.sum() ** 2,
            "the entries are averaged, not summed": np.mean(W**2),
            "the largest entry stands for all": size.max() ** 2,
        },
        what="the norm squared",
    )


# ## The Hadamard product
#
# A ⊙ B multiplies entry by entry. It is what backpropagation does at an activation: the Jacobian of
# a function of each entry by itself is diagonal, and a diagonal matrix times a vector is the Hadamard
# product with its diagonal.


@claim("12/hadamard-product", r"\mathrm{diag}(\mathbf a)\,\mathbf b = \mathbf a \odot \mathbf b")
@given(n=st.integers(1, 13), seed=SEEDS)
def test_a_diagonal_jacobian_is_a_hadamard_product(n, seed):
    """n products in place of n²: the reason why no one stores that Jacobian."""
    a, b = eighths(generator(seed), 2, n)
    assert np.array_equal(np.diag(a) @ b, a * b)


@claim("12/hadamard-product", r"(A\odot B)_{ij}=A_{ij}B_{ij}")
@given(n=st.sampled_from([3, 5]), seed=SEEDS)
def test_hadamard_product(nn, n, seed):
    """Square matrices, for which the matrix product would be just as legal."""
    A, B = eighths(generator(seed), 2, n, n)
    agree(
        nn.Node(A).multiply(nn.Node(B)).value,
        [[A[i, j] * B[i, j] for j in range(n)] for i in range(n)],
        mistakes=lambda: {
            "the matrix product is taken": A @ B,
            "one factor is transposed": A * B.T,
            "the products are summed": np.sum(A * B),
            "the matrices are added": A + B,
        },
        what="the product",
    )
