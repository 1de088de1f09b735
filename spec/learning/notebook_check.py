"""`spec.check()` in a notebook, on the kernel's side: fork, wait, show.

All that judging imports, draws and changes stays in the fork. So this module, which the kernel
imports, needs nothing but the standard library.
"""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from spec.forked import Fork

LONGEST = 900.0  # seconds; the fork keeps to limits of its own that are tighter


@dataclass(frozen=True, repr=False)
class Check:
    """What was found, for a notebook and for a terminal."""

    text: str
    html: str = ""

    def __repr__(self) -> str:
        return self.text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text)

    def _repr_html_(self) -> str | None:
        return self.html or None


def check(parts: Sequence[str]) -> Check:
    """Judge the names of the notebook or, where there is none, of the module that calls `spec.check`."""
    if not hasattr(os, "fork"):
        return Check(
            "spec.check() needs a Unix-like system: save the notebook, and in a terminal run "
            "python -m spec judge NOTEBOOK.ipynb"
        )
    namespace = _namespace()

    def work(send: Any) -> None:
        from .notebook_report import report

        send(report(namespace, [str(part) for part in parts]))

    end = time.monotonic() + LONGEST
    with Fork(work) as fork:
        while not fork.over and time.monotonic() < end:
            for found in fork.receive(1.0):
                return Check(**found)
        how = f"it ended with status {fork.status}" if fork.over else f"it took {LONGEST:g} s"
    return Check(f"spec.check() has no result: its process stopped, {how}")


def _namespace() -> dict[str, Any]:
    ipython: ModuleType | None = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        names: dict[str, Any] = shell.user_ns
        return names
    return sys._getframe(3).f_globals
