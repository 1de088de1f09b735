"""Single keys from a terminal, which is left as it was found."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Pressed = Callable[[], str]


@contextmanager
def keyboard(screen: TextIO) -> Iterator[Pressed]:
    """A function that returns the keys pressed since it was last asked; none without a terminal."""
    if not (sys.stdin and sys.stdin.isatty() and screen.isatty()):
        yield lambda: ""
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def pressed() -> str:
        ready, _, _ = select.select([terminal], [], [], 0)
        return os.read(terminal, 64).decode(errors="ignore") if ready else ""

    try:
        tty.setcbreak(terminal)
        yield pressed
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
