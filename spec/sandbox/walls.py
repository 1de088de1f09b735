"""The walls around a sandbox: its supervisor raises some of them, its own process the others.

Each wall is tried, then checked by an attempt to get through. The names of those that stand are returned.
They overlap on purpose: where a kernel or a container lacks one, another still holds.

Landlock, seccomp and capabilities take some ninety lines of ctypes (`kernel`, `landlock`). PyPI's wrappers
(landlock, py-landlock, landlockpy, pyseccomp) are young or no longer maintained, and each covers one of them
only. Each would also be one more package in a process that must hold none.
"""

import errno
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import kernel, landlock, seccomp

with suppress(ImportError):  # on Windows, where nothing is graded
    import fcntl
    import resource

PROCESS = "process"  # own session, descriptors, directory; no privileges, no core dumps
LIMITS = "limits"  # of CPU, memory, file size, processes and threads
OWN_USER = "own user"  # one for each sandbox: it owns no file, and no other process is its own
OWN_PROCESSES = "own processes"  # a PID namespace: it can name no other process
OWN_NETWORK = "own network"  # network and IPC namespaces: nobody is there
OWN_FILES = "own files"  # its directory is memory of a limited size, gone with the last process
LANDLOCK = "landlock"  # no file but Python, its packages and the one directory
LANDLOCK_NETWORK = "landlock network"  # no TCP
LANDLOCK_SIGNALS = "landlock signals"  # no signal, no abstract socket to anyone outside
SECCOMP = "seccomp"  # no system call but those that Python and NumPy need

_FIRST_USER = 2_000_000_000  # between the ranges that systemd and containers use
_FIRST_OF_FEW_USERS, _FEW_USERS = 20_000, 40_000  # for containers that know 65536
_READ_ALL_FILES = 2  # the capability CAP_DAC_READ_SEARCH
_KEPT, _ABOVE_ALL = 3, 64  # the first descriptor after standard input, output, error; a free one
_FILES_OPEN, _FILES_IN_DIRECTORY = 128, 1024


@dataclass(frozen=True)
class Limits:
    """CPU seconds in all; bytes of address space; bytes of files; processes and threads."""

    cpu_seconds: int = 60
    memory: int = 2**30
    file_bytes: int = 2**25
    processes: int = 32


@dataclass(frozen=True)
class ReadPolicy:
    """The files a sandbox may read, and the directories of which it may read the names alone."""

    readable: Sequence[str]
    listable: Sequence[str]
    packages: Sequence[str]  # what Python's path holds besides its own library


def raised(wall: str, raise_it: Callable[[], None]) -> tuple[str, ...]:
    """Raise a wall. Return its name if it stands, nothing if this system does not have it."""
    try:
        raise_it()
    except OSError:
        return ()
    return (wall,)


def works(raise_it: Callable[[], None]) -> bool:
    """Whether a wall can be raised here: tried in a fork, since half of one may do harm."""
    pid = os.fork()
    if not pid:
        with suppress(BaseException):
            raise_it()
            os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


# Walls that the supervisor raises around the sandbox.


