"""Right, with records: what belongs together is a dataclass or a NamedTuple.

A layer's parameters are a frozen dataclass that is replaced at each step, the cache of a forward pass
another with an attribute for each value, what `affine_backward` and `adam` give are NamedTuples, and so
is a batch. What keeps nothing together is `plain.py`'s.
"""

from dataclasses import dataclass, field, make_dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from plain import *  # noqa: F403
from plain import HIDDEN, INIT
from plain import minibatches as pairs_of


class Gradients(NamedTuple):
    by_input: np.ndarray
    by_weights: np.ndarray
    by_bias: np.ndarray


class Batch(NamedTuple):
    X: np.ndarray
    Y: np.ndarray


class Moments(NamedTuple):
    mean: np.ndarray
    square: np.ndarray
    t: int = 0


class Stop(NamedTuple):
    stop: int
    best: int


class Stack(NamedTuple):
    W: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class Layer:
    W: np.ndarray
    b: np.ndarray

    def __call__(self, A):
        return A @ self.W + self.b

    def back(self, dZ, A):
        return Gradients(dZ @ self.W.T, A.T @ dZ, dZ.sum(axis=0, keepdims=True))

    def moved(self, lr, dW, db):
        return replace(self, W=self.W - lr * dW, b=self.b - lr * db)


@dataclass(frozen=True)
class Output:
    function: object
    loss: object
    factor: float = 1.0


OUTPUTS = {
    "softmax": Output(softmax, cross_entropy),
    "sigmoid": Output(sigmoid, binary_cross_entropy),
    "identity": Output(np.array, mean_squared_error, factor=2.0),
}


def affine_backward(dZ, X, W):
    return Layer(W, np.zeros((1, np.shape(W)[1]))).back(dZ, X)


def collapse(layers):
    whole = Stack(*layers[0])
    for W, b in layers[1:]:
        whole = Stack(whole.W @ W, whole.b @ W + b)
    return whole


@dataclass
class MLP:
    sizes: list
    activation: str = "relu"
    output: str = "softmax"
    init: str = "he"
    l2: float = 0.0
    rng: object = None
    layers: list = field(init=False, repr=False)
    cache: object = field(init=False, default=None, repr=False)

    def __post_init__(self):
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"{self.sizes}: expected two widths or more, none below 1")
        rng = self.rng or np.random.default_rng()
        self.f, self.df = HIDDEN[self.activation]
        self.last = OUTPUTS[self.output]
        draw = INIT[self.init]
        self.layers = [Layer(draw(n, k, rng), np.zeros((1, k))) for n, k in pairwise(self.sizes)]

    def __getattr__(self, name):
        kind, number = name[:1], name[1:]
        if kind not in ("W", "b") or not number.isdecimal():
            raise AttributeError(name, name=name, obj=self)
        return getattr(self.layers[int(number) - 1], kind)

    def __setattr__(self, name, value):
        if name[:1] in ("W", "b") and name[1:].isdecimal():
            l = int(name[1:]) - 1
            self.layers[l] = replace(self.layers[l], **{name[:1]: value})
        else:
            super().__setattr__(name, value)

    def forward(self, X):
        values = {"A0": X}
        for l, layer in enumerate(self.layers, start=1):
            Z = layer(values[f"A{l - 1}"])
            function = self.f if l < len(self.layers) else self.last.function
            values |= {f"Z{l}": Z, f"A{l}": function(Z)}
        self.cache = make_dataclass("Cache", values, frozen=True)(**values)
        return values[f"A{len(self.layers)}"]

    def compute_loss(self, Y_hat, Y):
        return self.last.loss(Y_hat, Y) + l2_penalty([layer.W for layer in self.layers], self.l2)

    def backward(self, Y):
        L, kept, grads = len(self.layers), vars(self.cache), {}
        dZ = self.last.factor * (kept[f"A{L}"] - np.reshape(Y, kept[f"A{L}"].shape)) / len(Y)
        for l in range(L, 0, -1):
            layer = self.layers[l - 1]
            dA, dW, db = layer.back(dZ, kept[f"A{l - 1}"])
            grads |= {f"dW{l}": dW + 2 * self.l2 * layer.W, f"db{l}": db}
            dZ = dA * self.df(kept[f"Z{l - 1}"]) if l > 1 else None
        return grads

    def train_step(self, X, Y, lr):
        loss, grads = self.compute_loss(self.forward(X), Y), self.backward(Y)
        for l, layer in enumerate(self.layers):
            self.layers[l] = layer.moved(lr, grads[f"dW{l + 1}"], grads[f"db{l + 1}"])
        return loss


def with_normal_weights(net, std):
    net.layers = [replace(layer, W=np.random.normal(0, std, layer.W.shape)) for layer in net.layers]
    return net


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        with_normal_weights(self, init_std)


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        with_normal_weights(self, init_std)


def minibatches(X, Y, batch_size, rng):
    return [Batch(*pair) for pair in pairs_of(X, Y, batch_size, rng)]


def early_stopping(losses, patience):
    if patience < 1:
        raise ValueError("patience below 1")
    reached = Stop(0, 0)
    for epoch, loss in enumerate(losses):
        is_best = not loss >= losses[reached.best] and loss == loss
        reached = Stop(epoch, epoch if is_best else reached.best)
        if reached.stop - reached.best >= patience:
            break
    return reached


def adam(theta, gradient, state, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    old = state or Moments(np.zeros_like(theta), np.zeros_like(theta))
    new = Moments(
        mean=beta1 * old.mean + (1 - beta1) * gradient,
        square=beta2 * old.square + (1 - beta2) * gradient**2,
        t=old.t + 1,
    )
    m_hat, v_hat = new.mean / (1 - beta1**new.t), new.square / (1 - beta2**new.t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + epsilon), new
