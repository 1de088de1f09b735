"""How much a submission may hand to what it was lent: the trusted side computes with it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from spec.harness.ground.outcomes import Refuted

FAST = np.float32, np.float64, np.complex64, np.complex128  # matrix products by BLAS
MOST_ENTRIES, MOST_SLOW = 1 << 18, 1 << 13  # of an array of these dtypes, and of any other
MOST_ITEMS, LONGEST_TEXT = 1 << 13, 1 << 10  # of all containers together; of a text
MOST_BITS = 64  # of a whole number


def keep_within(values: Any) -> None:
    """Raise Refuted, in a sentence, where a value, or what is in it, is larger than a lent object takes."""
    n_items, waiting = 0, [values]
    while waiting:
        value = waiting.pop()
        n_items += 1
        if n_items > MOST_ITEMS:
            _refuse(f"more than {MOST_ITEMS} items")
        if isinstance(value, np.ndarray):
            most = MOST_ENTRIES if value.dtype in FAST else MOST_SLOW
            if max(value.size, *value.shape, 1) > most:
                _refuse(f"an array of shape {value.shape} and dtype {value.dtype}, {most} entries")
        elif isinstance(value, (str, bytes)):
            if len(value) > LONGEST_TEXT:
                _refuse(f"a text of {len(value)} characters, {LONGEST_TEXT}")
        elif isinstance(value, int):
            if value.bit_length() > MOST_BITS:
                _refuse(f"a number of {value.bit_length()} bits, {MOST_BITS}")
        else:
            waiting.extend(_parts(value))


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, (list, tuple)) else ()


def _refuse(what: str) -> None:
    raise Refuted(f"your code hands to what it was given {what} at most are taken")
