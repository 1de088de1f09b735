"""What is told of a submission, made fit to be kept: no text without end, and no place of this machine."""

from collections.abc import Iterable
from typing import Any

from spec.harness.ground.texts import cut
from spec.sandbox.places import hidden

LONGEST = 5000  # characters of a text
MOST = 500  # items of a list


def clean(data: Any, roots: Iterable[str] = ()) -> Any:
    """Plain data, its texts cut and without the places of this machine: its own, and those in `roots`."""
    if isinstance(data, str):
        return cut(hidden(data[: 2 * LONGEST], roots), LONGEST)
    if isinstance(data, dict):
        return {key: clean(item, roots) for key, item in data.items()}
    if isinstance(data, (list, tuple)):
        return [clean(item, roots) for item in data[:MOST]]
    return data
