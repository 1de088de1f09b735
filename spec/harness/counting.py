"""Counting the multiplications of matrix products: arrays that keep the tally of what is done to them.

Like `beside`, this is carried out in the implementation's process, and imports NumPy and the standard
library alone.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

PRODUCTS = (np.dot, np.inner, np.outer, np.tensordot, np.einsum)
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
        factors = [float(value.size) for value in inputs if isinstance(value, np.ndarray)]
        if function in PRODUCTS and len(factors) > 1:
            # an index summed over stands in both factors, any other in one factor and the result
            _add(np.sqrt(factors[0] * factors[1] * np.size(result)))
        return counted(result)

    def dot(self, other: Any) -> Any:  # type: ignore[override]
        """The method, by way of the function."""
        return np.dot(self, other)


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
        return forward(*arguments)

    _set_all(net, {name: counted(value) for name, value in arrays.items()})
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


def _set_all(owner: Any, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        setattr(owner, name, value)
