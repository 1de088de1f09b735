"""What a call does to its arguments, seen from outside: in memory that the trusted side reads itself.

A submission's process can answer whatever it likes, and it may replace the code that serves it. So the
trusted side puts the arrays into memory that both see, has the function called with them there, and reads
them again once the answer has come. What they hold then is what the caller would find.
"""

from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Any

import numpy as np

from .control import SHARED_BYTES

ALIGNED = 64  # bytes, as NumPy's own arrays are


@dataclass(frozen=True)
class Shared:
    """An array in the memory that both sides see."""

    start: int
    dtype: str
    shape: tuple[int, ...]
    order: str


class SharedMemory:
    """Arrays in the memory of one sandbox; those of a test are forgotten when the next one begins."""

    def __init__(self, memory: mmap) -> None:
        self._memory, self._used = memory, 0

    def forget(self) -> None:
        """Use the memory again from its beginning."""
        self._used = 0

    def put(self, value: Any) -> Any:
        """The same value, its arrays in this memory, those in lists, tuples and dicts, too.

        Raises MemoryError if they do not fit.
        """
        if isinstance(value, np.ndarray):
            return self._put_array(value)
        if type(value) in (list, tuple):
            return type(value)(map(self.put, value))
        if type(value) is dict:
            return {key: self.put(item) for key, item in value.items()}
        return value

    def read(self, value: Any) -> Any:
        """What `put` returned, its arrays as they are now: copies, which nobody else can change."""
        if isinstance(value, Shared):
            return self._view(value).copy(order="K")
        if type(value) in (list, tuple):
            return type(value)(map(self.read, value))
        if type(value) is dict:
            return {key: self.read(item) for key, item in value.items()}
        return value

    def _put_array(self, array: np.ndarray) -> Shared:
        start = self._used
        if start + array.nbytes > SHARED_BYTES:
            raise MemoryError(f"the arrays of a test take more than {SHARED_BYTES} bytes")
        self._used = -(-(start + array.nbytes) // ALIGNED) * ALIGNED
        order = "F" if array.flags.fnc else "C"
        shared = Shared(start, array.dtype.str, array.shape, order)
        self._view(shared)[...] = array
        return shared

    def _view(self, shared: Shared) -> np.ndarray:
        if not np.prod(shared.shape, dtype=int):
            return np.empty(shared.shape, shared.dtype)
        how: Any = shared.shape, shared.dtype, self._memory, shared.start, None, shared.order
        return np.ndarray(*how)


def after(memory: SharedMemory, function: Callable[..., Any], given: list[Any]) -> list[Any]:
    """What `beside.after` returns: the arguments, as a call and all that it generates leave them."""
    shared = memory.put(given)
    returned = function(*shared)
    if hasattr(type(returned), "__next__"):
        for _ in returned:
            pass
    left: list[Any] = memory.read(shared)
    return left


def two_steps(
    memory: SharedMemory,
    hold: Callable[..., Any],
    rule: Callable[..., Any],
    theta: Any,
    gradient: Any,
    lr: float,
) -> list[Any]:
    """What `beside.two_steps` returns. `hold` calls the rule and keeps there what it returns."""
    first = memory.put([theta, gradient])
    moved, kept = hold(rule, [*first, None, lr])
    rule(moved, -gradient, kept, lr)
    left: list[Any] = memory.read(first)
    return left
