"""Right, in float32: what `plain.py` computes, on single-precision arrays and parameters.

A gradient check is in double precision, as at a step of 1e-5 it has to be (section 6): it checks the
same network at the same parameters, computed in float64.
"""

import copy

import numpy as np
import plain
from plain import (  # noqa: F401  what has no precision of its own
    Node,
    accuracy,
    backward,
    early_stopping,
    minibatches,
    numerical_gradient,
    relative_error,
    topological_order,
    train,
    verdict,
)


def cast(value, precision):
    if isinstance(value, (list, tuple)):
        return type(value)(cast(item, precision) for item in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value, dtype=precision)
    return value


def in_single(function):
    def wrapped(*arguments, **options):
        return cast(function(*cast(arguments, np.float32), **options), np.float32)

    return wrapped


FUNCTIONS = """relu relu_grad sigmoid sigmoid_grad tanh tanh_grad leaky_relu leaky_relu_grad elu elu_grad selu
    selu_grad softmax softmax_jacobian neuron affine affine_backward collapse cross_entropy
    binary_cross_entropy mean_squared_error small_random xavier_normal xavier_uniform he_normal
    lecun_normal zero_bias l2_penalty l2_gradient sgd momentum adam"""
for name in FUNCTIONS.split():
    globals()[name] = in_single(getattr(plain, name))


def one_hot(labels, n_classes):
    return plain.one_hot(labels, n_classes).astype(np.float32)


class Single:
    """Keeps every parameter, and computes every pass, in float32, unless it is told another precision."""

    precision = np.float32

    def __setattr__(self, name, value):
        object.__setattr__(self, name, cast(value, self.precision) if name[0] in "Wb" else value)

    def forward(self, X):
        return super().forward(cast(X, self.precision))

    def compute_loss(self, Y_hat, Y):
        Y_hat, Y = cast((Y_hat, Y), self.precision)
        return cast(super().compute_loss(Y_hat, Y), self.precision)

    def backward(self, Y):
        grads = super().backward(cast(Y, self.precision))
        return {name: cast(value, self.precision) for name, value in grads.items()}


class MLP(Single, plain.MLP):
    pass


class TwoLayerNet(Single, plain.TwoLayerNet):
    pass


class ThreeLayerNet(Single, plain.ThreeLayerNet):
    pass


def gradient_check(net, X, Y, epsilon=1e-5):
    double = copy.copy(net)
    double.precision = np.float64
    for name, value in vars(net).items():
        setattr(double, name, value)
    return plain.gradient_check(double, cast(X, np.float64), cast(Y, np.float64), epsilon)
