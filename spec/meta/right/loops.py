"""Right, number by number: loops over samples and entries, and results that are not contiguous.

What has no loop worth writing is `plain.py`'s.
"""

import math

import numpy as np
import plain
from plain import *  # noqa: F403


def elementwise(function):
    def looped(z, *options):
        z = np.asarray(z)
        result = np.zeros((*z.shape, 2))
        for place in np.ndindex(z.shape):
            result[(*place, 0)] = function(float(z[place]), *options)
        return result[..., 0]  # a view with gaps

    return looped


@elementwise
def relu(z):
    return z if z > 0 else 0


@elementwise
def relu_grad(z):
    return 1 if z > 0 else 0


@elementwise
def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0


@elementwise
def sigmoid_grad(z):
    e = math.exp(-abs(z))
    return e / (1 + e) ** 2


@elementwise
def tanh(z):
    return math.tanh(z)


@elementwise
def tanh_grad(z):
    return 1 / math.cosh(z) ** 2 if abs(z) < 300 else 0


@elementwise
def leaky_relu(z, alpha=0.01):
    return max(z, alpha * z)


def softmax(Z):
    P = np.zeros(np.shape(Z), order="F")
    for i, row in enumerate(Z):
        largest = max(row)
        exponentials = [math.exp(z - largest) for z in row]
        for k, e in enumerate(exponentials):
            P[i, k] = e / math.fsum(exponentials)
    return P


def affine(X, W, b):
    (m, n_in), (rows, n_out) = np.shape(X), np.shape(W)
    if n_in != rows or np.size(b) != n_out:
        raise ValueError("shapes")
    Z, bias = np.zeros((m, n_out), order="F"), np.ravel(b)
    for i in range(m):
        for k in range(n_out):
            Z[i, k] = sum(X[i, j] * W[j, k] for j in range(n_in)) + bias[k]
    return Z


def affine_backward(dZ, X, W):
    dX = np.einsum("ik,jk->ij", dZ, W)
    dW = np.einsum("ij,ik->jk", X, dZ)
    return dX, dW, np.einsum("ik->k", dZ)


def cross_entropy(Y_hat, Y):
    total = 0.0
    for p, y in zip(Y_hat, Y, strict=True):
        total -= math.log(max(float(p[np.argmax(y)]), 1e-300))
    return total / len(Y)


def binary_cross_entropy(y_hat, y):
    total = 0.0
    for p, answer in zip(y_hat.flat, y.flat, strict=True):
        total -= math.log(max(p if answer else 1 - p, 1e-300))
    return total / len(y)


def mean_squared_error(Y_hat, Y):
    total = 0.0
    for guess, answer in zip(Y_hat.flat, Y.flat, strict=True):
        total += (answer - guess) ** 2
    return total / len(Y)


LOSS = {
    "softmax": cross_entropy,
    "sigmoid": binary_cross_entropy,
    "identity": mean_squared_error,
}


class MLP(plain.MLP):
    def forward(self, X):
        self.cache = {"A0": np.asfortranarray(X)}
        for l in range(1, self.L + 1):
            W, b, A = getattr(self, f"W{l}"), getattr(self, f"b{l}"), self.cache[f"A{l - 1}"]
            if A.shape[1] != W.shape[0]:
                raise ValueError("shapes")
            Z = np.array([A[i] @ W + b[0] for i in range(len(A))])
            self.cache[f"Z{l}"] = Z
            self.cache[f"A{l}"] = self.out(Z) if l == self.L else self.f(Z)
        return self.cache[f"A{self.L}"]

    def compute_loss(self, Y_hat, Y):
        loss = LOSS[self.kind](Y_hat, Y)
        for l in range(1, self.L + 1 if self.l2 else 1):
            for w in getattr(self, f"W{l}").flat:
                loss += self.l2 * w**2
        return loss

    def backward(self, Y):
        Y = np.reshape(Y, self.cache[f"A{self.L}"].shape)
        grads = {}
        for l in range(1, self.L + 1):
            grads[f"dW{l}"] = 2 * self.l2 * getattr(self, f"W{l}")
            grads[f"db{l}"] = 0 * getattr(self, f"b{l}")
        for i in range(len(Y)):  # one sample after the other
            dz = self.cache[f"A{self.L}"][i] - Y[i]
            dz = 2 * dz if self.kind == "identity" else dz
            for l in range(self.L, 0, -1):
                a, W = self.cache[f"A{l - 1}"][i], getattr(self, f"W{l}")
                grads[f"dW{l}"] = grads[f"dW{l}"] + np.outer(a, dz) / len(Y)
                grads[f"db{l}"] = grads[f"db{l}"] + dz.reshape(1, -1) / len(Y)
                if l > 1:
                    dz = np.dot(W, dz) * self.df(self.cache[f"Z{l - 1}"][i])
        return grads


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        self.W1 = np.random.normal(0, init_std, (input_size, hidden_size))
        self.W2 = np.random.normal(0, init_std, (hidden_size, output_size))


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size):
        super().__init__([input_size, hidden1, hidden2, output_size])
