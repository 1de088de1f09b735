"""A run of cases in a fork: whatever the code that is judged breaks dies with it.

How a case ends comes back at once, as a record.
"""

import signal
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from spec.forked import Send, apart

from ..ground.errors import CannotLoad, Unusable
from ..ground.limits import PATIENCE
from ..ground.status import Status
from ..subject.loading import ROOT, Subject
from ..telling.explain import Explanation
from .cases import Case
from .records import Record
from .suite import Suite

NOTHING = Subject(types.ModuleType("nothing"), "nothing", ROOT, "", False)
GRACE = 2.0  # seconds that a test may take above the time limit, which it was told of by then
MOST_STOPPED = 3  # tests that had to be stopped; then the run is


def as_data(message: dict[str, Any]) -> dict[str, Any]:
    """A message of `Suite.judge` that fits into JSON."""
    return message | {"record": message["record"].as_data()} if "record" in message else message


class ForkedRun:
    """A run in a fork, on the implementation that `bring` loads there.

    It is stopped once it has computed for `seconds`, or slept for long, and where a test does not heed its
    time limit or too many had to be stopped. `over` says that it has ended, `refused` why there was nothing
    to judge (`unusable` if it was found, at least), and `left` the cases that have not been run.
    """

    def __init__(
        self,
        suite: Suite,
        cases: Sequence[Case],
        bring: Callable[[], Subject],
        seconds: float,
    ) -> None:
        self.refused, self.unusable = "", False
        self.left = {case.id: case for case in cases}
        self._loaded = False
        self._under_way = ""
        self._n_stopped = 0
        self._limit = suite.setting.limit
        self._most_computed, self._computed = seconds, 0.0
        self._end = time.monotonic() + PATIENCE * seconds
        self._begun = time.monotonic()
        self._fork = apart(lambda send: self.work(suite, cases, bring, send))

    def __enter__(self) -> "ForkedRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._fork.over

    def work(
        self, suite: Suite, cases: Sequence[Case], bring: Callable[[], Subject], send: Send
    ) -> None:
        """What the fork does."""
        begun = time.process_time()

        def tell(message: dict[str, Any]) -> None:
            send(message | {"computed": time.process_time() - begun})

        try:
            subject = bring()
        except CannotLoad as error:
            tell({"refused": str(error), "unusable": isinstance(error, Unusable)})
        else:
            tell({"loaded": subject.name})
            self.judge(suite, cases, subject, tell)

    def judge(self, suite: Suite, cases: Sequence[Case], subject: Subject, send: Send) -> None:
        """Judge what was loaded, in the fork; a subclass may send more than how each test ended."""
        suite.judge(cases, subject, lambda message: send(as_data(message)))

    def take(self, message: dict[str, Any]) -> None:
        """Take in a message, in the process that waits for it; a subclass reads in it what it sent."""

    def stop(self) -> None:
        """End the run, if it still goes on."""
        self._fork.stop()

    def arrived(self, seconds: float) -> list[Record]:
        """The records that come within `seconds`, as soon as there are any."""
        records = []
        for message in self._fork.receive(seconds):
            self._begun, self._loaded = time.monotonic(), True
            self._computed = message["computed"]
            self.take(message)
            self._under_way = message.get("begins", "")
            self.refused = message.get("refused", "")
            self.unusable = message.get("unusable", False)
            if "record" in message:
                records.append(Record.from_data(message["record"]))
                del self.left[records[-1].test]
                self._n_stopped += records[-1].seconds >= self._limit
        if self.over:
            return records + self._broken_off(_how_it_ended(self._fork.status))
        now = time.monotonic()
        if now > self._begun + PATIENCE * self._limit + GRACE:
            self.stop()
            return records + self._broken_off(_endless(self._limit))
        used_up = self._computed > self._most_computed or now > self._end
        if used_up or self._n_stopped >= MOST_STOPPED:
            self.stop()
        return records

    def _broken_off(self, why: str) -> list[Record]:
        """The record of the test that was under way when the run broke off, if one was."""
        if not self._loaded:
            self.refused, self.unusable = why, True
        if not self._under_way:
            return []
        record = Record.blank(self.left.pop(self._under_way))
        self._under_way = ""
        return [replace(record, status=Status.FAILS, explanation=Explanation(why))]


def _endless(seconds: float) -> str:
    return f"your code did not end within {seconds:g} s: is there an endless loop?"


def _how_it_ended(status: int | None) -> str:
    if status is not None and status < 0:
        return f"the process that runs your code was ended by {signal.Signals(-status).name}"
    return f"your code ended the process that runs it, with exit status {status}"
