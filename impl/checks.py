"""What comes in: numbers as float arrays; a wrong argument is named, with what was expected."""

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


def same_shape(
    name: str, value: ArrayLike, other_name: str, other: ArrayLike
) -> tuple[Array, Array]:
    """Both as float arrays; ValueError if their shapes differ (they could broadcast silently)."""
    value, other = np.asarray(value, float), np.asarray(other, float)
    if value.shape != other.shape:
        raise ValueError(
            f"{name} has shape {value.shape}, expected that of {other_name}, {other.shape}"
        )
    return value, other


def one_of(name: str, value: str, choices: dict[str, T]) -> T:
    """`choices[value]`; ValueError naming the choices if there is none."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(choices)}")
    return choices[value]


def at_least_one(name: str, value: float) -> None:
    """ValueError unless `value` is an integer of 1 or more."""
    if int(value) != value or value < 1:
        raise ValueError(f"{name} is {value!r}, expected an integer of at least 1")
