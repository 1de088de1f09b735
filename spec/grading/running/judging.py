"""Judging submissions: the specification is collected once, and each submission is judged in a fork.

The fork holds the specification and asks; the submission answers from its sandbox. So one submission cannot
affect another one, neither by what it does nor by what it makes the specification do.
"""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from spec.forked import Fork, Send
from spec.harness.engine.records import Outcome, Record
from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite, collected, warm_up
from spec.harness.ground.errors import CannotLoad
from spec.harness.ground.limits import SECONDS
from spec.harness.ground.status import Status
from spec.harness.subject.loading import ROOT
from spec.sandbox import clock, kernel
from spec.sandbox.control import Launcher
from spec.sandbox.submission import Submission, content_hash

from ..scores.judgement import Judgement, Verdict
from . import cores
from .alike import form
from .clean import clean

with suppress(ImportError):  # on Windows, where nothing is graded
    import resource

LONGEST = 900.0  # seconds until a judgement is given up
ROOM = 1 << 31  # bytes of memory that judging one may take, above what all share
MOST_STOPPED = 2  # tests in which a clock may end the process that judges
TOOK_TOO_LONG = "your code took too long in what it had the specification compute"
BROKE_OFF = "judging it broke off"  # the trouble of a judgement that says nothing of the submission
OPTIONS = (
    "--hypothesis-profile=quick",
    "--time-limit=300",  # the submission's limit is its own
)

Found = TypeVar("Found")


class Judge(Protocol):
    """What an action is given."""

    def __call__(self, file: Path, companions: Sequence[Path] = ()) -> Judgement:
        """Judge one .py file or notebook, whatever it does. It may import its companions, beside or below."""

    def contents(self, name: str, content: bytes, companions: dict[str, bytes]) -> Judgement:
        """The same of files that need not lie on a disk; companions by their paths beside the file."""

    def take(self, seed: int) -> None:
        """From now on, the examples are those of another seed."""


def judging(
    action: Callable[[Judge], Found],
    *,
    walls: Literal["landlock", "process"] = "landlock",
    claims: Sequence[str] = (),
    seconds: float = SECONDS,
    seed: int = 0,
) -> Found:
    """Collect the specification and return what `action(judge)` returns.

    It judges by all obligations, or by those of `claims` alone, on the examples of `seed`; in each test a
    submission may compute for `seconds`. Raises CannotDo where the weakest walls accepted do not stand.
    """
    suite = collected(*OPTIONS, *(f"--claim={claim}" for claim in claims))
    warm_up()
    for case in suite.seen_from_outside:
        _ = case.equation  # these and the hash once, not in each fork
    suite_hash()
    with Launcher(walls) as launcher:
        judge = _Judge(suite, launcher, seconds)
        judge.take(seed)
        return action(judge)


class _Judge:
    """Judges submissions by one suite, in the sandboxes of one launcher."""

    def __init__(self, suite: Suite, launcher: Launcher, seconds: float) -> None:
        self._suite, self._launcher, self._seconds = suite, launcher, seconds

    def take(self, seed: int) -> None:
        self._suite.setting = replace(self._suite.setting, seed=seed)
        self._suite.draw(self._suite.seen_from_outside)

    def __call__(self, file: Path, companions: Sequence[Path] = ()) -> Judgement:
        try:
            files = (*companions, file)
            contents = {f.relative_to(file.parent).as_posix(): f.read_bytes() for f in files}
        except OSError as error:
            name = Path(error.filename).name
            return _nothing(self._suite, "", f"{name} cannot be read: {error.strerror}")
        content = contents.pop(file.name)
        return self.contents(file.name, content, contents)

    def contents(self, name: str, content: bytes, companions: dict[str, bytes]) -> Judgement:
        sha256 = content_hash(content, companions)
        begin = partial(Submission, self._launcher, name, content, companions, self._seconds)
        formed = partial(form, name, content, companions)
        end, stopped = time.monotonic() + LONGEST, list[str]()
        while len(stopped) <= MOST_STOPPED:
            found = _in_a_fork(self._suite, begin, formed, sha256, stopped, end)
            if isinstance(found, Judgement):
                return found
            stopped.append(found)
        return _nothing(self._suite, sha256, TOOK_TOO_LONG)


