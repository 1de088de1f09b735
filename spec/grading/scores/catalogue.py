"""What can be graded: the obligations of the specification, and its sections."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from spec.harness.engine.claims import Ledger
from spec.harness.engine.suite import collected
from spec.harness.ground.errors import CannotDo

from .exercises import EXERCISES


@dataclass(frozen=True)
class Catalogue:
    """The claims that an implementation can be graded by, in the theory's order.

    `by_its_word` are those that ask something of an implementation which only its own process can say.
    They are not graded: a submission could make the answer up.
    """

    claims: tuple[str, ...]
    ledger: Ledger
    by_its_word: tuple[str, ...] = ()

    @cached_property
    def sections(self) -> dict[str, tuple[str, ...]]:
        """The claims of each section that has any."""
        found: dict[str, list[str]] = {}
        for id in self.claims:
            found.setdefault(id.partition("/")[0], []).append(id)
        return {section: tuple(ids) for section, ids in found.items()}

    @cached_property
    def exercises(self) -> dict[str, tuple[str, ...]]:
        """The claims of each of the theory's exercises."""
        return {name: self.meant(exercise.parts) for name, exercise in EXERCISES.items()}

    def meant(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """The claims that chapters, sections, exercises and ids stand for; CannotDo if there are none."""
        wanted: set[str] = set()
        for pattern in patterns:
            if pattern in EXERCISES:
                wanted |= set(self.exercises[pattern])
                continue
            chosen = self.ledger.chosen([pattern])
            if not chosen & set(self.claims):
                if chosen & set(self.by_its_word):
                    raise CannotDo(
                        f"{pattern} is not graded: only the submission's own process could say whether "
                        "it holds; leave it out"
                    )
                raise CannotDo(
                    f"{pattern} asks nothing of an implementation, so it cannot be graded: leave it out"
                )
            wanted |= chosen
        return tuple(id for id in self.claims if id in wanted)


def catalogue() -> Catalogue:
    """Collect the specification, and list what can be graded."""
    suite = collected()
    graded = {case.claim.id for case in suite.seen_from_outside}
    others = {case.claim.id for case in suite.obligations} - graded
    order = suite.ledger.order

    def ordered(ids: set[str]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=order.__getitem__))

    return Catalogue(ordered(graded), suite.ledger, ordered(others))
