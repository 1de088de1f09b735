"""Handling a network under test: giving it parameters, reading its cache and its gradients.

A convention must cost one claim, not twenty: biases and their gradients may be (n,), (1, n) or
(n, 1), the cache a dict or attributes in either case, or a tuple as in the course notebook. `4.1/shapes`
alone asks for the theory's shapes; everywhere else values are compared.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..ground import trial
from ..ground.compare import Array
from ..ground.contract import NETWORKS
from ..ground.outcomes import NotWrittenYet, Raised
from ..subject import beside
from ..subject.proxy import Guarded, Implementation, kind, next_to
from .strategies import Problem

GRADIENT = re.compile(r"d[Wb]\d+$")
MOST_KEYS = 4  # told of a dict that has others than it should
CLASSIFIERS = NETWORKS


def set_parameters(net: Guarded, parameters: dict[str, Array]) -> None:
    """Give the network these parameters; a bias in the shape that the network itself uses."""
    __tracebackhide__ = True
    for name, value in parameters.items():
        trial.current().called(trial.Call(f"{net._code}.{name} = {{0}}", (value,)))
    next_to(net, beside.give, net._name, parameters, answer=False)


def get_parameters(net: Guarded, names: list[str] | dict[str, Array]) -> dict[str, Array]:
    """Copies of the network's parameters, biases as rows (1, n)."""
    __tracebackhide__ = True
    taken = next_to(net, beside.take, net._name, list(names))
    return {name: row(value) if name.startswith("b") else value for name, value in taken.items()}


def train_steps(net: Guarded, n: int, X: Array, Y: Array, lr: float) -> Any:
    """What the last of `n` steps of training on all samples returns."""
    __tracebackhide__ = True
    return next_to(net.train_step, beside.last_of, n, X, Y, lr)


def two_layer_net(nn: Implementation, problem: Problem) -> Guarded:
    """A TwoLayerNet of the problem's widths with the problem's parameters."""
    __tracebackhide__ = True
    net = nn.TwoLayerNet(*problem.sizes)
    set_parameters(net, problem.parameters)
    return net  # type: ignore[no-any-return]


def mlp(nn: Implementation, problem: Problem, activation: str = "relu", l2: float = 0.0) -> Guarded:
    """An MLP of the problem's widths and output with the problem's parameters."""
    __tracebackhide__ = True
    options: dict[str, Any] = {"activation": activation, "output": problem.output}
    if l2:
        options["l2"] = l2
    net = nn.MLP(list(problem.sizes), **options)
    set_parameters(net, problem.parameters)
    return net  # type: ignore[no-any-return]


def three_layer_net(nn: Implementation, parameters: dict[str, Array]) -> Guarded:
    """A ThreeLayerNet with these parameters."""
    __tracebackhide__ = True
    widths = [W.shape[1] for name, W in parameters.items() if name.startswith("W")]
    net = nn.ThreeLayerNet(len(parameters["W1"]), *widths)
    set_parameters(net, parameters)
    return net  # type: ignore[no-any-return]


# the theory leaves to everyone how much a leaky ReLU leaks; a little more room is that of float32
LEAST_LEAK, LARGEST_LEAK = 0.0099, 0.1001


@lru_cache(maxsize=8)
def as_in_networks(nn: Implementation, activation: str) -> str:
    """The activation, by the name that the oracle knows, as the networks of this implementation have it."""
    __tracebackhide__ = True
    if activation != "leaky_relu":
        return activation
    theta = {name: np.full((1, 1), float(name[0] == "W")) for name in ("W1", "b1", "W2", "b2")}
    with trial.aside():
        net = nn.MLP([1, 1, 1], activation=activation, output="identity")
        set_parameters(net, theta)
        return _leaky(net.forward(-np.ones((1, 1))))


@lru_cache(maxsize=8)
def as_function(nn: Implementation, activation: str) -> str:
    """The same of the function of this name."""
    __tracebackhide__ = True
    if activation != "leaky_relu":
        return activation
    with trial.aside():
        return _leaky(nn.leaky_relu(-np.ones((1, 1))))


def _leaky(value: Any) -> str:
    """The leaky ReLU that has this value at -1; the usual one, if that is none the theory knows."""
    alpha = -value.item() if isinstance(value, np.ndarray) and value.size == 1 else 0.0
    return f"leaky_relu({alpha!r})" if LEAST_LEAK < alpha < LARGEST_LEAK else "leaky_relu"


@lru_cache(maxsize=8)
def goes_forward(nn: Implementation, which: int) -> bool:
    """Whether this one of the CLASSIFIERS is written, and gives something; if not, others will say so."""
    __tracebackhide__ = True
    try:
        _new(nn, which, (1, 1, 1, 2)).forward(np.zeros((1, 1)))
    except (NotWrittenYet, Raised):
        return False
    return True