def _in_a_fork(
    suite: Suite,
    begin: Callable[[], Submission],
    formed: Callable[[], str],
    sha256: str,
    stopped: list[str],
    end: float,
) -> Judgement | str:
    """The judgement, without the tests that were `stopped`; or a test in which a clock ended the fork."""
    under_way = ""
    with Fork(lambda send: _judge(suite, begin, formed, sha256, stopped, send)) as fork:
        while not fork.over and time.monotonic() < end:
            for message in fork.receive(1.0):
                if "begins" not in message:
                    return Judgement.from_data(message)
                under_way = message["begins"]
        over, status = fork.over, fork.status
    if not over:
        return _nothing(suite, sha256, f"judging it took too long: more than {LONGEST:g} s")
    if status == -signal.SIGVTALRM and under_way:
        return under_way
    how = f"the process that judged it {_ended(status)}"
    return replace(_nothing(suite, sha256, f"{BROKE_OFF}: {how}"), broke_off=True)


def _ended(status: int | None) -> str:
    if status is not None and status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def _judge(
    suite: Suite,
    begin: Callable[[], Submission],
    formed: Callable[[], str],
    sha256: str,
    stopped: Sequence[str],
    send: Send,
) -> None:
    """What the fork does."""
    kernel.die_with_parent(signal.SIGKILL)
    core = cores.take()  # noqa: F841  (its own until it ends)
    _limit_memory()
    places: tuple[str, ...] = ()
    try:
        with begin() as submission:
            try:
                subject = submission.subject()
            finally:
                places = submission.places
            found, incidents = _run(suite, submission, subject, stopped, send)
            verdicts = tuple(_verdict(outcome, incidents) for outcome in found.outcomes())
            judgement = Judgement(
                subject.sha256, suite_hash(), submission.walls, "", subject.notes, verdicts
            )
        judgement = replace(judgement, form=formed())
    except CannotLoad as error:
        judgement = _nothing(suite, sha256, str(error))
    send(clean(judgement.as_data(), places))


def _limit_memory() -> None:
    """What a submission answers may be small and grow: then this process ends, and no other one."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _run(
    suite: Suite, submission: Submission, subject: Any, stopped: Sequence[str], send: Send
) -> tuple[Results, dict[str, str]]:
    """Run all obligations but those that were stopped, around each a clock that ends this process.

    Those that another clock stopped are run once more, each alone in a new sandbox.
    """
    incidents: dict[str, str] = dict.fromkeys(stopped, Status.STOPPED)

    def note(message: Any) -> None:
        if "record" in message:
            record = message["record"]
            incidents[record.test] = submission.incident
            record.error = None  # its frames would keep the answers of each test in memory
        else:
            send(message)
            clock.restart()

    cases = [case for case in suite.seen_from_outside if case.id not in stopped]
    found = suite.judge(cases, subject, note)
    for case in [case for case in suite.seen_from_outside if case.id in stopped]:
        found.add(Record.stopped(case, TOOK_TOO_LONG))
    for case in [case for case in cases if incidents[case.id] == Status.STOPPED]:
        if submission.used_up():
            break
        try:
            submission.restart()
        except CannotLoad:
            break
        found.records |= suite.judge([case], subject, note).records
    clock.stop()
    found.settle()
    return found, incidents


def _verdict(outcome: Outcome, incidents: dict[str, str]) -> Verdict:
    record = outcome.worst
    incident = incidents[record.test] if record.status in (Status.FAILS, Status.WAITS) else ""
    return Verdict(
        outcome.id,
        Status(incident or record.status),
        record.equation,
        record.why,
        record.test,
        record.line,
        record.waits_for,
        record.explanation,
        outcome.share,
    )


def _nothing(suite: Suite, sha256: str, trouble: str) -> Judgement:
    """The judgement of what cannot be judged."""
    order = suite.ledger.order
    ids = {case.claim.id for case in suite.seen_from_outside}
    verdicts = tuple(Verdict(id, Status.NOT_RUN) for id in sorted(ids, key=order.__getitem__))
    return Judgement(sha256, suite_hash(), (), trouble, (), verdicts)


@cache
def suite_hash() -> str:
    """The hash of the specification: of all that can change a judgement."""
    digest = sha256(" ".join(OPTIONS).encode())
    spec = ROOT / "spec"
    parts = [spec.glob("*.py"), spec.glob("*.toml")]
    for room in ("harness", "sandbox", "grading"):
        parts += [(spec / room).rglob("*.py"), (spec / room).rglob("*.ini")]
    for file in sorted(file for part in parts for file in part):
        digest.update(file.relative_to(spec).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()
