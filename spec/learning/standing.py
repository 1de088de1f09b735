"""How an implementation stands: its claims by section, and what is to be mended or written next."""

from collections import Counter
from dataclasses import dataclass

from spec.harness.engine.records import Outcome, most_pressing
from spec.harness.engine.results import Results
from spec.harness.ground.status import Status
from spec.harness.telling.explain import WIDTH, wrapped

from .hints import STEPS, hinted

MOST_BEHIND = 3  # claims that wait, of which the cause is told
UNMET = (Status.FAILS, Status.TODO)


@dataclass(frozen=True)
class Section:
    """A section of the theory, and how its claims ended, in the theory's order."""

    number: str
    title: str
    outcomes: list[Outcome]

    @property
    def count(self) -> Counter[Status]:
        """How many claims ended so, by status."""
        return Counter(outcome.status for outcome in self.outcomes)


def sections(found: Results) -> list[Section]:
    """The sections that ask something of an implementation, in the theory's order."""
    grouped: dict[str, list[Outcome]] = {}
    for outcome in found.outcomes():
        grouped.setdefault(outcome.id.partition("/")[0], []).append(outcome)
    titles = found.ledger.titles
    return [Section(number, titles[number], outcomes) for number, outcomes in grouped.items()]


def unmet(found: Results) -> list[Outcome]:
    """The claims that fail, then those that are to be written; not those that wait."""
    return most_pressing(outcome for outcome in found.outcomes() if outcome.status in UNMET)


def counted(found: Results) -> str:
    """How many claims hold, and how the others ended, in a line."""
    count = Counter(outcome.status for outcome in found.outcomes())
    others = [f"{s.short}: {count[s]}" for s in Status if count[s] and s is not Status.HOLDS]
    return ", ".join([f"{count[Status.HOLDS]} of {count.total()} hold", *others])


def title(outcome: Outcome) -> str:
    """What is to be done about a claim that is not met."""
    return f"{'First to mend' if outcome.status == Status.FAILS else 'Next to write'}: {outcome.id}"


def lines(found: Results, outcome: Outcome, step: int = len(STEPS) - 1) -> list[str]:
    """The equation, why it is so, and what came out, as lines of text."""
    record = outcome.worst
    explained = hinted(record.explanation, step) if record.explanation else []
    level = "nudge" if STEPS[step] == "a nudge" else "full"
    behind = [f"{id} waits for it; {cause}" for id, cause in found.causes_behind(outcome.id, level)]
    return [
        *found.headline(record)[1:],
        *explained,
        *(line for each in behind[:MOST_BEHIND] for line in wrapped(each, WIDTH)),
    ]
