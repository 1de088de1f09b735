"""The implementation under test as the chapters see it: the fixture `nn`.

Everything that crosses this border is made harmless. Arguments go in as copies, so that code which
changes them in place spoils no one's expectation; arrays come out as plain copies of the base class;
other objects come out guarded themselves. A missing name or a NotImplementedError is *not written
yet*; any other exception is named with the line it came from.
"""

import difflib
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from . import trial
from .contract import NAMES
from .outcomes import NotWrittenYet, Raised, Refuted

PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)


def disarmed(value: Any) -> Any:
    """What came from the implementation: arrays as plain copies, containers rebuilt, objects guarded."""
    if type(value) in (bool, int, float, str, type(None)):
        return value
    if isinstance(value, np.ndarray):
        return np.array(value, copy=True, subok=False)
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, dict):
        return {key: disarmed(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(disarmed(item) for item in value)
    if hasattr(type(value), "__array__"):  # asarray first: not all take NumPy 2's `copy`
        return np.array(np.asarray(value), copy=True, subok=False)
    kind = type(value).__name__
    stem = "net" if kind.lower().endswith(("net", "mlp")) else kind.lower()
    return Guarded(value, kind, trial.current().variable(stem))


def handed_over(value: Any) -> Any:
    """What goes to the implementation: copies of arrays, the objects behind guards, guarded callbacks."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if isinstance(value, Guarded):
        return value._guarded
    if type(value) in (list, tuple):
        return type(value)(handed_over(item) for item in value)
    if type(value) is dict:
        return {key: handed_over(item) for key, item in value.items()}
    if isinstance(value, FunctionType):

        def callback(*arguments: Any) -> Any:
            return value(*(disarmed(argument) for argument in arguments))

        return callback
    return value


def _blame(error: BaseException) -> str:
    """Where in the implementation an exception was raised: "my_net.py, line 12: `return exp(z)`"."""
    here = __file__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != here]
    for frame in reversed(frames):
        if "site-packages" not in frame.filename and not frame.filename.startswith("<"):
            file = frame.filename.replace("\\", "/").rsplit("/", 1)[-1]
            return f" ({file}, line {frame.lineno}: `{(frame.line or '').strip()}`)"
    return ""


def _run(name: str, action: Callable[[], Any]) -> Any:
    """Call into the implementation, with its exceptions translated and its warnings kept quiet."""
    __tracebackhide__ = True
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return action()
    except NotImplementedError:
        raise NotWrittenYet(name) from None
    except Refuted:
        raise  # from a callback of the spec's own
    except (Exception, SystemExit) as error:
        detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise Raised(f"{name} raised {detail[:300]}{_blame(error)}") from None


def _read(owner: Any, attribute: str, name: str) -> Any:
    try:
        return getattr(owner, attribute)
    except AttributeError as error:
        if error.name == attribute and error.obj is owner:
            raise NotWrittenYet(name) from None
        raise


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return (
        type(value).__name__
        if isinstance(value, (Guarded, dict, list, tuple))
        else repr(value)[:60]
    )


class Guarded:
    """An object or function of the implementation. Attributes, calls and iteration pass through.

    `_name` is what messages call it ("TwoLayerNet.forward"), `_code` what a reproduction does
    ("net.forward").
    """

    __slots__ = ("_code", "_guarded", "_name")

    def __init__(self, guarded: Any, name: str, code: str) -> None:
        object.__setattr__(self, "_guarded", guarded)
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_code", code)

    def __repr__(self) -> str:
        return f"<{self._name} of the implementation>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Guarded) and self._guarded is other._guarded

    def __hash__(self) -> int:
        return id(self._guarded)

    def __getattr__(self, attribute: str) -> Any:
        __tracebackhide__ = True
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        name = f"{self._name}.{attribute}"
        value = _run(name, lambda: _read(self._guarded, attribute, name))
        code = f"{self._code}.{attribute}"
        return Guarded(value, name, code) if callable(value) else disarmed(value)

    def __setattr__(self, attribute: str, value: Any) -> None:
        __tracebackhide__ = True
        name = f"{self._name}.{attribute}"
        trial.current().called(trial.Call(f"{self._code}.{attribute} = {{0}}", (value,)))
        _run(name, lambda: setattr(self._guarded, attribute, handed_over(value)))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it with copies; what comes back is disarmed."""
        __tracebackhide__ = True
        return self._call([handed_over(a) for a in arguments], arguments, options)

    def _call(self, given: list[Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        places = [f"{{{i}}}" for i in range(len(arguments))]
        places += [f"{key}={{{i}}}" for i, key in enumerate(options, start=len(arguments))]
        values = (*arguments, *options.values())
        call = trial.Call(f"{self._code}({', '.join(places)})", values, self._name)
        trial.current().called(call)
        handed = {key: handed_over(value) for key, value in options.items()}
        if not callable(self._guarded):
            kind = type(self._guarded).__name__
            raise Raised(f"{self._name} is not a function or class but a value of type {kind}")
        result = _run(self._name, lambda: self._guarded(*given, **handed))
        returned = disarmed(result)
        call.result, call.returned = returned, _short(returned)
        if isinstance(returned, Guarded):
            call.code = f"{returned._code} = {call.code}"
        return returned

    def __iter__(self) -> Iterator[Any]:
        __tracebackhide__ = True
        iterator = _run(self._name, lambda: iter(self._guarded))
        end = object()
        while (item := _run(self._name, lambda: next(iterator, end))) is not end:
            yield disarmed(item)


class Implementation:
    """`nn`: the names of a module, each guarded; one that is missing is *not written yet*."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module = module
        self._name = name

    def __getattr__(self, name: str) -> Guarded:
        __tracebackhide__ = True
        if name not in NAMES:
            raise AttributeError(f"{name} is not a name of the contract")
        if name not in vars(self._module) and not hasattr(self._module, name):
            close = difflib.get_close_matches(
                name.lower(), {n.lower(): n for n in vars(self._module)}, n=1, cutoff=0.8
            )
            actual = [n for n in vars(self._module) if n.lower() in close and not n.startswith("_")]
            hint = f" (did you mean your `{actual[0]}`?)" if actual else ""
            raise NotWrittenYet(name, hint)
        return Guarded(getattr(self._module, name), name, name)


def arguments_after(function: Guarded, *arguments: Any) -> list[Any]:
    """Call `function` and return its arguments as the call left them: equal, unless changed in place."""
    __tracebackhide__ = True
    given = [handed_over(argument) for argument in arguments]
    _drain(function._call(given, arguments, {}))
    return [disarmed(argument) for argument in given]


def refuses(function: Guarded, *arguments: Any) -> bool:
    """Whether the call raises an exception (of whatever type) instead of returning something."""
    try:
        _drain(function(*arguments))
    except Raised:
        return True
    return False


def _drain(result: Any) -> None:
    """Run a generator to its end: it does nothing, and refuses nothing, before it is asked for items."""
    if isinstance(result, Guarded) and hasattr(type(result._guarded), "__next__"):
        list(result)


def warnings_of(function: Guarded, *arguments: Any) -> list[str]:
    """The warnings that the call gives, as texts; none in most claims matter, so they are kept quiet."""
    given = [handed_over(argument) for argument in arguments]

    def call() -> list[str]:
        with (
            warnings.catch_warnings(record=True) as caught,
            np.errstate(all="warn", under="ignore"),
        ):
            warnings.simplefilter("always")
            function._guarded(*given)
        return [str(warning.message) for warning in caught]

    texts: list[str] = _run(function._name, call)
    return texts
