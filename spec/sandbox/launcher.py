"""The launcher: a clean process that holds Python, NumPy and the code that answers calls, no more.

It forks a supervisor for each sandbox, and the supervisor forks the sandbox's own process. So a submission
finds nothing of the specification in its memory, and costs a fork to start. The supervisor raises the walls
that are raised from outside, reports on its sandbox, and ends all that the sandbox has started. The launcher
ends with the trusted side, supervisors end with the launcher, sandboxes with their supervisors.
`control.Launcher` starts it.
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
_CONNECTION, _REPORT = 3, 4  # descriptors inside
_LOOK = 200  # milliseconds between two looks at the CPU time of a sandbox that can start processes


@dataclass(frozen=True)
class Settings:
    """What all sandboxes have in common."""

    inside: ModuleType
    root: Path
    policy: walls.ReadPolicy
    limits: walls.Limits
    standing: tuple[str, ...]


def main() -> NoReturn:
    """Read the settings from standard input; start a sandbox for each message until the trusted side ends."""
    order = json.load(sys.stdin)
    control = socket.socket(fileno=order["control"])
    trusted_side = os.pidfd_open(order["trusted"])
    policy = walls.ReadPolicy(**order["policy"])
    inside = _preloaded(Path(order["inside"]), policy)
    standing: tuple[str, ...] = ()
    if walls.works(walls.own_network):
        standing = walls.raised(walls.OWN_NETWORK, walls.own_network)
    kernel.unreadable()  # only now: a user namespace is made by writing to files of this process
    root = Path(tempfile.mkdtemp(prefix="sandboxes-"))
    root.chmod(0o711)  # a sandbox's user passes through it, and sees nothing
    settings = Settings(inside, root, policy, walls.Limits(**order["limits"]), standing)
    _serve(control, trusted_side, settings)
    root.rmdir()
    os._exit(0)


def _preloaded(path: Path, policy: walls.ReadPolicy) -> ModuleType:
    """The code that answers calls; NumPy is loaded before there are walls, with one thread."""
    sys.dont_write_bytecode = True
    sys.path += policy.packages
    for name in PRELOADED:
        importlib.import_module(name)
    how = importlib.util.spec_from_file_location("sandbox.inside", path)
    assert how is not None
    assert how.loader is not None
    inside = importlib.util.module_from_spec(how)
    sys.modules["sandbox.inside"] = inside
    how.loader.exec_module(inside)
    return inside


def _serve(control: socket.socket, trusted_side: int, settings: Settings) -> None:
    """Start supervisors until nobody can ask for more; return when they have ended."""
    lifeline, held = os.pipe()
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(trusted_side, select.POLLIN)
    while all(descriptor != trusted_side for descriptor, _ in poll.poll()):
        message, descriptors, *_ = socket.recv_fds(control, 16, 3)
        if not message:
            break
        pid = os.fork()
        if not pid:
            for each in (control.detach(), trusted_side, held):
                os.close(each)
            _supervise(settings, lifeline, *descriptors)
        for each in descriptors:
            os.close(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    os.close(held)
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _supervise(
    settings: Settings, lifeline: int, connection: int, status: int, memory: int
) -> NoReturn:
    """Be the supervisor of one sandbox: from its walls to the last process and file of it."""
    os.setsid()
    kernel.adopt_orphans()
    trusted_side = socket.socket(fileno=status)
    directory = settings.root / str(os.getpid())
    directory.mkdir(mode=0o700)
    standing = walls.raised(walls.OWN_PROCESSES, walls.own_processes)
    standing += walls.raised(
        walls.OWN_FILES, lambda: walls.own_files(str(directory), settings.limits)
    )
    reading, writing = os.pipe()
    user = walls.user_for(os.getpid())
    pid = os.fork()
    if not pid:
        _run_inside(settings, str(directory), user, connection, writing, memory)
    os.close(connection)
    os.close(memory)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        report = json.loads(pipe.read() or b"{}")
    if "walls" in report:
        report["walls"] = [*report["walls"], *settings.standing, *standing]
    with suppress(OSError):  # the trusted side may have ended
        trusted_side.send(json.dumps({"pid": pid, **report, "root": str(settings.root)}).encode())
        _watch(pid, trusted_side, lifeline, report.get("walls", ()), settings.limits)
    processes.end(pid)
    if walls.OWN_FILES in standing:
        kernel.unmount(str(directory))
    remove(directory)
    with suppress(OSError):
        trusted_side.send(json.dumps({"gone": True}).encode())
    os._exit(0)


def _run_inside(
    settings: Settings, directory: str, user: int, connection: int, report: int, memory: int
) -> NoReturn:
    """Be the sandbox's process: raise the walls, say which stand, answer calls until the connection ends."""
    status = 1
    try:
        tempfile.tempdir = directory
        sys.argv[:] = [""]
        shared = kernel.shared_memory(memory, os.fstat(memory).st_size)
        standing = walls.raise_all(
            directory, user, (connection, report), settings.limits, settings.policy
        )
        os.write(_REPORT, json.dumps({"walls": standing}).encode())
        os.close(_REPORT)
        settings.inside.serve(_CONNECTION, shared)
        status = 0
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else 1
    finally:
        os._exit(status)


def _watch(
    pid: int, trusted_side: socket.socket, lifeline: int, standing: list[str], limits: walls.Limits
) -> None:
    """Return when the trusted side is done with the sandbox; if the sandbox ends before, say how."""
    poll = select.poll()
    sandbox = os.pidfd_open(pid)
    for each in (trusted_side.fileno(), lifeline, sandbox):
        poll.register(each, select.POLLIN)
    alone = walls.SECCOMP in standing  # then the limit of the process is the limit of the sandbox
    used = 0.0
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(None if alone else _LOOK)]
        if trusted_side.fileno() in ready or lifeline in ready:
            return
        if sandbox in ready:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            poll.unregister(sandbox)
            processes.end(pid)
            trusted_side.send(json.dumps({"status": status, **_used(used)}).encode())
            alone = True
        elif not alone:
            used = processes.family_cpu_seconds(pid)
            if used > limits.cpu_seconds:
                os.kill(pid, signal.SIGKILL)


def _used(at_least: float) -> dict[str, float]:
    """CPU seconds of a sandbox that has ended, and the most bytes of memory that one of its processes had.

    The kernel forgets the CPU time of what ends together with its PID namespace: `at_least` was seen.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = max(at_least, used.ru_utime + used.ru_stime)
    return {"cpu_seconds": cpu_seconds, "memory": used.ru_maxrss * 1024}
