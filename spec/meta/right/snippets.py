"""Right: the theory's own snippets, pasted together and completed.

Pasted: relu, relu_grad, sigmoid and softmax of section 3.2, the forward pass of 4.2, the train_step
of 8.1. Completed: a class around them, with parameters and a cache, a tuple as in the notebook; the
formulas of 4.3, 5.3 and 5.4 in their manner; a clip in the formula of tanh, as the sigmoid has one,
and a small number in each logarithm, as the notebook has one, for without them the formulas as
printed give NaN and infinity at the extremes. Parameters are updated in place. What the theory leaves
to words is `plain.py`'s.
"""

import numpy as np
from plain import *  # noqa: F403
from plain import HIDDEN, INIT

# 3.2, pasted


def relu(x):
    return np.maximum(0, x)


def relu_grad(x):
    return (x > 0).astype(float)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


def softmax(x):
    exp_x = np.exp(x - np.max(x, axis=1, keepdims=True))
    return exp_x / np.sum(exp_x, axis=1, keepdims=True)


# 3.2, from the table


def sigmoid_grad(x):
    return sigmoid(x) * (1 - sigmoid(x))


def tanh(x):
    x = np.clip(x, -350, 350)
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def tanh_grad(x):
    return 1 - tanh(x) ** 2


# 4.3, from the table


def cross_entropy(y_hat, y):
    m, c = len(y), np.argmax(y, axis=1)
    return -1 / m * np.sum(np.log(y_hat[np.arange(m), c] + 1e-8))


def binary_cross_entropy(y_hat, y):
    if y_hat.shape != y.shape:
        raise ValueError("shapes")
    terms = y * np.log(y_hat + 1e-8) + (1 - y) * np.log(1 - y_hat + 1e-8)
    return -1 / len(y) * np.sum(terms)


def mean_squared_error(y_hat, y):
    if y_hat.shape != y.shape:
        raise ValueError("shapes")
    return 1 / len(y) * np.sum((y - y_hat) ** 2)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        self.W1 = np.random.normal(0, init_std, (input_size, hidden_size))
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.normal(0, init_std, (hidden_size, output_size))
        self.b2 = np.zeros((1, output_size))

    def forward(self, X):
        W1, b1, W2, b2 = self.W1, self.b1, self.W2, self.b2
        # 4.2, pasted
        z1 = X @ W1 + b1  # (m, n_hidden)
        a1 = np.maximum(0, z1)  # ReLU
        z2 = a1 @ W2 + b2  # (m, n_out)
        a2 = softmax(z2)  # (m, n_out)
        self.cache = X, z1, a1, z2, a2
        return a2

    def compute_loss(self, y_pred, y):
        return cross_entropy(y_pred, y)

    def backward(self, y):
        X, z1, a1, z2, a2 = self.cache
        m = len(X)
        dz2 = a2 - y
        dz1 = dz2 @ self.W2.T * relu_grad(z1)
        return {
            "dW2": 1 / m * a1.T @ dz2,
            "db2": 1 / m * np.sum(dz2, axis=0, keepdims=True),
            "dW1": 1 / m * X.T @ dz1,
            "db1": 1 / m * np.sum(dz1, axis=0, keepdims=True),
        }

    # 8.1, pasted
    def train_step(self, X, y, lr=0.01):
        y_pred = self.forward(X)
        loss = self.compute_loss(y_pred, y)
        grads = self.backward(y)
        self.W1 -= lr * grads["dW1"]
        self.b1 -= lr * grads["db1"]
        self.W2 -= lr * grads["dW2"]
        self.b2 -= lr * grads["db2"]
        return loss


