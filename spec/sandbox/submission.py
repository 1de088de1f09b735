"""A submission as the trusted side runs it: in a sandbox, which is prepared for each test.

Where a test leaves the sandbox broken, the next one gets a new one.
"""

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
from spec.harness.ground.errors import CannotLoad, RaisedElsewhere
from spec.harness.ground.limits import time_limit
from spec.harness.ground.outcomes import Raised, Refuted, TimeLimitExceeded
from spec.harness.ground.status import Status
from spec.harness.ground.texts import cut
from spec.harness.subject import beside, counting
from spec.harness.subject.formats import is_notebook
from spec.harness.subject.loading import (
    Subject,
    defines_any,
    definitions_alone,
    must_be_text,
    must_have_names,
)
from spec.harness.subject.notebook import Notebook
from spec.harness.subject.proxy import raised
from spec.harness.subject.scripts import is_notebook_as_script

from .control import Launcher, Sandbox
from .patience import PATIENCE, Stopped
from .remote import Client, Gone

TEXTS = [
    (Path(module.__file__ or "").read_text(encoding="utf-8"), module.__name__)
    for module in (beside, counting)
]
IN_ALL = 30  # times the seconds of a test that a submission may compute, all its sandboxes together
MOST_STOPPED = 10  # tests; then each has an eighth of the seconds
READING = 5.0  # seconds of computing that it may take to understand a notebook
MOST_NAMES, MOST_NOTES = 500, 100  # of a module, of a notebook
LONGEST_LINE, LONGEST_NOTE = 2000, 300  # characters
BY_WALLS = {"PermissionError", "BlockingIOError"}  # what a wall makes Python raise
BY_LIMITS = {"MemoryError"}


