"""Processes seen from outside: what they have used, and how to end them (trusted side, supervisors)."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_CPU_CLOCK = 2  # of all of a process' threads, to the nanosecond


def cpu_seconds(pid: int) -> float:
    """CPU seconds of one process so far, all its threads. Raises OSError once it is gone."""
    return time.clock_gettime((~pid << 3) | _CPU_CLOCK)


def family_cpu_seconds(pid: int) -> float:
    """The same of a process and all that it has started and that still runs."""
    total = cpu_seconds(pid)
    for each in descendants(pid):
        with suppress(OSError):
            total += cpu_seconds(each)
    return total


def descendants(pid: int) -> list[int]:
    """Children, their children and so on, in no order. One that a subreaper adopted is its child."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after_name = entry.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(after_name[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), [])
        found += new
        waiting += new
    return found


def end(pid: int) -> None:
    """End a child of the calling process, a subreaper, and all that it has started.

    They have all ended when this returns: each became a child of this process, and it has no child left.
    """
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG) == (0, 0):  # nobody has waited for it: the number is its own
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    while _has_children():
        for each in _stopped_descendants():
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        time.sleep(0.001)


def _stopped_descendants() -> set[int]:
    """Stop them all first: while they are killed one by one, those left could fork new ones."""
    stopped: set[int] = set()
    while new := set(descendants(os.getpid())) - stopped:
        for each in new:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP)
        stopped |= new
    return stopped


def _has_children() -> bool:
    """Reap those that ended; say whether others are left."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False
