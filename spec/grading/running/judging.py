"""Judging submissions: the specification is collected once, and each one judged in a fork, behind walls.

The fork holds the specification and asks; the submission answers from its cell. So neither what one
submission does nor what it makes the specification do reaches another one.
"""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import pytest

from spec.forked import Fork, Send
from spec.harness.engine import collection, results, warm
from spec.harness.fronts.plugin import LEDGER, draw_examples
from spec.harness.ground.errors import CannotLoad
from spec.harness.ground.latex import to_unicode
from spec.harness.subject.loading import ROOT
from spec.sandbox import kernel
from spec.sandbox.handle import Nursery
from spec.sandbox.submission import Submission, content_hash

from ..scores.judgement import FAILS, NOT_RUN, STOPPED, WAITS, Judgement, Verdict
from . import cores

with suppress(ImportError):  # on Windows, where nothing is graded
    import resource

SECONDS = 4.0  # that a submission may compute in one test
LONGEST = 900.0  # seconds until a judgement is given up
ROOM = 1 << 31  # bytes of memory that judging one may take, above what all share
BROKE_OFF = "judging it broke off"  # the trouble of a judgement that says nothing of the submission
IDLE = (
    *("logging", "warnings", "unraisableexception", "threadexception", "doctest", "junitxml"),
    *("unittest", "faulthandler", "setuponly", "setupplan", "anyio", "subtests"),
)
ONLOOKERS = ("terminalreporter", "hypothesispytest", "capturemanager", "skipping")
OPTIONS = (
    "--hypothesis-profile=quick",
    "--hypothesis-seed=0",  # each test has its own; but then no test's text is hashed
    "--time-limit=300",  # the submission's limit is its own
    *(
        f"-pno:{plugin}" for plugin in IDLE
    ),  # plugins that would see each test, for nothing, as the onlookers would
)

Found = TypeVar("Found")


class Judge(Protocol):
    """What an action is given."""

    def __call__(self, file: Path, companions: Sequence[Path] = ()) -> Judgement:
        """Judge one .py file or notebook, whatever it does. It may import its companions, beside or below."""


def judging(
    action: Callable[[Judge], Found],
    *,
    walls: Literal["landlock", "process"] = "landlock",
    claims: Sequence[str] = (),
    seconds: float = SECONDS,
) -> Found:
    """Collect the specification and return what `action(judge)` returns.

    It judges by all obligations, or by those of `claims` alone; in each test a submission may compute
    for `seconds`. Raises CannotDo where the weakest walls accepted do not stand.
    """

    def begun(session: pytest.Session) -> Found:
        draw_examples(warm.obligations(session))
        for item in warm.obligations(session):
            to_unicode(collection.claim_of(item).latex)
        suite()  # this and the equations once, not in each fork
        with Nursery(walls) as nursery:
            return action(partial(_judged, session, nursery, seconds))

    return warm.start(
        begun, *OPTIONS, *(f"--claim={claim}" for claim in claims), subject=warm.NOTHING
    )


def _judged(
    session: pytest.Session,
    nursery: Nursery,
    seconds: float,
    file: Path,
    companions: Sequence[Path] = (),
) -> Judgement:
    try:
        files = (*companions, file)
        contents = {each.relative_to(file.parent).as_posix(): each.read_bytes() for each in files}
    except OSError as error:
        name = Path(error.filename).name
        return _nothing(session, "", f"{name} cannot be read: {error.strerror}")
    content = contents.pop(file.name)
    trouble = BROKE_OFF
    sha256 = content_hash(content, contents)
    begin = partial(Submission, nursery, file.name, content, contents, seconds)
    with Fork(lambda send: _judge(session, begin, sha256, send)) as fork:
        end = time.monotonic() + LONGEST
        while not fork.over and time.monotonic() < end:
            for message in fork.receive(1.0):
                return Judgement.from_data(message)
        how = f"the process that judges ended with status {fork.status}"
    trouble += f": {how if fork.status is not None else f'it took more than {LONGEST:g} s'}"
    return _nothing(session, sha256, trouble)


def _judge(
    session: pytest.Session, begin: Callable[[], Submission], sha256: str, send: Send
) -> None:
    """What the fork does."""
    kernel.die_with_parent(signal.SIGKILL)
    core = cores.take()  # noqa: F841  (its own until it ends)
    _limit_memory()
    for name in ONLOOKERS:  # they have done their part
        session.config.pluginmanager.unregister(name=name)
    try:
        with begin() as submission:
            subject = submission.subject()
            found, flags = _run(session, submission, subject)
            verdicts = tuple(_verdict(outcome, flags, found) for outcome in found.outcomes())
            judgement = Judgement(
                subject.sha256, suite(), submission.walls, "", subject.notes, verdicts
            )
    except CannotLoad as error:
        judgement = _nothing(session, sha256, str(error))
    send(judgement.as_data())


def _limit_memory() -> None:
    """What a submission answers may be small and grow: then this process ends, and no other one."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _run(
    session: pytest.Session, submission: Submission, subject: Any
) -> tuple[results.Results, dict[str, str]]:
    """Run all obligations; those that a clock stopped once more, each alone in a new cell."""
    flags: dict[str, str] = {}

    def note(message: Any) -> None:
        if "record" in message:
            flags[message["record"].test] = submission.flag

    items = warm.obligations(session)
    found = warm.judged(session, items, subject, note)
    for item in [item for item in items if flags[item.nodeid] == STOPPED]:
        if submission.used_up():
            break
        try:
            submission.renew()
        except CannotLoad:
            break
        found.records |= warm.judged(session, [item], subject, note).records
    found.settle()
    return found, flags


def _verdict(outcome: results.Outcome, flags: dict[str, str], found: results.Results) -> Verdict:
    record = outcome.worst
    flag = flags[record.test] if record.status in (FAILS, WAITS) else ""
    return Verdict(
        outcome.id,
        flag or record.status,
        found.equation(record),
        record.why,
        record.test,
        record.line,
        record.waits_for,
        record.explanation,
    )


def _nothing(session: pytest.Session, sha256: str, trouble: str) -> Judgement:
    """The judgement of what cannot be judged."""
    order = session.config.stash[LEDGER].order
    ids = {collection.claim_of(item).id for item in warm.obligations(session)}
    verdicts = tuple(Verdict(id, NOT_RUN) for id in sorted(ids, key=order.__getitem__))
    return Judgement(sha256, suite(), (), trouble, (), verdicts)


@cache
def suite() -> str:
    """The hash of the specification: of all that can change a judgement."""
    digest = sha256(" ".join(OPTIONS).encode())
    spec = ROOT / "spec"
    parts = [spec.glob("*.py"), spec.glob("*.toml")]
    for room in ("harness", "sandbox", "grading"):
        parts += [(spec / room).rglob("*.py"), (spec / room).rglob("*.ini")]
    for file in sorted(file for part in parts for file in part):
        digest.update(file.relative_to(spec).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()
