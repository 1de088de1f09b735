"""The policy of what a sandbox may read: Python, its packages, shared libraries; nothing of this project.

The trusted side works it out; Landlock enforces it in the sandbox's own process.
"""

import importlib.util
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from . import walls

_PROJECT = Path(__file__).parents[2]
_OF_PROJECT = "spec", "impl", "*neural_networks_from_scratch_spec*"
_PACKAGE_DIRECTORIES = "site-packages", "dist-packages"
_SYSTEM = "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom"


def read_policy() -> walls.ReadPolicy:
    """What may be read on this machine: file by file, so that what lies between them is not."""
    packages = _packages()
    library = Path(sysconfig.get_path("stdlib"))
    roots = {Path(sys.base_prefix, "lib"), library, *packages, *map(Path, _SYSTEM)}
    roots = {root.resolve() for root in roots if root.exists()}
    elsewhere = {path for root in roots for path in _package_directories(root)}
    hidden = {
        found.resolve()
        for directory in {*packages, *elsewhere}
        for pattern in _OF_PROJECT
        for found in directory.glob(pattern)
    }
    hidden |= {_PROJECT / "spec", _PROJECT / "impl"}
    readable = [str(path) for root in _outermost(roots) for path in _without(root, hidden)]
    return walls.ReadPolicy(
        readable, [str(path) for path in packages], [str(path) for path in packages]
    )


def _packages() -> list[Path]:
    """The folders in which this Python finds packages, and those that NumPy and msgpack come from."""
    on_path = [Path(entry) for entry in sys.path if Path(entry).name in _PACKAGE_DIRECTORIES]
    specs = [importlib.util.find_spec(name) for name in ("numpy", "msgpack")]
    needed = [Path(each.origin).parents[1] for each in specs if each and each.origin]
    found = dict.fromkeys(path.resolve() for path in [*on_path, *needed])
    return [path for path in found if path.is_dir()]


def _package_directories(root: Path) -> list[Path]:
    """The package folders of other environments in a library: they may hold a copy of this project."""
    return [path for name in _PACKAGE_DIRECTORIES for path in root.glob(f"python*/{name}")]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Those that do not lie in another."""
    paths = set(paths)
    return sorted(path for path in paths if not paths & set(path.parents))


def _without(path: Path, hidden: set[Path]) -> list[Path]:
    """What to grant so that all of a directory can be read, except for what is hidden."""
    if path in hidden:
        return []
    if not any(path in each.parents for each in hidden):
        return [path]
    return [found for entry in sorted(path.iterdir()) for found in _without(entry, hidden)]
