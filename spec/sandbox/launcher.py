"""The clean process that starts cells: it holds Python, NumPy and the code that answers calls, no more.

A cell is a fork of it, so a submission finds nothing of the specification in its memory, and starts at
the price of a fork. Each cell has a warden, its parent: it raises the walls that are raised from outside,
reports on the cell, and ends all that the cell started. This process ends with the grader, wardens end
with it, cells with their wardens. `cell.Nursery` starts it.
"""

import importlib.util
import json
import os
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from . import kernel, processes, walls
from .removal import remove

with suppress(ImportError):  # on Windows, where nothing is graded
    import resource

PRELOADED = "numpy", "numpy.random", "numpy.linalg", "numpy.fft", "numpy.ma", "msgpack"
_CONNECTION, _REPORT = 3, 4  # descriptors of a cell
_LOOK = 200  # milliseconds between two looks at the CPU time of a cell that can start processes


@dataclass(frozen=True)
class Setting:
    """What all cells have in common."""

    inside: ModuleType
    root: Path
    reach: walls.Reach
    limits: walls.Limits
    standing: tuple[str, ...]


def main() -> NoReturn:
    """Read from standard input what is asked for; start a cell a message, until the grader ends."""
    order = json.load(sys.stdin)
    control = socket.socket(fileno=order["control"])
    grader = os.pidfd_open(order["grader"])
    reach = walls.Reach(**order["reach"])
    inside = _preloaded(Path(order["inside"]), reach)
    standing: tuple[str, ...] = ()
    if walls.works(walls.own_network):
        standing = walls.raised(walls.OWN_NETWORK, walls.own_network)
    kernel.unreadable()  # only now: a user namespace is made by writing to files of this process
    root = Path(tempfile.mkdtemp(prefix="cells-"))
    root.chmod(0o711)  # a cell's user passes through, and sees nothing
    setting = Setting(inside, root, reach, walls.Limits(**order["limits"]), standing)
    _serve(control, grader, setting)
    root.rmdir()
    os._exit(0)


def _preloaded(path: Path, reach: walls.Reach) -> ModuleType:
    """The code that answers calls; NumPy is loaded before there are walls, with one thread."""
    sys.dont_write_bytecode = True
    sys.path += reach.packages
    for name in PRELOADED:
        importlib.import_module(name)
    how = importlib.util.spec_from_file_location("sandbox.inside", path)
    assert how is not None
    assert how.loader is not None
    inside = importlib.util.module_from_spec(how)
    sys.modules["sandbox.inside"] = inside
    how.loader.exec_module(inside)
    return inside


def _serve(control: socket.socket, grader: int, setting: Setting) -> None:
    """Start wardens until nobody can ask for more; return when they have ended."""
    lifeline, held = os.pipe()
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(grader, select.POLLIN)
    while all(descriptor != grader for descriptor, _ in poll.poll()):
        message, descriptors, *_ = socket.recv_fds(control, 16, 2)
        if not message:
            break
        pid = os.fork()
        if not pid:
            for each in (control.detach(), grader, held):
                os.close(each)
            _guard(setting, lifeline, *descriptors)
        for each in descriptors:
            os.close(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    os.close(held)
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _guard(setting: Setting, lifeline: int, connection: int, status: int) -> NoReturn:
    """Be the warden of one cell: from its walls to the last process and file of it."""
    os.setsid()
    kernel.adopt_orphans()
    grader = socket.socket(fileno=status)
    directory = setting.root / str(os.getpid())
    directory.mkdir(mode=0o700)
    standing = walls.raised(walls.OWN_PROCESSES, walls.own_processes)
    standing += walls.raised(
        walls.OWN_FILES, lambda: walls.own_files(str(directory), setting.limits)
    )
    reading, writing = os.pipe()
    user = walls.user_for(os.getpid())
    pid = os.fork()
    if not pid:
        _live(setting, str(directory), user, connection, writing)
    os.close(connection)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        report = json.loads(pipe.read() or b"{}")
    if "walls" in report:
        report["walls"] = [*report["walls"], *setting.standing, *standing]
    with suppress(OSError):  # whoever asked may be gone
        grader.send(json.dumps({"pid": pid, **report}).encode())
        _watch(pid, grader, lifeline, report.get("walls", ()), setting.limits)
    processes.end(pid)
    if walls.OWN_FILES in standing:
        kernel.unmount(str(directory))
    remove(directory)
    with suppress(OSError):
        grader.send(json.dumps({"gone": True}).encode())
    os._exit(0)


def _live(setting: Setting, directory: str, user: int, connection: int, report: int) -> NoReturn:
    """Be the cell: raise the walls, say which stand, and answer calls until the connection ends."""
    status = 1
    try:
        tempfile.tempdir = directory
        standing = walls.raise_all(
            directory, user, (connection, report), setting.limits, setting.reach
        )
        os.write(_REPORT, json.dumps({"walls": standing}).encode())
        os.close(_REPORT)
        setting.inside.serve(socket.socket(fileno=_CONNECTION))
        status = 0
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else 1
    finally:
        os._exit(status)


def _watch(
    pid: int, grader: socket.socket, lifeline: int, standing: list[str], limits: walls.Limits
) -> None:
    """Return when the grader wants no more of the cell; say when the cell ended before, and how."""
    poll = select.poll()
    cell = os.pidfd_open(pid)
    for each in (grader.fileno(), lifeline, cell):
        poll.register(each, select.POLLIN)
    alone = walls.SECCOMP in standing  # then the limit of the process is the limit of the cell
    used = 0.0
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(None if alone else _LOOK)]
        if grader.fileno() in ready or lifeline in ready:
            return
        if cell in ready:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            poll.unregister(cell)
            processes.end(pid)
            grader.send(json.dumps({"status": status, **_used(used)}).encode())
            alone = True
        elif not alone:
            used = processes.family_cpu_seconds(pid)
            if used > limits.cpu_seconds:
                os.kill(pid, signal.SIGKILL)


def _used(at_least: float) -> dict[str, float]:
    """CPU seconds of a cell that ended, and the most bytes of memory that one process of it had.

    The kernel forgets the CPU time of what ends together with its PID namespace: `at_least` was seen.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = max(at_least, used.ru_utime + used.ru_stime)
    return {"cpu_seconds": cpu_seconds, "memory": used.ru_maxrss * 1024}
