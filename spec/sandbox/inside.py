"""What runs inside the sandbox: it loads the submission, then answers calls until it is ended.

Of `spec` it imports `wire` alone, so a submission can find nothing else of it here. The trusted side
sends a request and waits; the answer is a value, or what was raised. While a request is carried out, the
submission may call what was handed to it: then this side asks, and the trusted side answers.
"""

import contextvars
import dis
import io
import linecache
import os
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

import msgpack
import numpy as np

from .wire import CALLBACK, GENERATOR, HANDLE, NAME, SHARED, Wire

LONGEST_TEXT = (
    1200  # characters of an exception's message: its end is cut off where places are hidden
)
MOST_FRAMES = 40  # of a traceback
MOST_NAMES, LONGEST_NAME = 500, 100
MOST_HELD = 10  # items of a result
# instructions of `raise`, and of a generator that waits when an exception is thrown into it
BY_STATEMENT = {
    *("RAISE_VARARGS", "RERAISE"),
    *("YIELD_VALUE", "RESUME", "SEND", "RETURN_GENERATOR", "POP_TOP"),
}
QUIET = [("ignore", None, Warning, None, 0)]  # what warnings.simplefilter("ignore") puts in front
_NO_WARNINGS = contextvars.copy_context()
_NO_WARNINGS.run(np.seterr, all="ignore")


class _Entropy:
    """What NumPy takes for chance where it is given no seed: the same in each run of a test."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Another test begins."""
        self._seed, self._asked = seed, 0

    def __call__(self, bits: int) -> int:
        """Another number each time."""
        self._asked += 1
        return random.Random(f"{self._seed} {self._asked}").getrandbits(bits)  # noqa: S311


_entropy = _Entropy()
np.random.bit_generator.randbits = _entropy  # type: ignore[attr-defined]


