"""A few lines that show the wrong value, to paste below the learner's own code.

The calls of the failing example are cut down to those that the value needs, written with short
numbers, and carried out: what is shown has been seen to reproduce the failure. Where six lines are
not enough, none are shown.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from ..ground import trial as trials
from ..ground.compare import Comparison, Disagreement, NotPlain
from ..ground.contract import NAMES
from ..ground.failures import Failure
from ..ground.limits import time_limit
from ..ground.outcomes import Raised
from ..ground.trial import Call
from ..subject.proxy import Guarded, Implementation
from .explain import SYMBOL, WIDTH, code_lines, same_numbers

LONGEST = 6  # lines of 80 columns
LARGEST = 60  # entries of an array
SECONDS = 2.0
PARTS = (  # of its code
    *(ast.Module, ast.Expr, ast.Assign, ast.Call, ast.keyword, ast.Attribute, ast.Subscript),
    *(ast.Name, ast.Constant, ast.List, ast.Tuple, ast.UnaryOp, ast.unaryop, ast.expr_context),
)
OF_NUMPY = ("array", "eye", "zeros", "nan", "inf")
SETTING = re.compile(r"(\w+\.\w+) = (\{0\})")


class _Unprintable(Exception):
    pass


def snippet(failure: Failure, nn: Implementation) -> str:
    """Statements, one a line, that end with a `print` of the wrong value; "" if six lines are too few."""
    calls = list(failure.trial.calls)
    if not calls or not failure.shows:
        return ""
    for place, shown, value in _wanted(failure.error, calls):
        for kept in (_needed(calls[: place + 1]), calls[: place + 1]):
            try:
                statements = _statements(kept, shown)
            except _Unprintable:
                continue
            if _lines(statements) <= LONGEST and _shows(statements, value, nn):
                return "\n".join(statements)
    return ""


def _lines(statements: list[str]) -> int:
    return sum(len(code_lines(statement, WIDTH)) for statement in statements)


def _wanted(error: BaseException, calls: list[Call]) -> Iterator[tuple[int, str, Any]]:
    """The call to end with, what to print after it ("" for its result), and the value to be seen."""
    last = max((n for n, call in enumerate(calls) if call.function), default=len(calls) - 1)
    if isinstance(error, Raised):
        yield len(calls) - 1, "", error
        return
    if isinstance(error, Disagreement) and not isinstance(error.comparison.actual, NotPlain):
        comparison = error.comparison
        symbol = SYMBOL.match(comparison.what)
        for value in [comparison.actual, *_wrong_rows(comparison)]:
            for place in range(len(calls) - 1, -1, -1):
                for suffix, item in _parts(calls[place].result):
                    if _is_meant(suffix, symbol[0] if symbol else "") and alike(item, value):
                        yield place, suffix, item
        if symbol:
            owner = calls[last].code.partition(" = ")[0].partition(".")[0]
            for shown in (f"{owner}.{symbol[0]}", f'{owner}.cache["{symbol[0]}"]'):
                yield last, shown, comparison.actual
    judged = [call for call in calls if call.function and not isinstance(call.result, Guarded)]
    if len(judged) == 1 and judged[0].result is not None:
        yield last, "", calls[last].result  # what was judged can come from nowhere else


def _is_meant(suffix: str, symbol: str) -> bool:
    """Whether an item of a result can be what is judged; for one sample db[l] is dZ[l], and so dA[l]."""
    if not symbol or (suffix.startswith("[") and not suffix.startswith('["')):
        return True
    if not suffix:
        return symbol[0] != "d"
    return suffix[2:-2] in (symbol, re.sub("^d[AZ]", "db", symbol))


def _wrong_rows(comparison: Comparison) -> list[Any]:
    """The rows of a value that are wrong: one may be what a single sample gave."""
    actual, expected = np.asarray(comparison.actual), comparison.expected
    if actual.ndim < 2 or actual.shape != expected.shape:
        return []
    wrong = (comparison.excess(expected) > 1).any(axis=tuple(range(1, actual.ndim)))
    return [actual[i] for i in np.flatnonzero(wrong)]


def _parts(result: Any) -> list[tuple[str, Any]]:
    """A result and its items, each with what leads to it: "", '["dW1"]', "[0]"."""
    if isinstance(result, dict):
        named = {key: item for key, item in result.items() if str(key).isidentifier()}
        return [(f'["{key}"]', item) for key, item in named.items()]
    if isinstance(result, (list, tuple)):
        return [("", result), *((f"[{i}]", item) for i, item in enumerate(result))]
    return [("", result)]


def alike(one: Any, other: Any) -> bool:
    """Whether two results are the same numbers, whatever their shape, or the same kind of thing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if same_numbers(*(_numbers(value) for value in (one, other))):
        return True
    return type(one) is type(other) and (isinstance(one, Guarded) or repr(one) == repr(other))


def _numbers(value: Any) -> Any:
    """A list or tuple of numbers as an array; anything else as it is."""
    plain = isinstance(value, (list, tuple)) and all(type(item) in (int, float) for item in value)
    return np.array(value) if plain else value


def _needed(calls: list[Call]) -> list[Call]:
    """Of the calls those that the last one needs: objects, their last settings, steps, a forward pass."""
    last, kept = calls[-1], [calls[-1]]
    wanted, settled = _objects(last), set()
    passed = not last.code.partition("(")[0].endswith((".backward", ".compute_loss"))
    for call in reversed(calls[:-1]):
        made, _, _ = call.code.partition(" = ")
        setting = SETTING.fullmatch(call.code)
        if setting:
            useful = made.partition(".")[0] in wanted and made not in settled
            settled.add(made)
        elif made != call.code:
            useful = made in wanted
        elif call.code.partition(".train_step(")[0] in wanted:
            useful = True
        else:
            useful = not passed and call.code.partition(".forward(")[0] in wanted
            passed = passed or useful
        if useful:
            kept.append(call)
            wanted |= _objects(call)
    return kept[::-1]


