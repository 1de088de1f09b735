"""Right, with samples as columns inside: Z = W X + b, as section 2 writes it.

What goes out is a transposed view, in Fortran order; a function and its slope lie side by side, so that
each is a view with gaps. The networks have slots and no __dict__, their cache is an object with
attributes, and a loss is an array without axes. What has no columns is `plain.py`'s.
"""

from types import SimpleNamespace

import numpy as np
from plain import *  # noqa: F403
from plain import INIT


def side_by_side(formula):
    """The function and its derivative, from a formula that gives both."""

    def both(z, *options, **named):
        z = np.asarray(z, dtype=float)
        pair = np.empty((*z.shape, 2))
        pair[..., 0], pair[..., 1] = formula(z, *options, **named)
        return pair

    return lambda z, *o, **n: both(z, *o, **n)[..., 0], lambda z, *o, **n: both(z, *o, **n)[..., 1]


@side_by_side
def rectifier(z):
    return z.clip(min=0), np.sign(z.clip(min=0))


@side_by_side
def leaky(z, alpha=0.01):
    slope = np.where(z > 0, 1, alpha)
    return slope * z, slope


@side_by_side
def exponential(z, alpha=1.0):
    below = alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, below - alpha), np.where(z > 0, 1, below)


@side_by_side
def scaled(z, scale=1.0507009873554805, alpha=1.6732632423543772):
    below = scale * alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, scale * z, below - scale * alpha), np.where(z > 0, scale, below)


@side_by_side
def logistic(z):
    s = np.tanh(z / 2) / 2 + 1 / 2
    return s, s * (1 - s)


@side_by_side
def hyperbolic(z):
    t = np.tanh(z)
    return t, 1 - t**2


relu, relu_grad = rectifier
leaky_relu, leaky_relu_grad = leaky
elu, elu_grad = exponential
selu, selu_grad = scaled
sigmoid, sigmoid_grad = logistic
tanh, tanh_grad = hyperbolic
HIDDEN = {
    "relu": rectifier,
    "leaky_relu": leaky,
    "elu": exponential,
    "selu": scaled,
    "tanh": hyperbolic,
    "sigmoid": logistic,
}


def softmax_of_columns(Z):
    E = np.exp(Z - np.max(Z, axis=0))
    return E / np.sum(E, axis=0)


def softmax(Z):
    return softmax_of_columns(Z.T).T


def softmax_jacobian(z):
    s = softmax_of_columns(np.reshape(z, (-1, 1)))
    return (np.diagflat(s) - s @ s.T).T


def affine(X, W, b):
    return (W.T @ X.T + np.reshape(b, (W.shape[1], 1))).T


def affine_backward(dZ, X, W):
    return (W @ dZ.T).T, (dZ.T @ X).T, np.sum(dZ.T, axis=1, keepdims=True).T


def one_hot(labels, n_classes):
    Y = np.zeros((n_classes, len(labels)), dtype=int)
    if np.min(labels) < 0:
        raise ValueError(labels)
    Y[labels, range(len(labels))] = 1
    return Y.T


def mean_over_columns(terms):
    """The sum over each column and its mean over the columns, as an array without axes."""
    loss = np.zeros(())
    np.sum(terms, out=loss)
    loss /= terms.shape[-1]
    return loss


def log(p):
    return np.log(p + 1e-9)


def cross_entropy(Y_hat, Y):
    return mean_over_columns(-Y.T * log(Y_hat.T))


def binary_cross_entropy(y_hat, y):
    p, y = y_hat.reshape(1, -1), y.reshape(1, -1)
    return mean_over_columns(-y * log(p) - (1 - y) * log(1 - p))


def mean_squared_error(Y_hat, Y):
    Y_hat, Y = Y_hat.reshape(len(Y_hat), -1), Y.reshape(len(Y), -1)
    return mean_over_columns(np.square(Y_hat.T - Y.T))


def by_row(stored):
    """A property that shows what is stored in columns as the contract's rows."""
    return property(
        lambda net: getattr(net, stored[0])[int(stored[1:])].T,
        lambda net, value: getattr(net, stored[0]).__setitem__(int(stored[1:]), np.array(value).T),
    )


class MLP:
    __slots__ = ("A", "L", "W", "Z", "b", "cache", "df", "f", "kind", "l2")

    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        self.L, self.l2, self.kind = len(sizes) - 1, l2, output
        self.f, self.df = HIDDEN[activation]
        if output not in ("softmax", "sigmoid", "identity") or min(sizes) < 1 or self.L < 1:
            raise ValueError(sizes, output)
        self.W, self.b = {}, {}
        for l in range(1, self.L + 1):
            n_in, n_out = sizes[l - 1 : l + 1]
            self.W[l] = INIT[init](n_in, n_out, rng or np.random.default_rng()).T
            self.b[l] = np.zeros((n_out, 1))

    def forward(self, X):
        self.A, self.Z = {0: X.T}, {}
        for l in range(1, self.L + 1):
            self.Z[l] = self.W[l] @ self.A[l - 1] + self.b[l]
            self.A[l] = self.f(self.Z[l])
        last = {"softmax": softmax_of_columns, "sigmoid": sigmoid, "identity": np.array}[self.kind]
        self.A[self.L] = last(self.Z[self.L])
        rows = {f"{n}{l}": V.T for n in "AZ" for l, V in getattr(self, n).items()}
        self.cache = SimpleNamespace(**rows)
        return self.A[self.L].T

    def compute_loss(self, Y_hat, Y):
        if self.kind == "softmax":
            loss = cross_entropy(Y_hat, Y)
        elif self.kind == "sigmoid":
            loss = binary_cross_entropy(Y_hat, Y)
        else:
            loss = mean_squared_error(Y_hat, Y)
        for W in self.W.values():
            loss += self.l2 * np.linalg.norm(W, "fro") ** 2
        return loss

    def backward(self, Y):
        grads, dZ = {}, self.A[self.L] - Y.reshape(len(Y), -1).T
        if self.kind == "identity":
            dZ *= 2
        for l in range(self.L, 0, -1):
            dW = dZ @ self.A[l - 1].T / len(Y) + 2 * self.l2 * self.W[l]
            grads[f"dW{l}"], grads[f"db{l}"] = dW.T, dZ.mean(axis=1, keepdims=True).T
            if l > 1:
                dZ = self.W[l].T @ dZ * self.df(self.Z[l - 1])
        return grads

    def train_step(self, X, Y, lr):
        loss = self.compute_loss(self.forward(X), Y)
        grads = self.backward(Y)
        for l in range(1, self.L + 1):
            self.W[l] -= lr * grads[f"dW{l}"].T
            self.b[l] -= lr * grads[f"db{l}"].T
        return loss


for l in range(1, 101):
    setattr(MLP, f"W{l}", by_row(f"W{l}"))
    setattr(MLP, f"b{l}", by_row(f"b{l}"))


class TwoLayerNet(MLP):
    __slots__ = ()

    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        MLP.__init__(self, (input_size, hidden_size, output_size))
        for l, W in self.W.items():
            self.W[l] = np.random.normal(0, init_std, W.shape)


class ThreeLayerNet(MLP):
    __slots__ = ()

    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        MLP.__init__(self, (input_size, hidden1, hidden2, output_size))
        for l, W in self.W.items():
            self.W[l] = np.random.normal(0, init_std, W.shape)
