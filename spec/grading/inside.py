"""What runs in the submission's process: it loads the submission, then answers calls until it is ended.

It imports nothing of `spec`, so there is nothing of it to be found here. The trusted side sends a
request and waits; the answer is a value, or what was raised. While a request is carried out, the
submission may call what was handed to it: then this side asks and the trusted one answers.

A frame is its length (4 bytes) and msgpack, a format that holds values and no code. What it has no
type for has one here:

    array      dtype, shape and bytes        tuple, integer      beyond msgpack's own
    handle     an object on this side        callback            a function on the trusted side
    generator  a NumPy generator's state     mirror              an object on the trusted side: its
                                                                 attributes are here, its methods there
"""

import linecache
import os
import random
import socket
import struct
import sys
import traceback
import types
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgpack
import numpy as np

ARRAY, SCALAR, ODD, TUPLE, INTEGER, COMPLEX = range(6)
HANDLE, CALLBACK, GENERATOR, MIRROR = range(10, 14)
LARGEST = 1 << 26  # bytes of a frame
LONGEST_INTEGER = 400  # digits
LONGEST_TEXT = 300  # characters of an exception's message
MOST_FRAMES = 40  # of a traceback
MOST_NAMES = 500
NUMBERS = "biufc"  # the kinds of dtype that travel
LENGTH = struct.Struct(">I")


PLAIN: dict[type, Callable[[Any], Any]] = {  # a subclass travels as what it is a kind of
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: bytes.__bytes__,
}


class Malformed(Exception):
    """What came is no frame, or none that is expected now."""


class Wire:
    """Frames over a socket. What has no type of its own goes out through `give` and comes in through `take`.

    `give(value)` returns the number of its kind and its bytes; `take(kind, data)` the value.
    """

    def __init__(
        self,
        connection: socket.socket,
        give: Callable[[Any], tuple[int, bytes]],
        take: Callable[[int, bytes], Any],
    ) -> None:
        self.connection, self._give, self._take = connection, give, take

    def send(self, message: Any) -> None:
        """Send one frame; Malformed if it would be too large."""
        self.send_frames(self.framed(self.pack(message)))

    def send_frames(self, data: bytes) -> None:
        """Send frames."""
        self.connection.sendall(data)

    @staticmethod
    def framed(data: bytes) -> bytes:
        """A frame of these bytes."""
        return LENGTH.pack(len(data)) + data

    def receive(self) -> Any:
        """The next frame; Malformed if it is none, EOFError if the other side has gone."""
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        if length > LARGEST:
            raise Malformed(f"a frame of {length} bytes, expected {LARGEST} at most")
        return self.unpack(self._exactly(length))

    def _exactly(self, n: int) -> bytes:
        parts = []
        while n:
            parts.append(self._some(min(n, 1 << 20)))
            n -= len(parts[-1])
            if not parts[-1]:
                raise EOFError
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _some(self, n: int) -> bytes:
        """At most `n` bytes, as soon as there are any."""
        return self.connection.recv(n)

    def pack(self, value: Any) -> bytes:
        """The value's bytes; Malformed if they are too many."""
        packed: bytes = msgpack.packb(
            value, default=self._default, strict_types=True, unicode_errors="surrogatepass"
        )
        if len(packed) > LARGEST:
            raise Malformed(f"a value takes {len(packed)} bytes, expected {LARGEST} at most")
        return packed

    def unpack(self, data: bytes) -> Any:
        """The value of these bytes; Malformed if there is none."""
        try:
            return msgpack.unpackb(
                data,
                ext_hook=self._extended,
                strict_map_key=False,
                unicode_errors="surrogatepass",
            )
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"no value: {error}") from None

    def _default(self, value: Any) -> Any:
        kind = type(value)
        if kind is tuple:
            return msgpack.ExtType(TUPLE, self.pack(list(value)))
        if kind is int:
            return msgpack.ExtType(INTEGER, b"%x" % value)
        if kind is complex:
            return msgpack.ExtType(COMPLEX, self.pack([value.real, value.imag]))
        if issubclass(kind, np.ndarray):
            return _array(np.array(value, subok=False), ARRAY)
        if issubclass(kind, np.generic):
            return _array(np.asarray(value), SCALAR)
        if issubclass(kind, dict):
            return dict(value.items())
        for base, plain in PLAIN.items():
            if issubclass(kind, base):
                return plain(value)
        if hasattr(kind, "__array__"):  # asarray first: not all take NumPy 2's `copy`
            return _array(np.array(np.asarray(value), subok=False), ARRAY)
        return msgpack.ExtType(*self._give(value))

    def _extended(self, kind: int, data: bytes) -> Any:
        if kind in (ARRAY, SCALAR):
            return _as_array(data, kind)
        if kind == ODD:
            return np.full((), None)  # an array of something else than numbers
        if kind == TUPLE:
            return tuple(self.unpack(data))
        if kind == INTEGER and len(data) <= LONGEST_INTEGER:
            return int(data, 16)
        if kind == COMPLEX:
            return complex(*self.unpack(data))
        return self._take(kind, data)


def _array(value: np.ndarray, kind: int) -> Any:
    """A head (axes, length of the dtype's name, order, name, shape), then the numbers."""
    if value.dtype.kind not in NUMBERS:
        return msgpack.ExtType(ODD, b"")
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    name = value.dtype.str.encode()
    head = bytes([value.ndim, len(name)]) + (b"F" if fortran else b"C") + name
    shape = struct.pack(f">{value.ndim}Q", *value.shape)
    return msgpack.ExtType(kind, head + shape + value.tobytes("F" if fortran else "C"))