class ThreeLayerNet(TwoLayerNet):
    """The first exercise: one more of each line."""

    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__(input_size, hidden1, hidden2, init_std)
        self.W3 = np.random.normal(0, init_std, (hidden2, output_size))
        self.b3 = np.zeros((1, output_size))

    def forward(self, X):
        z1 = X @ self.W1 + self.b1
        a1 = np.maximum(0, z1)
        z2 = a1 @ self.W2 + self.b2
        a2 = np.maximum(0, z2)
        z3 = a2 @ self.W3 + self.b3
        a3 = softmax(z3)
        self.cache = X, z1, a1, z2, a2, z3, a3
        return a3

    def backward(self, y):
        X, z1, a1, z2, a2, z3, a3 = self.cache
        m = len(X)
        dz3 = a3 - y
        dz2 = dz3 @ self.W3.T * relu_grad(z2)
        dz1 = dz2 @ self.W2.T * relu_grad(z1)
        return {
            "dW3": 1 / m * a2.T @ dz3,
            "db3": 1 / m * np.sum(dz3, axis=0, keepdims=True),
            "dW2": 1 / m * a1.T @ dz2,
            "db2": 1 / m * np.sum(dz2, axis=0, keepdims=True),
            "dW1": 1 / m * X.T @ dz1,
            "db1": 1 / m * np.sum(dz1, axis=0, keepdims=True),
        }

    def train_step(self, X, y, lr=0.01):
        loss = self.compute_loss(self.forward(X), y)
        for name, gradient in self.backward(y).items():
            theta = getattr(self, name[1:])
            theta -= lr * gradient
        return loss


class MLP:
    """5.4, for any number of layers."""

    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        if min(sizes) < 1:
            raise ValueError("a layer has no neuron")
        if output not in ("softmax", "sigmoid", "identity"):
            raise ValueError("there is no output of this name")
        self.L, self.output, self.lam = len(sizes) - 1, output, l2
        self.activation = HIDDEN[activation]
        for l in range(1, self.L + 1):
            W = INIT[init](sizes[l - 1], sizes[l], rng or np.random.default_rng())
            vars(self).update({f"W{l}": W, f"b{l}": np.zeros((1, sizes[l]))})

    def forward(self, X):
        a, cache = X, (X,)
        for l in range(1, self.L + 1):
            z = a @ vars(self)[f"W{l}"] + vars(self)[f"b{l}"]
            a = self.activation[0](z)
            if l == self.L:
                a = {"softmax": softmax, "sigmoid": sigmoid, "identity": np.copy}[self.output](z)
            cache += (z, a)
        self.cache = cache
        return a

    def compute_loss(self, y_pred, y):
        loss = {
            "softmax": cross_entropy,
            "sigmoid": binary_cross_entropy,
            "identity": mean_squared_error,
        }[self.output](y_pred, y)
        return loss + sum(
            self.lam * np.linalg.norm(vars(self)[f"W{l}"]) ** 2 for l in range(1, self.L + 1)
        )

    def backward(self, y):
        if np.shape(y) != self.cache[-1].shape:
            raise ValueError("shapes")
        m, grads = len(y), {}
        dz = self.cache[-1] - y
        if self.output == "identity":
            dz = 2 * dz
        for l in range(self.L, 0, -1):
            W, a = vars(self)[f"W{l}"], self.cache[2 * l - 2]
            grads[f"dW{l}"] = 1 / m * a.T @ dz + 2 * self.lam * W
            grads[f"db{l}"] = 1 / m * np.ones((1, m)) @ dz
            if l > 1:
                dz = dz @ W.T * self.activation[1](self.cache[2 * l - 3])
        return grads

    def train_step(self, X, y, lr=0.01):
        loss = self.compute_loss(self.forward(X), y)
        for name, gradient in self.backward(y).items():
            theta = vars(self)[name[1:]]
            theta -= lr * gradient
        return loss


def one_hot(labels, n_classes):
    Y = np.zeros((len(labels), n_classes))
    for i, c in enumerate(labels):
        if c < 0:
            raise IndexError(c)
        Y[i, c] = 1
    return Y


def affine(X, W, b):
    return np.dot(X, W) + b


def affine_backward(dZ, X, W):
    dX = np.dot(dZ, W.T)
    dW = np.dot(X.T, dZ)
    return dX, dW, np.sum(dZ, axis=0)
