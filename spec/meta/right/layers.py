"""Right, with a class for each layer: `sequential.py` under the names of the contract.

Parameters belong to the layers and are properties of the networks; `backward` gives the gradient by
the input besides; losses and softmax are objects that can be called, and so is what Adam remembers an
object, in a dict. What layers have no part in is `plain.py`'s.
"""

from itertools import pairwise

import numpy as np
from plain import *  # noqa: F403
from plain import INIT
from sequential import (
    ELU,
    SELU,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    GradientDescent,
    Identity,
    LeakyReLU,
    MeanSquaredError,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)

relu, relu_grad = ReLU().value, ReLU().slope
sigmoid, sigmoid_grad = Sigmoid().value, Sigmoid().slope
tanh, tanh_grad = Tanh().value, Tanh().slope
selu, selu_grad = SELU().value, SELU().slope
softmax = Softmax()
cross_entropy = CrossEntropy()
binary_cross_entropy = BinaryCrossEntropy()
mean_squared_error = MeanSquaredError()


def leaky_relu(z, alpha=0.01):
    return LeakyReLU(alpha).value(z)


def leaky_relu_grad(z, alpha=0.01):
    return LeakyReLU(alpha).slope(z)


def elu(z, alpha=1.0):
    return ELU(alpha).value(z)


def elu_grad(z, alpha=1.0):
    return ELU(alpha).slope(z)


def softmax_jacobian(z):
    layer = Softmax()
    layer.forward(z.reshape(1, -1))
    return layer.jacobian()[0]


def affine(X, W, b):
    layer = Dense(W)
    layer.b = np.ravel(b)
    return layer.forward(X)


def affine_backward(dZ, X, W):
    layer = Dense(np.array(W, dtype=float))
    layer.forward(X)
    return layer.backward(dZ), layer.dW, layer.db


HIDDEN = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "selu": SELU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
}
OUTPUT = {
    "softmax": (Softmax, CrossEntropy),
    "sigmoid": (Sigmoid, BinaryCrossEntropy),
    "identity": (Identity, MeanSquaredError),
}


def of_layer(name, l):
    """The property that is a layer's W, or its b as a row."""

    def read(net):
        value = getattr(net.model.dense[l - 1], name)
        return value.reshape(1, -1) if name == "b" else value

    def write(net, value):
        value = np.array(value, dtype=float)
        setattr(net.model.dense[l - 1], name, value.ravel() if name == "b" else value)

    return property(read, write)


class MLP:
    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        if min(sizes) < 1:
            raise ValueError(f"a layer of {min(sizes)} neurons")
        rng = rng or np.random.default_rng()
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [Dense(INIT[init](n_in, n_out, rng)), HIDDEN[activation]()]
        last, loss = OUTPUT[output]
        self.model, self.loss, self.l2 = Sequential(*layers[:-1], last()), loss(), l2

    @property
    def cache(self):
        return {f"{'AZ'[i % 2]}{(i + 1) // 2}": v for i, v in enumerate(self.model.values)}

    def forward(self, X):
        return self.model(X)

    def compute_loss(self, Y_hat, Y):
        return self.loss(Y_hat, Y) + l2_penalty([layer.W for layer in self.model.dense], self.l2)

    def backward(self, Y):
        grads = {"dX": self.model.backward(self.loss.backward(self.model.values[-1], Y))}
        for l, layer in enumerate(self.model.dense, start=1):
            layer.dW += l2_gradient(layer.W, self.l2)
            grads[f"dW{l}"], grads[f"db{l}"] = layer.dW, layer.db.reshape(1, -1)
        return grads

    def train_step(self, X, Y, lr):
        loss = self.compute_loss(self.forward(X), Y)
        self.backward(Y)
        GradientDescent(self.model, lr).step()
        return loss


for l in range(1, 101):
    setattr(MLP, f"W{l}", of_layer("W", l))
    setattr(MLP, f"b{l}", of_layer("b", l))


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        for layer in self.model.dense:
            layer.W = np.random.normal(0, init_std, layer.W.shape)


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        for layer in self.model.dense:
            layer.W = np.random.normal(0, init_std, layer.W.shape)


class Moments:
    """What Adam remembers of one parameter."""

    def __init__(self, shape):
        self.t, self.mean, self.square = 0, np.zeros(shape), np.zeros(shape)


def adam(theta, gradient, state, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    state = state or {"moments": Moments(theta.shape)}
    moments = state["moments"]
    moments.t += 1
    moments.mean += (1 - beta1) * (gradient - moments.mean)
    moments.square += (1 - beta2) * (gradient**2 - moments.square)
    m_hat = moments.mean / (1 - beta1**moments.t)
    v_hat = moments.square / (1 - beta2**moments.t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + epsilon), state


def gradient_check(net, X, Y, epsilon=1e-5):
    net.forward(X)
    analytic = {name: np.array(g) for name, g in net.backward(Y).items() if name != "dX"}
    errors = {}
    for name, gradient in analytic.items():
        theta = getattr(net, name[1:])

        def loss(moved, name=name):
            setattr(net, name[1:], moved)
            return net.compute_loss(net.forward(X), Y)

        errors[name[1:]] = relative_error(gradient, numerical_gradient(loss, theta, epsilon))
        setattr(net, name[1:], theta)
    return errors
