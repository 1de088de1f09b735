"""PyTorch as an implementation, in float64 on the CPU: its activations, losses and autograd.

Needs the extra `torch`:  pytest spec --impl spec/meta/adapters/pytorch.py --todo-ok
"""

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # networks this small only lose by more


def _tensor(value):
    return torch.as_tensor(np.asarray(value, dtype=float))


def _elementwise(function):
    def value(z, *options):
        return function(_tensor(z), *options).numpy()

    def derivative(z, *options):
        z = _tensor(z).requires_grad_()
        (gradient,) = torch.autograd.grad(function(z, *options).sum(), z)
        return gradient.numpy()

    return value, derivative


relu, relu_grad = _elementwise(torch.relu)
sigmoid, sigmoid_grad = _elementwise(torch.sigmoid)
tanh, tanh_grad = _elementwise(torch.tanh)
leaky_relu, leaky_relu_grad = _elementwise(F.leaky_relu)
elu, elu_grad = _elementwise(F.elu)
selu, selu_grad = _elementwise(torch.selu)


def softmax(Z):
    """Rows of probabilities."""
    return torch.softmax(_tensor(Z), dim=1).numpy()


def softmax_jacobian(z):
    """The (K, K) Jacobian of the softmax of one vector."""
    return torch.autograd.functional.jacobian(lambda v: torch.softmax(v, 0), _tensor(z)).numpy()


def affine(X, W, b):
    """X W + b."""
    return torch.addmm(_tensor(b), _tensor(X), _tensor(W)).numpy()


def affine_backward(dZ, X, W):
    """(dX, dW, db) by autograd."""
    X, W = _tensor(X).requires_grad_(), _tensor(W).requires_grad_()
    b = torch.zeros(1, W.shape[1], requires_grad=True)
    gradients = torch.autograd.grad(X @ W + b, (X, W, b), grad_outputs=_tensor(dZ))
    return tuple(gradient.numpy() for gradient in gradients)


class TwoLayerNet:
    """One ReLU hidden layer and a softmax output; autograd takes the gradients."""

    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        """Draw the weights from NumPy's global generator, as the course notebook does."""
        self.W1 = np.random.normal(0, init_std, (input_size, hidden_size))
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.normal(0, init_std, (hidden_size, output_size))
        self.b2 = np.zeros((1, output_size))

    def forward(self, X):
        """Probabilities (m, output_size) of the inputs X (m, input_size)."""
        names = ("W1", "b1", "W2", "b2")
        self._theta = {n: _tensor(getattr(self, n)).clone().requires_grad_() for n in names}
        theta, X = self._theta, _tensor(X)
        Z1 = X @ theta["W1"] + theta["b1"]
        A1 = torch.relu(Z1)
        self._Z2 = A1 @ theta["W2"] + theta["b2"]
        values = {"A0": X, "Z1": Z1, "A1": A1, "Z2": self._Z2, "A2": torch.softmax(self._Z2, dim=1)}
        self.cache = {name: value.detach().numpy() for name, value in values.items()}
        return self.cache["A2"]

    def _loss(self, Y):
        return F.cross_entropy(self._Z2, _tensor(Y))

    def compute_loss(self, Y_hat, Y):
        """The mean cross-entropy at the last forward pass."""
        return float(self._loss(Y))

    def backward(self, Y):
        """The gradients of the loss by autograd."""
        gradients = torch.autograd.grad(
            self._loss(Y), tuple(self._theta.values()), retain_graph=True
        )
        return {f"d{n}": g.numpy() for n, g in zip(self._theta, gradients, strict=True)}

    def train_step(self, X, Y, lr):
        """One step of gradient descent; the loss before it."""
        loss = self.compute_loss(self.forward(X), Y)
        for name, gradient in self.backward(Y).items():
            theta = name.removeprefix("d")
            setattr(self, theta, getattr(self, theta) - lr * gradient)
        return loss
