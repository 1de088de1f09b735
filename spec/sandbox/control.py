"""The trusted side: it starts the launcher, asks it for sandboxes, and knows what became of each."""

import json
import mmap
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.status import Status

from . import kernel, processes
from .policy import read_policy
from .walls import SECCOMP, Limits

with suppress(ImportError):  # on Windows, where there is no sandbox
    import fcntl

INSIDE = Path(__file__).with_name("inside.py")  # the code that answers calls inside
SHARED_BYTES = (
    1 << 24
)  # of memory that a sandbox shares with its judge; what is not used costs nothing
_PATIENCE = 30.0  # seconds for what takes milliseconds unless the machine is overloaded
_GRACE = 1.0  # seconds between a connection's end and its process' end
_NEARLY = 0.8  # of a limit: the kernel counts CPU time by ticks, and memory before it is used
_START = """
import sys, types
sandbox = sys.modules["sandbox"] = types.ModuleType("sandbox")  # this folder, and nothing above it
sandbox.__path__ = [sys.argv[1]]
from sandbox import launcher
launcher.main()
"""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # a set of strings has the same order in each run
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": f"{2**25}",  # arrays that come and go cost less where their pages stay
    "MALLOC_TRIM_THRESHOLD_": f"{2**26}",
}
_CLEAN = (
    "-P",
    "-s",
    "-S",
    "-c",
)  # no folder of this project, of the user, of a .pth file on the path
_LIMITS = Limits()
_LONGEST = 4096  # bytes of a supervisor's message
_LOST = (
    "the launcher, which starts the submissions, has ended or does not answer; check that there is memory "
    "left, then run the same command again"
)
_NO_LANDLOCK = (
    "Landlock does not work here, so a submission could read the reference and other submissions; grade "
    "on Linux 5.13 or newer with Landlock switched on, or accept weaker walls with --walls process"
)


class Sandbox:
    """One sandbox. Its process, and all that this has started, have ended when the `with` block ends.

    `connection` is a connected stream socket, at whose other end `inside.serve` answers calls; `shared` is
    memory that both sides see, `walls` are the names of those that stand around it, and `root` is the
    folder in which it has its directory.
    """

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._limits = limits
        self._ended: dict[str, Any] = {}
        self._gone = False
        self.met: Status | None = None  # what ended it: a limit, or a wall
        self.connection, far_connection = socket.socketpair()
        self._supervisor, far_supervisor = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._supervisor.settimeout(_PATIENCE)
        memory = _sealed_memory()
        self.shared = mmap.mmap(memory, SHARED_BYTES)
        with far_connection, far_supervisor:
            given = [far_connection.fileno(), far_supervisor.fileno(), memory]
            try:
                socket.send_fds(control, [b"sandbox"], given)
            except OSError as error:
                raise CannotDo(_LOST) from error
            finally:
                os.close(memory)
        report = self._told()
        if "walls" not in report:
            self.end()
            raise CannotDo(_LOST)
        self._pid: int = report["pid"]
        self.root: str = report["root"]
        with suppress(OSError):
            os.sched_setaffinity(self._pid, os.sched_getaffinity(0))  # where its judge runs
        self.walls: tuple[str, ...] = tuple(report["walls"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def cpu_seconds(self) -> float:
        """CPU seconds used so far by all its threads, and by its processes where it can start some."""
        if not self._has_ended(0):
            with suppress(OSError):  # it ends just now
                if SECCOMP in self.walls:
                    return processes.cpu_seconds(self._pid)
                return processes.family_cpu_seconds(self._pid)
        self._has_ended(_GRACE)
        return float(self._ended.get("cpu_seconds", 0.0))

    def why_ended(self) -> str:
        """Why it answers no more, in a sentence; "" while it runs."""
        closed = self._connection_is_closed()
        if self._has_ended(_GRACE if closed else 0):
            return self._how(int(self._ended["status"]))
        return "your code closed the connection by which it is asked" if closed else ""

    def end(self) -> None:
        """End it. Raises CannotDo if it could not be ended."""
        if self._gone:
            return
        self._gone = True
        self.connection.close()
        with suppress(BufferError):  # somebody reads it just now
            self.shared.close()
        self._supervisor.shutdown(socket.SHUT_WR)
        with self._supervisor:
            while message := self._told():
                if "gone" in message:
                    return
        raise CannotDo(_LOST)

    def _has_ended(self, seconds: float) -> bool:
        """Whether the supervisor says so, within `seconds`."""
        if not self._ended and not self._gone and _readable(self._supervisor, seconds):
            self._ended = self._told()
        return "status" in self._ended

    def _connection_is_closed(self) -> bool:
        """Whether the other side has closed it and all that it sent was read."""
        if self.connection.fileno() < 0 or not _readable(self.connection, 0):
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True

    def _how(self, status: int) -> str:
        limits = self._limits
        if status < 0 and self._ended["cpu_seconds"] >= _NEARLY * limits.cpu_seconds:
            self.met = Status.STOPPED
            return f"it used more than {limits.cpu_seconds} s of CPU time"
        if status < 0 and self._ended["memory"] >= _NEARLY * limits.memory:
            self.met = Status.STOPPED
            return f"it used more than {_size(limits.memory)} of memory"
        if status < 0:
            self.met = Status.REFUSED if -status == signal.SIGSYS else None
            return f"it was ended by {signal.Signals(-status).name}"
        return f"your code ended its process, with exit status {status}"

    def _told(self) -> dict[str, Any]:
        """The next message of the supervisor; {} if it has ended."""
        try:
            message = self._supervisor.recv(_LONGEST)
        except TimeoutError as error:
            raise CannotDo(_LOST) from error
        except ConnectionError:
            message = b""
        return json.loads(message) if message else {}


class Launcher:
    """The launcher process, asked for sandboxes by the process that starts it or a fork of it, one at a time.

    All walls that work here are raised; `walls` is the weakest that is accepted: "landlock", or "process".
    Raises CannotDo where Landlock is asked for and does not work.
    """

    def __init__(
        self, walls: Literal["landlock", "process"] = "landlock", limits: Limits = _LIMITS
    ) -> None:
        self._weakest = walls
        self._limits = limits

    def __enter__(self) -> Self:
        self._was_unreadable = kernel.is_unreadable()
        kernel.unreadable()
        self._control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_PATIENCE)
        with far:
            self._process = subprocess.Popen(  # noqa: S603  (Python, and a text that stands above)
                [sys.executable, *_CLEAN, _START, Path(__file__).parent],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
            order = {
                "control": far.fileno(),
                "trusted": os.getpid(),
                "inside": str(INSIDE),
                "policy": asdict(read_policy()),
                "limits": asdict(self._limits),
            }
            assert self._process.stdin is not None
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(json.dumps(order).encode())
        try:
            self.launch().end()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._control.close()
        self._process.wait()
        kernel.unreadable(self._was_unreadable)

    def launch(self) -> Sandbox:
        """A new sandbox. Raises CannotDo if the weakest wall that is accepted does not stand."""
        sandbox = Sandbox(self._control, self._limits)
        if self._weakest not in sandbox.walls:
            sandbox.end()
            raise CannotDo(_NO_LANDLOCK)
        return sandbox


def probe() -> tuple[str, ...]:
    """The names of the walls that work here."""
    with Launcher("process") as launcher, launcher.launch() as sandbox:
        return sandbox.walls


def _sealed_memory() -> int:
    """A file in memory that cannot shrink: who reads behind the end of a file is killed."""
    memory = os.memfd_create("shared", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, SHARED_BYTES)
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
    return memory


def _readable(waited_for: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(waited_for, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:g} MiB"
