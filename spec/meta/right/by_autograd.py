"""Right, with every derivative taken by the package `autograd`: no gradient is written out here.

The networks keep the tape of the last forward pass, and pull the gradient of the loss back along it.
What has no derivative is `plain.py`'s. Needs the extra `meta`.
"""

from itertools import pairwise

import autograd.numpy as anp
from autograd import elementwise_grad, grad, jacobian, make_vjp
from autograd.tracer import getval
from plain import *  # noqa: F403
from plain import INIT, topological_order


def floats(value):
    return anp.asarray(value, dtype=float)


def relu(z):
    return anp.where(z > 0, z, 0.0)  # the slope of `maximum` at the kink is 1/2 to autograd


def leaky_relu(z, alpha=0.01):
    return anp.where(z > 0, z, alpha * z)


def elu(z, alpha=1.0):
    return anp.where(z > 0, z, alpha * (anp.exp(anp.where(z > 0, 0.0, z)) - 1))


def selu(z):
    return 1.0507009873554805 * elu(z, 1.6732632423543772)


def sigmoid(z):
    return (1 + anp.tanh(z / 2)) / 2


def tanh(z):
    return anp.tanh(z)


def slope(function):
    return lambda z, *options, **named: elementwise_grad(function)(floats(z), *options, **named)


relu_grad, leaky_relu_grad, elu_grad = slope(relu), slope(leaky_relu), slope(elu)
selu_grad, sigmoid_grad, tanh_grad = slope(selu), slope(sigmoid), slope(tanh)


def log_softmax(Z):
    Z = Z - anp.max(Z, axis=-1, keepdims=True)
    return Z - anp.log(anp.sum(anp.exp(Z), axis=-1, keepdims=True))


def softmax(Z):
    return anp.exp(log_softmax(Z))


softmax_jacobian = jacobian(softmax)


def affine(X, W, b):
    return anp.dot(X, W) + b


def affine_backward(dZ, X, W):
    pull, _ = make_vjp(lambda layer: affine(*layer))((floats(X), floats(W), anp.zeros(W.shape[1])))
    return pull(floats(dZ))


def cross_entropy(Y_hat, Y):
    assert Y_hat.shape == Y.shape
    return -anp.sum(Y * anp.log(Y_hat + 1e-15)) / len(Y)


def binary_cross_entropy(y_hat, y):
    assert y_hat.shape == y.shape
    return -anp.sum(y * anp.log(y_hat + 1e-15) + (1 - y) * anp.log(1 - y_hat + 1e-15)) / len(y)


def mean_squared_error(Y_hat, Y):
    assert Y_hat.shape == Y.shape
    return anp.sum((Y - Y_hat) ** 2) / len(Y)


def cross_entropy_of_logits(Z, Y):
    return -anp.sum(Y * log_softmax(Z)) / len(Y)


def binary_cross_entropy_of_logits(z, y):
    return anp.sum(anp.logaddexp(0.0, z) - y * z) / len(y)


HIDDEN = {
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "tanh": tanh,
    "sigmoid": sigmoid,
}
OUTPUT = {
    "softmax": (softmax, cross_entropy, cross_entropy_of_logits),
    "sigmoid": (sigmoid, binary_cross_entropy, binary_cross_entropy_of_logits),
    "identity": (lambda Z: Z, mean_squared_error, mean_squared_error),
}


def l2_penalty(weights, lam):
    return lam * sum(anp.sum(W**2) for W in weights)


def l2_gradient(W, lam):
    return grad(lambda W: l2_penalty([W], lam))(floats(W))


class MLP:
    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        if min(sizes) < 1:
            raise ValueError(sizes)
        rng = rng or anp.random.default_rng()
        self.theta, self.l2 = {}, l2
        self.sigma = HIDDEN[activation]
        self.output, self.loss, self.loss_of_logits = OUTPUT[output]
        for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            self.theta[f"W{l}"] = INIT[init](n_in, n_out, rng)
            self.theta[f"b{l}"] = anp.zeros((1, n_out))

    def __getattr__(self, name):
        if name in vars(self).get("theta", ()):
            return self.theta[name]
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if name in vars(self).get("theta", ()):
            self.theta[name] = value
        else:
            super().__setattr__(name, value)

    def weights(self, theta):
        return [value for name, value in theta.items() if name.startswith("W")]

    def logits(self, theta, X):
        A, L = X, len(theta) // 2
        self.cache = {"A0": getval(X)}
        for l in range(1, L + 1):
            Z = affine(A, theta[f"W{l}"], theta[f"b{l}"])
            A = self.output(Z) if l == L else self.sigma(Z)
            self.cache |= {f"Z{l}": getval(Z), f"A{l}": getval(A)}
        return Z

    def forward(self, X):
        theta = {name: floats(value) for name, value in self.theta.items()}
        self.pull, self.Z = make_vjp(self.logits)(theta, floats(X))
        return self.output(self.Z)

    def compute_loss(self, Y_hat, Y):
        return self.loss(Y_hat, Y) + l2_penalty(self.weights(self.theta), self.l2)

    def backward(self, Y):
        Y = anp.reshape(Y, self.Z.shape)
        grads = self.pull(grad(self.loss_of_logits)(self.Z, Y))
        by_penalty = grad(lambda theta: l2_penalty(self.weights(theta), self.l2))(self.theta)
        return {f"d{name}": grads[name] + by_penalty[name] for name in self.theta}

    def train_step(self, X, Y, lr):
        loss = self.compute_loss(self.forward(X), Y)
        grads = self.backward(Y)
        self.theta = {name: value - lr * grads[f"d{name}"] for name, value in self.theta.items()}
        return loss


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        for name in ("W1", "W2"):
            self.theta[name] = anp.random.normal(0, init_std, self.theta[name].shape)


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        for name in ("W1", "W2", "W3"):
            self.theta[name] = anp.random.normal(0, init_std, self.theta[name].shape)


class Node:
    """A value, and the operation on its parents' values that it comes from."""

    def __init__(self, value, operation=None, *parents):
        self.value, self.operation, self.parents = floats(value), operation, set(parents)
        self.operands, self.grad = parents, 0 * self.value

    @staticmethod
    def of(operation, *operands):
        return Node(operation(*(node.value for node in operands)), operation, *operands)

    def add(self, other):
        return Node.of(anp.add, self, other)

    def multiply(self, other):
        return Node.of(anp.multiply, self, other)

    def matmul(self, other):
        return Node.of(anp.matmul, self, other)

    def relu(self):
        return Node.of(relu, self)

    def cross_entropy(self, Y):
        return Node.of(lambda Z: cross_entropy_of_logits(Z, Y), self)


def backward(node):
    order = list(topological_order(node))
    for current in order:
        current.grad = 0 * current.value
    node.grad = anp.ones(node.value.shape)
    for current in reversed(order):
        values = [operand.value for operand in current.operands]
        for i, operand in enumerate(current.operands):
            pull, _ = make_vjp(current.operation, i)(*values)
            operand.grad = operand.grad + pull(current.grad)
