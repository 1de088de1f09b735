"""Who waits for whom: one mistake is one red line, at its own place.

A record that fails waits if a call which its run made was found wrong by that call's own claim in this
run, or if another claim fails without which it means nothing. Nothing else is an excuse: what a claim
does not use hides nothing.
"""

from collections.abc import Iterable, Mapping

from ..ground.contract import NAMES
from ..ground.outcomes import Kind
from ..mathematics.right_calls import RIGHT
from .claims import Ledger
from .records import Record

SIMPLE = frozenset(RIGHT)  # functions of which it is known, call by call, whether it went wrong
OF_NOBODY = len(NAMES)


class Waiting:
    """The claims that fail in a run: of each record, those that it may wait for."""

    def __init__(
        self,
        records: Iterable[Record],
        ledger: Ledger,
        names: Mapping[str, frozenset[str]],
    ) -> None:
        """`names` are those of which each claim that was collected finds calls wrong."""
        self.order, self.entries, self.names = ledger.order, ledger.entries, names
        self.sections = {id.partition("/")[0]: place for id, place in ledger.order.items()}
        self.failing = [record for record in records if record.has_failed]

    def decide(self) -> Mapping[str, str]:
        """What each test that fails waits for, by test: a claim that fails itself, or "" for nothing."""
        behind = {record.test: self._blockers(record) for record in self.failing}
        claims = dict.fromkeys(record.claim.id for record in self.failing)
        red = {record.claim.id for record in self.failing if not behind[record.test]}
        root = {id: id for id in red}
        self._spread(root, behind)
        while stuck := [id for id in claims if id not in root]:  # they wait for each other
            first = self._first(stuck)
            root[first] = first
            for record in self.failing:
                if record.claim.id == first:
                    behind[record.test].clear()
            self._spread(root, behind)
        return {
            record.test: self._first({root[id] for id in behind[record.test]} - {record.claim.id})
            for record in self.failing
        }

    def _spread(self, root: dict[str, str], behind: Mapping[str, set[str]]) -> None:
        """Give each claim that waits, however indirectly, for one that fails itself the first such."""
        grows = True
        while grows:
            grows = False
            for record in self.failing:
                found = [root[id] for id in behind[record.test] if id in root]
                if found and record.claim.id not in root:
                    root[record.claim.id] = self._first(found)
                    grows = True

    def _first(self, ids: Iterable[str]) -> str:
        return min(ids, key=self.order.__getitem__, default="")

    def _blockers(self, record: Record) -> set[str]:
        """The other claims that fail and explain why this record does."""
        if record.kind is Kind.CONVENTION:  # it spoils nothing, and nothing spoils it
            return set()
        return {
            other.claim.id
            for other in self.failing
            if other.claim.id != record.claim.id and self._explains(other, record)
        }

    def _explains(self, other: Record, record: Record) -> bool:
        if other.kind is Kind.CONVENTION:
            return False
        if other.claim.id in self.entries[record.claim.id].means_nothing_without:
            return True
        if record.claim.id in self.entries[other.claim.id].means_nothing_without:
            return False
        if self._raised_the_same(other, record):
            return self._at_home(other) < self._at_home(record)
        return self._went_wrong(other, record) or self._was_found_wrong(other, record)

    def _raised_the_same(self, other: Record, record: Record) -> bool:
        return bool(record.raised_at) and other.raised_at == record.raised_at

    def _at_home(self, record: Record) -> tuple[bool, bool, int]:
        """The less, the nearer the claim is to the function that raised: it states it, or is a law of it."""
        claim, function = record.claim, record.raised_by
        names, owner = self.names[claim.id], function.partition(".")[0]
        states = function in claim.states or owner in names
        judges = function in names
        return not states, not judges, self.order[claim.id]

    def _went_wrong(self, other: Record, record: Record) -> bool:
        """Whether a simple function that the other claim speaks of went wrong in this very run."""
        own, theirs = self.names[record.claim.id], self.names[other.claim.id]
        called, with_them = set(record.uses.called), set(other.uses.called)
        if (called & theirs & SIMPLE) - own:
            return True
        wrong = set(record.uses.wrong) & set(other.uses.wrong)
        return bool(wrong & theirs - own or wrong & with_them - called)

    def _was_found_wrong(self, other: Record, record: Record) -> bool:
        """Whether the other claim found a function wrong that this run used."""
        if self._changes_in_place(other, record):
            return True
        both = set(other.uses.ran) & set(record.uses.ran)
        theirs = set(self._names(other) - SIMPLE) & both
        own = {name for name in self.names[record.claim.id] if name in record.uses.ran}
        if record.cause and not _alike(
            own, theirs
        ):  # it was fed with what came, and says itself why
            theirs = {name for name in theirs if not _of_one_class(name, own)}
        return any(self._is_earlier(other, record) or not _alike(own, {name}) for name in theirs)

    def _names(self, record: Record) -> frozenset[str]:
        """Whose calls it finds wrong: those that its own test states or, of its claim's, calls itself."""
        if record.claim.stands_alone:
            return frozenset()
        return record.claim.names or self.names[record.claim.id] & set(record.uses.called)

    def _changes_in_place(self, other: Record, record: Record) -> bool:
        """What changes the caller's values is found wrong before any value that it gives."""
        kinds = (other.kind, record.kind)
        uses = set(other.uses.called) & set(record.uses.ran)
        return (
            kinds[0] is Kind.CHANGED_IN_PLACE is not kinds[1]
            and set(other.uses.called) == uses != set()
        )

    def _is_earlier(self, other: Record, record: Record) -> bool:
        """Of two claims about one piece of code that one goes first whose name, or whose section, does."""
        return self._place(other.claim.id) < self._place(record.claim.id)

    def _place(self, id: str) -> tuple[int, int]:
        classes = [name.partition(".")[0] for name in self.names[id]]
        first = min((NAMES.index(name) for name in classes), default=OF_NOBODY)
        return first, self.sections[id.partition("/")[0]]


def _of_one_class(name: str, others: Iterable[str]) -> bool:
    """Whether it is a method of a class of which another one is."""
    owner, _, method = name.rpartition(".")
    return bool(method and owner) and any(other.rpartition(".")[0] == owner for other in others)


def _alike(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether functions of both go by one name, whatever their class: they may be one piece of code."""
    return bool({name.rpartition(".")[2] for name in some} & {n.rpartition(".")[2] for n in others})
