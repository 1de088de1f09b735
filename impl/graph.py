"""Section 5.5: the same gradients from a graph of operations, by automatic differentiation."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from .activations import relu, relu_grad, softmax
from .checks import Array, batch, floats, matrix
from .losses import cross_entropy_from_logits

Local = Callable[[Array], tuple[Array, ...]]


class Node:
    """A value in the graph, the nodes it was computed from, and how its gradient reaches them.

    `Node(value)` is a leaf. `parents` are the operands; `local` maps the gradient of this node to
    one gradient for each parent. After `backward`, `grad` has the shape of `value`.
    """

    def __init__(
        self, value: ArrayLike, parents: Iterable["Node"] = (), local: Local = lambda G: ()
    ) -> None:
        self.value = floats(value)
        self.parents = tuple(parents)
        self.local = local
        self.grad = np.zeros_like(self.value)

    def add(self, other: "Node") -> "Node":
        """self + other; a row (1, n) is added to every row of a matrix (m, n)."""
        return Node(
            self.value + other.value,
            (self, other),
            lambda G: (_fit(G, self.value.shape), _fit(G, other.value.shape)),
        )

    def multiply(self, other: "Node") -> "Node":
        """self * other, elementwise, broadcast as in `add`."""
        return Node(
            self.value * other.value,
            (self, other),
            lambda G: (
                _fit(G * other.value, self.value.shape),
                _fit(G * self.value, other.value.shape),
            ),
        )

    def matmul(self, other: "Node") -> "Node":
        """self @ other for matrices; ValueError if they do not chain."""
        X, W = self.value, matrix("other", other.value)
        X = matrix("self", X, columns=W.shape[0])
        return Node(X @ W, (self, other), lambda G: (G @ W.T, X.T @ G))

    def relu(self) -> "Node":
        """max(0, self)."""
        return Node(relu(self.value), (self,), lambda G: (G * relu_grad(self.value),))

    def cross_entropy(self, Y: ArrayLike) -> "Node":
        """The mean cross-entropy, a scalar, of softmax(self) for logits (m, K) and one-hot Y."""
        Z, Y = batch("the logits", matrix("the logits", self.value), "Y", Y)
        return Node(
            cross_entropy_from_logits(Z, Y),
            (self,),
            lambda G: (G * (softmax(Z) - Y) / len(Y),),
        )


def _fit(G: Array, shape: tuple[int, ...]) -> Array:
    """Sum G over the axes along which a value of this shape was broadcast."""
    summed: Array = G.sum(axis=tuple(range(G.ndim - len(shape))))
    stretched = tuple(axis for axis, n in enumerate(shape) if n == 1)
    return np.asarray(summed.sum(axis=stretched, keepdims=True))


def topological_order(node: Node) -> list[Node]:
    """Every node that `node` depends on, itself last, each after all its parents."""
    order, seen, pending = [], set(), [(node, False)]
    while pending:
        current, parents_done = pending.pop()
        if parents_done:
            order.append(current)
        elif current not in seen:
            seen.add(current)
            pending.append((current, True))
            pending.extend((parent, False) for parent in current.parents)
    return order


def backward(node: Node) -> None:
    """Give each node its `grad`, the derivative of the scalar `node`, in reverse topological order."""
    order = topological_order(node)
    for current in order:
        current.grad = np.zeros_like(current.value)
    node.grad = np.ones_like(node.value)
    for current in reversed(order):
        for parent, gradient in zip(current.parents, current.local(current.grad), strict=True):
            parent.grad = (parent.grad + gradient).astype(parent.value.dtype)
