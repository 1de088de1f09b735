"""Right, with functions that make functions: no class anywhere.

A network is a namespace of closures over it, a node one of closures over its parents, an activation a
pair of functions that share their parameters. The leaky ReLU leaks 0.05 where nothing else is asked
for: the theory leaves that to everyone, from 0.01 to 0.1.
"""

from functools import partial, reduce
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
from plain import *  # noqa: F403
from plain import INIT, fit, l2_penalty
from plain import minibatches as batches_of

LEAK = 0.05


def piecewise(positive, negative):
    """A function with two branches; neither is asked for what belongs to the other."""

    def function(z, *options):
        z = np.asarray(z, dtype=float)
        return np.where(z > 0, positive(np.maximum(z, 0)), negative(np.minimum(z, 0), *options))

    return function


def one(z):
    return np.ones_like(z)


def with_default(function, default):
    def of(z, alpha=default):
        return function(z, alpha)

    return of


relu = piecewise(np.array, np.zeros_like)
relu_grad = piecewise(one, np.zeros_like)
leaky_relu = with_default(piecewise(np.array, lambda z, alpha: alpha * z), LEAK)
leaky_relu_grad = with_default(piecewise(one, lambda z, alpha: alpha + 0 * z), LEAK)
elu = with_default(piecewise(np.array, lambda z, alpha: alpha * np.expm1(z)), 1.0)
elu_grad = with_default(piecewise(one, lambda z, alpha: alpha * np.exp(z)), 1.0)

HIDDEN = {
    "relu": (relu, relu_grad),
    "leaky_relu": (leaky_relu, leaky_relu_grad),
    "elu": (elu, elu_grad),
    "selu": (selu, selu_grad),
    "tanh": (tanh, tanh_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
}
OUTPUT = {
    "softmax": (softmax, cross_entropy, 1),
    "sigmoid": (sigmoid, binary_cross_entropy, 1),
    "identity": (np.array, mean_squared_error, 2),
}


def collapse(layers):
    return reduce(lambda below, own: (below[0] @ own[0], below[1] @ own[0] + own[1]), layers)


def MLP(sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError("every layer needs a neuron")
    rng = rng or np.random.default_rng()
    draw, (f, df), (out, loss_of, factor) = INIT[init], HIDDEN[activation], OUTPUT[output]
    names = [f"{kind}{l}" for l in range(1, len(sizes)) for kind in "Wb"]
    net = SimpleNamespace(cache={})
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        vars(net).update({f"W{l}": draw(n_in, n_out, rng), f"b{l}": np.zeros((1, n_out))})

    def layers():
        own = vars(net)
        return [(l, own[f"W{l}"], own[f"b{l}"]) for l in range(1, len(sizes))]

    def forward(X):
        cache, A = {"A0": X}, X
        for l, W, b in layers():
            Z = A @ W + b
            A = (f if l < len(sizes) - 1 else out)(Z)
            cache.update({f"Z{l}": Z, f"A{l}": A})
        net.cache = cache
        return A

    def compute_loss(Y_hat, Y):
        return loss_of(Y_hat, Y) + l2_penalty([W for _, W, _ in layers()], l2)

    def backward(Y):
        cache, grads = net.cache, {}
        A_L = cache[f"A{len(sizes) - 1}"]
        dZ = factor * (A_L - np.reshape(Y, A_L.shape)) / len(Y)
        for l, W, _ in reversed(layers()):
            grads[f"dW{l}"] = cache[f"A{l - 1}"].T @ dZ + 2 * l2 * W
            grads[f"db{l}"] = dZ.sum(axis=0, keepdims=True)
            dZ = dZ @ W.T * df(cache[f"Z{l - 1}"]) if l > 1 else None
        return grads

    def train_step(X, Y, lr):
        loss = compute_loss(forward(X), Y)
        grads = backward(Y)
        vars(net).update({name: vars(net)[name] - lr * grads[f"d{name}"] for name in names})
        return loss

    vars(net).update(
        forward=forward, compute_loss=compute_loss, backward=backward, train_step=train_step
    )
    return net


def normal(net, *stds):
    for l, std in enumerate(stds, start=1):
        setattr(net, f"W{l}", np.random.normal(0, std, getattr(net, f"W{l}").shape))
    return net


def TwoLayerNet(input_size, hidden_size, output_size, init_std=0.01):
    return normal(MLP((input_size, hidden_size, output_size)), init_std, init_std)


def ThreeLayerNet(input_size, hidden1, hidden2, output_size):
    return MLP((input_size, hidden1, hidden2, output_size))


def Node(value, parents=(), local=lambda G: ()):
    """`local` gives what each parent gets of the gradient G."""
    node = SimpleNamespace(value=np.array(value, dtype=float), parents=list(parents), local=local)
    node.grad = np.zeros_like(node.value)

    def joined(value, other, of_self, of_other):
        def local(G):
            return fit(of_self(G), node.value.shape), fit(of_other(G), other.value.shape)

        return Node(value, (node, other), local)

    def add(other):
        return joined(node.value + other.value, other, np.array, np.array)

    def multiply(other):
        a, b = node.value, other.value
        return joined(a * b, other, lambda G: G * b, lambda G: G * a)

    def matmul(other):
        a, b = node.value, other.value
        return joined(a @ b, other, lambda G: G @ b.T, lambda G: a.T @ G)

    def gate():
        return Node(relu(node.value), (node,), lambda G: (G * (node.value > 0),))

    def loss(Y):
        P = softmax(node.value)
        return Node(cross_entropy(P, Y), (node,), lambda G: (G * (P - Y) / len(Y),))

    vars(node).update(add=add, multiply=multiply, matmul=matmul, relu=gate, cross_entropy=loss)
    return node


def topological_order(node):
    order, seen = [], set()

    def visit(n):
        if id(n) not in seen:
            seen.add(id(n))
            for parent in n.parents:
                visit(parent)
            order.append(n)

    visit(node)
    return order


def backward(node):
    order = topological_order(node)
    for n in order:
        n.grad = np.zeros_like(n.value)
    node.grad = np.ones_like(node.value)
    for n in reversed(order):
        for parent, gradient in zip(n.parents, n.local(n.grad), strict=False):
            parent.grad = parent.grad + gradient


def difference_along(f, theta, epsilon, place):
    step = np.zeros_like(theta)
    step[place] = epsilon
    return (f(theta + step) - f(theta - step)) / (2 * epsilon)


def numerical_gradient(f, theta, epsilon=1e-5):
    theta = np.array(theta, dtype=float)
    along = partial(difference_along, f, theta, epsilon)
    return np.reshape(list(map(along, np.ndindex(theta.shape))), theta.shape)


def minibatches(X, Y, batch_size, rng):
    return iter(batches_of(X, Y, batch_size, rng))
