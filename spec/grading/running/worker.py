"""What a worker does, wherever it runs: it hands submissions to a judge process, one after the other.

The worker keeps that process for its next submissions. If the process does not survive a submission,
it is replaced, and the submission is tried once more.
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
from spec.harness.ground.limits import SECONDS
from spec.harness.subject.loading import ROOT
from spec.sandbox import kernel

from ..intake.handed_in import Contents
from .clean import clean

Walls = Literal["landlock", "process"]

LONGEST = 1200.0  # seconds for a submission: judging has its own limits, which are far lower
ATTEMPTS = 2
LONGEST_COMPLAINT = 300  # characters
GRACE = 5.0  # seconds for a judge process to end

_own = threading.local()  # a thread of a worker must not get the answers of another


class Ended(Exception):
    """The judge process gave no judgement; the message says why."""


def judge(contents: Contents, walls: Walls, seconds: float = SECONDS) -> dict[str, Any]:
    """The judgement on a submission, as data; {"lost": why} if no judge process survives it.

    In each test it may compute for `seconds`.

    Raises CannotDo if no judge process can be started.
    """
    why, process = "", None
    for _ in range(ATTEMPTS):
        try:
            process = _judge_process(walls, seconds)
            return process.judge(contents)
        except Ended as error:
            why = str(error)
            if process:
                process.stop()
            _own.process = None
    if process is None:
        raise CannotDo(f"no submission can be judged: {why}")
    return {"lost": f"{why}, {ATTEMPTS} times in a row"}


def end_with(grader: int) -> None:
    """End when the grader ends, if it started this process: a worker that waits for work would live on."""
    if os.getppid() == grader:
        kernel.die_with_parent(signal.SIGKILL)


def _judge_process(walls: Walls, seconds: float) -> "JudgeProcess":
    """This thread's judge process; it is started if there is none."""
    process: JudgeProcess | None = getattr(_own, "process", None)
    if process is None or (process.walls, process.seconds) != (walls, seconds):
        process = _own.process = JudgeProcess(walls, seconds)
    return process


_START = """
import runpy, sys
sys.path.append(sys.argv.pop(1))  # and not the folder where grading was called: see __main__.py
runpy.run_module("spec.grading.running.judge_process", run_name="__main__")
"""


class JudgeProcess:
    """A process that judges submissions (`judge_process.py`), behind two pipes."""

    def __init__(self, walls: Walls, seconds: float = SECONDS) -> None:
        """Start it, and wait until it has collected the specification.

        Raises CannotDo if it says why it cannot judge, Ended if it ends without a word.
        """
        self.walls, self.seconds = walls, seconds
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", _START, str(ROOT), walls, str(seconds)],
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
        """Let it end by itself; kill it if that takes too long."""
        with suppress(BrokenPipeError):
            self._questions.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self.stop()

    def stop(self) -> None:
        """Kill it, and all that it has started."""
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
                raise Ended(f"the judge process was stopped: it took more than {LONGEST:g} s")
            parts.append(os.read(self._answers.fileno(), 2**20))
            if not parts[-1]:
                raise Ended(self._how_it_ended())
        answer: dict[str, Any] = json.loads(b"".join(parts))
        return answer

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        if status < 0:
            return f"the judge process was ended by {signal.Signals(-status).name}"
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
        told = str(clean(last))[:LONGEST_COMPLAINT]
        return f"the judge process ended with status {status}{told and f': {told}'}"