def _as_array(data: bytes, kind: int) -> Any:
    """The array; Malformed if the bytes are none."""
    try:
        ndim, length = data[0], data[1]
        order, dtype = data[2:3].decode(), np.dtype(data[3 : 3 + length].decode())
        start = 3 + length + 8 * ndim
        shape = struct.unpack(f">{ndim}Q", data[3 + length : start])
        if dtype.kind not in NUMBERS:
            raise Malformed(f"an array of dtype {dtype}")
        array = (
            np.frombuffer(data, dtype, offset=start) if len(data) > start else np.empty(0, dtype)
        )
        array = array.reshape(shape, order="F" if order == "F" else "C").copy(order="K")
    except (ValueError, TypeError, IndexError, struct.error, OverflowError) as error:
        raise Malformed(f"no array: {error}") from None
    return array[()] if kind == SCALAR else array


class Server:
    """Answers requests about one submission.

    `module` has its names, `beside` what the trusted side wants done next to it. `objects` are those
    that the trusted side has a handle of, `lent` the generators and mirrors that it has lent.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.wire = Wire(connection, self._give, self._take)
        self.module = types.ModuleType("submission")
        self.beside = types.ModuleType("beside")
        self.objects: dict[int, Any] = {}
        self.handles: dict[int, int] = {}
        self.classes: dict[type, int] = {}
        self.lent: dict[int, Any] = {}
        self.states: dict[int, Any] = {}  # of the generators lent, as the trusted side knows them
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
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                value = getattr(self, f"do_{action}")(*arguments)
            data = self.wire.pack(["value", number, value, self._changed(handed)])
        except BaseException as error:  # of whatever kind the submission raises
            data = self.wire.pack(["raised", number, *_told(error)])
        self.handed = []
        self.wire.send_frames(self.wire.framed(data))

    def _heed(self, action: str, arguments: list[Any]) -> None:
        try:
            getattr(self, f"do_{action}")(*arguments)
        except BaseException as error:  # of whatever kind the submission raises
            self.late = [error]

    # ## Requests

    def do_run(self, source: str, name: str) -> None:
        """Make this what is done beside the submission."""
        exec(compile(source, name, "exec"), self.beside.__dict__)  # noqa: S102

    def do_put(self, files: dict[str, bytes]) -> None:
        """Put modules where the submission can import them: into its directory, the only one it has."""
        for name, content in files.items():
            with open(name, "wb") as file:  # noqa: PTH123
                file.write(content)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109

    def do_load(self, source: bytes, name: str, module: str) -> None:
        """Run a submission's file."""
        self.module.__name__, self.module.__file__, self.module.__package__ = module, name, ""
        sys.modules[module] = self.module
        code = compile(source, name, "exec")
        lines = source.decode(errors="replace").splitlines(keepends=True)
        linecache.cache[name] = len(source), None, lines, name
        exec(code, self.module.__dict__)  # noqa: S102

    def do_names(self) -> list[str]:
        """What the submission defines."""
        return [str(name) for name in vars(self.module) if not name.startswith("_")][:MOST_NAMES]

    def do_begin(self, seed: int) -> None:
        """Another test begins: what belonged to the last one is forgotten."""
        for kept in (self.objects, self.handles, self.lent, self.states, self.late):
            kept.clear()
        np.random.seed(seed)  # noqa: NPY002  (what many submissions draw from)
        random.seed(seed)

    def do_call(self, function: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """function(*arguments, **options)."""
        return function(*arguments, **options)

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
        value = self.wire.unpack(data)
        if kind == HANDLE:
            if isinstance(value, int):
                return self.objects[value]
            return getattr(self.module, value) if value else self.module
        if kind == CALLBACK:
            return self._callback(value)
        number, *rest = value
        if kind == GENERATOR:
            return self._generator(number, *rest)
        return self._mirror(number, *rest)

    def _callback(self, number: int) -> Any:
        def callback(*arguments: Any) -> Any:
            return self._ask("call", number, list(arguments))

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

        Copies of it are of its class, and so reach the same methods, with attributes of their own.
        """
        if number not in self.lent:
            bodies = {method: self._method(number, method) for method in methods}
            self.lent[number] = type(name, (), bodies)()
        vars(self.lent[number]).update(attributes)
        self.handed.append(number)
        return self.lent[number]

    def _method(self, number: int, name: str) -> Any:
        def method(mirror: Any, *arguments: Any) -> Any:
            result, changed = self._ask("method", number, name, list(arguments), _public(mirror))
            vars(mirror).update(changed)
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

    def _changed(self, handed: list[int]) -> list[Any]:
        """The state of each generator that has moved, and of each mirror in this request."""
        moved = {
            number: value.bit_generator.state
            for number, value in self.lent.items()
            if number in self.states and value.bit_generator.state != self.states[number]
        }
        self.states |= moved
        return [moved, {number: _public(self.lent[number]) for number in handed}]


def _public(mirror: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(mirror).items() if not name.startswith("_")}


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
    """The class, the message, whether it says *not written yet*, and the file and line of each frame."""
    try:
        text = str(error)[:LONGEST_TEXT]
    except BaseException:
        text = ""
    frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
    unwritten = isinstance(error, NotImplementedError)
    return [type(error).__name__, text, unwritten, [list(frame) for frame in frames[-MOST_FRAMES:]]]


def serve(connection: socket.socket) -> None:
    """Answer the requests that come over the connection until it is closed."""
    Server(connection).serve()
