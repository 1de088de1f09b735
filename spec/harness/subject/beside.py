"""What is done next to the implementation, in whichever process it lives: it needs more than calls.

All works on the implementation's own objects, and imports NumPy and the standard library alone: while
submissions are graded, this text is carried out in their process.
"""

import copy
import inspect
import marshal
import sys
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def after(function: Callable[..., Any], given: list[Any]) -> list[Any]:
    """Call `function`, run the generator that it may return to its end, and return what was given."""
    returned = function(*given)
    if hasattr(type(returned), "__next__"):
        for _ in returned:
            pass
    return given


def kept(function: Callable[..., Any], given: list[Any], given_next: list[Any]) -> list[list[Any]]:
    """The arrays that a first call returned, as they were then and as they are after a second call."""
    held = _arrays(function(*given))
    then = [array.copy() for array in held]
    function(*given_next)
    return [then, held]


def passes_kept(net: Any, X: Any, Y: Any, X_next: Any, Y_next: Any) -> list[list[Any]]:
    """The same of what `forward` and `backward` returned, after another batch has gone both ways."""
    held = [*_arrays(net.forward(X)), *_arrays(net.backward(Y))]
    then = [array.copy() for array in held]
    net.forward(X_next)
    net.backward(Y_next)
    return [then, held]


def _arrays(returned: Any) -> list[np.ndarray]:
    values = returned.values() if isinstance(returned, dict) else [returned]
    return [value for value in values if isinstance(value, np.ndarray)]


def warned(function: Callable[..., Any], given: list[Any]) -> list[str]:
    """The warnings that a call gives."""
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        function(*given)
    return [str(warning.message) for warning in caught]


class Lacking(NotImplementedError):
    """A network has no attribute of this name."""


def give(net: Any, label: str, parameters: dict[str, Any]) -> None:
    """Give a network these parameters, a bias in the shape that it uses itself. Raises Lacking."""
    for name, value in parameters.items():
        if not hasattr(net, name):
            raise Lacking(f"{label}.{name}")
        if name.startswith("b"):
            own = np.shape(getattr(net, name))
            value = value.reshape(own) if np.prod(own, dtype=int) == value.size else value
        setattr(net, name, value)


def take(net: Any, label: str, names: Iterable[str]) -> dict[str, Any]:
    """The attributes of these names. Raises Lacking."""
    for name in names:
        if not hasattr(net, name):
            raise Lacking(f"{label}.{name}")
    return {name: getattr(net, name) for name in names}


def last_of(function: Callable[..., Any], n: int, *arguments: Any) -> Any:
    """What the last of `n` calls function(*arguments) returns."""
    for _ in range(n):
        result = function(*arguments)
    return result


def first_of_each(function: Callable[..., Any], n: int, *arguments: Any) -> list[Any]:
    """The first item of what each of `n` calls function(*arguments) gives, all of it being asked for.

    As it is then: it may be a view of arguments that the next call changes.
    """
    return [copy.deepcopy(list(function(*arguments))[0]) for _ in range(n)]  # noqa: RUF015


def orders(function: Callable[..., Any], n: int, *arguments: Any) -> Any:
    """The first column of the samples that each of `n` epochs of batches gives, each as a row."""
    epochs = [[next(iter(pair)) for pair in function(*arguments)] for _ in range(n)]
    return np.array([np.concatenate(batches)[:, 0] for batches in epochs])


def several(
    function: Callable[..., Any],
    n: int,
    names: list[str],
    arguments: list[Any],
    options: dict[str, Any],
) -> Any:
    """What `n` calls give, each as a row of numbers: the array, or the attributes of these names."""
    rows = []
    for _ in range(n):
        made = function(*arguments, **options)
        parts = [getattr(made, name) for name in names] if names else [made]
        rows.append(np.concatenate([np.ravel(part) for part in parts]))
    return np.array(rows)


def two_steps(rule: Callable[..., Any], theta: Any, gradient: Any, lr: float) -> list[Any]:
    """The parameter and the gradient of a rule's first step, as they are after its second."""
    moved, memory = rule(theta, gradient, None, lr)
    rule(moved, -gradient, memory, lr)
    return [theta, gradient]


def each_sample(net: Any, X: Any, Y: Any) -> list[Any]:
    """What backward returns for each sample as a batch of its own, if a dict with its arrays copied."""
    returned = []
    for i in range(len(X)):
        net.forward(X[i : i + 1])
        found = net.backward(Y[i : i + 1])
        if isinstance(found, dict):  # a network may use its arrays again
            found = {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in found.items()}
        returned.append(found)
    return returned


def losses(net: Any, label: str, places: list[dict[str, Any]], X: Any, Y: Any) -> list[Any]:
    """The loss that a network reports where it is given these parameters, one place after the other."""
    found = []
    for parameters in places:
        give(net, label, parameters)
        found.append(net.compute_loss(net.forward(X), Y))
    return found


def behind(node: Any) -> list[tuple[Any, list[Any]]]:
    """A node and all that it was computed from, each once, with its parents. Raises Lacking."""
    if not hasattr(node, "parents"):
        raise Lacking("Node.parents")
    found: dict[int, tuple[Any, list[Any]]] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        if id(current) not in found:
            parents = list(current.parents)
            found[id(current)] = current, parents
            pending.extend(parents)
    return list(found.values())


