"""Judging again and again at the price of one start.

pytest collects the specification once; each run is a fork of that process. A fork inherits the
collected tests and the imported libraries, so a run costs little more than its own calls, and what
it breaks dies with it. How a test ends comes back at once, as a record.
"""

import gc
import signal
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Generic, TypeVar

import hypothesis
import pytest
from hypothesis import strategies

from spec.forked import Send, apart

from ..fronts.plugin import LEDGER, SUBJECT
from ..ground.calling import judging
from ..ground.errors import CannotDo, CannotLoad, Unusable
from ..ground.limits import PATIENCE
from ..mathematics import digits, moons
from ..subject.loading import ROOT, Subject
from ..telling.explain import Explanation
from ..telling.source_lines import OwnLine
from . import alone, collection, results
from .claims import Claim

OPTIONS = (
    *("-qq", "-s"),
    "--tb=native",  # no one sees a traceback here, and pytest's own costs more than the test
)
NOTHING = Subject(types.ModuleType("nothing"), "nothing", ROOT, "", False)
GRACE = 2.0  # seconds that a test may take above the time limit, which it was told of by then
MOST_STOPPED = 3  # tests that had to be stopped; then the run is

Found = TypeVar("Found")
Action = Callable[[pytest.Session], Found]


class _InsteadOfRunning(Generic[Found]):
    """A pytest plugin that carries out an action where the tests would be run."""

    def __init__(self, action: Action[Found], subject: Subject | None) -> None:
        self.action, self.subject = action, subject
        self.found: list[Found] = []
        self.error: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave what is judged to the action, or to the option --impl."""
        if self.subject:
            config.stash[SUBJECT] = self.subject

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Carry out the action."""
        _warm_up(session)
        gc.enable()
        try:
            self.found.append(self.action(session))
        except BaseException as error:
            self.error = error
        return True


def _warm_up(session: pytest.Session) -> None:
    """Import, and compute, what tests need whatever is judged: once, before forking."""
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    moons.moons()
    moons.fresh_moons()
    digits.digits()
    for item in session.items:
        item.location  # noqa: B018  (where it stands is looked for once)
    hypothesis.given(strategies.integers())(lambda number: None)()


def start(action: Action[Found], *options: str, subject: Subject | None = None) -> Found:
    """Collect the specification with these options of pytest, and return what the action returns.

    Without a subject, that of the options is loaded. CannotDo if nothing could be collected.
    """
    plugin = _InsteadOfRunning(action, subject)
    gc.disable()  # what is imported and collected now stays
    try:
        status = alone.run([*OPTIONS, *options], plugins=[plugin])
    finally:
        gc.enable()
    if plugin.error:
        raise plugin.error
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if not plugin.found:
        raise CannotDo(f"the specification cannot be collected; `{judging(None)}` says why")
    return plugin.found[0]


def obligations(session: pytest.Session) -> list[pytest.Item]:
    """The collected tests that ask for an implementation."""
    return [item for item in session.items if collection.is_obligation(item)]


def judged(
    session: pytest.Session,
    items: Sequence[pytest.Item],
    subject: Subject | None = None,
    send: Send = lambda message: None,
) -> results.Results:
    """Run these of the collected tests, on another implementation if one is given.

    What begins and how it ends, as a record, is handed to `send` as it happens.
    """
    config = session.config
    subject = subject or config.stash[SUBJECT]
    found = results.Results(config.stash[LEDGER], subject, config.option)
    config.stash[SUBJECT], config.stash[results.RESULTS] = subject, found
    for item, following in zip(items, [*items[1:], None], strict=True):
        send({"begins": item.nodeid})
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        send({"record": found.records[item.nodeid]})
    return found


def as_data(message: dict[str, Any]) -> dict[str, Any]:
    """A message of `judged` that fits into JSON."""
    return message | {"record": asdict(message["record"])} if "record" in message else message


class Run:
    """A run of tests in a fork, on the implementation that `bring` loads there.

    It is stopped after `seconds`, and where a test does not heed its time limit or too many had to be
    stopped. `over` says that it has ended, `refused` why there was nothing to judge (`unusable` if it
    was found, at least), and `left` the tests that have not been run.
    """

    def __init__(
        self,
        session: pytest.Session,
        items: Sequence[pytest.Item],
        bring: Callable[[], Subject],
        seconds: float,
    ) -> None:
        self.refused, self.unusable = "", False
        self.left = {item.nodeid: item for item in items}
        self._loaded = False
        self._under_way = ""
        self._n_stopped = 0
        self._limit: float = session.config.option.time_limit
        self._end = time.monotonic() + seconds
        self._begun = time.monotonic()
        self._fork = apart(lambda send: self.work(session, items, bring, send))

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._fork.over

    def work(
        self,
        session: pytest.Session,
        items: Sequence[pytest.Item],
        bring: Callable[[], Subject],
        send: Send,
    ) -> None:
        """What the fork does."""
        try:
            subject = bring()
        except CannotLoad as error:
            send({"refused": str(error), "unusable": isinstance(error, Unusable)})
        else:
            send({"loaded": subject.name})
            self.judge(session, items, subject, send)

    def judge(
        self, session: pytest.Session, items: Sequence[pytest.Item], subject: Subject, send: Send
    ) -> None:
        """Judge what was loaded, in the fork; a subclass may send more than how each test ended."""
        judged(session, items, subject, lambda message: send(as_data(message)))

    def take(self, message: dict[str, Any]) -> None:
        """Take in a message, in the process that waits for it; a subclass reads in it what it sent."""

    def stop(self) -> None:
        """End the run, if it still goes on."""
        self._fork.stop()

    def arrived(self, seconds: float) -> list[results.Record]:
        """The records that come within `seconds`, as soon as there are any."""
        records = []
        for message in self._fork.receive(seconds):
            self._begun, self._loaded = time.monotonic(), True
            self.take(message)
            self._under_way = message.get("begins", "")
            self.refused = message.get("refused", "")
            self.unusable = message.get("unusable", False)
            if "record" in message:
                records.append(_revived(message["record"]))
                del self.left[records[-1].test]
                self._n_stopped += records[-1].seconds >= self._limit
        if self.over:
            return records + self._broken_off(_how_it_ended(self._fork.status))
        now = time.monotonic()
        if now > self._begun + PATIENCE * self._limit + GRACE:
            self.stop()
            return records + self._broken_off(_endless(self._limit))
        if now > self._end or self._n_stopped >= MOST_STOPPED:
            self.stop()
        return records

    def _broken_off(self, why: str) -> list[results.Record]:
        """The record of the test that was under way when the run broke off, if one was."""
        if not self._loaded:
            self.refused, self.unusable = why, True
        if not self._under_way:
            return []
        record = results.blank(self.left.pop(self._under_way))
        self._under_way = ""
        return [replace(record, status=results.FAILS, explanation=Explanation(why))]


def _endless(seconds: float) -> str:
    return f"your code did not end within {seconds:g} s: is there an endless loop?"


def _how_it_ended(status: int | None) -> str:
    if status is not None and status < 0:
        return f"the process that runs your code was ended by {signal.Signals(-status).name}"
    return f"your code ended the process that runs it, with exit status {status}"


def _revived(record: dict[str, Any]) -> results.Record:
    explanation = record["explanation"]
    if explanation:
        own = [OwnLine(**line) for line in explanation["own"]]
        explanation = Explanation(**explanation | {"own": own})
    return results.Record(
        **record | {"claim": Claim(**record["claim"]), "explanation": explanation}
    )
