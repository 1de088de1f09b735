"""Judging a class: what is not judged yet goes to workers, and each judgement is stored as it comes.

The workers are joblib's: processes of this machine or of a cluster. They need no access to the
submissions or the results: the content is sent to them, and they send the judgement back.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from spec.harness.ground.errors import CannotDo
from spec.harness.ground.limits import SECONDS
from spec.harness.ground.status import Status

from ..intake.handed_in import Contents, HandedIn
from ..intake.trees import CannotRead
from ..scores.judgement import Judgement, Verdict
from . import backends, worker
from .clean import clean
from .store import Store
from .worker import Terms, Walls

FRUITLESS = 3  # times in a row that workers were ended before any of them had judged anything
ALL_CORES = -1

Report = Callable[[HandedIn, Judgement, str], object]
Known = Callable[[HandedIn, str], bool]
Task = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class How:
    """How a class is judged: the weakest walls, the number of workers, joblib's back end and its address.

    In each test a submission may compute for `seconds`. The examples are those of `seed`, which is a secret.
    """

    walls: Walls = "landlock"
    jobs: int = ALL_CORES
    backend: str = "loky"
    scheduler: str = ""
    seconds: float = SECONDS
    seed: int = field(default=0, repr=False)


class ClassRun:
    """Judges submissions by these claims, and reports each as soon as it is judged.

    Those of the names `only` are judged anew, and no other is; None: all that is not judged yet.
    `n_judged` counts those that were judged now, since the store did not have them.
    A report has the key of the judgement, "" where there is none. Whoever is `known` under a key is not
    looked up at all.
    """

    def __init__(
        self,
        claims: tuple[str, ...],
        store: Store,
        how: How,
        report: Report,
        only: Set[str] | None = None,
        known: Known = lambda submission, key: False,
    ) -> None:
        self.known = known
        self.claims, self.store, self.how, self.report = claims, store, how, report
        self.only = only
        self.n_judged = 0
        self._left: dict[str, list[HandedIn]] = {}
        self._unread: dict[str, str] = {}  # why the contents could not be read when their turn came

    def judge(self, submissions: Iterable[HandedIn]) -> None:
        """Judge and report all. Raises CannotDo if there are no workers, or if they end again and again."""
        for submission in submissions:
            self._look_up(submission)
        fruitless = 0
        with backends.connected(self.how.backend, self.how.scheduler) as workers:
            while self._left:
                before = len(self._left)
                for key, data in workers.results(self._tasks(), self.how.jobs):
                    self._take(key, data)
                for key, why in self._unread.items():
                    self._lose(self._left.pop(key), why)
                self._unread.clear()
                fruitless = 0 if len(self._left) < before else fruitless + 1
                if fruitless == FRUITLESS:
                    raise CannotDo(
                        "the workers ended again and again before they had judged anything; often memory is "
                        "short: try fewer --jobs; what was judged is kept"
                    )

    def _look_up(self, submission: HandedIn) -> None:
        """Report a submission that is already judged or cannot be read; note the others, by their keys."""
        try:
            key = self.store.key(submission.read())
        except CannotRead as error:
            self._lose([submission], str(error))
            return
        anew = self.only is not None and submission.name in self.only
        if not anew and self.known(submission, key):
            return
        judgement = self.store.get(key)
        if judgement and (self.only is None or submission.name not in self.only):
            self._tell(submission, judgement, key)
        elif self.only is not None and submission.name not in self.only:
            self._lose(
                [submission], "not judged: --only names others, and there is no judgement yet"
            )
        else:
            self._left.setdefault(key, []).append(submission)

    def _tasks(self) -> Iterator[Task]:
        """The workers' tasks. Contents are read when their turn comes, in a thread of joblib."""
        from joblib import delayed

        for key, same in list(self._left.items()):
            try:
                contents = same[0].read()
            except CannotRead as error:
                self._unread[key] = str(error)
                continue
            if self.store.key(contents) != key:
                self._unread[key] = "changed while it was graded: grade it again"
            else:
                yield delayed(_judged)(key, contents, self.how, os.getpid())

    def _take(self, key: str, data: dict[str, Any]) -> None:
        """Store and report what a worker has found."""
        same = self._left.pop(key, [])
        self.n_judged += len(same)
        if why := data.get("lost", ""):
            self._lose(same, why)
            return
        self.store.put(key, data)
        for submission in same:
            self._tell(submission, Judgement.from_data(data), key)

    def _lose(self, same: list[HandedIn], why: str) -> None:
        """Report that there is no judgement on these, and why."""
        for submission in same:
            self._tell(submission, self._nothing(why), "")

    def _tell(self, submission: HandedIn, judgement: Judgement, key: str) -> None:
        """Report a judgement. Where that fails, this is the trouble of this one, and the others go on."""
        try:
            self.report(submission, judgement, key)
        except CannotDo:
            raise
        except Exception as error:
            kind = type(error).__name__
            why = (
                f"what came out cannot be told ({kind}): report it to whoever gave you this package"
            )
            self.report(submission, self._nothing(why), "")

    def _nothing(self, why: str) -> Judgement:
        verdicts = tuple(Verdict(claim, Status.NOT_RUN) for claim in self.claims)
        return Judgement("", self.store.suite, (), clean(why), (), verdicts)


def _judged(key: str, contents: Contents, how: How, grader: int) -> tuple[str, dict[str, Any]]:
    """What a worker does for one submission."""
    worker.end_with(grader)
    return key, worker.judge(contents, Terms(how.walls, how.seconds, how.seed))