def own_network() -> None:
    """Network and IPC namespaces with nobody else in them; a user namespace first unless root."""
    user, group = os.getuid(), os.getgid()
    if user:
        kernel.unshare(kernel.NEW_USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    kernel.unshare(kernel.NEW_NETWORK | kernel.NEW_IPC)
    _hold(socket.if_nameindex() in ([], [(1, "lo")]))


def own_processes() -> None:
    """The next child is the first process of a PID namespace: when it ends, all others do."""
    kernel.unshare(kernel.NEW_PROCESSES)


def own_files(directory: str, limits: Limits) -> None:
    """The directory becomes a file system in memory that no other process sees."""
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.mount_own_memory(directory, limits.file_bytes, _FILES_IN_DIRECTORY)
    there = os.statvfs(directory)
    _hold(there.f_blocks * there.f_frsize <= max(limits.file_bytes, there.f_frsize))


# Walls that the sandbox's own process raises around itself, in this order.


def raise_all(
    directory: str, user: int, kept: Sequence[int], limits: Limits, policy: ReadPolicy
) -> tuple[str, ...]:
    """Raise all walls that work here around the calling process; return the names of those.

    `user` is the number of the user to become, 0 to stay the same; `kept` are the descriptors to keep,
    which become 3, 4 and so on. Raises OSError if not even a process of its own and limits can be had.
    """
    own_session(directory, kept)
    standing = raised(OWN_USER, lambda: own_user(user)) if user else ()
    limit(limits, count_processes=bool(standing))
    readable = _can_read([os.__file__, *policy.packages])
    give_up_privileges(keep_reading=bool(standing) and not readable)
    standing = (PROCESS, LIMITS, *standing)
    standing += raised(LANDLOCK, lambda: restrict_files(directory, policy))
    if LANDLOCK in standing:
        abi = landlock.version()
        standing += (LANDLOCK_NETWORK,) if abi >= landlock.NETWORK_SINCE else ()
        standing += (LANDLOCK_SIGNALS,) if abi >= landlock.SIGNALS_SINCE else ()
    return standing + raised(SECCOMP, restrict_system_calls)


def own_session(directory: str, kept: Sequence[int]) -> None:
    """A session of its own, no open file but those kept, an empty directory."""
    os.setsid()
    os.umask(0o077)
    os.chdir(directory)
    high = [fcntl.fcntl(each, fcntl.F_DUPFD, _ABOVE_ALL) for each in kept]
    nowhere = [os.open(os.devnull, os.O_RDWR)] * _KEPT
    for number, descriptor in enumerate([*nowhere, *high]):
        os.dup2(descriptor, number)
    os.closerange(_KEPT + len(kept), os.sysconf("SC_OPEN_MAX"))


def user_for(pid: int) -> int:
    """The number of the user that a sandbox becomes if its supervisor `pid` is root; 0 if it is not root.

    Where a container has few users, the number is folded into those that it has.
    """
    if os.getuid():
        return 0
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    if any(int(first) <= _FIRST_USER + pid < int(first) + int(n) for first, _, n in ranges):
        return _FIRST_USER + pid
    return _FIRST_OF_FEW_USERS + pid % _FEW_USERS


def own_user(user: int) -> None:
    """Become a user that runs nothing else and owns nothing but the directory that it is in."""
    kernel.keep_capabilities()
    os.chown(".", user, user)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _hold(os.getresuid() == (user, user, user))


def limit(limits: Limits, *, count_processes: bool) -> None:
    """Limits that the kernel enforces. A thread counts as a process.

    The kernel counts the processes of a user, so this limit needs a user of the sandbox's own. Without
    one, threads are limited by their stacks, which take up address space.
    """
    values = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: _FILES_OPEN,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if count_processes:
        values[resource.RLIMIT_NPROC] = limits.processes
    for which, value in values.items():
        resource.setrlimit(which, (value, value))


def give_up_privileges(*, keep_reading: bool) -> None:
    """No capability is left, none can be gained, nothing of this process can be read from outside.

    `keep_reading` leaves the one that reads files of other users, for a Python that lies in the home
    directory of root: which files those are is then for Landlock to say.
    """
    kernel.limit_capabilities(*([_READ_ALL_FILES] if keep_reading else []))
    kernel.no_new_privileges()
    kernel.unreadable()
    kernel.die_with_parent(signal.SIGKILL)


def restrict_files(directory: str, policy: ReadPolicy) -> None:
    """Give up all files but those of the policy and the directory, by Landlock."""
    landlock.restrict(policy.readable, policy.listable, directory)
    for outside in ("/", __file__):
        _hold(not _can_read([outside]))


def restrict_system_calls() -> None:
    """Give up all system calls but those that are needed, by seccomp."""
    seccomp.restrict()
    try:
        socket.socket().close()
    except PermissionError:
        return
    _hold(False)


def _can_read(paths: Sequence[str]) -> bool:
    try:
        for path in paths:
            os.close(os.open(path, os.O_RDONLY))
    except PermissionError:
        return False
    return True


def _hold(holds: bool) -> None:
    """Raise OSError if a wall was raised without an error, and does not hold."""
    if not holds:
        raise OSError(errno.EPERM, "the wall was raised, and does not hold")
