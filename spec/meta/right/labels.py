"""Right, for targets of every form: class labels (m,) or (m, 1), answers 0 or 1 in either, one-hot (m, K).

The networks are dataclasses; their layers are tuples (W, b), which go by the names W1, b1, ... too.
What meets no target is `plain.py`'s.
"""

from dataclasses import dataclass, field

import numpy as np
from plain import *  # noqa: F403
from plain import HIDDEN, INIT


def as_targets(Y, shape):
    """Y as a matrix of this shape, whether it holds labels, a column of answers, or one-hot rows."""
    Y, (m, K) = np.array(Y), shape
    if len(Y) != m:
        raise ValueError(f"{len(Y)} targets for {m} samples")
    if K > 1 and Y.size == m:
        return one_hot(Y.reshape(m), K)
    return Y.reshape(shape).astype(float)


def as_labels(Y):
    """The class of each row of scores; what has one column holds labels, answers, or their chances."""
    Y = np.array(Y)
    if Y.ndim == 2 and Y.shape[1] > 1:
        return np.argmax(Y, axis=1)
    return Y.reshape(-1).round()


def one_hot(labels, n_classes):
    labels = as_labels(labels).astype(int)
    if not set(labels.tolist()) <= set(range(n_classes)):
        raise ValueError(labels)
    return (labels[:, None] == np.arange(n_classes)).astype(np.uint8)


def cross_entropy(Y_hat, Y):
    labels = as_labels(as_targets(Y, Y_hat.shape))
    return -np.log(Y_hat[np.arange(len(labels)), labels] + 1e-7).mean()


def binary_cross_entropy(y_hat, y):
    p, y = np.reshape(y_hat, -1), as_labels(y).astype(bool)
    assert len(p) == len(y)
    return -np.log(np.where(y, p, 1 - p) + 1e-7).mean()


def mean_squared_error(Y_hat, Y):
    Y_hat = Y_hat.reshape(len(Y_hat), -1)
    Y = np.reshape(Y, Y_hat.shape)
    return np.linalg.norm(Y - Y_hat) ** 2 / len(Y)


def output_of(kind, Z):
    return {"softmax": softmax, "sigmoid": sigmoid, "identity": np.asarray}[kind](Z)


@dataclass
class MLP:
    sizes: list
    activation: str = "relu"
    output: str = "softmax"
    init: str = "he"
    l2: float = 0.0
    rng: np.random.Generator = None
    layers: list = field(init=False, repr=False)

    def __post_init__(self):
        assert len(self.sizes) > 1
        assert all(n > 0 for n in self.sizes)
        assert self.output in ("softmax", "sigmoid", "identity")
        self.f, self.df = HIDDEN[self.activation]
        rng = self.rng or np.random.default_rng()
        self.layers = [
            (INIT[self.init](n_in, n_out, rng), np.zeros((1, n_out)))
            for n_in, n_out in zip(self.sizes[:-1], self.sizes[1:], strict=True)
        ]

    def __getattr__(self, name):
        if name[0] in "Wb" and name[1:].isdigit():
            return self.layers[int(name[1:]) - 1]["Wb".index(name[0])]
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if name[0] in "Wb" and name[1:].isdigit():
            W, b = self.layers[int(name[1:]) - 1]
            self.layers[int(name[1:]) - 1] = (value, b) if name[0] == "W" else (W, value)
        else:
            object.__setattr__(self, name, value)

    def forward(self, X):
        activations, sums = [np.asarray(X)], []
        for W, b in self.layers:
            sums.append(np.matmul(activations[-1], W) + b)
            activations.append(self.f(sums[-1]))
        activations[-1] = output_of(self.output, sums[-1])
        self.cache = {f"A{l}": A for l, A in enumerate(activations)}
        self.cache |= {f"Z{l}": Z for l, Z in enumerate(sums, start=1)}
        return activations[-1]

    def compute_loss(self, Y_hat, Y):
        penalty = self.l2 * sum((W * W).sum() for W, _ in self.layers)
        if self.output == "sigmoid":
            return binary_cross_entropy(Y_hat, Y) + penalty
        loss = cross_entropy if self.output == "softmax" else mean_squared_error
        return loss(Y_hat, Y) + penalty

    def backward(self, Y):
        L = len(self.layers)
        Y_hat, grads = self.cache[f"A{L}"], {}
        if self.output == "softmax":
            dZ = Y_hat.copy()
            dZ[range(len(Y)), as_labels(as_targets(Y, Y_hat.shape))] -= 1
        else:
            dZ = (1 + (self.output == "identity")) * (Y_hat - as_targets(Y, Y_hat.shape))
        for l, (W, b) in reversed(list(enumerate(self.layers, start=1))):
            A = self.cache[f"A{l - 1}"]
            grads[f"dW{l}"] = np.matmul(A.T, dZ) / len(Y) + 2 * self.l2 * W
            grads[f"db{l}"] = np.mean(dZ, axis=0).reshape(b.shape)
            grads[f"dZ{l}"], grads[f"dA{l - 1}"] = dZ, np.matmul(dZ, W.T)
            if l > 1:
                dZ = grads[f"dA{l - 1}"] * self.df(self.cache[f"Z{l - 1}"])
        return grads

    def train_step(self, X, Y, lr=0.01):
        loss = self.compute_loss(self.forward(X), Y)
        grads = self.backward(Y)
        self.layers = [
            (W - lr * grads[f"dW{l}"], b - lr * grads[f"db{l}"])
            for l, (W, b) in enumerate(self.layers, start=1)
        ]
        return loss


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        self.layers = [(np.random.normal(0, init_std, W.shape), b) for W, b in self.layers]


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        self.layers = [(np.random.normal(0, init_std, W.shape), b) for W, b in self.layers]


def gradient_check(net, X, Y, epsilon=1e-5):
    net.forward(X)
    grads, errors = net.backward(Y), {}
    for name in (key[1:] for key in grads if key[1] in "Wb"):
        theta = getattr(net, name)

        def loss(value, name=name):
            setattr(net, name, value)
            return net.compute_loss(net.forward(X), Y)

        numerical = numerical_gradient(loss, theta, epsilon)
        setattr(net, name, theta)
        errors[f"d{name}"] = relative_error(grads[f"d{name}"], numerical)
    return errors


def train(net, X, Y, lr, epochs, batch_size=None, rng=None):
    rng, losses = rng or np.random.default_rng(), ()
    for _ in range(epochs):
        batches = minibatches(X, Y, batch_size or len(X), rng)
        losses += (float(np.mean([net.train_step(*batch, lr) for batch in batches])),)
    return losses


def accuracy(net, X, Y):
    return sum(as_labels(net.forward(X)) == as_labels(Y)) / len(X)
