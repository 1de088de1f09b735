"""A submission in its cell: loaded, prepared for each test, and begun anew where the cell broke off."""

import io
import linecache
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from spec.harness.ground.contract import NAMES
from spec.harness.ground.errors import CannotLoad
from spec.harness.ground.limits import time_limit
from spec.harness.ground.outcomes import Raised, Refuted, TimeLimitExceeded
from spec.harness.ground.status import Status
from spec.harness.subject import beside, counting
from spec.harness.subject.loading import Subject, must_be_text, must_have_names
from spec.harness.subject.notebook import Notebook
from spec.harness.subject.proxy import raised

from .handle import Cell, Nursery
from .remote import PATIENCE, Gone, Line, Stopped

TEXTS = [
    (Path(module.__file__ or "").read_text(encoding="utf-8"), module.__name__)
    for module in (beside, counting)
]
IN_ALL = 30  # times the seconds of a test that a submission may compute, all its cells together
MOST_STOPPED = 10  # tests; then each has an eighth of the seconds
READING = 5.0  # seconds of computing that it may take to understand a notebook
MOST_NAMES, MOST_NOTES = 500, 100  # of a module, of a notebook
BY_WALLS = {"PermissionError", "BlockingIOError"}  # what a wall makes Python raise
BY_LIMITS = {"MemoryError"}
LIMIT = "used more than"  # what a cell says of itself that ran into one


class Submission:
    """One submission, judged in cells of the nursery; each test may compute for `seconds`.

    `content` is that of the file `name`, and `companions` are modules that it may import, by file name.
    `flag` says of the last test whether a limit or a wall met the submission in it.
    """

    def __init__(
        self,
        nursery: Nursery,
        name: str,
        content: bytes,
        companions: dict[str, bytes],
        seconds: float,
    ) -> None:
        self.flag = ""
        self.walls: tuple[str, ...] = ()
        self._nursery, self._seconds = nursery, seconds
        self._name, self._content, self._companions = name, content, companions
        self._module = types.ModuleType(Path(name).stem)
        self._notebook = _read(name, content) if name.lower().endswith(".ipynb") else None
        places = self._notebook.places if self._notebook else [name]
        self._files = frozenset([*places, *companions])
        for each, text in ({name: content} | companions).items():
            lines = io.StringIO(text.decode(errors="replace"), newline=None).readlines()
            linecache.cache[each] = (len(text), None, lines, each)  # for what is told of a line
        self._cell: Cell | None = None
        self._spent = 0.0
        self._n_stopped = 0
        self._in_all = IN_ALL * seconds
        self._end = time.monotonic() + PATIENCE * self._in_all  # however much it sleeps

    def __enter__(self) -> "Submission":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_cell()

    def subject(self) -> Subject:
        """It as what is judged. Raises CannotLoad if there is nothing to judge."""
        must_be_text(self._name, self._content)
        self.renew()
        notes = tuple(self._notebook.notes[:MOST_NOTES]) if self._notebook else ()
        subject = Subject(
            self._module,
            self._name,
            Path(self._name),
            content_hash(self._content, self._companions),
            False,
            notes,
            self._each_test,
            self._located,
        )
        must_have_names(subject)
        return subject

    def renew(self) -> None:
        """Load it in a new cell. Raises CannotLoad."""
        self._end_cell()
        self._cell = cell = self._nursery.cell()
        self.walls = cell.walls
        self._line = Line(cell, self._files)
        try:
            self._line.wire.allow(self._seconds)
            for text, name in TEXTS:
                self._line.ask("run", text, name)
            self._load()
            names = self._line.ask("names", list(NAMES))
        except (Refuted, TimeLimitExceeded) as error:
            raise CannotLoad(str(error)) from None
        except Exception as error:
            raise CannotLoad(str(raised(f"importing {self._name}", error))) from None
        names = names[:MOST_NAMES] if isinstance(names, list) else []
        named = [name for name in names if isinstance(name, str) and name[:1] != "_"]
        known = {name: self._line.remote(name) for name in named}
        self._module.__dict__.update(known)

    def _load(self) -> None:
        for companion in self._companions.items():
            self._line.ask("put", *companion)
        module = f"judged_{Path(self._name).stem}"
        if self._notebook is None:
            self._line.ask("load", self._content, self._name, module)
            return
        self._line.ask("load", b"", self._name, module)
        made = self._line.ask("beside", "Namespace", [self._line.remote(""), list(NAMES)])
        self._notebook.carry_out(made)

    def _end_cell(self) -> None:
        if self._cell:
            self._spent += self._cell.cpu_seconds()
            self._cell.end()
            self._cell = None

    @contextmanager
    def _each_test(self, seed: int) -> Iterator[None]:
        """Around each test: prepare the cell, and see what met the submission in it."""
        self.flag = ""
        try:
            self._prepare(seed)
            yield
            self._line.settle()  # or it fails, whatever the test made of that: to end is not to refuse
            if self._line.wire.something_waits:
                raise Gone("your code sent what nobody asked for")
        except BaseException:
            with suppress(Exception, TimeLimitExceeded):  # no frame of it may reach the next test
                self._line.settle()
            raise
        finally:
            self.flag = self.flag or self._met()
            self._n_stopped += self.flag == Status.STOPPED

    def _prepare(self, seed: int) -> None:
        assert self._cell
        if (self._line.failure or self._line.wire.something_waits) and not self.used_up():
            try:
                self.renew()
            except CannotLoad as error:
                raise Raised(str(error)) from None
        endless = self._n_stopped >= MOST_STOPPED  # what waits for it must not use up all the time
        seconds = self._seconds / 8 if endless else self._seconds
        if self.used_up() or self.used_up(self._line.begin(seed, seconds)):
            self.flag = Status.STOPPED
            raise Stopped("your code had computed, or slept, too long before: its time is used up")

    def used_up(self, here: float = 0.0) -> bool:
        """Whether it may not go on: `here` are the seconds that it has computed in the cell it is in."""
        return self._spent + here > self._in_all or time.monotonic() > self._end

    def _met(self) -> str:
        failure, raised = self._line.failure, set(self._line.raised)
        if isinstance(failure, Stopped) or LIMIT in str(failure) or raised & BY_LIMITS:
            return Status.STOPPED
        if raised & BY_WALLS or "SIGSYS" in str(failure):
            return Status.REFUSED
        return ""

    def _located(self, function: str) -> tuple[str, int] | None:
        """Where a function begins: one of the submission's own files, and the line."""
        try:
            found: Any = self._line.ask("beside", "located", [self._line.remote(""), function])
        except (Exception, TimeLimitExceeded):
            return None
        if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], int):
            file = self._line.own_file(found[0])
            return (file, found[1]) if file and file not in self._companions else None
        return None


def _read(name: str, content: bytes) -> Notebook:
    try:
        with time_limit(READING, name):
            return Notebook(name, content)
    except TimeLimitExceeded:
        raise CannotLoad(f"{name} takes more than {READING:g} s to be read") from None


def content_hash(content: bytes, companions: dict[str, bytes]) -> str:
    """The SHA-256 of a file; where it has companions, of their names and contents, too."""
    digest = sha256(content)
    for name in sorted(companions):
        digest.update(f"\0{name}\0{len(companions[name])}\0".encode() + companions[name])
    return digest.hexdigest()
