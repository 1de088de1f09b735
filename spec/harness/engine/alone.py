"""A run of pytest that is this project's own: no other project, and no other plugin, has a say in it.

Whoever calls `python -m spec judge` may stand in a project with settings, a conftest.py and plugins
of its own; these are for its own tests, and could change what is collected, in which order, or how.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..subject.loading import ROOT

ARGUMENTS = (
    str(ROOT / "spec"),
    f"--rootdir={ROOT}",
    f"--config-file={Path(__file__).with_name('pytest.ini')}",
    *("-p", "hypothesispytest", "-p", "spec.harness.fronts.plugin"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # much is imported already
)
VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


def run(arguments: Sequence[str], plugins: Sequence[object] = ()) -> int:
    """Run pytest on the chapters with further arguments and plugins; return its exit status."""
    with _nobody_else_s():
        return int(pytest.main([*ARGUMENTS, *arguments], plugins=plugins))


@contextmanager
def _nobody_else_s() -> Iterator[None]:
    """Meanwhile the environment names no options and no plugins, and installed ones are left alone."""
    before = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(before)
