"""The options of a run, in one place: pytest takes them, and so does `python -m spec judge`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..ground.limits import SECONDS
from ..telling import hints

OPTIONS: dict[str, dict[str, Any]] = {  # keyword arguments of argparse's `add_argument`
    "--claim": {
        "action": "append",
        "metavar": "CLAIM",
        "help": "judge these claims alone: a chapter (5), a section (5.3), an id "
        "(5.3/output-gradient) or its last part (softmax); may be repeated",
    },
    "--seed": {
        "default": "0",
        "help": "the seed of all chance: a whole number, or `random` to explore",
    },
    "--hints": {
        "choices": hints.LEVELS,
        "default": "full",
        "help": "how much is said of what is wrong: `off` the numbers alone, `nudge` where to look "
        "and what for, `full` (the default) the cause, and your own line beside the equation",
    },
    "--time-limit": {
        "type": float,
        "default": SECONDS,
        "metavar": "SECONDS",
        "help": f"how long one test may compute (default {SECONDS:g}); it may sleep 6 times as long",
    },
    "--todo-ok": {
        "action": "store_true",
        "help": "exit with 0 although something is not written yet, if all that is written holds",
    },
    "--errata": {
        "action": "store_true",
        "help": "run what is refuted or conditional alone, and print where the theory is wrong",
    },
    "--claim-coverage": {
        "action": "store_true",
        "help": "print for each function of the implementation which claims exercise it, and lines "
        "that none reaches",
    },
    "--domain-coverage": {
        "action": "store_true",
        "help": "print for each claim and each name that it states which classes of inputs it has tried",
    },
    "--claims-json": {
        "metavar": "FILE",
        "type": Path,
        "help": "write the outcome of every claim to FILE",
    },
}


def as_arguments(given: dict[str, Any]) -> Iterator[str]:
    """The options that were given, as arguments: `given` holds their values by argparse's names."""
    for option in OPTIONS:
        value = given[option.removeprefix("--").replace("-", "_")]
        if value is True:
            yield option
        elif value is not None and value is not False:
            for each in value if isinstance(value, list) else [value]:
                yield f"{option}={each}"
