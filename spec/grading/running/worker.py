"""What a worker does, wherever it runs: hand submissions to a court of its own, one after the other.

The court is kept for the worker's next submissions. One that does not survive a submission is
replaced, and the submission tried once more.
"""

import atexit
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
from typing import Any, Literal

from spec.harness.ground.errors import CannotDo
from spec.harness.subject.loading import ROOT
from spec.sandbox import kernel

from ..intake.handed_in import Contents

Walls = Literal["landlock", "process"]

LONGEST = 1200.0  # seconds for a submission: judging has limits of its own, far below
ATTEMPTS = 2
GRACE = 5.0  # seconds for a court to end

_own = threading.local()  # a thread of a worker must not get the answers of another


class Ended(Exception):
    """The court gave no judgement; the message says why."""


def judge(contents: Contents, walls: Walls) -> dict[str, Any]:
    """The judgement on a submission, as data; {"lost": why} if no court survives it.

    Raises CannotDo if there is no court to be had.
    """
    why, court = "", None
    for _ in range(ATTEMPTS):
        try:
            court = _court(walls)
            return court.judge(contents)
        except Ended as error:
            why = str(error)
            if court:
                court.stop()
            _own.court = None
    if court is None:
        raise CannotDo(f"nothing can be judged: {why}")
    return {"lost": f"{why}, {ATTEMPTS} times in a row"}


def end_with(grader: int) -> None:
    """End as the grader ends, where it started this process: one that waits for work would live on."""
    if os.getppid() == grader:
        kernel.die_with_parent(signal.SIGKILL)


def _court(walls: Walls) -> "Court":
    """This thread's court, started if there is none."""
    court: Court | None = getattr(_own, "court", None)
    if court is None or court.walls != walls:
        court = _own.court = Court(walls)
    return court


_START = """
import runpy, sys
sys.path.append(sys.argv.pop(1))  # and not the folder where grading was called: see __main__.py
runpy.run_module("spec.grading.running.judge_process", run_name="__main__")
"""


class Court:
    """A process that judges, behind two pipes."""

    def __init__(self, walls: Walls) -> None:
        """Start it, and wait until it has collected the specification.

        Raises CannotDo if it says why it cannot judge, Ended if it does not.
        """
        self.walls = walls
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", _START, str(ROOT), walls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._questions, self._answers = self._process.stdin, self._process.stdout
        atexit.register(self.close)
        try:
            greeting = self._answer()
        except Ended:
            self.stop()
            raise
        if "cannot" in greeting:
            self.stop()
            raise CannotDo(greeting["cannot"])

    def judge(self, contents: Contents) -> dict[str, Any]:
        """The judgement on a submission, as data. Raises Ended."""
        files = {contents.name: contents.content} | contents.companions
        encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
        question = {"name": contents.name, "files": encoded}
        with suppress(BrokenPipeError):  # then there is no answer either
            self._questions.write(json.dumps(question).encode() + b"\n")
            self._questions.flush()
        answer = self._answer()
        if "lost" in answer:
            raise Ended(answer["lost"])
        return answer

    def close(self) -> None:
        """Let it end by itself, within reason."""
        with suppress(BrokenPipeError):
            self._questions.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self.stop()

    def stop(self) -> None:
        """Kill it, and what it has started."""
        atexit.unregister(self.close)
        with suppress(ProcessLookupError, PermissionError):
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
                raise Ended(f"the process that judges was stopped, it took {LONGEST:g} s")
            parts.append(os.read(self._answers.fileno(), 2**20))
            if not parts[-1]:
                raise Ended(self._how_it_ended())
        answer: dict[str, Any] = json.loads(b"".join(parts))
        return answer

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        if status < 0:
            return f"the process that judges was ended by {signal.Signals(-status).name}"
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
        return f"the process that judges ended with status {status}{last and f': {last}'}"
