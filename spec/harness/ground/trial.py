"""What is remembered while one test runs: comparisons, calls, figures, risks.

There is one current trial at a time. The plugin begins a new one for each test; whatever judges
(`agree`, the sampling tests) or calls the implementation writes into it, and the report reads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .outcomes import Kind

if TYPE_CHECKING:
    from .compare import Comparison

FLOAT = np.dtype(np.float32)
DOUBLE, SINGLE = (float(np.finfo(dtype).eps) for dtype in (np.float64, np.float32))
Site = tuple[str, int, str]  # file and line of an `agree`, and what it judges
LONGEST_TRANSCRIPT = 40


@dataclass
class Call:
    """One thing done to the implementation: `code`, its values by `{0}`, `{1}`, and what came back.

    `function` is what messages call it, such as "TwoLayerNet.backward"; "" where an attribute is set.
    """

    code: str
    values: tuple[Any, ...]
    function: str = ""
    returned: str = ""  # the result in short
    result: Any = None


@dataclass(frozen=True)
class Uses:
    """What a failing run used of the implementation: names of the contract, methods as "MLP.forward".

    `called` are those that the test called itself, `ran` all that ran. Where classes share a method, it
    goes by each of its names. `wrong` are simple functions whose value was wrong in this very run.
    """

    called: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """One example of a test that fails on some: whether it held, and the calls that it made."""

    held: bool
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Variances:
    """The right variance of what was drawn, and that which each listed mistake gives."""

    right: float
    mistakes: dict[str, float]


@dataclass
class Trial:
    """The notebook of one test."""

    comparisons: dict[Site, list[Comparison]] = field(default_factory=dict)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=LONGEST_TRANSCRIPT))
    n_calls: int = 0
    example: dict[str, Any] = field(default_factory=dict)
    n_examples: int = 0
    figures: list[tuple[str, float | str]] = field(default_factory=list)
    false_alarms: float = 0.0
    unit: float = DOUBLE  # the rounding unit of the coarsest numbers that came in this example
    indistinct: dict[str, str] = field(default_factory=dict)  # a mistake listed, and why it is none
    variances: dict[str, Variances] = field(
        default_factory=dict
    )  # by what they are the variances of
    names: dict[str, int] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)  # that were called in this example
    uses: Uses = field(default_factory=Uses)  # of the run that failed
    at_stake: Kind = Kind.WRONG  # the kind of an assertion that fails now
    gathers: bool = False  # whether `agree` notes a wrong value and goes on, instead of raising
    cut_short: bool = False  # whether there was no time to make all its comparisons
    tried: list[Tried] = field(default_factory=list)  # all examples of a test that has failed

    def new_example(self, arguments: dict[str, Any]) -> None:
        """Hypothesis begins another example: what was called before no longer matters."""
        _tell(self)
        self.example = arguments
        self.n_examples += 1
        self.calls.clear()
        self.names.clear()
        self.functions.clear()
        self.n_calls = 0
        self.unit = DOUBLE
        self.at_stake = Kind.WRONG

    def crossed(self, dtype: np.dtype[Any]) -> None:
        """Numbers of this type came from the implementation; it may go on with them in another one."""
        if dtype is FLOAT:
            self.unit = SINGLE

    def called(self, call: Call) -> None:
        """Add a call to the transcript of this example."""
        self.calls.append(call)
        if call.function:
            self.functions.add(call.function)
        self.n_calls += 1
        self.at_stake = Kind.WRONG

    def variable(self, stem: str) -> str:
        """A fresh variable name for the reproduction, such as `net` or `net_2`."""
        self.names[stem] = self.names.get(stem, 0) + 1
        return stem if self.names[stem] == 1 else f"{stem}_{self.names[stem]}"

    def compared(self, site: Site, comparison: Comparison) -> None:
        """Add a comparison made at `site`."""
        self.comparisons.setdefault(site, []).append(comparison)


_current = Trial()
Listener = Callable[[Iterable[Call]], None]
_listener: Listener | None = None


def current() -> Trial:
    """The trial that is under way (outside a test, one that nobody reads)."""
    return _current


def begin(*, gathers: bool = False) -> Trial:
    """Make a new trial the current one and return it."""
    global _current
    _tell(_current)
    _current = Trial(gathers=gathers)
    if gathers or _listener is not None:
        _current.calls = deque()  # of any length
    return _current


def listen(listener: Listener | None) -> Listener | None:
    """From now on, hand all calls of each example to `listener`, or to nobody; return who heard so far."""
    global _listener
    begin()
    before, _listener = _listener, listener
    if listener is not None:
        _current.calls = deque()
    return before


def _tell(trial: Trial) -> None:
    if _listener is not None and trial.calls:
        _listener(trial.calls)


def resume(trial: Trial) -> None:
    """Make a trial that was under way the current one again."""
    global _current
    _current = trial


@contextmanager
def aside() -> Iterator[None]:
    """What is done in the block is asked for by the suite alone: no transcript shows it."""
    under_way = _current
    begin()
    try:
        yield
    finally:
        resume(under_way)


def measured(what: str, value: float | str) -> None:
    """Note a figure that this test measured, for the report, the errata and the book."""
    _current.figures.append((what, value if isinstance(value, str) else float(value)))
