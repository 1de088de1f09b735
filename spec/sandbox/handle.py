"""Starting the process of a submission, behind walls, and knowing what became of it: the trusted side."""

import json
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

from . import kernel, processes
from .policy import reach
from .walls import SECCOMP, Limits

INSIDE = Path(__file__).with_name("inside.py")  # the code that answers calls in a cell
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
_LONGEST = 4096  # bytes of a warden's message
_LOST = (
    "the process that starts submissions has ended, or does not answer: is there memory left? grade "
    "again what is missing"
)
_NO_LANDLOCK = (
    "submissions could read the reference and each other, since Landlock does not work here: grade on "
    "Linux 5.13 or newer where it is switched on, or accept weaker walls with --walls process"
)


class Cell:
    """The process of one submission. It and all it started are gone where the `with` block ends.

    `connection` is a connected stream socket, at whose other end `inside.serve` answers calls;
    `walls` names those that stand around it.
    """

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._limits = limits
        self._ended: dict[str, Any] = {}
        self._gone = False
        self.connection, far_connection = socket.socketpair()
        self._warden, far_warden = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._warden.settimeout(_PATIENCE)
        with far_connection, far_warden:
            try:
                socket.send_fds(control, [b"cell"], [far_connection.fileno(), far_warden.fileno()])
            except OSError as error:
                raise CannotDo(_LOST) from error
        report = self._told()
        if "walls" not in report:
            self.end()
            raise CannotDo(_LOST)
        self._pid: int = report["pid"]
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
        """In a sentence, why it answers no more; "" while it runs."""
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
        self._warden.shutdown(socket.SHUT_WR)
        with self._warden:
            while message := self._told():
                if "gone" in message:
                    return
        raise CannotDo(_LOST)

    def _has_ended(self, seconds: float) -> bool:
        """Whether the warden says so, within `seconds`."""
        if not self._ended and not self._gone and _readable(self._warden, seconds):
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
            return f"it used more than {limits.cpu_seconds} s of CPU time"
        if status < 0 and self._ended["memory"] >= _NEARLY * limits.memory:
            return f"it used more than {_size(limits.memory)} of memory"
        if status < 0:
            return f"it was ended by {signal.Signals(-status).name}"
        return f"your code ended its process, with exit status {status}"

    def _told(self) -> dict[str, Any]:
        """The next message of the warden; {} if it is gone."""
        try:
            message = self._warden.recv(_LONGEST)
        except TimeoutError as error:
            raise CannotDo(_LOST) from error
        except ConnectionError:
            message = b""
        return json.loads(message) if message else {}


class Nursery:
    """Starts cells, as many as wanted, for one grading process and its forks: one of them at a time.

    `walls` is the weakest that is accepted: "landlock", or "process". All that work here are raised.
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
                "grader": os.getpid(),
                "inside": str(INSIDE),
                "reach": asdict(reach()),
                "limits": asdict(self._limits),
            }
            assert self._process.stdin is not None
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(json.dumps(order).encode())
        try:
            self.cell().end()
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

    def cell(self) -> Cell:
        """The process of a new submission, behind its walls. Raises CannotDo if Landlock is missing."""
        cell = Cell(self._control, self._limits)
        if self._weakest not in cell.walls:
            cell.end()
            raise CannotDo(_NO_LANDLOCK)
        return cell


def probe() -> tuple[str, ...]:
    """The names of the walls that work here."""
    with Nursery("process") as nursery, nursery.cell() as cell:
        return cell.walls


def _readable(waited_for: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(waited_for, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:g} MiB"
