"""`python -m spec judge FILE`: a run of the plugin for whoever need not know what pytest is."""

from typing import Any

from ..engine import alone
from .options import as_arguments


def judge(implementation: str, given: dict[str, Any], *, verbose: bool = False) -> int:
    """Judge a file, a notebook or a module, with these values of the options; the exit status."""
    arguments = [f"--impl={implementation}", *as_arguments(given)]
    return alone.run([*arguments, "-v"] if verbose else arguments)
