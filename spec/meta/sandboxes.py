"""Code that runs in a sandbox, for the tests of the walls: sources go in, answers come out."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from spec.sandbox import control, kernel, processes, seccomp, system_calls

PRCTL = 157, 167

ANSWERING = '''
def serve(connection, shared):
    """Carry out each source that comes, and answer with what it calls `answer`."""
    questions, answers = (open(connection, mode, closefd=False) for mode in ("rb", "wb"))
    while header := questions.readline():
        scope = {}
        try:
            exec(questions.read(int(header)).decode(), scope)
            answer = str(scope.get("answer", "got through"))
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        answers.write(b"%d\\n" % len(answer.encode()) + answer.encode())
        answers.flush()
'''


@contextmanager
def answering(path: Path, *arguments: Any, **options: Any) -> Iterator[control.Launcher]:
    """A launcher whose sandboxes run sources; `path` is where the code for that is written."""
    path.write_text(ANSWERING, encoding="utf-8")
    usual, control.INSIDE = control.INSIDE, path
    try:
        with control.Launcher(*arguments, **options) as launcher:
            yield launcher
    finally:
        control.INSIDE = usual


def ask(sandbox: control.Sandbox, source: str, seconds: float = 30) -> str:
    """What the source answers; "" if its process answers no more; TimeoutError if it takes too long."""
    sandbox.connection.settimeout(seconds)
    stream = sandbox.connection.makefile("rwb")
    try:
        stream.write(b"%d\n" % len(source.encode()) + source.encode())
        stream.flush()
        return stream.read(int(stream.readline() or 0)).decode()
    except ConnectionError:
        return ""


def running(launcher: control.Launcher) -> list[int]:
    """The processes of a launcher, without those that have ended and that nobody has waited for yet."""
    alive: list[int] = []
    for pid in processes.descendants(launcher._process.pid):
        with suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            alive += [pid] if state != "Z" else []
    return alive


def left_running(launcher: control.Launcher) -> list[int]:
    """The same after the sandboxes have ended; their supervisors have a moment to follow them."""
    end = time.monotonic() + 2
    while (alive := running(launcher)) and time.monotonic() < end:
        time.sleep(0.01)
    return alive


# What a system may lack, by the system calls that it then refuses: numbers on x86_64 and on aarch64.
LACKING = {
    "namespaces": [(272, 97)],  # unshare
    "Landlock": [(444, 444)],  # landlock_create_ruleset
    "other users": [(117, 147)],  # setresuid
    "mounts": [(165, 40)],
    "seccomp": [],  # prctl, with one option
}


def lack(*what: str) -> None:
    """Take these away from the calling process and all that it starts, for good."""
    column, architecture = system_calls.MACHINES[os.uname().machine]
    code = seccomp.own_architecture(architecture)
    for number in [numbers[column] for each in what for numbers in LACKING[each]]:
        code += [(seccomp.EQUAL, 0, 1, number), seccomp.failing(errno.EPERM)]
    if "seccomp" in what:
        code += [
            (seccomp.EQUAL, 0, 3, PRCTL[column]),
            (seccomp.LOAD, 0, 0, seccomp.ARGUMENTS),
            (seccomp.EQUAL, 0, 1, kernel._SECCOMP),
            seccomp.failing(errno.EPERM),
        ]
    kernel.no_new_privileges()
    seccomp.install([*code, (seccomp.RETURN, 0, 0, seccomp.ALLOW)])
