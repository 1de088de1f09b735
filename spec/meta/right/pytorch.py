"""Right, in PyTorch: its layers, losses, autograd and optimisers, in float64 on the CPU.

The networks are `torch.nn.Sequential`s, whose weights (n_out, n_in) go out transposed; losses are taken
from the logits of the last forward pass; the graph is PyTorch's own. What has no tensors in it is
`plain.py`'s. Needs torch==2.13.0:  pytest spec --impl spec/meta/right/pytorch.py
"""

from itertools import pairwise

import numpy as np
import torch
from plain import *  # noqa: F403
from plain import INIT, topological_order
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # networks this small only lose by more


def tensor(value):
    return torch.as_tensor(np.asarray(value, dtype=float))


def elementwise(function):
    def value(z, *options):
        return function(tensor(z), *options).numpy()

    def derivative(z, *options):
        z = tensor(z).requires_grad_()
        (gradient,) = torch.autograd.grad(function(z, *options).sum(), z)
        return gradient.numpy()

    return value, derivative


relu, relu_grad = elementwise(F.relu)
sigmoid, sigmoid_grad = elementwise(F.sigmoid)
tanh, tanh_grad = elementwise(F.tanh)
leaky_relu, leaky_relu_grad = elementwise(F.leaky_relu)
elu, elu_grad = elementwise(F.elu)
selu, selu_grad = elementwise(F.selu)


def softmax(Z):
    return F.softmax(tensor(Z), dim=1).numpy()


def softmax_jacobian(z):
    return torch.func.jacrev(lambda v: F.softmax(v, dim=0))(tensor(z)).numpy()


def affine(X, W, b):
    return F.linear(tensor(X), tensor(W).T, tensor(np.ravel(b))).numpy()


def affine_backward(dZ, X, W):
    X, W = tensor(X).requires_grad_(), tensor(W).requires_grad_()
    b = torch.zeros(1, W.shape[1], requires_grad=True)
    gradients = torch.autograd.grad(X @ W + b, (X, W, b), grad_outputs=tensor(dZ))
    return tuple(gradient.numpy() for gradient in gradients)


def cross_entropy(Y_hat, Y):
    return F.nll_loss(torch.log(tensor(Y_hat) + 1e-12), tensor(Y).argmax(dim=1)).item()


def binary_cross_entropy(y_hat, y):
    return F.binary_cross_entropy(tensor(y_hat), tensor(y)).numpy()


def mean_squared_error(Y_hat, Y):
    difference = torch.stack([tensor(Y_hat), -tensor(Y)]).sum(dim=0)  # stack stretches nothing
    return (difference**2).flatten(start_dim=min(1, Y_hat.ndim - 1)).sum() / len(Y)


HIDDEN = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def squared_error(Z, Y):
    return F.mse_loss(Z, Y, reduction="sum") / len(Y)


OUTPUT = {  # the last activation, the loss of its logits, and the loss of what it gives
    "softmax": (nn.Softmax(dim=1), F.cross_entropy, cross_entropy),
    "sigmoid": (nn.Sigmoid(), F.binary_cross_entropy_with_logits, binary_cross_entropy),
    "identity": (nn.Identity(), squared_error, mean_squared_error),
}


def parameter(name, l):
    """The property that shows a layer's weight transposed, or its bias as a row."""

    def read(net):
        value = getattr(net.linear[l - 1], name).detach().numpy()
        return value.T if name == "weight" else value.reshape(1, -1)

    def write(net, value):
        value = tensor(value).clone()
        value = value.T if name == "weight" else value.reshape(-1)
        setattr(net.linear[l - 1], name, nn.Parameter(value))

    return property(read, write)


