"""What a worker does, wherever it runs: hand submissions to a court of its own, one after the other.

The court is kept for the worker's next submissions. One that does not survive a submission is
replaced, and the submission tried once more.
"""

import base64
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import Any

from spec.harness.errors import CannotDo

LONGEST = 900.0  # seconds for a submission: judging has limits of its own, far below
ATTEMPTS = 2

_own = threading.local()  # a thread of a worker must not get the answers of another


class Ended(Exception):
    """The court did not answer; the message says how it ended."""


def judge(name: str, content: bytes, walls: str) -> dict[str, Any]:
    """The judgement on a submission, as data; {"lost": why} if no court survives it."""
    why = ""
    for _ in range(ATTEMPTS):
        court = getattr(_own, "court", None)
        if court is None or court.walls != walls:
            court = _own.court = Court(walls)
        try:
            return court.judge(name, content)
        except Ended as error:
            why = str(error)
            court.stop()
            _own.court = None
    return {"lost": f"the process that judges {why}, {ATTEMPTS} times in a row"}


class Court:
    """A process that judges, behind two pipes."""

    def __init__(self, walls: str) -> None:
        """Start it, and wait until it has collected the specification. Raises CannotDo if it cannot."""
        self.walls = walls
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "spec.grading.court", walls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._questions, self._answers = self._process.stdin, self._process.stdout
        try:
            greeting = self._answer()
        except Ended as error:
            self.stop()
            raise CannotDo(f"nothing can be judged: the process that judges {error}") from None
        if "cannot" in greeting:
            self.stop()
            raise CannotDo(greeting["cannot"])

    def judge(self, name: str, content: bytes) -> dict[str, Any]:
        """The judgement on a file, as data. Raises Ended."""
        question = {"name": name, "content": base64.b64encode(content).decode()}
        with suppress(BrokenPipeError):  # then there is no answer either
            self._questions.write(json.dumps(question).encode() + b"\n")
            self._questions.flush()
        return self._answer()

    def stop(self) -> None:
        """Kill it, and what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        self._complaints.close()

    def _answer(self) -> dict[str, Any]:
        end, parts = time.monotonic() + LONGEST, [b""]
        while not parts[-1].endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise Ended(f"was stopped, it took {LONGEST:g} s")
            parts.append(os.read(self._answers.fileno(), 2**20))
            if not parts[-1]:
                raise Ended(self._how_it_ended())
        answer: dict[str, Any] = json.loads(b"".join(parts))
        return answer

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return f"ended with status {status}{': ' if lines else ''}{lines[-1] if lines else ''}"
