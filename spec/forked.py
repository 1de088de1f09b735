"""A child process that leaves nothing behind: what it finds comes back as messages, a JSON line each.

It stands outside of `spec/harness`, whose import brings NumPy and Hypothesis along: a notebook's
kernel forks, too, and must stay as it was. `Fork` needs a system that has `os.fork`.
"""

import builtins
import json
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

Send = Callable[[Any], None]
Work = Callable[[Send], None]  # what the child does; what it sends must fit into JSON

_inside = False  # whether this process is such a child: what it forks belongs to its group


class Fork:
    """A child that carries out `work(send)`. It is killed where the `with` block of the parent ends.

    `over` says that it has ended and all its messages were received, `status` how: its exit status,
    or minus the number of the signal that ended it.
    """

    def __init__(self, work: Work) -> None:
        self.over = False
        self.status: int | None = None
        self._rest, self._open = b"", True
        self._reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child uses none
            self._pid = os.fork()
        if not self._pid:
            _child(work, writing)
        os.close(writing)
        self._leads = not _inside
        if self._leads:
            with suppress(OSError):  # the child does it, too: whoever comes first
                os.setpgid(self._pid, self._pid)
        self._poll = select.poll()
        self._poll.register(self._reading, select.POLLIN)

    def __enter__(self) -> "Fork":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def receive(self, seconds: float) -> list[Any]:
        """The messages that come within `seconds`, as soon as there are any; [] if none do."""
        if self.over:
            return []
        ended = self._ended(os.WNOHANG)
        if not self._open:  # the child closed the pipe, and may live on
            time.sleep(min(seconds, 0.01))
        elif self._poll.poll(seconds * 1000):
            data = os.read(self._reading, 2**16)
            self._open = bool(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            return [json.loads(line) for line in lines]
        if ended:
            self.stop()
        return []

    def stop(self) -> None:
        """Kill the child, and what it has started, if it still runs."""
        if self.over:
            return
        self.over = True
        with suppress(ProcessLookupError, PermissionError):
            if self._leads:
                os.killpg(self._pid, signal.SIGKILL)
            elif self.status is None:
                os.kill(self._pid, signal.SIGKILL)
        self._ended(0)
        os.close(self._reading)

    def _ended(self, options: int) -> bool:
        if self.status is None:
            try:
                pid, status = os.waitpid(self._pid, options)
            except ChildProcessError:  # somebody else waited for it
                pid, status = self._pid, 0
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None


class Here:
    """The same for a system without forks, such as Windows: the work is done in this process.

    It ends with the work alone, and what the work breaks stays broken.
    """

    def __init__(self, work: Work) -> None:
        self.over = False
        self.status: int | None = None
        self._work = work

    def receive(self, seconds: float) -> list[Any]:
        """All messages."""
        if self.over:
            return []
        messages: list[Any] = []
        self._work(lambda message: messages.append(json.loads(json.dumps(message))))
        self.over, self.status = True, 0
        return messages

    def stop(self) -> None:
        """There is nothing to kill."""
        self.over = True


def apart(work: Work) -> Fork | Here:
    """Begin the work in a process of its own, if this system can fork."""
    return Fork(work) if hasattr(os, "fork") else Here(work)


def _child(work: Work, writing: int) -> NoReturn:
    """Do the work and end, without any of the parent's ways of ending."""
    status = 1
    try:
        kept = _apart()  # noqa: F841  (a stream that is finalised would speak up)
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:

            def send(message: Any) -> None:
                pipe.write(json.dumps(message) + "\n")
                pipe.flush()

            work(send)
        status = 0
    finally:
        os._exit(status)


def _apart() -> object:
    """Part with what is shared with the parent: terminal, signals, garbage; return the old ones."""
    import faulthandler
    import gc

    global _inside
    if not _inside:
        os.setpgid(0, 0)
    _inside = True
    gc.freeze()  # the parent's objects are the parent's to finalise
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    streams = sys.stdin, sys.stdout, sys.stderr, builtins.input
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    builtins.input = _no_input
    return streams


def _no_input(prompt: object = "") -> str:
    raise EOFError("nobody is asked for input while code is judged")
