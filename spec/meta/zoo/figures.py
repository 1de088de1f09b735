"""The figures of a run over the whole zoo: how well the specification rejects, points and explains."""

import math
import statistics
from typing import Any

from spec.harness.ground.status import Status

from ..conftest import Figure
from .cheats import IN_ANY
from .entries import NOTEBOOK, ZOO, Wrong

Told = dict[str, dict[str, Any]]  # of one implementation: what each claim that does not hold tells


def _share(met: list[bool]) -> float:
    return sum(met) / len(met)


def _broken(told: Told) -> list[str]:
    """The claims that fail, or wait for one that does."""
    return [id for id, claim in told.items() if claim["status"] in (Status.FAILS, Status.WAITS)]


class Report:
    """What the specification says of one entry, without the quirks of the notebook that it changes."""

    def __init__(self, wrong: Wrong, told: Told, quirks: set[str]) -> None:
        self.wrong, self.told = wrong, told
        self.broken = [id for id in _broken(told) if id == wrong.claim or id not in quirks]
        self.red = [id for id in self.broken if told[id]["status"] == Status.FAILS]

    def is_caught(self) -> bool:
        """Whether the claim named does not hold."""
        return self.told.get(self.wrong.claim, {}).get("status") in (Status.FAILS, Status.WAITS)

    def is_own(self) -> bool:
        """Whether the claim whose equation is wrong fails, and does not wait for another."""
        return (self.wrong.breaks or self.wrong.claim) in self.red

    def is_placed(self) -> bool:
        """Whether the first red line stands in the section of the equation that is wrong."""
        return bool(self.red) and self.red[0].partition("/")[0] == self.wrong.section

    def is_explained(self) -> bool:
        """Whether the first red line, all that a learner need read, holds a true cause."""
        return bool(self.red) and self.wrong.explained_by(" ".join(self.told[self.red[0]]["says"]))

    def is_shown(self) -> bool:
        """Whether the first red line comes with code that reproduces it."""
        return bool(self.red) and bool(self.told[self.red[0]]["code"])

    def false_causes(self) -> list[str]:
        """Causes named by any claim, red or waiting, that are not among the true ones."""
        causes = [cause for id in self.broken for cause in self.told[id]["causes"]]
        return [cause for cause in dict.fromkeys(causes) if not self.wrong.explained_by(cause)]


def reports(outcomes: dict[str, Any]) -> list[Report]:
    """A report for each entry of the zoo."""
    quirks = set(_broken(outcomes["notebook"]))
    return [
        Report(wrong, outcomes["zoo"][str(wrong)], quirks if wrong.file == NOTEBOOK.name else set())
        for wrong in ZOO
    ]


def told_otherwise(outcomes: dict[str, Any]) -> list[str]:
    """The entries of which all obligations say something else than those that reach them."""
    return [name for name, told in outcomes["by all"].items() if told != outcomes["zoo"][name]]


def cheats_that_pass(outcomes: dict[str, Any]) -> list[str]:
    """The cheats of which every claim that was asked holds."""
    return [str(cheat) for cheat in IN_ANY if not outcomes["cheats"].get(str(cheat))]


def figures(outcomes: dict[str, Any]) -> list[Figure]:
    """The figures, each beside what is asked."""
    everyone = reports(outcomes)
    n, passing = len(everyone), cheats_that_pass(outcomes)
    caught = sum(report.is_caught() for report in everyone)
    found = [report for report in everyone if str(report.wrong) in outcomes["by reach"]]
    others = sorted(max(0, len(report.red) - 1) for report in found)
    median, most = statistics.median(others), others[math.ceil(0.95 * len(others)) - 1]
    behind = statistics.median(len(r.broken) - len(r.red) for r in found)
    own = _share([r.is_own() for r in found])
    placed = _share([r.is_placed() for r in found])
    explained = _share([r.is_explained() for r in found])
    shown = _share([r.is_shown() for r in found])
    other = told_otherwise(outcomes)
    false = sum(len(report.false_causes()) for report in everyone)

    def share(what: str, asked: float, measured: float) -> Figure:
        """A share is held to what is asked of it where it is that of all entries."""
        is_met = len(found) < n or measured >= asked
        return Figure(what, f"{asked:.0%}".replace("%", " %"), f"{measured:.1%}", is_met)

    return [
        Figure("wrong implementations", "150", str(n), n >= 150),
        Figure("of them rejected by the claim named", "all", str(caught), caught == n),
        Figure("of them judged by all that reach them", "", str(len(found)), True),
        Figure("of them judged by all claims as well", "", str(len(outcomes["by all"])), True),
        Figure("of those told otherwise by all", "0", str(len(other)), not other),
        Figure("cheats tried, in every name", "", str(len(IN_ANY)), True),
        Figure("of them accepted", "0", str(len(passing)), not passing),
        Figure("other claims that fail, median", "0", f"{median:g}", median == 0),
        Figure("other claims that fail, 95th percentile", "2", f"{most}", most <= 2),
        share("bug's own claim fails, and does not wait", 0.97, own),
        Figure("claims that wait for it, median", "", f"{behind:g}", True),
        share("first failing claim in the bug's section", 0.99, placed),
        share("true cause named there", 0.85, explained),
        share("code of six lines that reproduces it", 0.5, shown),
        Figure("false causes named anywhere", "0", str(false), false == 0),
    ]
