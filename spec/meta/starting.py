"""Starting `python -m MODULE` some hundred times at the price of one start.

What a run imports takes longer than many a run. So a process that has imported it is kept, and forked:
text and exit status are those of a process of its own. Where that cannot be, it is one.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

Done = subprocess.CompletedProcess[str]
SETTLED = ("PYTHON", "LC_", "LANG", "OPENBLAS_", "MKL_", "OMP_")  # variables that a start settles
LONGEST = (
    1800.0  # seconds after which a run counts as hanging: each takes 30 at most on an idle machine
)


def run_module(
    module: str,
    *arguments: object,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    real: bool = False,
) -> Done:
    """What came of `python -m MODULE`; `real` asks for a process of its own, as several at a time need."""
    words = [str(argument) for argument in arguments]
    given = dict(os.environ if environment is None else environment)
    done = None
    if not real and hasattr(os, "fork") and _settled(given) == _settled(os.environ):
        done = _warm().run(module, words, cwd, given)
    return done or subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=cwd,
        env=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LONGEST,
    )


def end() -> None:
    """End the process that is kept, if there is one."""
    if _warm.cache_info().currsize:
        _warm().end()
        _warm.cache_clear()


def _settled(environment: Mapping[str, str]) -> dict[str, str]:
    """What was read when the process began; where modules lie is told to each run."""
    return {k: v for k, v in environment.items() if k.startswith(SETTLED) and k != "PYTHONPATH"}


class _Warm:
    """The process that is forked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warmed_up.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: v for name, v in os.environ.items() if not name.startswith("PYTEST_")},
        )

    def run(
        self, module: str, arguments: list[str], cwd: Path, environment: dict[str, str]
    ) -> Done | None:
        """What came of a run; None where it cannot be a fork."""
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder, name) for name in ("stdout", "stderr")}
            for file in files.values():
                file.touch()
            pid = self._asked(
                module=module,
                arguments=arguments,
                cwd=str(cwd.resolve()),
                environment=environment,
                **{name: str(file) for name, file in files.items()},
            )
            if pid is None:
                return None
            ending = threading.Timer(LONGEST, os.kill, (pid, signal.SIGKILL))
            ending.start()
            status = self._answer()
            ending.cancel()
            texts = [file.read_text(encoding="utf-8") for file in files.values()]
        return subprocess.CompletedProcess([module, *arguments], status, *texts)

    def _asked(self, **request: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """End it."""
        self._process.communicate()


_warm = cache(_Warm)
