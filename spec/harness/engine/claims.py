"""Claims: the ledger of what the theory states, and the decorator that ties a test to one of them.

The ledger, `spec/claims.toml`, lists every claim in plain words and in the theory's order. The
equation, the verdict and the corrected statement stand in one place only: at the test.
"""

import difflib
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ..ground.contract import NETWORKS
from ..ground.errors import CannotDo

LEDGER = Path(__file__).parents[2] / "claims.toml"
VERDICTS = ("holds", "conditional", "refuted")
KINDS = ("identity", "property", "statistics", "cost", "experiment", "rule")

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Claim:
    """What one test says of one claim.

    `latex` is the equation as the theory means it ("" where words carry the claim). A verdict other
    than "holds" marks the test as the counter-example, and `instead` is the corrected statement in
    words; `corrected` marks the test that proves that statement. `states` are the names of the contract,
    and their methods ("TwoLayerNet.forward"), that are to compute this equation: it stands beside them
    in what a learner starts from. `judges` are others of whose calls it is a law ("*.forward": of each
    network's). Where this test fails, calls of these names are found wrong, unless it `stands_alone`: it
    tries what no other test does.
    """

    id: str
    latex: str = ""
    verdict: str = "holds"
    instead: str = ""
    corrected: bool = False
    states: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    stands_alone: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Whose calls are found wrong where this test fails."""
        if self.stands_alone:
            return frozenset()
        each = [name.replace("*", net) for name in self.judges for net in NETWORKS]
        return frozenset(self.states).union(each)

    @property
    def section(self) -> str:
        """The section of the theory, such as "5.3"."""
        return self.id.partition("/")[0]


def claim(
    id: str,
    latex: str = "",
    *,
    verdict: str = "holds",
    instead: str = "",
    corrected: bool = False,
    states: tuple[str, ...] = (),
    judges: tuple[str, ...] = (),
    stands_alone: bool = False,
) -> Callable[[Test], Test]:
    """Tie a test to the claim `id` of the ledger; see `Claim` for the arguments.

    Raises ValueError for a verdict that is none of VERDICTS, or for one that is not "holds" and
    comes without the corrected statement.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"{id}: verdict is {verdict!r}, expected one of {', '.join(VERDICTS)}")
    if (verdict == "holds") == bool(instead):
        raise ValueError(f"{id}: a counter-example, and nothing else, says what holds `instead`")
    made = Claim(id, latex, verdict, instead, corrected, states, judges, stands_alone)
    mark = pytest.mark.claim(made)

    def tie(test: Test) -> Test:
        marked: Test = mark(test)
        return marked

    return tie


def by_its_word(test: Test) -> Test:
    """Mark a test of what only the implementation's own process can say, such as the warnings it gives.

    At home it is judged. A grader does not judge by it: a submission can make its answer up.
    """
    marked: Test = pytest.mark.by_its_word(test)
    return marked


@dataclass(frozen=True)
class Entry:
    """One claim of the ledger: its id, the claim in words, the kind of its proof.

    It means something where one of `means_with` holds: code that computes nothing satisfies it, too. Where
    one of `means_nothing_without` fails, a failure of it says nothing more.
    """

    id: str
    says: str
    kind: str
    means_nothing_without: list[str] = field(default_factory=list)
    means_with: list[str] = field(default_factory=list)


class Ledger:
    """All claims in the theory's order, the titles of the sections, and what no test can execute."""

    def __init__(self, path: Path = LEDGER) -> None:
        """Read the ledger at `path`; ValueError for a doubled id or an unknown kind, and for a circle."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        self.titles: dict[str, str] = content["sections"]
        self.untestable: list[dict[str, str]] = content["untestable"]
        self.entries: dict[str, Entry] = {}
        for record in content["claim"]:
            entry = Entry(**record)
            if entry.id in self.entries:
                raise ValueError(f"{path.name}: the claim {entry.id} stands there twice")
            if entry.kind not in KINDS:
                raise ValueError(f"{path.name}: {entry.id} is of the unknown kind {entry.kind!r}")
            self.entries[entry.id] = entry
        self._check_others(path.name)

    def _check_others(self, file: str) -> None:
        for id, entry in self.entries.items():
            for unknown in {*entry.means_nothing_without, *entry.means_with} - set(self.entries):
                raise ValueError(f"{file}: {id} names {unknown}, which is no claim")
        others = {id: entry.means_nothing_without for id, entry in self.entries.items()}
        try:
            TopologicalSorter(others).prepare()
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            raise ValueError(f"{file}: claims mean nothing without each other: {circle}") from None

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each claim in the theory."""
        return {id: place for place, id in enumerate(self.entries)}

    def chapter(self, id: str) -> str:
        """The number of the chapter that a claim or a section belongs to: "5" for "5.3/update"."""
        return id.partition("/")[0].partition(".")[0]

    def matching(self, pattern: str) -> set[str]:
        """Ids that a person means by `pattern`: a chapter (5), a section (5.3), an id or its end."""
        return {
            id
            for id in self.entries
            if pattern in (id, self.chapter(id), id.partition("/")[0], id.partition("/")[2])
        }

    def chosen(self, patterns: Iterable[str]) -> set[str]:
        """Ids that any of the patterns means; CannotDo for one that means none."""
        wanted: set[str] = set()
        for pattern in patterns:
            matching = self.matching(pattern)
            if not matching:
                sections = {id.partition("/")[0] for id in self.entries}
                known = [*self.entries, *sections, *self.titles]
                close = difflib.get_close_matches(pattern, known, n=2)
                hint = f"; did you mean {' or '.join(close)}?" if close else ""
                raise CannotDo(f"{pattern}: there is no such section or claim{hint}")
            wanted |= matching
        return wanted
