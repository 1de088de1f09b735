"""What comes in: numbers as float arrays; what does not fit is refused in one sentence.

One rule for types: a float array keeps its own float type, all the way through; anything else
becomes float64. A refusal is a ValueError that names the argument, what came and what was expected.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
T = TypeVar("T")


def floats(value: ArrayLike) -> Array:
    """`value` as a float array: float32 and float64 as they come, anything else as float64."""
    array = np.asarray(value)
    return array if issubclass(array.dtype.type, np.floating) else array.astype(float)


def matrix(name: str, value: ArrayLike, columns: int | None = None) -> Array:
    """`value` as a float matrix; ValueError unless it has `columns` columns, if given."""
    array = floats(value)
    if array.ndim != 2 or columns not in (None, array.shape[1]):
        expected = f"(m, {'n' if columns is None else columns})"
        raise ValueError(f"{name} has shape {array.shape}, expected {expected}")
    return array


def row(name: str, value: ArrayLike, columns: int) -> Array:
    """`value`, (1, columns) or (columns,), as a float row (1, columns); ValueError for another shape."""
    array = floats(value)
    if array.shape not in ((1, columns), (columns,)):
        raise ValueError(f"{name} has shape {array.shape}, expected (1, {columns})")
    return array.reshape(1, columns)


def vector(name: str, value: ArrayLike) -> Array:
    """`value` as an array (n,) of whatever type it has; ValueError for another shape."""
    array = np.asarray(value)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}, expected (n,)")
    return array


def same_shape(
    name: str, value: ArrayLike, other_name: str, other: ArrayLike
) -> tuple[Array, Array]:
    """Both as float arrays of the first one's type; ValueError if their shapes differ.

    NumPy would stretch many a pair that differs, without a word.
    """
    array, fitting = floats(value), np.asarray(other)
    if array.shape != fitting.shape:
        raise ValueError(
            f"{name} has shape {array.shape}, expected that of {other_name}, {fitting.shape}"
        )
    return array, fitting.astype(array.dtype, copy=False)


def batch(name: str, value: ArrayLike, other_name: str, other: ArrayLike) -> tuple[Array, Array]:
    """Both as float64, for a mean over their samples; ValueError unless of one shape, (m, ...), m >= 1."""
    array, fitting = same_shape(name, np.asarray(value, float), other_name, other)
    if array.ndim == 0 or len(array) == 0:
        raise ValueError(
            f"{name} has shape {array.shape}, expected (m, ...) with at least one sample"
        )
    return array, fitting


def one_of(name: str, value: str, choices: dict[str, T]) -> T:
    """`choices[value]`; ValueError naming the choices if there is none."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(choices)}")
    return choices[value]


def integer(name: str, value: float, least: int = 1) -> int:
    """`value`, 2 or 2.0, as an integer; ValueError unless it is one, of at least `least`."""
    if not (float(value).is_integer() and value >= least):
        raise ValueError(f"{name} is {value!r}, expected an integer of at least {least}")
    return int(value)


def integers(name: str, value: ArrayLike) -> NDArray[np.int_]:
    """`value`, whose entries may be 2, 2.0 or True, as integers; ValueError for any other number."""
    array = np.asarray(value, float)
    other = array[~np.isfinite(array) | (array != np.round(array))]
    if other.size:
        raise ValueError(f"{name} has the entry {other[0]}, expected integers")
    return array.astype(int)


def number(name: str, value: ArrayLike) -> float:
    """`value` as a float; ValueError if it is an array with axes, be it of a single entry."""
    if np.ndim(value) != 0:
        raise ValueError(f"{name} has shape {np.shape(value)}, expected a single number")
    return float(value)  # type: ignore[arg-type]
