"""The trusted side's end of the wire: it waits for the submission, but not for ever."""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from spec.harness.ground.outcomes import TimeLimitExceeded

from .control import Sandbox
from .wire import Wire

PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT
GLANCE = 0.2  # seconds between two looks at the clocks while the submission computes
PATIENCE = 6  # times the limit that may pass on the clock while it sleeps, or others compute


class Stopped(TimeLimitExceeded):
    """The submission computed, or slept, for too long."""


class PatientWire(Wire):
    """A wire that looks at the clocks while it waits, and takes no more than the trusted side can carry."""

    longest_text = 1 << 16
    most_slow = 1 << 18

    def __init__(
        self,
        sandbox: Sandbox,
        give: Callable[[Any], tuple[int, bytes]],
        take: Callable[[int, bytes], Any],
    ) -> None:
        super().__init__(sandbox.connection.fileno(), give, take)
        self.sandbox = sandbox
        self._socket = sandbox.connection
        glance = struct.pack("@ll", 0, round(GLANCE * 1e6))
        for timeout in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, timeout, glance)
        self._spent_here = 0.0  # since the clocks were looked at
        self.allow(60)

    def allow(self, seconds: float) -> float:
        """From now on it may compute for `seconds`; return for how many it has by now."""
        computed = self.sandbox.cpu_seconds()
        self._seconds, self._last_second = seconds, computed + seconds
        self._end = time.monotonic() + PATIENCE * seconds
        return computed

    def spend(self, seconds: float) -> None:
        """Count what this side has computed because it was asked to: Stopped if that was too much."""
        self._last_second -= seconds
        self._spent_here += seconds
        if self._spent_here > GLANCE:
            self._spent_here = 0.0
            self._look()

    @property
    def something_waits(self) -> bool:
        """Whether something has come that nobody asked for."""
        try:
            return bool(self._come) or bool(self._socket.recv(1, PEEK))
        except (BlockingIOError, ConnectionError):
            return False

    def _some(self, n: int) -> bytes:
        while True:
            if time.monotonic() > self._end:  # it drips
                self._look()
            try:
                return self._socket.recv(n)
            except BlockingIOError:
                self._look()

    def send_frames(self, data: bytes) -> None:
        """Send frames as fast as they are read."""
        sent = 0
        while sent < len(data):
            try:
                sent += self._socket.send(memoryview(data)[sent:] if sent else data)
            except BlockingIOError:
                self._look()

    def _look(self) -> None:
        if self.sandbox.cpu_seconds() > self._last_second or time.monotonic() > self._end:
            raise Stopped(
                f"your code did not end within {self._seconds:g} s: is there an endless loop?"
            )
