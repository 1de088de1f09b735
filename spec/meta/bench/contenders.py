"""Who is timed: the same step of gradient descent, and the same gradient check, in several libraries.

Each function returns, by name, a call without arguments. All work on float64, on the same batch,
and start from the same kind of network: one ReLU hidden layer and a softmax output.
"""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch.nn import functional as F

import impl

Contenders = dict[str, Callable[[], object]]
Sizes = tuple[int, int, int, int]  # m samples, then the widths n_in, hidden, out
LR = 0.01

torch.set_num_threads(1)  # as spec/harness/ground/threads.py sets it for NumPy


def batch(sizes: Sizes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (m, n_in), the labels (m,) and their one-hot Y (m, out)."""
    m, n_in, _, n_out = sizes
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(m, n_in)), rng.integers(n_out, size=m)
    labels[:n_out] = np.arange(n_out)  # scikit-learn takes the classes from the first batch
    return X, labels, impl.one_hot(labels, n_out)


def training_steps(sizes: Sizes) -> Contenders:
    """One step of gradient descent on the whole batch, from the inputs to the new weights."""
    X, labels, Y = batch(sizes)
    net = impl.TwoLayerNet(*sizes[1:])
    return {
        "impl": lambda: net.train_step(X, Y, LR),
        "products": products(sizes),
        "PyTorch": torch_step(X, labels, sizes),
        "scikit-learn": sklearn_step(X, labels, sizes),
    }


def products(sizes: Sizes) -> Callable[[], object]:
    """The floor: the five matrix products of a step, two forward and three backward, and no more."""
    m, n_in, hidden, n_out = sizes
    draw = np.random.default_rng(1).normal
    X, W1, W2 = draw(size=(m, n_in)), draw(size=(n_in, hidden)), draw(size=(hidden, n_out))
    A1, dZ1, dZ2 = draw(size=(m, hidden)), draw(size=(m, hidden)), draw(size=(m, n_out))
    return lambda: (X @ W1, A1 @ W2, A1.T @ dZ2, dZ2 @ W2.T, X.T @ dZ1)


def torch_step(X: np.ndarray, labels: np.ndarray, sizes: Sizes) -> Callable[[], float]:
    """The training loop's body as PyTorch's tutorials write it, in eager mode."""
    _, n_in, hidden, n_out = sizes
    layers = [torch.nn.Linear(n_in, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, n_out)]
    net = torch.nn.Sequential(*layers).double()
    optimiser = torch.optim.SGD(net.parameters(), lr=LR)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(labels)

    def step() -> float:
        optimiser.zero_grad()
        loss = F.cross_entropy(net(inputs), targets)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def sklearn_step(X: np.ndarray, labels: np.ndarray, sizes: Sizes) -> Callable[[], object]:
    """`partial_fit`, told to take one plain step: one batch, neither momentum nor penalty."""
    m, _, hidden, n_out = sizes
    net = MLPClassifier(
        [hidden], solver="sgd", learning_rate_init=LR, momentum=0, alpha=0, batch_size=m
    )
    net.partial_fit(X, labels, classes=np.arange(n_out))
    return lambda: net.partial_fit(X, labels)


def gradient_checks(sizes: Sizes) -> Contenders:
    """Every parameter's gradient against finite differences, for one network and one batch."""
    X, labels, Y = batch(sizes)
    # wide weights, so that no finite difference steps over a kink of ReLU
    net = impl.TwoLayerNet(*sizes[1:], init_std=1, rng=np.random.default_rng(1))
    inputs, targets = torch.from_numpy(X), torch.from_numpy(labels)
    start = [torch.tensor(t, requires_grad=True) for t in (net.W1, net.b1, net.W2, net.b2)]

    def loss(W1, b1, W2, b2):  # type: ignore[no-untyped-def]
        return F.cross_entropy(torch.relu(inputs @ W1 + b1) @ W2 + b2, targets)

    return {
        "impl": lambda: impl.gradient_check(net, X, Y),
        "PyTorch": lambda: torch.autograd.gradcheck(loss, start),
    }
