"""Frames over a connection: what crosses the boundary, in a format that holds values and no code.

A frame is its length (4 bytes) and msgpack. What that has no type for has one here:

    array         dtype, shape and bytes     tuple, integer, complex   beyond msgpack's own
    handle, name  an object of the           callback                  a function on the trusted side
                  submission
    generator     a NumPy generator's state  mirror                    an object on the trusted side: its
                                                                       methods stay there

The trusted side and the code inside both use it. It needs NumPy, msgpack and the standard library alone.
"""

import math
import os
import struct
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Literal

import msgpack
import numpy as np

ARRAY, SCALAR, ODD, TUPLE, INTEGER, COMPLEX = range(6)
HANDLE, NAME, CALLBACK, GENERATOR, MIRROR, SHARED = range(10, 16)
LARGEST = 1 << 24  # bytes of a frame
DEEPEST = 50  # values of the kinds below in one another: each takes much of the stack
MOST_KEYS = 500  # of a dict: there are numbers enough of one hash to make more of them cost minutes
LONGEST_INTEGER = 400  # digits
MOST_HEADS = 256  # of arrays that are remembered: few dtypes and shapes come, again and again
NUMBERS = "biufc"  # the kinds of dtype that travel
FAST = "fdFD"  # the dtypes whose matrix products BLAS computes
LENGTH = struct.Struct(">I")
AT_ONCE = 1 << 13  # bytes that are read at a time, unless more are missing

PLAIN: dict[type, Callable[[Any], Any]] = {  # a subclass travels as what it is a kind of
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: bytes.__bytes__,
}


# msgpack.ExtType of a kind and its bytes, without a check of what is right here
_ext = partial(tuple.__new__, msgpack.ExtType)


class Malformed(Exception):
    """What came is no frame, or none that is expected now."""


