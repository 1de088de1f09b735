"""# 3.2 Activation functions: what all of them share

A formula speaks of one number, the code of arrays. Three habits make the step from one to the other
safe: work entry by entry, whatever the shape; do not care whether 2 arrives as 2.0; and leave the
argument as it was, since the backward pass will ask for it again. The activations of section 3.3
are held to the same.
"""

import numpy as np
import pytest

from spec.harness import agree, arguments_after, by_its_word, claim
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.sampling import sample_of
from spec.harness.subject.proxy import kept

ELEMENTWISE = [f"{name}{suffix}" for name in ACTIVATIONS for suffix in ("", "_grad")]
Z = np.array([[-3.5, -0.25, 1.5], [2.25, -1.0, 0.5]])
WHOLE = np.array([[-3, -1, 2], [1, -2, 4]])
FAR = np.vstack([Z, [-(2.0**20), 1000, 2.0**20]])


@claim("3.2/elementwise", r"\sigma(Z)_{ij} = \sigma(Z_{ij})")
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activation_works_entry_by_entry(nn, name: str):
    """A number, a vector, a matrix, a stack of them: the shape is kept, and no entry minds its neighbours.

    The stack is a transposed one, which lies in memory in another order than it is counted in.
    """
    sigma = getattr(nn, name)
    entries = [sample_of(sigma(z.reshape(())), (), f"{name} of one number") for z in Z.ravel()]
    right = np.reshape(entries, Z.shape)
    for shape, value in ((6,), right.ravel()), ((2, 3), right):
        agree(sigma(Z.reshape(shape)), value, what=f"{name}(Z)")
    stack = right.reshape(3, 1, 2).T
    agree(
        sigma(Z.reshape(3, 1, 2).T),
        stack,
        mistakes=lambda: {
            "the entries of a transposed array change places": right.reshape(stack.shape)
        },
        what=f"{name} of a stack",
    )


@claim("3.2/integer-input")
@pytest.mark.parametrize("name", [*ELEMENTWISE, "softmax"])
def test_whole_numbers_are_numbers(nn, name: str):
    """A result written into an array like the argument, `np.zeros_like(z)`, is cut to whole numbers."""
    sigma = getattr(nn, name)
    right = sample_of(sigma(WHOLE.astype(float)), WHOLE.shape, f"{name}(Z)")
    cut = np.trunc(right)
    agree(
        sigma(WHOLE),
        right,
        mistakes=lambda: (
            {"the result is cut to whole numbers": cut} if np.any(cut != right) else {}
        ),
        what=f"{name} of integers",
    )


@claim("3.2/arguments-untouched")
@pytest.mark.parametrize("name", [*ELEMENTWISE, "softmax", "softmax_jacobian"])
def test_argument_is_left_as_it_was(nn, name: str):
    """The backward pass needs the pre-activations that the forward pass has activated, large ones too."""
    sigma, z = getattr(nn, name), FAR[2] if name == "softmax_jacobian" else FAR
    (after,) = arguments_after(sigma, z)
    result = sigma(z)
    agree(
        after,
        z,
        scale=np.abs(z),
        mistakes=lambda: {
            "the result is written into the argument": result,
            "the row's maximum is subtracted from the argument": z - z.max(axis=-1, keepdims=True),
            "the argument is clipped in place": z.clip(-500, 500),
        },
        what=f"the argument of {name}, after the call,",
        shows=False,
    )


@claim("3.2/arguments-untouched")
@by_its_word
@pytest.mark.parametrize("name", [*ELEMENTWISE, "softmax", "softmax_jacobian"])
def test_result_is_left_as_it_was(nn, name: str):
    """Each result has an array of its own: whoever keeps one must not find the next one in it."""
    sigma, z = getattr(nn, name), Z[0] if name == "softmax_jacobian" else Z
    assert kept(sigma, z, -z), f"a second call of {name} overwrites what the first one returned"