def _objects(call: Call) -> set[str]:
    """The variables that a call uses."""
    used = {value._code for value in call.values if isinstance(value, Guarded)}
    return {name.partition(".")[0] for name in (*used, call.code.rpartition(" = ")[2])}


def _statements(calls: list[Call], shown: str) -> list[str]:
    """The calls as code, the settings of one object together, and a `print` in the end."""
    *before, last = calls
    statements: list[str] = []
    ending = last.code.rpartition(" = ")[2].format(*map(_literal, last.values))
    if (
        before
        and ".forward(" in before[-1].code
        and any(_is_result(before[-1], v) for v in last.values)
    ):
        passed = _written(before.pop())  # net.compute_loss(net.forward(X), Y)
        given = [passed if _is_result(calls[-2], v) else _literal(v) for v in last.values]
        ending = last.code.rpartition(" = ")[2].format(*given)
    for number, call in enumerate(before):
        code = _written(call)
        together = _together(statements[-1], code) if _follows(before, number) else ""
        statements[-1:] = [together] if together else [*statements[-1:], code]
    if shown and not shown.startswith("["):
        return [*statements, ending, f"print({shown})"]
    return [*statements, f"print({ending}{shown})"]


def _is_result(call: Call, value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size > 1 and alike(call.result, value)


def _follows(calls: list[Call], number: int) -> bool:
    """Whether this call and the one before it both set an attribute."""
    return number > 0 and all(SETTING.fullmatch(c.code) for c in calls[number - 1 : number + 1])


def _together(settings: str, setting: str) -> str:
    """One more setting in a statement of one line; "" if it does not fit."""
    (a, _, x), (b, _, y) = settings.partition(" = "), setting.partition(" = ")
    both = f"{a}, {b} = {x}, {y}"
    return both if len(code_lines(both, WIDTH)) == 1 else ""


def _written(call: Call) -> str:
    return call.code.format(*map(_literal, call.values))


def _literal(value: Any) -> str:
    """Python source for a value that was handed to the implementation."""
    if isinstance(value, Guarded):
        return str(value._code)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_literal, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    if isinstance(value, FunctionType) and value.__name__ in NAMES:
        return (
            value.__name__
        )  # the spec's own: it is tried whether the implementation's does as well
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return re.sub(r"^-?(nan|inf)$", lambda m: m[0].replace(m[1], f"np.{m[1]}"), repr(value))
    raise _Unprintable


def _array(array: np.ndarray) -> str:
    """An array in few characters: rows of the identity by their places, whole floats without .0."""
    if array.size > LARGEST or array.dtype.kind not in "biuf":
        raise _Unprintable
    if array.ndim == 2 and len(array) > 1 and array.dtype == float and _is_one_hot(array):
        return f"np.eye({array.shape[1]})[{np.argmax(array, axis=1).tolist()}]"
    if array.dtype == float and array.size > 1 and not array.any():
        return f"np.zeros({array.shape})"
    text = repr(array.tolist())
    if array.dtype == float and np.isfinite(array).all():
        text = re.sub(r"(?<=\d)\.0(?=[\],])", "", text)
        if "." not in text:  # one is enough for a float array
            text = re.sub(r"(-?\d+)", r"\1.", text, count=1)
        return f"np.array({text})"
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise _Unprintable
    usual = array.dtype in (float, int, bool)
    return f"np.array({text})" if usual else f"np.array({text}, dtype={array.dtype.name!r})"


def _is_one_hot(array: np.ndarray) -> bool:
    return bool(np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all())


class _Names(dict[str, Any]):
    """The variables of a snippet, and behind them the names of the implementation."""

    def __init__(self, nn: Implementation, seen: list[Any]) -> None:
        super().__init__(np=np, print=seen.append)
        self.nn = nn

    def __missing__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        return getattr(self.nn, name)


def _only_calls(text: str) -> CodeType:
    """The code of a snippet, which may hold names that the implementation chose for what it returned.

    Raises _Unprintable where it is more than calls of the implementation and arrays to hand to it.
    """
    tree = ast.parse(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = {"np", "print", *NAMES, *(n.id for n in names if isinstance(n.ctx, ast.Store))}
    for node in ast.walk(tree):
        if not isinstance(node, PARTS) or (isinstance(node, ast.Name) and node.id not in known):
            raise _Unprintable
        if isinstance(node, ast.Attribute):
            of_numpy = isinstance(node.value, ast.Name) and node.value.id == "np"
            if node.attr.startswith("_") or (of_numpy and node.attr not in OF_NUMPY):
                raise _Unprintable
    return compile(tree, "<snippet>", "exec")


def _shows(statements: list[str], value: Any, nn: Implementation) -> bool:
    """Whether the code, carried out, prints the value; or raises, where the value is an exception."""
    seen: list[Any] = []
    under_way, sink = trials.current(), StringIO()
    trials.begin()
    try:
        code = _only_calls("\n".join(statements))
        with redirect_stdout(sink), redirect_stderr(sink), time_limit(SECONDS, "the snippet"):
            exec(code, {"__builtins__": {}}, _Names(nn, seen))  # noqa: S102
    except Raised as raised:
        return isinstance(value, Raised) and raised.comes_from(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # of whatever kind the code under test raises
        return False
    finally:
        trials.resume(under_way)
    return len(seen) == 1 and not isinstance(value, Raised) and alike(seen[0], value)
