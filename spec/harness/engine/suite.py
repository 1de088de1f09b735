"""The specification, collected once and judged by as often as is wanted.

pytest collects; what it found is kept as cases, which are plain data. So nothing of pytest is needed when
they are judged, here or in a fork: a run then costs little more than its own calls.
"""

import gc
import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from ..ground.calling import judging
from ..ground.errors import CannotDo
from ..mathematics import digits, moons
from ..subject.loading import Subject
from . import alone
from . import cases as of_cases
from .cases import Case
from .claims import Ledger
from .examples import Example, drawn
from .results import Results, Setting
from .run import run

OPTIONS = ("-qq", "-s", "--collect-only")
Send = Callable[[dict[str, Any]], object]


@dataclass
class Suite:
    """The cases in the order in which they are judged, the ledger, and what each run is asked for.

    `examples` holds what was drawn beforehand, by the id of the case.
    """

    cases: list[Case]
    ledger: Ledger
    setting: Setting
    examples: dict[str, list[Example] | None] = field(default_factory=dict)

    @property
    def obligations(self) -> list[Case]:
        """The cases that ask for an implementation."""
        return of_cases.obligations(self.cases)

    @property
    def seen_from_outside(self) -> list[Case]:
        """The obligations that a grader can judge: the others rest on the word of the process judged."""
        return [case for case in self.obligations if not case.by_its_word]

    def draw(self, cases: Sequence[Case]) -> None:
        """Draw the examples of these cases, for all implementations that are judged from now on."""
        self.examples |= {case.id: drawn(case, self.setting.seed) for case in cases}

    def judge(
        self,
        cases: Sequence[Case],
        subject: Subject,
        send: Send = lambda message: None,
    ) -> Results:
        """Judge a subject by these cases, one after the other.

        What begins, and the record of how it ended, is handed to `send` as it happens.
        """
        found = Results(self.ledger, subject, self.setting)
        found.know(self.cases)
        for case in cases:
            send({"begins": case.id})
            record = run(
                case, subject, self.setting.seed, self.setting.limit, self.examples.get(case.id)
            )
            found.add(record)
            send({"record": record})
        found.settle()
        return found


class _Collector:
    """A pytest plugin that keeps what was collected."""

    suite: Suite | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make cases of the chapters' tests."""
        ledger, option = Ledger(), session.config.option
        items = [item for item in session.items if of_cases.is_chapter(item)]
        cases = [of_cases.case_of(item, ledger) for item in items]
        self.suite = Suite(cases, ledger, Setting(option.seed, option.time_limit))


def collected(*options: str) -> Suite:
    """The specification, as pytest collects it with these options. CannotDo if it could not."""
    collector = _Collector()
    gc.disable()  # what is imported and collected now stays
    try:
        with redirect_stdout(io.StringIO()):  # pytest lists what it has found
            status = alone.run([*OPTIONS, *options], plugins=[collector])
    finally:
        gc.enable()
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if status != pytest.ExitCode.OK or collector.suite is None:
        raise CannotDo(f"the specification cannot be collected; `{judging(None)}` says why")
    return collector.suite


def warm_up() -> None:
    """Import, and compute, what tests need whatever is judged: once, before forking."""
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    moons.moons()
    moons.fresh_moons()
    digits.digits()
    hypothesis.given(strategies.integers())(lambda number: None)()
