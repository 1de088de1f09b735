"""The domain of the contract's names: the classes of inputs that a call belongs to.

`spec/domain.toml` says which classes there are, and which of them apply to a name.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from ..ground.compare import Array
from ..ground.trial import Call
from ..subject import beside
from ..subject.proxy import Guarded

TABLE = Path(__file__).parents[2] / "domain.toml"
MANY = {"size": 65, "depth": 12, "length": 40}
EDGES = {"tiny": 2.0**-18, "below 1": 1.0, "1 to 8": 8.0, "8 to 40": 40.0, "40 to 700": 700.0}
APART = 100  # between the levels of two rows that are very different
OPTION = re.compile(r"(\w+)=\{(\d+)\}")
METHOD = re.compile(r"(\w+)\.\w+\(")


@dataclass
class Use:
    """One call in its context: its arguments by name, the object that it was made on, and what went before.

    `before` are the earlier uses of the example.
    """

    name: str
    arguments: dict[str, Any]
    before: list["Use"]
    made: "Use | None" = None

    @property
    def of_the_same(self) -> list["Use"]:
        """The earlier uses of the same name, of the same object if it is a method."""
        return [use for use in self.before if use.name == self.name and use.made is self.made]


class Domain:
    """The table of classes, by the names of the contract."""

    def __init__(self, path: Path = TABLE) -> None:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        self.classes: dict[str, list[str]] = content["classes"]
        self.of: dict[str, dict[str, Any]] = {
            name: entry for entry in content["name"] for name in entry["of"]
        }
        self.without: list[dict[str, Any]] = content["without"]

    def applying(self, name: str) -> list[str]:
        """The classes of a name, as in "m: 1", "z: 8 to 40", "-z: 8 to 40" or "equal: m = K"."""
        entry = self.of[name]
        found: list[str] = []
        for axis in ("size", "depth", "length"):
            for what in entry.get(axis, {}):
                found += [f"{what}: {one}" for one in self.classes[axis]]
        found += [f"equal: {' = '.join(pair)}" for pair in entry.get("equal", [])]
        for axis in ("values", "rows", "targets", "chance", "dtype"):
            for what in entry.get(axis, []):
                found += [f"{what}: {one}" for one in self.classes[axis]]
                if axis == "values":
                    found += [f"-{what}: {one}" for one in self.classes[axis][1:]]
        for what, values in (entry.get("number", {}) | entry.get("choice", {})).items():
            found += [f"{what}: {value}" for value in values]
        for axis in ("history", "sharing"):
            found += [f"{axis}: {one}" for one in entry.get(axis, [])]
        return found

    def reasons(self, claim: str, name: str) -> dict[str, str]:
        """The classes of a name that do not apply to a claim, with the reason or the claim in its place."""
        found: dict[str, str] = {}
        for entry in self.without:
            named = any(fnmatch(name, pattern) for pattern in entry.get("of", ["*"]))
            if named and claim in entry.get("claims", [claim]):
                for one in self.applying(name):
                    if any(re.fullmatch(pattern, one) for pattern in entry["classes"]):
                        found.setdefault(one, entry.get("at") or entry["reason"])
        return found


def uses(calls: Iterable[Call], domain: Domain) -> Iterator[Use]:
    """The calls of one example of the names in the domain, each with what it was made on."""
    made: dict[str, Use] = {}
    before: list[Use] = []
    for call in calls:
        name = call.function
        if not name:
            continue
        found = METHOD.match(call.code)
        named = {key: call.values[int(place)] for key, place in OPTION.findall(call.code)}
        positional = call.values[: len(call.values) - len(named)]
        takes = domain.of.get(name, {}).get("takes", [])
        arguments = dict(zip(takes, positional, strict=False)) | named
        use = Use(name, arguments, list(before), made.get(found[1]) if found else None)
        if name.rpartition(".")[0] == "" and (own := re.match(r"(\w+) = ", call.code)):
            made[own[1]] = Use(name, {"all": positional} | named, [], None)
        if name in domain.of:
            use.arguments["made"] = made
            before.append(use)
            yield use


def classes_of(use: Use, entry: dict[str, Any]) -> set[str]:
    """The classes that a use belongs to."""
    found: set[str] = set()
    sizes = {}
    for axis in ("size", "depth", "length"):
        for what, path in entry.get(axis, {}).items():
            n = _length(use, path)
            if n is not None:
                sizes[what] = n
                found.add(f"{what}: {_size(n, MANY[axis])}")
    found |= {
        f"equal: {' = '.join(pair)}"
        for pair in entry.get("equal", [])
        if sizes.get(pair[0]) == sizes.get(pair[1]) is not None
    }
    for axis, put in ARRAYS.items():
        for what in entry.get(axis, []):
            if (array := _array(use.arguments.get(what))) is not None:
                found |= {one.format(what) for one in put(array)}
    for what, values in entry.get("number", {}).items():
        found |= _number(what, use.arguments.get(what), values)
    for what in entry.get("choice", {}):
        found.add(f"{what}: {_of(use, what)}")
    found |= {f"history: {one}" for one in _history(use)}
    return found | {f"sharing: {one}" for one in _sharing(use)}


def _size(n: int, many: int) -> str:
    return str(n) if n <= 2 else "some" if n < many else "many"


def _of(use: Use, what: str) -> Any:
    """What an argument of the call, or of the constructor of its object, was; "default" if not given."""
    if what in use.arguments:
        return use.arguments[what]
    return use.made.arguments.get(what, "default") if use.made else "default"


def _length(use: Use, path: str) -> int | None:
    """A length: "X.0" of an array, "net.1" among the widths of a network."""
    what, _, place = path.partition(".")
    if what == "calls":
        return len(use.of_the_same) + 1
    value = use.arguments.get(what)
    if what == "self":
        widths = _widths(use.made)
    elif isinstance(value, Guarded):
        widths = _widths(use.arguments["made"].get(value._code))
    elif parameters := getattr(value, "parameters", None):  # of a network that the suite lends
        weights = [theta for name, theta in parameters().items() if name.startswith("W")]
        widths = (len(weights[0]), *(W.shape[1] for W in weights))
    elif isinstance(value, (int, np.integer)):
        return int(value)
    elif isinstance(value, (list, tuple)):
        widths = tuple(range(len(value)))
        return len(value) if place in ("", "len") else None
    else:
        array = _array(value)
        if array is None or place == "":
            return None if array is None else array.size
        widths = array.shape
    if place == "layers":
        return len(widths) - 1 if widths else None
    at = int(place)
    return int(widths[at]) if -len(widths) <= at < len(widths) else None


def _widths(made: Use | None) -> tuple[int, ...]:
    """The widths n_0, ..., n_L that a network was made with."""
    if made is None:
        return ()
    given = made.arguments["all"]
    return tuple(given[0]) if given and isinstance(given[0], (list, tuple)) else tuple(given)


def _array(value: Any) -> Array | None:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" and array.size else None


def _values(z: Array) -> Iterator[str]:
    if (z == 0).any():
        yield "{}: 0"
    for sign, some in (("", z[z > 0]), ("-", -z[z < 0])):
        least = 0.0
        for one, edge in EDGES.items():
            if ((some > least) & (some <= edge)).any():
                yield f"{sign}{{}}: {one}"
            least = edge
        if (some > least).any():
            yield f"{sign}{{}}: beyond 700"


def _rows(Z: Array) -> Iterator[str]:
    if Z.ndim != 2 or Z.shape[1] < 2:
        return
    largest = Z.max(axis=1, keepdims=True) == Z
    if ((largest.sum(axis=1) > 1) & ~largest.all(axis=1)).any():
        yield "{}: tied"
    if largest.all(axis=1).any():
        yield "{}: constant"
    if np.ptp(Z.max(axis=1)) > APART:
        yield "{}: of very different level"


def _targets(Y: Array) -> Iterator[str]:
    """A batch in one-hot rows, in labels, or in one column of 0 and 1."""
    if Y.ndim == 2 and Y.shape[1] > 1:
        n_classes, occur = Y.shape[1], np.unique(Y.argmax(axis=1))
    else:
        occur = np.unique(Y)
        n_classes = max(2, int(Y.max()) + 1)
    if len(occur) < n_classes:
        yield "{}: a class absent"
    if len(occur) == 1 and len(Y) > 1:
        yield "{}: one class alone"
    if len(occur) == n_classes:
        yield "{}: all classes"


def _chance(p: Array) -> Iterator[str]:
    for value in (0, 1):
        if (p == value).any():
            yield f"{{}}: {value}"
    if ((p > 0) & (p < 1)).any():
        yield "{}: between"


def _dtype(array: Array) -> Iterator[str]:
    yield "{}: whole" if array.dtype.kind in "iu" else "{}: float"


ARRAYS: dict[str, Callable[[Array], Iterator[str]]] = {
    "values": _values,
    "rows": _rows,
    "targets": _targets,
    "chance": _chance,
    "dtype": _dtype,
}


def _number(what: str, value: Any, values: list[str]) -> set[str]:
    """The classes of a number: "default" if it was not given, "0", "1", or what it lies between."""
    found = {"default"} if value is None else set()
    if value is not None:
        exact = f"{value:g}"
        found |= {exact, "above 0" if value > 0 else "not above 0", "above 1" if value > 1 else ""}
    return {f"{what}: {one}" for one in found & set(values)}


def _history(use: Use) -> Iterator[str]:
    earlier = use.of_the_same
    yield "again" if earlier else "first"
    if any(_shapes(one) != _shapes(use) for one in earlier):
        yield "after another batch"
    if use.made is not None:
        made = use.arguments["made"].values()
        if any(other is not use.made and other.name == use.made.name for other in made):
            yield "two at a time"


def _shapes(use: Use) -> list[tuple[int, ...]]:
    return [
        np.shape(value) for key, value in use.arguments.items() if isinstance(value, np.ndarray)
    ]


def _sharing(use: Use) -> Iterator[str]:
    """How the nodes are used from which a node of a graph was computed."""
    root = next((v for k, v in use.arguments.items() if isinstance(v, Guarded)), None)
    if use.name not in ("backward", "topological_order") or root is None:
        return
    graph = beside.behind(root._guarded)
    children: dict[int, int] = {}
    for _, parents in graph:
        for parent in parents:
            children[id(parent)] = children.get(id(parent), 0) + 1
        if len({id(parent) for parent in parents}) < len(parents):
            yield "used twice"
    if any(n > 1 for n in children.values()):
        yield "diamond"
    if any(one.arguments.get("node") == root for one in use.of_the_same):
        yield "walked twice"
