"""Right, with sums kept in Python lists: all but the products of matrices is added up by math.fsum.

What adds nothing up is `plain.py`'s.
"""

from math import exp, fsum, log

import numpy as np
import plain
from plain import *  # noqa: F403


def dot(u, v):
    return fsum(a * b for a, b in zip(u, v, strict=True))


def listed(array):
    return np.asarray(array, dtype=float).tolist()


def softmax(Z):
    rows = []
    for z in listed(Z):
        e = [exp(z_k - max(z)) for z_k in z]
        rows.append([e_k / fsum(e) for e_k in e])
    return np.array(rows)


def softmax_jacobian(z):
    (s,) = listed(softmax([z]))
    return np.array(
        [[s_j * ((j == k) - s_k) for k, s_k in enumerate(s)] for j, s_j in enumerate(s)]
    )


def neuron(x, w, b, activation):
    return activation(np.float64(fsum([dot(listed(x), listed(w)), b])))


def affine(X, W, b):
    rows = [list(np.dot(x, W) + np.ravel(b)) for x in X]
    return np.array(rows)


def affine_backward(dZ, X, W):
    db = [fsum(column) for column in listed(np.transpose(dZ))]
    return np.dot(dZ, np.transpose(W)), np.dot(np.transpose(X), dZ), np.array(db)


def cross_entropy(Y_hat, Y):
    terms = []
    for p, y in zip(listed(Y_hat), listed(Y), strict=True):
        terms += [-y_k * log(max(p_k, 1e-300)) for p_k, y_k in zip(p, y, strict=True) if y_k]
    return fsum(terms) / len(Y)


def binary_cross_entropy(y_hat, y):
    pairs = list(zip(listed(np.ravel(y_hat)), listed(np.ravel(y)), strict=True))
    terms = [-y * log(max(p, 1e-300)) - (1 - y) * log(max(1 - p, 1e-300)) for p, y in pairs]
    return fsum(terms) / len(terms)


def mean_squared_error(Y_hat, Y):
    if np.shape(Y_hat) != np.shape(Y):
        raise ValueError("shapes")
    return fsum(listed((np.ravel(Y) - np.ravel(Y_hat)) ** 2)) / len(Y)


LOSSES = {
    "softmax": cross_entropy,
    "sigmoid": binary_cross_entropy,
    "identity": mean_squared_error,
}


class MLP(plain.MLP):
    def forward(self, X):
        self.cache = {"A0": np.array(X, dtype=float)}
        for l in range(1, self.L + 1):
            Z = affine(self.cache[f"A{l - 1}"], getattr(self, f"W{l}"), getattr(self, f"b{l}"))
            self.cache |= {f"Z{l}": Z, f"A{l}": self.out(Z) if l == self.L else self.f(Z)}
        return self.cache[f"A{self.L}"]

    def compute_loss(self, Y_hat, Y):
        squares = [w * w for l in range(1, self.L + 1) for w in getattr(self, f"W{l}").flat]
        return LOSSES[self.kind](Y_hat, Y) + self.l2 * fsum(squares)

    def backward(self, Y):
        A_L, grads = self.cache[f"A{self.L}"], {}
        dZ = (2 if self.kind == "identity" else 1) * (A_L - np.reshape(Y, A_L.shape))
        for l in range(self.L, 0, -1):
            W = getattr(self, f"W{l}")
            dA, dW, db = affine_backward(dZ, self.cache[f"A{l - 1}"], W)
            grads[f"dW{l}"] = dW / len(Y) + 2 * self.l2 * W
            grads[f"db{l}"] = db[np.newaxis] / len(Y)
            if l > 1:
                dZ = dA * self.df(self.cache[f"Z{l - 1}"])
        return grads


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        self.W1 = np.random.normal(0, init_std, (input_size, hidden_size))
        self.W2 = np.random.normal(0, init_std, (hidden_size, output_size))


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size):
        super().__init__([input_size, hidden1, hidden2, output_size])


def relative_error(analytic, numerical, delta=1e-8):
    a, n = listed(np.ravel(analytic)), listed(np.ravel(numerical))
    difference = [x - y for x, y in zip(a, n, strict=True)]
    return dot(difference, difference) ** 0.5 / (dot(a, a) ** 0.5 + dot(n, n) ** 0.5 + delta)


def train(net, X, Y, lr, epochs, batch_size=None, rng=None):
    rng, losses = rng or np.random.default_rng(), []
    for _ in range(epochs):
        batches = plain.minibatches(X, Y, batch_size, rng) if batch_size else [(X, Y)]
        losses.append(fsum([len(X_b) * net.train_step(X_b, Y_b, lr) for X_b, Y_b in batches]))
    return [loss / len(X) for loss in losses]


def accuracy(net, X, Y):
    answers = zip(listed(net.forward(X)), listed(Y), strict=True)
    return [p.index(max(p)) == y.index(1) for p, y in answers].count(True) / len(Y)


def l2_penalty(weights, lam):
    return lam * fsum(w * w for W in weights for w in np.ravel(W))
