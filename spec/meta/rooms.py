"""The rooms of the house, which of them each may import, and what is imported in truth.

    python -m spec.meta.rooms

prints for the harness how many rooms it has, its floors (the longest chain of rooms of which each imports
the next one), its arrows (pairs of rooms of which one imports the other) and its circles.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHAPTERS = "spec.test_*"
META = "spec.meta"

GROUND = "spec.harness.ground"
SUBJECT = "spec.harness.subject"
MATHEMATICS = "spec.harness.mathematics"
TELLING = "spec.harness.telling"
ENGINE = "spec.harness.engine"
FRONTS = "spec.harness.fronts"
FORKED = "spec.forked"
SANDBOX = "spec.sandbox"
INTAKE = "spec.grading.intake"
SCORES = "spec.grading.scores"
GRADEBOOK = "spec.grading.gradebook"
UPLOADS = "spec.grading.uploads"
EXAMPLE = "spec.grading.example"
RUNNING = "spec.grading.running"

# A room is a folder with all that is below it, or a module; a folder that has rooms below it is a room of
# the files that lie in it directly.
ROOMS: dict[str, tuple[str, ...] | None] = {
    "impl": (),
    FORKED: (),
    GROUND: (),
    SUBJECT: (GROUND,),
    MATHEMATICS: (GROUND, SUBJECT),
    TELLING: (GROUND, SUBJECT, MATHEMATICS),
    ENGINE: (GROUND, SUBJECT, MATHEMATICS, TELLING, FORKED),
    FRONTS: (GROUND, SUBJECT, MATHEMATICS, TELLING, ENGINE, FORKED),
    "spec.harness": (GROUND, SUBJECT, MATHEMATICS, ENGINE),  # what the chapters import by one name
    CHAPTERS: ("spec.harness", GROUND, SUBJECT, MATHEMATICS),
    SANDBOX: (GROUND, SUBJECT),
    INTAKE: (GROUND, SUBJECT),
    SCORES: (GROUND, TELLING, ENGINE, INTAKE),
    GRADEBOOK: (GROUND, TELLING, INTAKE, SCORES),
    UPLOADS: (GROUND, INTAKE, SCORES, GRADEBOOK),
    RUNNING: (GROUND, SUBJECT, ENGINE, FORKED, SANDBOX, INTAKE, SCORES),
    EXAMPLE: (GROUND, SUBJECT, SCORES),
    "spec.grading": (GROUND, SUBJECT, FRONTS, INTAKE, SCORES, GRADEBOOK, UPLOADS, RUNNING, EXAMPLE),
    "spec.learning": (GROUND, SUBJECT, TELLING, ENGINE, FORKED),
    "spec.book": (GROUND, SUBJECT, MATHEMATICS, TELLING, ENGINE, FORKED, CHAPTERS),
    "spec": (GROUND, FRONTS, "spec.learning", "spec.grading", "spec.book"),  # the commands
    "spec.entry": (),  # what pytest loads before it knows of this project
    META: None,  # all; and no other room may import it
}

Arrow = tuple[str, str]  # from the room that imports to the one that is imported


def sources(root: Path = ROOT) -> list[Path]:
    """All files of the project that are Python, in order."""
    return sorted(path for top in ("impl", "spec") for path in (root / top).rglob("*.py"))


def module(path: Path, root: Path = ROOT) -> str:
    """The absolute name of a file as a module; a package goes by the name of its folder."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


@cache
def room(name: str) -> str | None:
    """The room that a module belongs to; None if it is none of the house, or belongs to no room."""
    if name.startswith(CHAPTERS[:-1]):
        return CHAPTERS
    parts = name.split(".")
    for depth in range(len(parts)):
        above = ".".join(parts[: len(parts) - depth])
        if above in ROOMS:
            has_rooms_below = any(other.startswith(f"{above}.") for other in ROOMS)
            return None if has_rooms_below and depth > 1 else above
    return None


def files(of: str, root: Path = ROOT) -> list[Path]:
    """The files of a room."""
    return [path for path in sources(root) if room(module(path, root)) == of]


def imported(path: Path, root: Path = ROOT) -> set[str]:
    """The absolute names of all modules that a file imports, wherever in it, also inside of functions."""
    package = path.relative_to(root).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {_meant(name, alias.name, root) for alias in node.names}
        elif isinstance(node, ast.Call):
            found |= _by_name(node)
    return found


def _meant(package: str, name: str, root: Path) -> str:
    """What `from package import name` imports: the module of that name if there is one."""
    place = root.joinpath(*package.split("."), name)
    return f"{package}.{name}" if place.is_dir() or place.with_suffix(".py").is_file() else package


def _by_name(call: ast.Call) -> set[str]:
    """What `import_module("a.name")` imports."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    given = call.args[0] if call.args else None
    if name == "import_module" and isinstance(given, ast.Constant) and isinstance(given.value, str):
        return {given.value}
    return set()


def arrows(root: Path = ROOT) -> dict[Arrow, set[str]]:
    """Which room imports which other one, and by which imports ("file imports module")."""
    found: dict[Arrow, set[str]] = {}
    for path in sources(root):
        here = room(module(path, root))
        for name in imported(path, root):
            there = room(name)
            if here and there and here != there:
                told = f"{path.relative_to(root)} imports {name}"
                found.setdefault((here, there), set()).add(told)
    return found


def within(found: Iterable[Arrow], *tops: str) -> set[Arrow]:
    """The arrows between the rooms of some packages alone."""
    return {(a, b) for a, b in found if a.startswith(tops) and b.startswith(tops)}


def circles(found: Iterable[Arrow]) -> list[list[str]]:
    """The groups of rooms that import each other, by whatever detour."""
    reachable = _reachable(set(found))
    groups = {
        frozenset(other for other in below if start in reachable[other])
        for start, below in reachable.items()
        if start in below
    }
    return sorted(map(sorted, groups))


def floors(found: Iterable[Arrow]) -> int:
    """The rooms in the longest chain of which each imports the next; a circle counts as one floor."""
    reachable = _reachable(set(found))

    def height(start: str) -> int:
        below = {other for other in reachable[start] if start not in reachable[other]}
        return 1 + max(map(height, below), default=0)

    return max(map(height, reachable), default=0)


def _reachable(found: set[Arrow]) -> dict[str, set[str]]:
    """For each room, all that it imports, directly or through others."""
    reachable = {name: {b for a, b in found if a == name} for arrow in found for name in arrow}
    for middle in reachable:
        for below in reachable.values():
            if middle in below:
                below |= reachable[middle]
    return reachable


def figures() -> Iterator[str]:
    """The figures of the harness, a line each."""
    between = within(arrows(), "spec.harness")
    n_rooms = sum(name.startswith("spec.harness") for name in ROOMS)
    yield f"rooms     {n_rooms:3}   at most 8"
    yield f"floors    {floors(between):3}   at most 6"
    yield f"arrows    {len(between):3}   at most 20"
    yield f"circles   {len(circles(between)):3}   none"
    for circle in circles(between):
        yield f"  {', '.join(circle)}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(figures()) + "\n")
