"""What pytest loads wherever this package is installed, whatever it is run for: next to nothing.

The plugin itself adds options such as `--seed`, which another project may have as well, and imports
NumPy. So it is loaded only where the command line names the specification. This file is installed as
a module of its own, outside of `spec`: many a project has a folder `spec` with its own tests in it,
and there Python would look for `spec.entry` in vain, and pytest would not start.
"""

import importlib.util
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pytest

PLUGIN = "spec.harness.fronts.plugin"


def pytest_load_initial_conftests(early_config: "pytest.Config", args: list[str]) -> None:
    """Load the plugin if an argument names `spec`, or a file in it; without any, the folder it is."""
    known, folder = early_config.known_args_namespace, _specification()
    called_from = early_config.invocation_params.dir
    named = [argument.partition("::")[0] for argument in known.file_or_dir or ["."]]
    if folder and any(
        (known.pyargs and name.partition(".")[0] == "spec")
        or (called_from / name).resolve().is_relative_to(folder)
        for name in named
    ):
        # in front: whoever says otherwise is heard. Chapters are modules of their package
        args[:0] = ["--import-mode=importlib", "-rN"]
        early_config.pluginmanager.import_plugin(PLUGIN)


def _specification() -> Path | None:
    """The folder of the package `spec` that Python finds, if it is this project's."""
    found = importlib.util.find_spec("spec")
    for place in (found and found.submodule_search_locations) or ():
        if Path(place, *PLUGIN.split(".")[1:]).with_suffix(".py").is_file():
            return Path(place).resolve()
    return None
