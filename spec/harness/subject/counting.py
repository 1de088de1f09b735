"""Counting the multiplications of matrix products: arrays that keep the tally of what is done to them.

Like `beside`, this is carried out in the implementation's process, and imports NumPy and the standard
library alone.
"""

from collections.abc import Callable
from contextlib import suppress
from math import prod, sqrt
from typing import Any

import numpy as np

PRODUCTS = (np.dot, np.inner, np.outer, np.tensordot)
tally = 0  # multiplications since it was last set to 0


class Counting(np.ndarray):
    """An array whose matrix products, and those of its results, are added to the tally.

    `@` and np.matmul arrive as a ufunc, the other products as array functions. Code that casts it to
    a plain array, or multiplies number by number, is not counted: a count is a lower bound.
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        result = getattr(ufunc, method)(*plain(inputs), **plain(options))
        if ufunc is np.matmul:
            _add(np.shape(inputs[0])[-1] * np.size(result))
        return counted(result)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, inputs: Any, options: Any
    ) -> Any:
        result = function(*plain(inputs), **plain(options))
        factors = [value for value in inputs if isinstance(value, np.ndarray)]
        if function is np.einsum:
            _add(_terms_of_einsum(*inputs))
        elif function in PRODUCTS and len(factors) > 1:
            # an index summed over stands in both factors, any other in one factor and the result
            _add(sqrt(prod(float(np.size(value)) for value in (*factors[:2], result))))
        return counted(result)

    def dot(self, other: Any) -> Any:  # type: ignore[override]
        """The method, by way of the function."""
        return np.dot(self, other)


def _terms_of_einsum(subscripts: Any, *factors: Any) -> int:
    """How many products an einsum adds up: as many as its indices have values together.

    More than two factors may be multiplied in steps, and subscripts may be no text: then there are at
    least as many as the largest factor has entries. A single factor is multiplied with nothing.
    """
    if len(factors) == 1:
        return 0
    if len(factors) > 2 or not isinstance(subscripts, str):
        return max(map(np.size, factors))
    sizes: dict[str | int, int] = {}
    of_each = subscripts.replace(" ", "").partition("->")[0].split(",")
    for letters, factor in zip(of_each, factors, strict=True):
        before, _, after = letters.partition("...")
        n_dots = np.ndim(factor) - len(before) - len(after)
        dots = range(-n_dots, 0)  # their axes, counted from the last
        for index, n in zip((*before, *dots, *after), np.shape(factor), strict=True):
            sizes[index] = max(n, sizes.get(index, 1))
    return prod(sizes.values())


def _add(multiplications: float) -> None:
    global tally
    tally += round(multiplications)


def plain(value: Any) -> Any:
    """The same numbers, uncounted, also in a list, tuple or dict."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value.view(np.ndarray) if isinstance(value, Counting) else value


def counted(value: Any) -> Any:
    """A view of an array that counts, also in a list, tuple or dict; anything else as it is."""
    if isinstance(value, dict):
        return {key: counted(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(counted, value))
    return value.view(Counting) if isinstance(value, np.ndarray) else value


def multiplications_of(function: Callable[..., Any], *arguments: Any) -> int:
    """How many multiplications of matrix products a call does with counting arrays."""
    global tally
    tally = 0
    function(*arguments)
    return tally


def cost_of_backward(net: Any, Y: np.ndarray) -> tuple[int, int]:
    """What `net.backward(Y)` costs: multiplications counted, and forward passes that it runs.

    Called after a forward pass. The network's arrays, its parameters and its cache, are replaced by
    counting views of themselves first. Some libraries take no arrays but NumPy's own: where that
    raises, the arrays are put back, and the forward passes alone are counted.
    """
    forward_passes = 0
    arrays = dict(getattr(net, "__dict__", {}))
    forward = net.forward

    def counting_forward(*arguments: Any) -> Any:
        nonlocal forward_passes
        forward_passes += 1
        result = counted(forward(*arguments))
        _count_from_here(net)
        return result

    _count_from_here(net)
    with suppress(AttributeError):  # an object may forbid it
        net.forward = counting_forward
    try:
        return multiplications_of(net.backward, Y), forward_passes
    except NotImplementedError:
        raise
    except Exception:
        _set_all(net, arrays)
        forward_passes = 0
        net.backward(Y)
        return 0, forward_passes


def _count_from_here(net: Any) -> None:
    """Make the arrays that a network holds by now counting ones."""
    held = dict(getattr(net, "__dict__", {}))
    _set_all(net, {name: counted(value) for name, value in held.items()})


def _set_all(owner: Any, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        setattr(owner, name, value)
