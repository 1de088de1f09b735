"""The environments of tox: all are run and told, and what they start can be started."""

import ast
import importlib.util
import os
import re

import pytest

from .conftest import ROOT
from .starting import run_module

TOX = """
import sys

if sys.argv[1] == "list":
    print("right\\nwrong\\nabsent")
else:
    name = sys.argv[sys.argv.index("-e") + 1]
    print(f"this is {name}", sum(range(10**6)))
    if name == "absent":
        print("  absent: SKIP (0.01 seconds)")
    sys.exit(name != "right")
"""
SCRIPTS = sorted(path for path in (ROOT / "spec" / "meta").rglob("*.py"))


def environments(folder, *arguments):
    """Run them with a tox that only says that it was asked."""
    (folder / "tox.py").write_text(TOX)
    path = f"{folder}{os.pathsep}{ROOT}"
    environment = os.environ | {"PYTHONPATH": path}
    module = "spec.meta.environments"
    return run_module(module, *arguments, cwd=folder, environment=environment)


def test_all_are_run_and_told(tmp_path):
    """With what each took; one that fails stops none, one without its Python is no failure."""
    done = environments(tmp_path)
    assert done.returncode == 1, done.stderr
    assert "this is right" in done.stdout
    ends = dict(re.findall(r"^(\w+) +(\w+) +\d+ +\d+$", done.stdout, re.M))
    assert ends == {"right": "passed", "wrong": "failed", "absent": "skipped"}
    assert done.stdout.endswith("failed: wrong\n")


def test_one_is_run(tmp_path):
    """And one that is not there is named."""
    done = environments(tmp_path, "--only", "right")
    assert not done.returncode
    assert "wrong" not in done.stdout
    done = environments(tmp_path, "--only", "write")
    assert done.returncode == 2
    assert "there is no such environment, but right, wrong, absent" in done.stderr


def own_imports(path):
    """The modules of the project that a file imports, wherever in it, each with a name from it."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module.partition(".")[0] in ("spec", "impl"):
                yield from ((module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_script_imports_of_the_project_is_there(path):
    """So those that need other libraries, and are run in an environment alone, do not rot unseen."""
    for module, name in own_imports(path):
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] in ("spec", "impl"):
                raise
            continue  # it needs a library that is not here
        assert hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}"), (module, name)


def test_what_an_environment_starts_is_there():
    """Modules and files are named by what they are called today."""
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    modules = re.findall(r"python -m (spec\S+)", text)
    files = re.findall(r"\b(spec/\S+)", text)
    assert modules
    assert not [name for name in modules if importlib.util.find_spec(name) is None]
    assert not [name for name in files if not (ROOT / name).exists()]
