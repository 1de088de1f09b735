"""A limit on code that may never return: of its computing, so that a busy machine fails nobody."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .outcomes import TimeLimitExceeded

SECONDS = 5.0  # that one test may compute, at home and where it is graded
REPEAT = 0.2  # seconds between two alarms, for code that swallows the first one
PATIENCE = 6  # times the limit may pass on the clock while the code sleeps, or others compute


def available() -> bool:
    """Whether a limit can be enforced here: it needs the timers of Unix, and the main thread."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Raise TimeLimitExceeded inside the block once it has computed for `seconds`, or slept for long."""
    if not available():
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeLimitExceeded(
            f"{what} did not end within {seconds:g} s: is there an endless loop?"
        )

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, seconds),
              (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * seconds))  # fmt: skip
    previous = [signal.signal(number, stop) for _, number, _ in timers]
    outer = [signal.setitimer(timer, after, REPEAT) for timer, _, after in timers]
    try:
        yield
    finally:
        for (timer, number, _), handler, left in zip(timers, previous, outer, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
            signal.setitimer(timer, *left)  # of a block around this one, whose clock stood still
