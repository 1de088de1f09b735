"""Watching a file: on each save, the first claim to mend or, where none fails, to write.

The process that watches has everything imported and collected. Each save forks it: what was under
way is stopped, the section last looked at is judged first, and the others follow.
"""

import time
from pathlib import Path

import watchfiles
from rich.text import Text

from spec.harness.engine.forked_run import NOTHING, ForkedRun
from spec.harness.engine.records import Outcome, Record
from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status
from spec.harness.subject.loading import load

from . import screen as drawn
from .hints import STEPS
from .keys import Pressed
from .standing import unmet

TICK = 40  # milliseconds between two looks at the keyboard and at the run
SETTLED, AT_MOST = 20, 200  # milliseconds without a further change, and a file counts as saved
LONGEST = 120.0  # seconds for all claims


class Watcher:
    """What is known of the file, and what of it is looked at.

    `pending` are the tests that were not run since the last save: of these the outcome is an old one.
    `passed_over` are the claims that the learner does not want to see next.
    """

    def __init__(self, suite: Suite, file: Path, screen: drawn.Screen) -> None:
        self.suite, self.file, self.screen = suite, file, screen
        self.cases = suite.obligations
        self.found = Results(suite.ledger, NOTHING, suite.setting)
        self.found.know(suite.cases)
        self.found.records = {case.id: Record.blank(case) for case in self.cases}
        self.pending: set[str] = set()
        self.passed_over: set[str] = set()
        self.looked_at = ""  # the id of the claim
        self.step, self.listing = 0, False
        self.head = ""
        self.page: list[Text] = []
        self.run: ForkedRun | None = None

    def watch(self, pressed: Pressed) -> None:
        """Judge at once and on each save, until `q` is pressed."""
        changes = watchfiles.watch(
            self.file.parent,
            watch_filter=self._concerns,
            step=SETTLED,
            debounce=AT_MOST,
            rust_timeout=TICK,
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            for changed in changes:
                if changed or not self.head:
                    self.judge()
                self.listen()
                if not all(map(self.obey, pressed())):
                    return
        finally:
            self.stop()

    def _concerns(self, change: watchfiles.Change, path: str) -> bool:
        """Whether it is the file that changed, or a module beside it, which it may import."""
        name = Path(path).name
        return name == self.file.name or (name.endswith(".py") and not name.startswith("."))

    def stop(self) -> None:
        """Stop the run that is under way."""
        if self.run:
            self.run.stop()
            self.run = None

    def judge(self) -> None:
        """Begin a run, with the section that is looked at in front."""
        self.stop()
        self.head = f"{time.strftime('%H:%M:%S')}  {self.file.name}"
        self.page, self.listing = [], False
        section = self.looked_at.partition("/")[0]
        cases = sorted(self.cases, key=lambda case: case.claim.section != section)
        self.pending = {case.id for case in cases}
        given, seconds = str(self.file), self.suite.setting.limit
        if self.file.is_file():
            self.run = ForkedRun(
                self.suite, cases, lambda: load(given, seconds, begun=False), LONGEST
            )
        else:
            self._refuse(
                f"{self.file.name} was not found. Watching goes on when it is there again."
            )

    def listen(self) -> None:
        """Take in what the run has found, and show it."""
        run = self.run
        if not run:
            return
        records = run.arrived(0)
        if run.over:
            self.run = None
        if run.refused:
            self._refuse(run.refused)
            return
        self._take(records)
        if run.over:
            self._take([Record.blank(case) for case in run.left.values()])
        if records or run.over:
            self.show()

    def _take(self, records: list[Record]) -> None:
        self.found.records |= {record.test: record for record in records}
        self.found.settle()
        self.pending -= {record.test for record in records}

    def obey(self, key: str) -> bool:
        """Do what the key stands for; False for `q`."""
        if key == "n":
            self.passed_over.add(self.looked_at)
        elif key == "h":
            self.step = (self.step + 1) % len(STEPS)
        self.listing = key == "l"
        if self.listing:
            self._draw(drawn.listed(self.found))
        elif key in "nh":
            self.show()
        return key != "q"

    def show(self) -> None:
        """Show the claim that is not met, once that is known of this save, and move the bar."""
        outcome = self._first()
        if self.listing:
            if not self.run:
                self._draw(drawn.listed(self.found))
        elif outcome is None and not self.pending:
            self._draw(drawn.nothing_unmet(self.head, self.found))
        elif outcome and self._is_known(outcome):
            self.looked_at = outcome.id
            self._draw(drawn.page(self.head, self.found, outcome, self.step))
        self.screen.progress(self.found, judging=self.run is not None)

    def _is_known(self, outcome: Outcome) -> bool:
        """Whether the claim was judged since the save, and nothing worse can come of what never was."""
        if self.pending.intersection(record.test for record in outcome.records):
            return False
        is_wrong = outcome.status == Status.FAILS and not outcome.is_convention
        unseen = any(other.status == Status.NOT_RUN for other in self.found.outcomes())
        return is_wrong or not (self.run and unseen)

    def _first(self) -> Outcome | None:
        """The first claim that is not met; of those passed over only if there is no other."""
        candidates = unmet(self.found)
        self.passed_over &= {outcome.id for outcome in candidates}
        if len(self.passed_over) == len(candidates):
            self.passed_over.clear()
        return next((o for o in candidates if o.id not in self.passed_over), None)

    def _refuse(self, sentence: str) -> None:
        self._draw(drawn.refusal(self.head, sentence))

    def _draw(self, page: list[Text]) -> None:
        """Show another page; the same one stays as it is."""
        if page != self.page:
            self.page = page
            self.screen.draw(page, self.found)
