"""A clock that ends the process itself: no C call in progress can put that off, as it puts off an exception.

The trusted side computes with what a submission hands it. Sizes are bounded where they enter, and such a
call is short; should one be long all the same, this process ends, and the one that waits for it is told by
SIGVTALRM that it took too long.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

OF_A_TEST = 60.0  # seconds that the trusted side may compute in a test; the longest takes 2
OF_A_CALL = 10.0  # and in one call that a submission asks for; the longest takes 0.01


@contextmanager
def killing_after(seconds: float) -> Iterator[None]:
    """End this process once it has computed for `seconds` in the block; another around it stands still."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, left)


def restart() -> None:
    """Give this process the time of a test, from now on."""
    signal.setitimer(signal.ITIMER_VIRTUAL, OF_A_TEST)


def stop() -> None:
    """Take the clock away."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
