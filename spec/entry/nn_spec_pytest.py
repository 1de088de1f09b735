"""What pytest loads wherever this package is installed, whatever it is run for: next to nothing.

The plugin itself adds options such as `--seed`, which another project may have as well, and imports
NumPy. So it is loaded only where the command line names the specification. This file is installed as
a module of its own, outside of `spec`: many a project has a folder `spec` with its own tests in it,
and there Python would look for `spec.entry` in vain, and pytest would not start.
"""

import importlib.util
from collections.abc import Generator
from pathlib import Path

import pytest

PLUGIN = "spec.harness.fronts.plugin"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, object, object]:
    """Load the plugin where `spec` is named. A usage error if a conftest.py has an option of its own."""
    if not _is_named(early_config):
        return (yield)
    # in front: whoever says otherwise is heard. Chapters are modules of their package
    args[:0] = ["--import-mode=importlib", "-rN"]
    early_config.pluginmanager.import_plugin(PLUGIN)
    try:
        return (yield)
    except ValueError as error:
        raise pytest.UsageError(
            f"{error}. The conftest.py of this project and the specification both have this option: "
            "run `python -m spec judge FILE`, which leaves the project's alone"
        ) from None


def _is_named(config: pytest.Config) -> bool:
    """Whether an argument names `spec`, or a file in it; without any, whether pytest was called there."""
    known, folder = config.known_args_namespace, _specification()
    named = [argument.partition("::")[0] for argument in known.file_or_dir or ["."]]
    return folder is not None and any(
        (known.pyargs and name.partition(".")[0] == "spec")
        or (config.invocation_params.dir / name).resolve().is_relative_to(folder)
        for name in named
    )


def _specification() -> Path | None:
    """The folder of the package `spec` that Python finds, if it is this project's."""
    found = importlib.util.find_spec("spec")
    for place in (found and found.submodule_search_locations) or ():
        if Path(place, *PLUGIN.split(".")[1:]).with_suffix(".py").is_file():
            return Path(place).resolve()
    return None