class MLP:
    def __init__(self, sizes, activation="relu", output="softmax", init="he", l2=0.0, rng=None):
        if min(sizes) < 1:
            raise ValueError(sizes)
        rng = rng or np.random.default_rng()
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), HIDDEN[activation]()]
        self.model, self.l2 = nn.Sequential(*layers[:-1]), l2
        self.output, self.loss, self.loss_of_output = OUTPUT[output]
        self.linear = [layer for layer in self.model if isinstance(layer, nn.Linear)]
        for l, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            setattr(self, f"W{l}", INIT[init](n_in, n_out, rng))
            setattr(self, f"b{l}", np.zeros(n_out))

    def forward(self, X):
        values = [tensor(X)]
        for layer in self.model:
            values.append(layer(values[-1]))
        self.Z, self.theta = values[-1], [(layer.weight, layer.bias) for layer in self.linear]
        values.append(self.output(self.Z))
        names = [f"{'AZ'[i % 2]}{(i + 1) // 2}" for i in range(len(values))]
        self.cache = {n: v.detach().numpy() for n, v in zip(names, values, strict=True)}
        return values[-1].detach()

    def penalty(self):
        return self.l2 * sum(layer.weight.square().sum() for layer in self.linear)

    def compute_loss(self, Y_hat, Y):
        return self.loss_of_output(Y_hat, np.reshape(Y, Y_hat.shape)) + self.penalty().item()

    def backward(self, Y):
        loss = self.loss(self.Z, tensor(Y).reshape(self.Z.shape))
        theta = [value for pair in self.theta for value in pair]
        gradients = iter(torch.autograd.grad(loss, theta, retain_graph=True))
        result = {}
        for l, layer in enumerate(self.linear, start=1):
            result[f"dW{l}"] = (next(gradients) + 2 * self.l2 * layer.weight.detach()).T.numpy()
            result[f"db{l}"] = next(gradients).reshape(1, -1).numpy()
        return result

    def train_step(self, X, Y, lr):
        optimiser = torch.optim.SGD(self.model.parameters(), lr)
        self.forward(X)
        loss = self.loss(self.Z, tensor(Y).reshape(self.Z.shape)) + self.penalty()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()


for l in range(1, 33):  # a property for each layer of the deepest network that anybody asks for
    setattr(MLP, f"W{l}", parameter("weight", l))
    setattr(MLP, f"b{l}", parameter("bias", l))


class TwoLayerNet(MLP):
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        super().__init__([input_size, hidden_size, output_size])
        for l, layer in enumerate(self.linear, start=1):
            setattr(self, f"W{l}", np.random.normal(0, init_std, layer.weight.T.shape))


class ThreeLayerNet(MLP):
    def __init__(self, input_size, hidden1, hidden2, output_size, init_std=0.01):
        super().__init__([input_size, hidden1, hidden2, output_size])
        for l, layer in enumerate(self.linear, start=1):
            setattr(self, f"W{l}", np.random.normal(0, init_std, layer.weight.T.shape))


class Node:
    """A tensor of PyTorch's graph, with the nodes that it was computed from."""

    def __init__(self, value, *parents):
        self.tensor = value if parents else tensor(value).clone().requires_grad_()
        self.tensor.retain_grad()
        self.parents = list(parents)

    @property
    def value(self):
        return self.tensor.detach()

    @property
    def grad(self):
        return self.tensor.grad

    def add(self, other):
        return Node(self.tensor + other.tensor, self, other)

    def multiply(self, other):
        return Node(self.tensor * other.tensor, self, other)

    def matmul(self, other):
        return Node(self.tensor @ other.tensor, self, other)

    def relu(self):
        return Node(F.relu(self.tensor), self)

    def cross_entropy(self, Y):
        return Node(F.cross_entropy(self.tensor, tensor(Y)), self)


def backward(node):
    for current in topological_order(node):
        current.tensor.grad = None
    node.tensor.backward(retain_graph=True)


def l2_penalty(weights, lam):
    return (lam * sum(tensor(W).square().sum() for W in weights)).item()


def l2_gradient(W, lam):
    W = tensor(W).requires_grad_()
    return torch.autograd.grad(lam * W.square().sum(), W)[0]


def step(rule, theta, gradient, state):
    """One step of an optimiser on a copy of theta; the parameter and what is remembered of it."""
    theta = nn.Parameter(tensor(theta).clone())
    theta.grad = tensor(gradient)
    optimiser = rule([theta])
    if state is not None:
        optimiser.state[theta] = {name: tensor(value).clone() for name, value in state.items()}
    optimiser.step()
    return theta.detach(), optimiser.state[theta]


def sgd(theta, gradient, lr):
    return step(lambda thetas: torch.optim.SGD(thetas, lr), theta, gradient, None)[0]


def momentum(theta, gradient, velocity, lr, beta=0.9):
    state = None if velocity is None else {"momentum_buffer": velocity}
    theta, state = step(lambda o: torch.optim.SGD(o, lr, momentum=beta), theta, gradient, state)
    return theta, state.get("momentum_buffer", tensor(gradient))  # without momentum none is kept


def adam(theta, gradient, state, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    def rule(thetas):
        return torch.optim.Adam(thetas, lr, (beta1, beta2), epsilon)

    return step(rule, theta, gradient, state)