def _new(nn: Implementation, which: int, sizes: tuple[int, ...]) -> Guarded:
    __tracebackhide__ = True
    if CLASSIFIERS[which] == "MLP":
        return nn.MLP(list(sizes))  # type: ignore[no-any-return]
    return getattr(nn, CLASSIFIERS[which])(*sizes)  # type: ignore[no-any-return]


def fresh(
    nn: Implementation, which: int, sizes: tuple[int, ...]
) -> tuple[Guarded, tuple[int, ...]]:
    """A new network, and its widths: a TwoLayerNet of these, or a deeper one of the CLASSIFIERS.

    Where that one is yet to be written it is the TwoLayerNet again.
    """
    __tracebackhide__ = True
    n_0, n_1, K = sizes
    if which and goes_forward(nn, which):
        deep = (n_0, n_1, n_0 + n_1, K)
        return _new(nn, which, deep), deep
    return _new(nn, 0, sizes), sizes


def each_net(nn: Implementation, problem: Problem) -> Iterator[tuple[Guarded, Problem]]:
    """Each of the CLASSIFIERS, and its problem: the given one or one of a layer more."""
    for which in range(len(CLASSIFIERS)):
        net, sizes = fresh(nn, which, problem.sizes)
        deeper = replace(problem, sizes=sizes)
        set_parameters(net, deeper.parameters)
        yield net, deeper


def row(value: Any) -> Any:
    """A vector in any orientation as a row (1, n); anything else as it is, for `agree` to judge."""
    array = value if isinstance(value, np.ndarray) else None
    if array is not None and array.ndim in (1, 2) and array.size == max(array.shape, default=0):
        return array.reshape(1, -1)
    return value


def cached(net: Guarded, L: int) -> dict[str, Array]:
    """A0, Z1, A1, ..., ZL, AL of the last forward pass, as the network cached them.

    Raises NotWrittenYet where the network keeps no such values.
    """
    __tracebackhide__ = True
    names = ["A0"] + [f"{kind}{l}" for l in range(1, L + 1) for kind in "ZA"]
    try:
        cache = net.cache
    except NotWrittenYet:
        cache = net
    if isinstance(cache, Guarded):
        cache = next_to(cache, beside.attributes, [*names, "x"])
    if isinstance(cache, (tuple, list)) and len(cache) == len(names):
        return dict(zip(names, cache, strict=True))
    if not isinstance(cache, dict):
        form = f"{net._name}.cache is a {kind(cache)}"
        function = f"{net._name}.forward"
        raise Raised(f"{form}, expected a dict with Z1, A1, ...", function=function, form=form)
    folded = {str(key).lower(): value for key, value in cache.items()}
    folded.setdefault("a0", folded.get("x"))
    missing = [name for name in names if folded.get(name.lower()) is None]
    if missing:
        raise NotWrittenYet(f"{net._name}.cache[{missing[0]!r}]")
    return {name: folded[name.lower()] for name in names}


def gradient(net: Guarded, Y: Array, name: str) -> Any:
    """One entry of what `backward(Y)` returns, a bias gradient as a row (1, n)."""
    __tracebackhide__ = True
    return gradients(net, Y, [name])[name]


def gradients(net: Guarded, Y: Array, names: list[str]) -> dict[str, Any]:
    """Entries of what `backward(Y)` returns, bias gradients as rows (1, n)."""
    __tracebackhide__ = True
    return _entries(net, net.backward(Y), names)


def gradients_of_each(net: Guarded, X: Array, Y: Array, names: list[str]) -> list[dict[str, Any]]:
    """`gradients` for each sample as a batch of its own, after a forward pass of that batch."""
    __tracebackhide__ = True
    net.forward(X[:1])  # what is not written, or goes wrong for all, is named here
    first = gradients(net, Y[:1], names)
    others = next_to(net, beside.each_sample, X[1:], Y[1:])
    return [first, *(_entries(net, returned, names) for returned in others)]


def losses_at(net: Guarded, places: list[dict[str, Array]], X: Array, Y: Array) -> list[Any]:
    """The loss that the network reports after it was given each of these parameters in turn."""
    __tracebackhide__ = True
    found: list[Any] = next_to(net, beside.losses, net._name, places, X, Y)
    return found


def _entries(net: Guarded, returned: Any, names: list[str]) -> dict[str, Any]:
    __tracebackhide__ = True
    function = f"{net._name}.backward"
    if not isinstance(returned, dict):
        form = f"{function} returned a {kind(returned)}"
        raise Raised(f"{form}, expected a dict with {names[0]!r}", function=function, form=form)
    if returned and not any(GRADIENT.match(str(key)) for key in returned):
        keys = ", ".join(repr(key) for key in list(returned)[:MOST_KEYS])
        form = f"{function} returned a dict with {keys}"
        raise Raised(f"{form}, expected {names[0]!r}", function=function, form=form)
    for name in names:
        if name not in returned:
            raise NotWrittenYet(f"{net._name}.backward(Y)[{name!r}]")
    return {n: row(returned[n]) if n.startswith("db") else returned[n] for n in names}