class Submission:
    """One submission, in sandboxes of the launcher; each test may compute for `seconds`.

    `content` is that of the file `name`, and `companions` are modules that it may import, by file name.
    `incident` says whether a limit or a wall met it in the last test: STOPPED, REFUSED or "".
    """

    def __init__(
        self,
        launcher: Launcher,
        name: str,
        content: bytes,
        companions: dict[str, bytes],
        seconds: float,
    ) -> None:
        self.incident = ""
        self.walls: tuple[str, ...] = ()
        self.places: tuple[str, ...] = ()  # in which its sandboxes are
        self._launcher, self._seconds = launcher, seconds
        self._name, self._content, self._companions = name, content, companions
        self._module = types.ModuleType(Path(name).stem)
        by_definitions = is_notebook(name.lower()) or is_notebook_as_script(content)
        self._notebook = _read(name, content) if by_definitions else None
        places = self._notebook.places if self._notebook else [name]
        sources = {each: text for each, text in companions.items() if each.endswith(".py")}
        self._files = frozenset([*places, *sources])
        for each, text in ({name: content} | sources).items():
            lines = io.StringIO(text.decode(errors="replace"), newline=None).readlines()
            lines = [
                line if len(line) < LONGEST_LINE else f"{line[:LONGEST_LINE]}\n" for line in lines
            ]
            linecache.cache[each] = (len(text), None, lines, each)  # for what is told of a line
        self._sandbox: Sandbox | None = None
        self._spent = 0.0
        self._n_stopped = 0
        self._in_all = IN_ALL * seconds
        self._end = time.monotonic() + PATIENCE * self._in_all  # however much it sleeps

    def __enter__(self) -> "Submission":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_sandbox()

    def subject(self) -> Subject:
        """The submission as what is judged. Raises CannotLoad if there is nothing to judge."""
        must_be_text(self._name, self._content)
        try:
            self.restart()
            notes: tuple[str, ...] = ()
        except CannotLoad as error:
            if self._notebook:
                raise
            self._define_alone(error)
            notes = (definitions_alone(error),)
        notes += tuple(self._notebook.notes[:MOST_NOTES]) if self._notebook else ()
        subject = Subject(
            self._module,
            self._name,
            Path(self._name),
            content_hash(self._content, self._companions),
            False,
            tuple(cut(note, LONGEST_NOTE) for note in notes),
            self._each_test,
            self._located,
            self._beside,
        )
        must_have_names(subject)
        return subject

    def _define_alone(self, error: CannotLoad) -> None:
        """Load the definitions alone; where there are none, raise the error that its import ended with."""
        self._notebook = _read(self._name, self._content)
        with suppress(CannotLoad):
            self.restart()
        if not defines_any(self._module):
            raise error

    def restart(self) -> None:
        """Load it in a new sandbox. Raises CannotLoad."""
        self._end_sandbox()
        self._sandbox = sandbox = self._launcher.launch()
        self.walls, self.places = sandbox.walls, (sandbox.root,)
        self._client = Client(sandbox, self._files)
        try:
            self._client.wire.allow(self._seconds)
            for text, name in TEXTS:
                self._client.ask("run", text, name)
            self._load()
            names = self._client.ask("names", list(NAMES))
        except (Refuted, TimeLimitExceeded) as error:
            raise CannotLoad(str(error)) from None
        except Exception as error:
            raise CannotLoad(str(raised(f"importing {self._name}", error))) from None
        names = names[:MOST_NAMES] if isinstance(names, list) else []
        named = [name for name in names if isinstance(name, str) and name[:1] != "_"]
        known = {name: self._client.remote(name) for name in named}
        self._module.__dict__.update(known)

    def _load(self) -> None:
        for companion in self._companions.items():
            with suppress(RaisedElsewhere):  # it cannot lie there, and what imports it says so
                self._client.ask("put", *companion)
        module = f"judged_{Path(self._name).stem}"
        if self._notebook is None:
            self._client.ask("load", self._content, self._name, module)
            return
        self._client.ask("load", b"", self._name, module)
        made = self._client.ask("beside", "Namespace", [self._client.remote(""), list(NAMES)])
        self._notebook.carry_out(made)

    def _end_sandbox(self) -> None:
        if self._sandbox:
            self._spent += self._sandbox.cpu_seconds()
            self._sandbox.end()
            self._sandbox = None

    @contextmanager
    def _each_test(self, seed: int) -> Iterator[None]:
        """Around each test: prepare the sandbox, and note the incident, if there is one."""
        self.incident = ""
        try:
            self._prepare(seed)
            yield
            self._client.settle()  # or it fails, whatever the test made of that: to end is not to refuse
            if self._client.wire.something_waits:
                raise Gone("your code sent what nobody asked for")
        except BaseException:
            with suppress(Exception, TimeLimitExceeded):  # no frame of it may reach the next test
                self._client.settle()
            raise
        finally:
            self.incident = self.incident or self._noted()
            self._n_stopped += self.incident == Status.STOPPED

    def _prepare(self, seed: int) -> None:
        assert self._sandbox
        if (self._client.failure or self._client.wire.something_waits) and not self.used_up():
            try:
                self.restart()
            except CannotLoad as error:
                raise Raised(str(error)) from None
        endless = self._n_stopped >= MOST_STOPPED  # what waits for it must not use up all the time
        seconds = self._seconds / 8 if endless else self._seconds
        if self.used_up() or self.used_up(self._client.begin(seed, seconds)):
            self.incident = Status.STOPPED
            raise Stopped(
                "your code computed or slept too long in earlier tests: its time is used up"
            )

    def used_up(self, here: float = 0.0) -> bool:
        """Whether its time is over. `here` are the seconds that it has computed in its present sandbox."""
        return self._spent + here > self._in_all or time.monotonic() > self._end

    def _noted(self) -> str:
        """What the sandbox and what was raised in it tell of an incident."""
        failure, raised = self._client.failure, set(self._client.raised)
        met = failure.met if isinstance(failure, Gone) else None
        if isinstance(failure, Stopped) or met is Status.STOPPED or raised & BY_LIMITS:
            return Status.STOPPED
        return Status.REFUSED if raised & BY_WALLS else met or ""

    def _beside(self, function: str, *arguments: Any) -> Any:
        """What its own process says when it carries out a function of `beside` on the module."""
        return self._client.ask("beside", function, [self._client.remote(""), *arguments])

    def _located(self, function: str) -> tuple[str, int] | None:
        """Where a function begins: one of the submission's own files, and the line."""
        try:
            found: Any = self._beside("located", function)
        except (Exception, TimeLimitExceeded):
            return None
        if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], int):
            file = self._client.own_file(found[0])
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
