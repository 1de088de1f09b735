"""The walls between rooms: who may import whom. The table stands in `rooms.py`."""

import ast
import sys

import pytest

from .conftest import ROOT
from .rooms import (
    CHAPTERS,
    ENGINE,
    FRONTS,
    GROUND,
    META,
    ROOMS,
    SANDBOX,
    arrows,
    circles,
    files,
    floors,
    imported,
    module,
    room,
    sources,
    within,
)

ARROWS = arrows()


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_what_it_may_alone(name):
    """Wherever in a file the import stands; and a room without files would prove nothing."""
    assert files(name)
    may = ROOMS[name]
    wrong = {
        told
        for (here, there), imports in ARROWS.items()
        if here == name and may is not None and there not in may
        for told in imports
    }
    assert not wrong


def test_every_file_belongs_to_a_room():
    """A new folder needs a line in the table."""
    assert len(sources()) > 200
    assert not [path for path in sources() if room(module(path)) is None]


def test_the_table_names_no_room_that_is_none():
    """And every room that it allows is one."""
    assert {there for rule in ROOMS.values() for there in rule or ()} <= ROOMS.keys()


def test_no_rooms_import_each_other_in_a_circle():
    """Neither in the table nor in truth."""
    table = {(here, there) for here, rule in ROOMS.items() for there in rule or ()}
    assert circles(table) == []
    assert circles(ARROWS) == []


def test_the_harness_has_few_rooms_floors_and_arrows():
    """What `python -m spec.meta.rooms` prints."""
    between = within(ARROWS, "spec.harness")
    assert (FRONTS, ENGINE) in between
    assert sum(name.startswith("spec.harness") for name in ROOMS) <= 8
    assert floors(between) <= 6
    assert len(between) <= 20


def test_nobody_imports_the_meta_suite():
    """It is not shipped."""
    assert not [here for here, there in ARROWS if there == META]


OF_THE_REFERENCE = {
    "impl",
    "numpy",
    "collections",
    "copy",
    "functools",
    "itertools",
    "typing",
    "types",
}


def test_the_reference_imports_numpy_and_itself_alone():
    """It must run wherever NumPy does."""
    names = {name.partition(".")[0] for path in files("impl") for name in imported(path)}
    assert "numpy" in names
    assert names <= OF_THE_REFERENCE


IN_A_SANDBOX = (
    *("launcher", "inside", "wire", "walls", "kernel", "landlock", "seccomp"),
    *("system_calls", "processes", "removal"),
)


@pytest.mark.parametrize("name", IN_A_SANDBOX)
def test_what_runs_in_a_sandbox_imports_nothing_of_the_house_but_its_own_files(name):
    """A submission would find there whatever they import."""
    own = {f"{SANDBOX}.{each}" for each in IN_A_SANDBOX}
    found = imported(ROOT / "spec" / "sandbox" / f"{name}.py")
    others = {each.partition(".")[0] for each in found - own}
    assert others <= {*sys.stdlib_module_names, "numpy", "msgpack"}


def test_a_command_is_imported_when_it_is_called():
    """`python -m spec` itself needs the sentences of the harness alone."""
    tree = ast.parse((ROOT / "spec" / "__main__.py").read_text(encoding="utf-8"))
    at_once = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [name for name in at_once if name.startswith("spec")] == [
        "spec",
        "spec.harness.ground.errors",
    ]


WAYS = {
    "at the top": "import spec.harness.fronts.plugin",
    "by another name": "import spec.harness.fronts.plugin as other",
    "a name of it": "from spec.harness.fronts.plugin import LEDGER",
    "the module": "from spec.harness.fronts import plugin",
    "the room": "from spec.harness import fronts",
    "relatively": "from ..fronts import plugin",
    "the room, relatively": "from .. import fronts",
    "in a function": "def f():\n    from ..fronts.plugin import LEDGER",
    "for the types": "if TYPE_CHECKING:\n    from ..fronts import plugin",
    "by its name": "importlib.import_module('spec.harness.fronts.plugin')",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_import_is_seen_however_it_is_written(tmp_path, way):
    """In a house of two rooms."""
    for path, text in {
        "ground/deep/a.py": "",
        "ground/b.py": WAYS[way],
        "fronts/plugin.py": "",
    }.items():
        file = tmp_path / "spec" / "harness" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert set(arrows(tmp_path)) == {(GROUND, FRONTS)}
    assert len(files(GROUND, tmp_path)) == 2


def test_figures_of_a_small_house():
    """A chain of three, and a circle of two upon it."""
    chain = {("c", "b"), ("b", "a"), ("c", "a")}
    circle = {("d", "e"), ("e", "d"), ("d", "c")}
    assert (floors(chain), circles(chain)) == (3, [])
    assert (floors(chain | circle), circles(chain | circle)) == (4, [["d", "e"]])


def test_rooms_are_told_apart():
    """A folder of rooms is one of its own files alone."""
    assert room("spec.test_12_symbols") == CHAPTERS
    assert room("spec.grading.command") == "spec.grading"
    assert room("spec.grading.intake.text") == "spec.grading.intake"
    assert room("spec.book.figures.drawing") == "spec.book"
    assert room("spec.new.module") is None
    assert room("numpy.linalg") is None