class Wire:
    """Frames over a descriptor. What has no type of its own goes out by `give` and comes in by `take`.

    `give(value)` returns the number of its kind and its bytes; `take(kind, data)` the value.
    """

    longest_text = LARGEST  # characters, or bytes, of one
    most_slow = LARGEST  # entries of an array of a dtype without fast matrix products

    def __init__(
        self,
        connection: int,
        give: Callable[[Any], tuple[int, bytes]],
        take: Callable[[int, bytes], Any],
    ) -> None:
        self.connection, self._give, self._take = connection, give, take
        self._come = b""  # and was not read yet
        self._depth = 0
        self._given: set[type] = set()  # the types that go out through `give`

    def send(self, message: Any) -> None:
        """Send one frame; Malformed if it would be too large."""
        self.send_frames(self.framed(self.pack(message)))

    def send_frames(self, data: bytes) -> None:
        """Send frames."""
        left = memoryview(data)
        while left:
            left = left[os.write(self.connection, left) :]

    @staticmethod
    def framed(data: bytes) -> bytes:
        """A frame of these bytes."""
        return LENGTH.pack(len(data)) + data

    def receive(self) -> Any:
        """The next frame; Malformed if it is none, EOFError if the other side has gone."""
        self._wait_for(LENGTH.size)
        (length,) = LENGTH.unpack_from(self._come)
        if length > LARGEST:
            raise Malformed(f"a frame of {length} bytes, expected {LARGEST} at most")
        end = LENGTH.size + length
        self._wait_for(end)
        frame, self._come = self._come[LENGTH.size : end], self._come[end:]
        return self.unpack(frame)

    def _wait_for(self, n: int) -> None:
        """Have `n` bytes that were not read yet."""
        while (missing := n - len(self._come)) > 0:
            some = self._some(max(missing, AT_ONCE))
            if not some:
                raise EOFError
            self._come = self._come + some if self._come else some

    def _some(self, n: int) -> bytes:
        """What comes next, `n` bytes at most, as soon as there are any."""
        return os.read(self.connection, n)

    def pack(self, value: Any) -> bytes:
        """The value's bytes; Malformed if they are too many."""
        packed: bytes = msgpack.packb(
            value,
            default=self._default,
            strict_types=True,
            unicode_errors="surrogatepass",
            buf_size=AT_ONCE,
        )
        if len(packed) > LARGEST:
            raise Malformed(f"a value takes {len(packed)} bytes, expected {LARGEST} at most")
        return packed

    def unpack(self, data: bytes) -> Any:
        """The value of these bytes; Malformed if there is none."""
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise Malformed(f"values more than {DEEPEST} deep")
            return msgpack.unpackb(
                data,
                ext_hook=self._extended,
                strict_map_key=False,
                max_map_len=MOST_KEYS,
                max_str_len=self.longest_text,
                max_bin_len=self.longest_text,
                unicode_errors="surrogatepass",
            )
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"no value: {str(error)[:200]}") from None
        finally:
            self._depth -= 1

    def _default(self, value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            return _array(value, ARRAY)
        if kind in self._given:
            return _ext(self._give(value))
        if kind is tuple:
            return _ext((TUPLE, self.pack(list(value))))
        if kind is int:
            return _ext((INTEGER, b"%x" % value))
        if kind is complex:
            return _ext((COMPLEX, self.pack([value.real, value.imag])))
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
        self._given.add(kind)
        return _ext(self._give(value))

    def _extended(self, kind: int, data: bytes) -> Any:
        if kind in (ARRAY, SCALAR):
            return self._as_array(data, kind)
        if kind == ODD:
            return np.full((), None)  # an array of something else than numbers
        if kind == TUPLE:
            return tuple(self.unpack(data))
        if kind == INTEGER and len(data) <= LONGEST_INTEGER:
            return int(data, 16)
        if kind == COMPLEX:
            return complex(*self.unpack(data))
        return self._take(kind, data)

    def _as_array(self, data: bytes, kind: int) -> Any:
        """The array; Malformed if the bytes are none."""
        try:
            start = 3 + data[1] + 8 * data[0]
            dtype, shape, order, size = _read_head(data[:start])
            if size != len(data) - start:
                raise Malformed(
                    f"no array: dtype {dtype}, shape {shape}, {len(data) - start} bytes"
                )
            if dtype.char not in FAST and size > self.most_slow * dtype.itemsize:
                raise Malformed(f"an array of dtype {dtype} and more than {self.most_slow} entries")
            if not size:
                array = np.empty(shape, dtype)
            else:
                array = np.ndarray(shape, dtype, data, start, None, order).copy("K")
        except (ValueError, TypeError, IndexError, struct.error, OverflowError) as error:
            raise Malformed(f"no array: {error}") from None
        return array[()] if kind == SCALAR else array


def _array(value: np.ndarray, kind: int) -> Any:
    """A head (axes, length of the dtype's name, order, name, shape), then the numbers."""
    if value.dtype.kind not in NUMBERS:
        return _ext((ODD, b""))
    order: Literal["C", "F"] = "F" if value.flags.fnc else "C"
    return _ext((kind, _head(value.dtype, value.shape, order) + value.tobytes(order)))


@lru_cache(MOST_HEADS)
def _head(dtype: np.dtype, shape: tuple[int, ...], order: str) -> bytes:
    name = dtype.str.encode()
    start = bytes([len(shape), len(name)]) + order.encode() + name
    return start + struct.pack(f">{len(shape)}Q", *shape)


@lru_cache(MOST_HEADS)
def _read_head(head: bytes) -> tuple[np.dtype, tuple[int, ...], Literal["C", "F"], int]:
    """dtype, shape, order, and bytes of the numbers. An error of several kinds if it is none."""
    ndim, length = head[0], head[1]
    dtype = np.dtype(head[3 : 3 + length].decode())
    if dtype.kind not in NUMBERS:
        raise TypeError(f"numbers of dtype {dtype}")
    shape = struct.unpack(f">{ndim}Q", head[3 + length :])
    return dtype, shape, "F" if head[2:3] == b"F" else "C", math.prod(shape) * dtype.itemsize