class Server:
    """Answers requests about one submission.

    `module` has its names, `beside` what the trusted side wants done next to it. `objects` are those
    that the trusted side has a handle of, `lent` the generators and mirrors that it has lent. `shared` is
    memory that the trusted side sees, too.
    """

    def __init__(self, connection: int, shared: Any) -> None:
        self.wire = Wire(connection, self._give, self._take)
        self.shared = shared
        self.module = types.ModuleType("submission")
        self.beside = types.ModuleType("beside")
        self.objects: dict[int, Any] = {}
        self.handles: dict[int, int] = {}
        self.classes: dict[type, int] = {}
        self.lent: dict[int, Any] = {}
        self.states: dict[int, Any] = {}  # of these, as the trusted side knows them
        self.late: list[BaseException] = []  # what a request raised whose answer nobody waited for
        self.handed: list[int] = []  # the mirrors in the request that came last

    def serve(self) -> None:
        """Answer until the trusted side hangs up."""
        with suppress(EOFError, ConnectionError):
            while True:
                self._answer(self.wire.receive())

    def _answer(self, request: Any) -> None:
        number, action, *arguments = request
        handed, self.handed = self.handed, []  # those of a request within this one are its own
        if not number:  # no answer is waited for; what goes wrong is told in place of the next one
            self._heed(action, arguments)
            return
        try:
            if self.late:
                raise self.late.pop()
            value = _quietly(getattr(self, f"do_{action}"), arguments)
            data = self.wire.pack(["value", number, value, self._changed(handed)])
        except BaseException as error:  # of whatever kind the submission raises
            data = self.wire.pack(["raised", number, *_told(error)])
        self.handed = []
        self.wire.send_frames(self.wire.framed(data))

    def _heed(self, action: str, arguments: list[Any]) -> None:
        try:
            _quietly(getattr(self, f"do_{action}"), arguments)
        except BaseException as error:  # of whatever kind the submission raises
            self.late = [error]

    # ## Requests

    def do_run(self, source: str, name: str) -> None:
        """Make this what is done beside the submission."""
        exec(compile(source, name, "exec"), self.beside.__dict__)  # noqa: S102

    def do_put(self, name: str, content: bytes) -> None:
        """Put a module where the submission can import it: into its directory, the only one it has."""
        if "/" in name:
            os.makedirs(os.path.dirname(name), exist_ok=True)  # noqa: PTH103, PTH120
        with open(name, "wb") as file:  # noqa: PTH123
            file.write(content)
        if os.getcwd() not in sys.path:  # noqa: PTH109
            sys.path.insert(0, os.getcwd())  # noqa: PTH109

    def do_load(self, source: bytes, name: str, module: str) -> None:
        """Run a submission's file."""
        package = types.ModuleType(f"folder_of_{module}")  # for `from .helpers import f`
        package.__path__ = [os.getcwd()]  # noqa: PTH109
        self.module.__name__, self.module.__file__ = module, name
        self.module.__package__ = package.__name__
        sys.modules[module], sys.modules[package.__name__] = self.module, package
        code = compile(source, name, "exec")
        lines = io.StringIO(source.decode(errors="replace"), newline=None).readlines()
        linecache.cache[name] = len(source), None, lines, name
        exec(code, self.module.__dict__)  # noqa: S102

    def do_names(self, first: list[str]) -> list[str]:
        """What the submission defines: all that is asked for, then others, in case one is misspelt."""
        own = [str(name) for name in vars(self.module) if isinstance(name, str)]
        own += [name for name in first if name not in own and hasattr(self.module, name)]
        public = [n for n in own if not n.startswith("_") and len(n) <= LONGEST_NAME]
        return sorted(public, key=lambda name: name not in first)[:MOST_NAMES]

    def do_begin(self, seed: int) -> None:
        """Another test begins: what belonged to the last one is forgotten."""
        for kept in (self.objects, self.handles, self.lent, self.states, self.late):
            kept.clear()
        np.seterr(all="ignore")
        _entropy.begin(seed)
        np.random.seed(seed)  # noqa: NPY002  (what many submissions draw from)
        random.seed(seed)

    def do_nothing(self) -> None:
        """Answer: whatever was sent before this answer belongs to what was asked before."""

    def do_call(self, function: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """function(*arguments, **options)."""
        return function(*arguments, **options)

    def do_hold(self, function: Any, arguments: list[Any]) -> list[Any]:
        """Handles of the items of function(*arguments)."""
        items = list(islice(function(*arguments), MOST_HELD))
        return [msgpack.ExtType(*self._give(each)) for each in items]

    def do_method(
        self, owner: Any, name: str, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """owner.name(*arguments, **options)."""
        return getattr(owner, name)(*arguments, **options)

    def do_get(self, owner: Any, name: str) -> Any:
        """owner.name; None and False if there is none."""
        try:
            return True, getattr(owner, name)
        except AttributeError as error:
            if error.name == name and error.obj is owner:
                return False, None
            raise

    def do_set(self, owner: Any, name: str, value: Any) -> None:
        """owner.name = value."""
        setattr(owner, name, value)

    def do_iterate(self, owner: Any) -> Any:
        """A handle of an iterator."""
        return msgpack.ExtType(*self._give(iter(owner)))

    def do_next(self, iterator: Any) -> Any:
        """The next item, and that there was one."""
        for item in iterator:
            return True, item
        return False, None

    def do_beside(self, name: str, arguments: list[Any]) -> Any:
        """A function of `beside`."""
        return getattr(self.beside, name)(*arguments)

    # ## What has no type of its own

    def _give(self, value: Any) -> tuple[int, bytes]:
        """A handle: a number, the class's name, whether it can be called, or asked for a next item; methods.

        These are told once for each class.
        """
        kind = type(value)
        number = self.handles.setdefault(id(value), len(self.handles) + 1)
        self.objects[number] = value
        methods = None if kind in self.classes else _methods(kind)
        known = self.classes.setdefault(kind, len(self.classes))
        abilities = [callable(value), hasattr(kind, "__next__")]
        return HANDLE, self.wire.pack([number, kind.__name__, *abilities, known, methods])

    def _take(self, kind: int, data: bytes) -> Any:
        if kind == HANDLE:
            return self.objects[int(data)]
        if kind == NAME:
            return getattr(self.module, data.decode()) if data else self.module
        value = self.wire.unpack(data)
        if kind == SHARED:
            start, dtype, shape, order = value
            return np.ndarray(shape, dtype, self.shared, start, None, order)
        if kind == CALLBACK:
            return self._callback(value)
        number, *rest = value
        if kind == GENERATOR:
            return self._generator(number, *rest)
        return self._mirror(number, *rest)

    def _callback(self, number: int) -> Any:
        def callback(*arguments: Any, **options: Any) -> Any:
            return self._ask("call", number, list(arguments), options)

        return callback

    def _generator(self, number: int, name: str, state: Any) -> Any:
        if number not in self.lent:
            self.lent[number] = np.random.Generator(getattr(np.random, name)())
        self.lent[number].bit_generator.state = self.states[number] = state
        return self.lent[number]

    def _mirror(
        self, number: int, name: str, methods: list[str], attributes: dict[str, Any]
    ) -> Any:
        """An object of the trusted side: its attributes are here, its methods there.

        Copies of it are of its class: they have the same methods, and attributes of their own.
        """
        if number not in self.lent:
            bodies = {method: self._method(number, method) for method in methods}
            self.lent[number] = type(name, (), bodies)()
        vars(self.lent[number]).update(attributes)
        self._know(number, attributes)
        self.handed.append(number)
        return self.lent[number]

    def _method(self, number: int, name: str) -> Any:
        def method(mirror: Any, *arguments: Any, **options: Any) -> Any:
            state = self._news(number, mirror)
            result, changed = self._ask("method", number, name, list(arguments), options, state)
            vars(mirror).update(changed)
            self._know(number, changed)
            return result

        return method

    def _ask(self, action: str, *arguments: Any) -> Any:
        """Ask the trusted side; it may ask back meanwhile."""
        self.wire.send([f"ask {action}", *arguments])
        while True:
            reply = self.wire.receive()
            if reply[0] == "reply":
                return reply[1]
            if reply[0] == "refusal":
                raise RuntimeError(reply[1])
            self._answer(reply)

    def _changed(self, handed: list[int]) -> list[Any] | None:
        """The state of each generator that has moved, and of each mirror handed over; None without any."""
        if not self.lent:
            return None
        moved = {
            number: value.bit_generator.state
            for number, value in self.lent.items()
            if isinstance(value, np.random.Generator)
            and value.bit_generator.state != self.states[number]
        }
        self.states |= moved
        news = {n: self._news(n, self.lent[n]) for n in handed}
        return [moved, news] if moved or handed else None

    def _know(self, number: int, attributes: dict[str, Any]) -> None:
        """Note what the trusted side has of a mirror: of arrays the numbers, which may be moved in place."""
        self.states.setdefault(number, {}).update(
            (name, (value, _numbers(value))) for name, value in attributes.items()
        )

    def _news(self, number: int, mirror: Any) -> dict[str, Any]:
        """The public attributes of a mirror, or of a copy of it, that the trusted side does not have so."""
        known = self.states[number]
        news = {
            name: value
            for name, value in vars(mirror).items()
            if not name.startswith("_")
            and (
                name not in known
                or known[name][0] is not value
                or known[name][1] != _numbers(value)
            )
        }
        self._know(number, news)
        return news


def _quietly(action: Callable[..., Any], arguments: list[Any]) -> Any:
    """action(*arguments), without warnings of Python or NumPy, whatever the submission did to them.

    NumPy 2 keeps its settings in the context, which is a fresh copy each time; NumPy 1 does not.
    """
    if warnings.filters[:1] != QUIET:
        warnings.simplefilter("ignore")
    return _NO_WARNINGS.copy().run(action, *arguments)


def _numbers(value: Any) -> bytes | None:
    return value.tobytes() if type(value) is np.ndarray else None


def _methods(kind: type) -> list[str]:
    """The public methods that a class defines or inherits."""
    functions = {
        name
        for base in kind.__mro__
        for name, value in vars(base).items()
        if isinstance(value, types.FunctionType) and not name.startswith("_")
    }
    return sorted(functions)[:MOST_NAMES]


def _told(error: BaseException) -> list[Any]:
    """Class, message, whether it says *not written yet*, whether a statement raised it, and the frames."""
    try:
        text = str(error)[:LONGEST_TEXT]
    except BaseException:
        text = ""
    frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
    unwritten = isinstance(error, NotImplementedError)
    told = [list(frame) for frame in frames[-MOST_FRAMES:]]
    return [type(error).__name__, text, unwritten, _on_purpose(error), told]


def _own_memory_error() -> type[BaseException]:
    """What NumPy raises where there is no memory."""
    try:
        np.empty(1 << 60, np.uint8)
    except MemoryError as error:
        return type(error)
    return MemoryError


_OF_WALLS_AND_LIMITS = {MemoryError, _own_memory_error(), PermissionError, BlockingIOError}


def _on_purpose(error: BaseException) -> bool:
    """Whether a statement raised it, or it is a class of the submission's own: no wall and no limit did.

    What a call refuses is raised by the call's own instruction.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or type(error) not in _OF_WALLS_AND_LIMITS:
        return True
    return dis.opname[trace.tb_frame.f_code.co_code[trace.tb_lasti]] in BY_STATEMENT


def serve(connection: int, shared: Any) -> None:
    """Answer the requests that come over the connection, a descriptor, until it is closed."""
    Server(connection, shared).serve()
