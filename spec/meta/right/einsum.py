"""Right, index by index: each product, sum and mean is an einsum.

The parameters stand in lists, and go by their names, too; the cache is a list; batches
come from a generator; the losses of `train` are an array. What has no index is `plain.py`'s.
"""

import re
from itertools import pairwise

import numpy as np
from plain import *  # noqa: F403
from plain import HIDDEN, INIT


def relu(z):
    return z * (z > 0)


def relu_grad(z):
    return np.heaviside(z, 0)


def softmax(Z):
    E = np.exp(np.subtract(Z, np.max(Z, axis=1)[:, None]))
    return np.einsum("ik,i->ik", E, 1 / np.einsum("ik->i", E))


def softmax_jacobian(z):
    s = softmax(z[None])[0]
    return np.einsum("k,jk->jk", s, np.eye(len(s))) - np.einsum("j,k->jk", s, s)


def neuron(x, w, b, activation):
    return activation(np.einsum("i,i", w, x) + b)


def affine(X, W, b):
    assert X.shape[1:] == W.shape[:1]  # einsum would stretch a single column
    assert b.shape[-1:] == W.shape[1:]
    return np.einsum("ij,jk->ik", X, W) + b


def affine_backward(dZ, X, W):
    assert dZ.shape == (len(X), W.shape[1])
    assert X.shape[1] == len(W)
    dX = np.einsum("ik,jk->ij", dZ, W)
    return [dX, np.einsum("ij,ik->jk", X, dZ), np.einsum("ik->k", dZ)]


def collapse(layers):
    layers = list(layers)
    W, b = layers.pop()
    while layers:
        W_below, b_below = layers.pop()
        b = np.einsum("ij,jk->ik", np.atleast_2d(b_below), W) + b
        W = np.einsum("ij,jk->ik", W_below, W)
    return W, b


def one_hot(labels, n_classes):
    assert min(labels) >= 0
    assert max(labels) < n_classes
    return np.equal.outer(labels, np.arange(n_classes))


def cross_entropy(Y_hat, Y):
    return np.einsum("ik,ik->", Y, -np.log(np.clip(Y_hat, 1e-15, 1))) / len(Y)


def binary_cross_entropy(y_hat, y):
    p, y = np.reshape(y_hat, -1), np.reshape(y, -1)
    surprise = -np.log(np.clip([1 - p, p], 1e-15, 1))
    return np.einsum("ci,ci->", [1 - y, y], surprise) / len(y)


def mean_squared_error(Y_hat, Y):
    D = Y_hat.reshape(len(Y), -1) - Y.reshape(len(Y), -1)
    return np.einsum("ik,ik->", D, D) / len(D)


OUTPUT = {
    "softmax": (softmax, cross_entropy, 1),
    "sigmoid": (sigmoid, binary_cross_entropy, 1),
    "identity": (np.positive, mean_squared_error, 2),
}


class MLP:
    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(sizes)
        rng = rng or np.random.default_rng()
        self.f, self.df = HIDDEN[activation]
        self.out, self.loss, self.factor = OUTPUT[output]
        self.l2 = l2
        self.Ws = [INIT[init](n_in, n_out, rng) for n_in, n_out in pairwise(sizes)]
        self.bs = [np.zeros((1, n_out)) for n_out in sizes[1:]]

    def __getattr__(self, name):
        if re.fullmatch(r"[Wb]\d+", name):
            return getattr(self, f"{name[0]}s")[int(name[1:]) - 1]
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if re.fullmatch(r"[Wb]\d+", name):
            getattr(self, f"{name[0]}s")[int(name[1:]) - 1] = value
        else:
            super().__setattr__(name, value)

    def forward(self, X):
        self.cache = [X]  # A0, Z1, A1, Z2, A2, ...
        for W, b in zip(self.Ws, self.bs, strict=True):
            Z = affine(self.cache[-1], W, b)
            self.cache += [Z, self.f(Z)]
        self.cache[-1] = self.out(Z)
        return self.cache[-1]

    def compute_loss(self, Y_hat, Y):
        penalty = sum(np.einsum("ij,ij->", W, W) for W in self.Ws)
        return self.loss(Y_hat, Y) + self.l2 * penalty

    def backward(self, Y):
        Y_hat, grads = self.cache[-1], {}
        dZ = self.factor / len(Y) * (Y_hat - np.reshape(Y, Y_hat.shape))  # the mean, once for all
        for l in range(len(self.Ws), 0, -1):
            W, A = self.Ws[l - 1], self.cache[2 * l - 2]
            grads[f"dW{l}"] = np.einsum("mi,mj->ij", A, dZ) + 2 * self.l2 * W
            grads[f"db{l}"] = np.einsum("mj->j", dZ)[None]
            if l > 1:
                dZ = np.einsum("mj,ij,mi->mi", dZ, W, self.df(self.cache[2 * l - 3]))
        return grads

    def train_step(self, X, Y, lr):
        loss = self.compute_loss(self.forward(X), Y)
        grads = self.backward(Y)
        for l in range(len(self.Ws)):
            self.Ws[l] = self.Ws[l] - lr * grads[f"dW{l + 1}"]
            self.bs[l] = self.bs[l] - lr * grads[f"db{l + 1}"]
        return loss


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        self.Ws = [np.random.normal(0, init_std, W.shape) for W in self.Ws]


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        self.Ws = [np.random.normal(0, init_std, W.shape) for W in self.Ws]


def minibatches(X, Y, batch_size, rng):
    assert batch_size > 0
    assert len(X) == len(Y)
    rows = np.arange(len(X))
    rng.shuffle(rows)
    for start in range(0, len(X), batch_size):
        batch = rows[start : start + batch_size]
        yield [X[batch], Y[batch]]


def train(net, X, Y, lr, epochs, batch_size=None, rng=None):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        batches = minibatches(X, Y, batch_size or len(X), rng or np.random.default_rng())
        for X_b, Y_b in batches:
            losses[epoch] += net.train_step(X_b, Y_b, lr) * len(X_b) / len(X)
    return losses


def accuracy(net, X, Y):
    chosen = np.eye(Y.shape[1])[net.forward(X).argmax(axis=1)]
    return np.einsum("ik,ik->", chosen, Y) / len(X)


def l2_penalty(weights, lam):
    return lam * sum(np.einsum("ij,ij->", W, W) for W in weights)
