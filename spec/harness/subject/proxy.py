"""The implementation under test as the chapters see it: the fixture `nn`.

Everything that crosses this border is made harmless. Arguments go in as copies, so that code which
changes them in place spoils no one's expectation; arrays come out as plain copies of the base class;
other objects come out guarded themselves. A missing name or a NotImplementedError is *not written
yet*; any other exception is named with the line it came from.
"""

import difflib
import keyword
import linecache
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..ground import trial
from ..ground.contract import NAMES, OPTIONS
from ..ground.errors import class_of, described, frames
from ..ground.outcomes import Kind, NotWrittenYet, Place, Raised, Refuted
from ..ground.texts import LONGEST_LINE, cut
from . import beside

MOST_UNPACKED = 10
LONGEST = 300  # characters of what was raised
UNKNOWN = ("KeyError", "ValueError")  # what refuses a name
OF_ITS_OWN = (
    "raise",
    "assert",
    "if ",
    "elif ",
    "while ",
)  # lines whose ValueError has another reason
HARNESS = str(Path(__file__).parents[1])
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)


def disarmed(value: Any) -> Any:
    """What came from the implementation: arrays as plain copies, containers rebuilt, objects guarded."""
    if type(value) in (bool, int, float, str, type(None)):
        return value
    if isinstance(value, np.ndarray):
        trial.current().crossed(value.dtype)
        return np.array(value, copy=True, subok=False)
    if isinstance(value, PLAIN):
        if isinstance(value, np.floating):
            trial.current().crossed(value.dtype)
        return str.__str__(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {key: disarmed(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(disarmed(item) for item in value)
    if hasattr(type(value), "__array__"):  # asarray first: not all take NumPy 2's `copy`
        return np.array(np.asarray(value), copy=True, subok=False)
    kind = type(value).__name__
    return Guarded(value, kind, trial.current().variable(_variable(kind)))


def _variable(kind: str) -> str:
    """What a reproduction calls an object of a class, whatever the class gives as its name."""
    stem = kind.lower()
    if stem.endswith(("net", "mlp")):
        return "net"
    return stem if stem.isidentifier() and not keyword.iskeyword(stem) else "made"


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

        def callback(*arguments: Any, **options: Any) -> Any:
            own = {name: disarmed(option) for name, option in options.items()}
            return value(*(disarmed(argument) for argument in arguments), **own)

        return callback
    return value


class Elsewhere:
    """An object of an implementation that lives in another process: `spec/grading` derives from it.

    Attributes, calls and iteration pass through. What is raised there arrives as NotImplementedError,
    as AttributeError with the object and the name where there is none, and else as RaisedElsewhere.
    """

    __slots__ = ()

    def run_beside(self, function: str, *arguments: Any, answer: bool) -> Any:
        """Carry out a function of `spec/harness/subject/beside.py` in that process."""
        raise NotImplementedError


def blame(error: BaseException) -> Place | None:
    """Where in the implementation an exception was raised; None where that is not known."""
    for path, number in reversed(frames(error)):
        if not path.startswith(("<", HARNESS)) and "site-packages" not in path:
            file = path.replace("\\", "/").rsplit("/", 1)[-1]
            line = cut(linecache.getline(path, number).strip(), LONGEST_LINE)
            return Place(file, number, line)
    return None


def raised(name: str, error: BaseException) -> Raised:
    """The failure of a call, or of an import, that raised something."""
    exception, place = class_of(error), blame(error)
    kind = Kind.RAISED
    if exception == "RecursionError":
        kind = Kind.RAISED_RECURSION
    elif exception == "ValueError" and place and not place.text.startswith(OF_ITS_OWN):
        kind = Kind.RAISED_BY_SHAPES  # what NumPy has to say of the arrays that meet in a line
    sentence = f"{name} raised {cut(described(error), LONGEST)}"
    return Raised(sentence, exception, place, kind=kind, function=name)


def _run(name: str, own: Any, action: Callable[[], Any]) -> Any:
    """Call into the implementation, with its exceptions translated and its warnings kept quiet."""
    __tracebackhide__ = True
    try:
        if isinstance(own, Elsewhere):  # it is kept quiet there
            return action()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return action()
    except beside.Lacking as error:
        raise NotWrittenYet(str(error)) from None
    except NotImplementedError:
        raise NotWrittenYet(name) from None
    except Refuted:
        raise  # from a callback of the spec's own
    except (Exception, SystemExit) as error:
        raise raised(name, error) from None


def _unknown(name: str, options: dict[str, Any], error: Raised) -> NotWrittenYet | None:
    """That a network does not know what an option names yet, where it raised for that reason."""
    if error.exception not in UNKNOWN:
        return None
    for option, known in OPTIONS.items():
        value = options.get(option)
        if isinstance(value, str) and value in known and value in str(error):
            return NotWrittenYet(f"{name}({option}={value!r})")
    return None


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
        value = _run(name, self._guarded, lambda: _read(self._guarded, attribute, name))
        code = f"{self._code}.{attribute}"
        return Guarded(value, name, code) if callable(value) else disarmed(value)

    def __setattr__(self, attribute: str, value: Any) -> None:
        __tracebackhide__ = True
        name = f"{self._name}.{attribute}"
        trial.current().called(trial.Call(f"{self._code}.{attribute} = {{0}}", (value,)))
        _run(name, self._guarded, lambda: setattr(self._guarded, attribute, handed_over(value)))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it with copies; what comes back is disarmed."""
        __tracebackhide__ = True
        given = [handed_over(argument) for argument in arguments]
        places = [f"{{{i}}}" for i in range(len(arguments))]
        places += [f"{key}={{{i}}}" for i, key in enumerate(options, start=len(arguments))]
        values = (*arguments, *options.values())
        call = trial.Call(f"{self._code}({', '.join(places)})", values, self._name)
        trial.current().called(call)
        handed = {key: handed_over(value) for key, value in options.items()}
        if not callable(self._guarded):
            kind = type(self._guarded).__name__
            raise Raised(f"{self._name} is not a function or class but a value of type {kind}")
        own = self._guarded
        try:
            returned = _run(self._name, own, lambda: disarmed(own(*given, **handed)))
        except Raised as error:
            raise _unknown(self._name, options, error) or error from None
        call.result, call.returned = returned, _short(returned)
        if isinstance(returned, Guarded):
            call.code = f"{returned._code} = {call.code}"
        return returned

    def __iter__(self) -> Iterator[Any]:
        __tracebackhide__ = True
        iterator = _run(self._name, self._guarded, lambda: iter(self._guarded))
        end = object()
        while (item := _run(self._name, self._guarded, lambda: next(iterator, end))) is not end:
            yield disarmed(item)


def unpacked(value: Any) -> Any:
    """A pair, triple or the like of a class of the implementation's own as a tuple; all else as it is."""
    if isinstance(value, Guarded):
        try:
            return tuple(islice(value, MOST_UNPACKED))
        except Raised:
            return value
    return value


def kind(value: Any) -> str:
    """What a value is called in a message: a guarded object goes by the name of its own class."""
    return value._name if isinstance(value, Guarded) else type(value).__name__


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


def next_to(
    guarded: Guarded, function: Callable[..., Any], *arguments: Any, answer: bool = True
) -> Any:
    """Carry out a function of `beside` or `counting` on what is behind a guard, in its own process.

    Without an answer, what it raises there may be raised here by what is asked next.
    """
    __tracebackhide__ = True
    own, given = guarded._guarded, [handed_over(argument) for argument in arguments]

    def action() -> Any:
        if isinstance(own, Elsewhere):
            return disarmed(own.run_beside(function.__name__, *given, answer=answer))
        return disarmed(function(own, *given))

    return _run(guarded._name, own, action)


def arguments_after(function: Guarded, *arguments: Any) -> list[Any]:
    """Call `function` and return its arguments as the call left them: equal, unless changed in place."""
    __tracebackhide__ = True
    places = ", ".join(f"{{{i}}}" for i in range(len(arguments)))
    call = trial.Call(f"{function._code}({places})", arguments, function._name)
    trial.current().called(call)
    after: list[Any] = next_to(function, beside.after, list(arguments))
    trial.current().at_stake = Kind.CHANGED_IN_PLACE
    return after


def kept(function: Guarded, given: Any, given_next: Any) -> bool:
    """Whether what the first of two calls returned is still the same after the second."""
    __tracebackhide__ = True
    for argument in (given, given_next):
        call = trial.Call(f"{function._code}({{0}})", (argument,), function._name)
        trial.current().called(call)
    return _same(next_to(function, beside.kept, [given], [given_next]))


def passes_kept(net: Guarded, X: Any, Y: Any, X_next: Any, Y_next: Any) -> bool:
    """Whether what `forward` and `backward` returned is the same after another batch went both ways."""
    __tracebackhide__ = True
    for method in (net.forward, net.backward):  # what is not written yet is named here
        assert method is not None
    for method, argument in (("forward", X), ("backward", Y), ("forward", X_next)):
        code, name = f"{net._code}.{method}({{0}})", f"{net._name}.{method}"
        trial.current().called(trial.Call(code, (argument,), name))
    return _same(next_to(net, beside.passes_kept, X, Y, X_next, Y_next))


def _same(then_and_now: Any) -> bool:
    trial.current().at_stake = Kind.CHANGED_IN_PLACE
    then, now = then_and_now
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(then, now, strict=True))


def several(function: Guarded, n: int, names: list[str], *arguments: Any, **options: Any) -> Any:
    """What `n` calls give, each as a row (n, ...): the array, or the attributes of these names."""
    __tracebackhide__ = True
    places = [f"{{{i}}}" for i in range(len(arguments))]
    places += [f"{key}={{{i}}}" for i, key in enumerate(options, start=len(arguments))]
    values = (*arguments, *options.values())
    code = f"{function._code}({', '.join(places)})"
    trial.current().called(trial.Call(code, values, function._name))
    return next_to(function, beside.several, n, names, list(arguments), options)


def warnings_of(function: Guarded, *arguments: Any) -> list[str]:
    """The warnings that the call gives, as texts; none in most claims matter, so they are kept quiet."""
    texts: list[str] = next_to(function, beside.warned, list(arguments))
    return texts


def refuses(function: Guarded, *arguments: Any) -> bool:
    """Whether the call raises an exception (of whatever type) instead of returning something."""
    try:
        _drain(function(*arguments))
    except Raised:
        return True
    trial.current().at_stake = Kind.ACCEPTED
    return False


def untouched(before: Any, after: Any, sentence: str) -> None:
    """Raise Refuted, with this sentence, where an array is not what it was before."""
    if not np.array_equal(before, after, equal_nan=True):
        raise Refuted(sentence, kind=Kind.CHANGED_IN_PLACE)


def _drain(result: Any) -> None:
    """Run a generator to its end: it does nothing, and refuses nothing, before it is asked for items."""
    if isinstance(result, Guarded) and hasattr(type(result._guarded), "__next__"):
        list(result)