def attributes(owner: Any, names: Iterable[str]) -> dict[str, Any]:
    """The attributes of an object that have one of these names, in either case."""
    folded = {name.lower() for name in names}
    return {own: getattr(owner, own) for own in dir(owner) if own.lower() in folded}


def located(module: types.ModuleType, function: str) -> tuple[str, int] | None:
    """File and line where a function, method or constructor ("TwoLayerNet.backward") begins."""
    target: object = module
    for name in function.split("."):
        target = inspect.getattr_static(target, name, None)
    if isinstance(target, type):
        target = inspect.getattr_static(target, "__init__", None)
    if isinstance(target, (staticmethod, classmethod)):
        target = target.__func__
    if not isinstance(target, types.FunctionType):
        return None
    return target.__code__.co_filename, target.__code__.co_firstlineno


MOST_VALUES = 300  # calls whose values are noted
LARGEST = 20_000  # numbers of an argument that is noted
_notes: dict[str, list[Any]] = {}  # by the names of a function: what it was given, what came back


def note(module: types.ModuleType, names: list[str], with_values: list[str]) -> None:
    """From now on, note which of the module's functions run, however they are called.

    Methods go by their class ("MLP.forward"), and what two classes share by both names. Of the functions
    `with_values` it is noted, too, what they are given and what they return.
    """
    known = _codes(module, names)
    given: dict[
        int, tuple[list[Any], list[Any]]
    ] = {}  # by frame: its arguments, and copies of them
    n_values = 0
    _notes.clear()

    def noting(frame: types.FrameType, event: str, result: Any) -> None:
        nonlocal n_values
        called = known.get(frame.f_code)
        if called is None or event not in ("call", "return"):
            return
        calls = _notes.setdefault(",".join(called), [])
        if called[0] not in with_values or n_values >= MOST_VALUES:
            return
        if event == "call":
            own = _arguments(frame)
            given[id(frame)] = own, [_plain(value) for value in own]
        elif id(frame) in given:
            n_values += 1
            own, before = given.pop(id(frame))
            calls.append([before, _plain(result), _are_changed(own, before)])

    sys.setprofile(noting)


def noted(module: types.ModuleType) -> list[Any]:
    """What was noted, for each function: its names, and its calls.

    A call is what it was given, what came back, and whether it changed what it was given.
    """
    sys.setprofile(None)
    return [[names, calls] for names, calls in _notes.items()]


def _codes(module: types.ModuleType, names: list[str]) -> dict[types.CodeType, list[str]]:
    """The names that each piece of code of these functions and classes goes by."""
    found: dict[types.CodeType, list[str]] = {}
    for name in names:
        owner = getattr(module, name, None)
        members = {name: owner}
        if isinstance(owner, type):
            members = {f"{name}.{m}": getattr(owner, m, None) for m in dir(owner)}
        for label, member in members.items():
            code = getattr(inspect.unwrap(member) if callable(member) else None, "__code__", None)
            if isinstance(code, types.CodeType):
                found.setdefault(code, []).append(label)
    return found


def _arguments(frame: types.FrameType) -> list[Any]:
    code, values = frame.f_code, frame.f_locals
    return [values.get(name) for name in code.co_varnames[: code.co_argcount]]


def _are_changed(own: list[Any], before: list[Any]) -> bool:
    return any(
        isinstance(copy, np.ndarray)
        and not np.array_equal(array, copy, equal_nan=array.dtype.kind in "fc")
        for array, copy in zip(own, before, strict=True)
    )


def _plain(value: Any) -> Any:
    """A number, or a copy of an array; a list of these; None for all else."""
    if isinstance(value, (bool, int, float, np.number)):
        return value
    if isinstance(value, np.ndarray) and value.size <= LARGEST:
        return np.array(value, copy=True, subok=False)
    if isinstance(value, (tuple, list)) and len(value) <= 8:
        return [_plain(item) for item in value]
    return None


class Namespace:
    """Where the definitions of a notebook are carried out, one after the other.

    Of a name of the contract it is the last callable that counts: a number called `momentum` is
    nobody's update rule, and what a decorator such as `add_to_class` leaves is None.
    """

    def __init__(self, module: types.ModuleType, contract: Iterable[str]) -> None:
        self.module, self.contract = module, contract
        self.names: dict[str, Any] = {"__name__": module.__name__}
        self.offered: dict[str, Any] = {}

    def execute(self, code: bytes) -> None:
        """Run one statement: a code object, marshalled."""
        exec(marshal.loads(code), self.names)  # noqa: S102, S302

    def forget(self, names: Iterable[str]) -> None:
        """Drop these names, but for what can be called, and take in what there is of the contract."""
        for name in set(names) & set(self.names):
            if not callable(self.names[name]):
                del self.names[name]
        self.offered |= {n: self.names[n] for n in self.contract if callable(self.names.get(n))}

    def deliver(self) -> None:
        """Give the module what was defined."""
        others = {name: self.names[name] for name in self.names if name not in self.contract}
        self.module.__dict__.update(others | self.offered)
