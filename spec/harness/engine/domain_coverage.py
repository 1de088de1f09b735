"""Coverage of the domain: which classes of inputs each claim tries, of the names that it states."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..ground import trial
from ..ground.trial import Call
from ..telling.domain import Domain, classes_of, uses
from .cases import Case


@dataclass(frozen=True)
class Row:
    """What one claim tried of one name: the classes that apply, with whether each was tried.

    `elsewhere` are the classes that do not apply, with the reason, or the claim that tries them.
    """

    claim: str
    name: str
    tried: dict[str, bool]
    elsewhere: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The classes that apply and were not tried."""
        return [of for of, tried in self.tried.items() if not tried]


class DomainCoverage:
    """Records what the cases of a run try."""

    def __init__(self, cases: Iterable[Case], domain: Domain | None = None) -> None:
        self.domain = domain or Domain()
        self.states = {
            (case.claim.id, name)
            for case in cases
            if case.is_obligation
            for name in case.claim.states
        }
        self._tried: dict[tuple[str, str], set[str]] = {}
        self._claim = ""
        trial.listen(self._note)

    def judging(self, claim: str) -> None:
        """From now on, what is called is tried by this claim."""
        trial.begin()
        self._claim = claim

    def stop(self) -> None:
        """Stop recording."""
        trial.listen(None)

    def _note(self, calls: Iterable[Call]) -> None:
        for use in uses(calls, self.domain):
            found = self._tried.setdefault((self._claim, use.name), set())
            found.update(classes_of(use, self.domain.of[use.name]))

    def rows(self) -> list[Row]:
        """A row for each claim that states a name, in the order of the names."""
        rows = []
        for name in self.domain.of:
            for claim in sorted(claim for claim, stated in self.states if stated == name):
                tried = self._tried.get((claim, name), set())
                reasons = self.domain.reasons(claim, name)
                elsewhere = {one: why for one, why in reasons.items() if one not in tried}
                applying = [one for one in self.domain.applying(name) if one not in elsewhere]
                rows.append(Row(claim, name, {one: one in tried for one in applying}, elsewhere))
        return rows

    def tries(self, claim: str, name: str, one: str) -> bool:
        """Whether a claim, of whatever it states, has tried a class of a name."""
        return one in self._tried.get((claim, name), ())
