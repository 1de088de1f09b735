"""`python -m spec watch FILE`: what can go wrong before anything is watched, and how it ends."""

import importlib
import io
import os
import signal
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TextIO

from spec.harness.engine.suite import collected, warm_up
from spec.harness.ground.calling import command, judging, missing
from spec.harness.ground.errors import CannotDo
from spec.harness.ground.limits import SECONDS
from spec.harness.subject.formats import NOTEBOOKS, SUFFIXES, one_of
from spec.harness.subject.loading import resembling

from .keys import keyboard

LIBRARIES = ("watchfiles", "rich")


def watch(file: Path, seconds: float = SECONDS) -> str:
    """Judge the file on each save, until `q` or Ctrl-C; a test may take `seconds`.

    Raises CannotDo for a file that is none, or if a library is missing.
    """
    _check(file)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end like Ctrl-C
    terminal = sys.stdout
    terminal.write(f"{file}: loading the claims ...\n")
    terminal.flush()

    with suppress(KeyboardInterrupt), redirect_stdout(io.StringIO()):
        _watch(file.resolve(), seconds, terminal)
    return f"Stopped watching {file}."


def _watch(file: Path, seconds: float, terminal: TextIO) -> None:
    from .screen import Screen
    from .watcher import Watcher

    suite = collected(f"--time-limit={seconds:g}")
    warm_up()
    with Screen(terminal) as screen, keyboard(terminal) as pressed:
        Watcher(suite, file, screen).watch(pressed)


def _check(file: Path) -> None:
    """Raise CannotDo for what cannot be watched."""
    if not hasattr(os, "fork"):
        again = judging(file.as_posix())
        raise CannotDo(f"watching needs a Unix-like system: after each save, run {again}")
    if file.is_dir():
        raise CannotDo(f"{file} is a folder: name the .py file or notebook in it")
    if file.suffix not in SUFFIXES:
        raise CannotDo(f"{file}: expected a name that ends in {one_of(SUFFIXES)}")
    if not file.exists():
        hint, begin = resembling(file), command("new", file.as_posix())
        raise CannotDo(f"there is no file {file}{hint}; to begin one: {begin}")
    notebook = NOTEBOOKS.get(file.suffix)
    for library in (*LIBRARIES, *([notebook.library] if notebook else [])):
        try:
            importlib.import_module(library)
        except ImportError:
            raise CannotDo(missing(f"watching {file}", library)) from None
