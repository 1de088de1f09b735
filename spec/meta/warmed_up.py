"""A process that has imported what each run of the specification does, and is forked for each run.

    python spec/meta/warmed_up.py

reads a request a line, as JSON, and answers with the run's process id, and with its exit status when
it has ended, or with null where it cannot be a fork; spec/meta/starting.py asks. Nothing of `spec` is
imported here: it is fresh in each run.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

SHARED = (
    *("numpy", "hypothesis.extra.numpy", "hypothesis.strategies", "hypothesis.stateful"),
    *("scipy.stats", "scipy.special", "sklearn.linear_model", "sklearn.datasets", "coverage"),
)


class Imports:
    """A pytest plugin that imports what runs share, where pytest would: some of it is rewritten."""

    def pytest_sessionstart(self) -> None:
        """Import it."""
        for name in SHARED:
            importlib.import_module(name)


def warm_up() -> None:
    """Import pytest, its plugins and what the specification needs; leave all else as it was."""
    import pytest

    path, streams = sys.path[:], (os.dup(1), os.dup(2))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    with tempfile.TemporaryDirectory() as empty:
        pytest.main(["-p", "no:cacheprovider", "--rootdir", empty, empty], plugins=[Imports()])
    sys.stdout.flush()
    for number, kept in enumerate(streams, 1):
        os.dup2(kept, number)
    sys.path[:] = path


def shadowed(places: list[str]) -> bool:
    """Whether a file in one of these folders would have been imported instead of what is here."""
    names = {name.partition(".")[0] for name in sys.modules} - {"__main__"}
    return any(
        (Path(place) / name).is_dir() or (Path(place) / f"{name}.py").is_file()
        for place in places
        for name in names
    )


def run(request: dict[str, Any], path: list[str]) -> NoReturn:
    """Be the process that `python -m` would have started."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, file in ((1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115
    sys.path[:] = path
    sys.argv[:] = ["-m", *request["arguments"]]
    importlib.invalidate_caches()
    _forget()
    status = _run(request["module"])
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _forget() -> None:
    """Draw other numbers than the runs before, and let Hypothesis store where this run is."""
    import random

    import numpy as np
    from hypothesis.configuration import set_hypothesis_home_dir

    named = os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY")
    set_hypothesis_home_dir(named or Path.cwd() / ".hypothesis")  # it noted where it was imported

    random.seed()
    np.random.seed()  # noqa: NPY002


def _run(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return int(end.code or 0) & 0xFF
        sys.stderr.write(f"{end.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Answer requests until there are no more."""
    here = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    base = [place for place in sys.path[1:] if place not in here]
    warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        places = [request["cwd"]]
        given = request["environment"].get("PYTHONPATH", "")
        places += [str(Path(place).resolve()) for place in given.split(os.pathsep) if place]
        if shadowed(places):
            _tell(None)
            continue
        pid = os.fork()
        if not pid:
            run(request, [*places, *base])
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _tell(answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
