"""Sections 2.1 and 5.2: the affine layer, forward and backward; stacking it gains nothing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, floats, integer, matrix, row


def affine(X: ArrayLike, W: ArrayLike, b: ArrayLike) -> Array:
    """Z = X W + b, with X (m, n_in), W (n_in, n_out), b (1, n_out); Z is (m, n_out).

    Raises ValueError where the shapes do not chain.
    """
    W = matrix("W", W)
    X = matrix("X", X, columns=W.shape[0])
    b = row("b", b, columns=W.shape[1])
    return X @ W + b


def affine_backward(dZ: ArrayLike, X: ArrayLike, W: ArrayLike) -> tuple[Array, Array, Array]:
    """(dX, dW, db) of `affine` for the gradient dZ (m, n_out), each in the shape of its value.

    The sums over the samples are plain sums: the 1/m belongs to the loss. Raises ValueError where
    the shapes do not chain.
    """
    W = matrix("W", W)
    X = matrix("X", X, columns=W.shape[0])
    dZ = matrix("dZ", dZ, columns=W.shape[1])
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0, keepdims=True)


def collapse(layers: Sequence[tuple[ArrayLike, ArrayLike]]) -> tuple[Array, Array]:
    """(W, b) of the one affine layer that equals the stack `layers`, a list of (W, b) (2.1).

    W is (n_in, n_out) and b (1, n_out).

    Beyond the contract: ValueError for no layers at all, or where the shapes do not chain.
    """
    integer("the number of layers", len(layers))
    W, b = layers[0]
    W = np.copy(matrix("W", W))
    b = np.copy(row("b", b, columns=W.shape[1]))
    for W_next, b_next in layers[1:]:
        b = affine(b, W_next, b_next)  # (1, n_next)
        W = W @ floats(W_next)  # (n_in, n_next)
    return W, b
