"""The trusted side of the wire: names, objects and calls of a submission that lives in another process.

Behind the proxies of `nn` stands then a `Remote`; the chapters know nothing of it. From the submission come
numbers, arrays, texts and handles, and none of them is trusted: a reply that is no value, or that nobody
asked for, fails the claim that is judged.
"""

import time
import types
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from spec.harness.ground.errors import RaisedElsewhere
from spec.harness.ground.outcomes import Raised, Refuted, TimeLimitExceeded
from spec.harness.ground.status import Status
from spec.harness.ground.texts import cut
from spec.harness.subject.beside import Lacking
from spec.harness.subject.proxy import Elsewhere

from . import bounds, clock, outside
from .control import Sandbox
from .patience import PatientWire, Stopped
from .places import hidden
from .wire import CALLBACK, GENERATOR, HANDLE, MIRROR, NAME, SHARED, Malformed

BY_ITS_WORD = (
    "warned",
    "cost_of_backward",
)  # what only the submission's process can say, and may make up
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc, type)
MOST_TEXT, LONGEST_TEXT, MOST_FRAMES = 1200, 300, 40  # of what was raised there
LONGEST_NAME = 100  # of its class


class Gone(Raised):
    """The submission's process has ended, or what it sends is not what was agreed.

    `met` says whether a limit or a wall ended it.
    """

    def __init__(self, sentence: str, met: Status | None = None) -> None:
        super().__init__(sentence)
        self.met = met


class Remote(Elsewhere):
    """An object of the submission: a handle of it."""

    __slots__ = ("_client", "_methods", "_reference")

    def __init__(self, client: "Client", reference: int | str, methods: frozenset[str]) -> None:
        object.__setattr__(self, "_client", client)
        object.__setattr__(self, "_reference", reference)
        object.__setattr__(self, "_methods", methods)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        if attribute in self._methods:
            return Method(self, attribute)
        found, value = _two(self._client.ask("get", self, attribute))
        if not found:
            raise AttributeError(attribute, name=attribute, obj=self)
        return value

    def __setattr__(self, attribute: str, value: Any) -> None:
        self._client.tell("set", self, attribute, value)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._client.ask("iterate", self)
        while True:
            there, item = _two(self._client.ask("next", iterator))
            if not there:
                return
            yield item

    def run_beside(self, function: str, *arguments: Any, answer: bool) -> Any:
        """Carry out a function of `beside` on it: there, or here where it can be seen from outside."""
        return self._client.beside(function, self, arguments, answer=answer)


class RemoteCallable(Remote):
    """One that can be called."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it, there."""
        return self._client.ask("call", self, list(arguments), options)


class Method(Elsewhere):
    """A method of an object of the submission; looked up where it is called."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Remote, name: str) -> None:
        self._owner, self._name = owner, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it, there."""
        return self._owner._client.ask("method", self._owner, self._name, list(arguments), options)

    def run_beside(self, function: str, *arguments: Any, answer: bool) -> Any:
        """Carry out a function of `beside` on it: there, or here where it can be seen from outside."""
        return self._owner._client.beside(function, self, arguments, answer=True)


@cache
def _class(name: str, is_callable: bool, is_iterator: bool) -> type[Remote]:
    """A class of remotes that goes by the name of theirs."""
    base = RemoteCallable if is_callable else Remote
    body: dict[str, Any] = {"__slots__": ()}
    if is_iterator:
        body["__next__"] = None  # it says so; items are asked for through iter()
    return type(name, (base,), body)


def _two(value: Any) -> tuple[Any, Any]:
    if isinstance(value, tuple) and len(value) == 2:
        return value
    raise Refuted("what your code answered is no answer to the question")


class Client:
    """Asks one process of a submission, and answers what it asks.

    Once it has failed, every further request fails in the same way. Another process needs a new client.
    """

    def __init__(self, sandbox: Sandbox, files: frozenset[str]) -> None:
        self.sandbox = sandbox
        self.files = files  # the submission's, as its frames name them
        self.wire = PatientWire(sandbox, self._give, self._take)
        self.shared = outside.SharedMemory(sandbox.shared)
        self.failure: Refuted | Stopped | None = None
        self.raised: list[str] = []  # since `begin`, the classes of what no statement raised
        self._number = 0
        self._remotes: dict[int | str, Remote] = {}
        self._methods: dict[int, frozenset[str]] = {}
        self._lent: dict[int, Any] = {}
        self._escaped: BaseException | None = None
        self._told = b""  # frames that go with the next request

    def begin(self, seed: int, seconds: float) -> float:
        """Another test begins, in which the submission may compute for `seconds`; how long it has already."""
        for kept in (self._remotes, self._lent, self.raised):
            kept.clear()
        self.shared.forget()
        computed = self.wire.allow(seconds)
        self.tell("begin", seed)
        return computed

    def settle(self) -> None:
        """Wait until what was asked has ended: then no frame of it is still to come."""
        try:
            self.ask("nothing")
        except Refuted:
            raise
        except Exception:  # noqa: S110  (of a request whose answer nobody waited for)
            pass

    def tell(self, action: str, *arguments: Any) -> None:
        """A request whose answer need not be waited for: it goes with the next one."""
        if self.failure:
            raise self.failure
        try:
            self._told += self.wire.framed(self.wire.pack([0, action, *arguments]))
        except Malformed as error:
            self._fail(Gone(f"what your code is given {error}"))

    def ask(self, action: str, *arguments: Any) -> Any:
        """Send a request; its value, or what was raised, after all that the submission asks meanwhile."""
        if self.failure:
            raise self.failure
        try:
            self._number += 1
            number = self._number
            told, self._told = self._told, b""
            self.wire.send_frames(
                told + self.wire.framed(self.wire.pack([number, action, *arguments]))
            )
            while True:
                kind, *rest = _parts(self.wire.receive())
                if kind == "value" and rest[0] == number and len(rest) == 3:
                    self._take_changes(rest[2])
                    return hidden(rest[1], (self.sandbox.root,))
                if kind == "raised" and rest[0] == number and len(rest) == 6:
                    raise self._as_raised(*rest[1:])
                self._answer(kind, rest)
        except Malformed as error:
            self._fail(Gone(f"your code sent what is no answer: {error}"))
        except (EOFError, ConnectionError):
            why = self.sandbox.why_ended() or "your code ended its process"
            self._fail(Gone(why, self.sandbox.met))
        except TimeLimitExceeded as error:
            self._fail(error if isinstance(error, Stopped) else Stopped(str(error)))

    def beside(self, function: str, owner: Any, arguments: tuple[Any, ...], *, answer: bool) -> Any:
        """What a function of `beside` returns: as it is seen from outside, where it can be; else from there.

        Raises Refuted where it would be only the word of a process that may make it up.
        """
        if function == "after":
            return outside.after(self.shared, owner, *arguments)
        if function == "two_steps":
            return outside.two_steps(self.shared, self._hold, owner, *arguments)
        if function in BY_ITS_WORD:
            raise Refuted("only the process of your code could say this, so it is not judged here")
        if isinstance(owner, Method):
            _, owner = _two(self.ask("get", owner._owner, owner._name))
        request = self.ask if answer else self.tell
        return request("beside", function, [owner, *arguments])

    def _hold(self, function: Any, arguments: list[Any]) -> tuple[Any, Any]:
        items = self.ask("hold", function, arguments)
        return _two(tuple(items) if isinstance(items, list) else items)

    def _fail(self, failure: Refuted | Stopped) -> None:
        self.failure = failure
        raise failure from None

    def remote(self, reference: str) -> Remote:
        """What the submission's module has by this name."""
        return RemoteCallable(self, reference, frozenset())

    # ## What was raised there

    def _as_raised(
        self, kind: Any, text: Any, unwritten: Any, on_purpose: Any, frames: Any
    ) -> BaseException:
        escaped, self._escaped = self._escaped, None
        if isinstance(escaped, Refuted):  # raised by the spec in a function that was handed over
            return escaped
        if unwritten is True:
            return Lacking(_short(text)) if kind == Lacking.__name__ else NotImplementedError()
        kind = hidden(_short(kind), (self.sandbox.root,))[:LONGEST_NAME]
        if not on_purpose:
            self.raised.append(kind)
        frames = frames[:MOST_FRAMES] if isinstance(frames, list) else []
        own = [(self.own_file(file), line) for file, line in map(_pair, frames)]
        told = cut(hidden(_short(text), (self.sandbox.root,)), LONGEST_TEXT)
        return RaisedElsewhere(kind, told, [(f, n) for f, n in own if f and isinstance(n, int)])

    def own_file(self, file: Any) -> str:
        """The submission's file that a frame names; "" if it is none of them."""
        name = _short(file)
        return next((each for each in self.files if name == each or name.endswith(f"/{each}")), "")

    # ## What the submission asks

    def _answer(self, kind: Any, rest: list[Any]) -> None:
        begun = time.process_time()
        try:
            if kind not in ("ask call", "ask method"):
                raise Malformed("a frame came that nobody asked for")
            bounds.keep_within(rest)
            with clock.killing_after(clock.OF_A_CALL):
                if kind == "ask call":
                    number, arguments, options = rest
                    reply = ["reply", self._lent[number](*arguments, **options)]
                else:
                    reply = ["reply", self._call_method(*rest)]
        except (Malformed, TimeLimitExceeded):
            raise
        except BaseException as error:  # of the spec's own function: the submission sees it, too
            self._escaped = error
            reply = ["refusal", f"{type(error).__name__}: {error}"[:200]]
        self.wire.spend(time.process_time() - begun)
        self.wire.send(reply)

    def _call_method(
        self, number: int, name: str, arguments: list[Any], options: dict[str, Any], state: Any
    ) -> list[Any]:
        """Call a method of an object that was lent, on the attributes that its mirror has."""
        owner = self._lent[number]
        if name not in _methods(owner):
            raise AttributeError(name)
        _set_state(owner, state)
        before = dict(vars(owner))
        result = getattr(owner, name)(*arguments, **options)
        changed = {n: v for n, v in _state(owner).items() if before.get(n) is not v}
        return [result, changed]

    # ## What has no type of its own

    def _give(self, value: Any) -> tuple[int, bytes]:
        if isinstance(value, Remote):
            reference = value._reference
            kind = HANDLE if isinstance(reference, int) else NAME
            return kind, str(reference).encode()
        if isinstance(value, Method):
            _, bound = _two(self.ask("get", value._owner, value._name))
            return self._give(bound)
        if isinstance(value, outside.Shared):
            return SHARED, self.wire.pack(
                [value.start, value.dtype, list(value.shape), value.order]
            )
        number = id(value)
        self._lent[number] = value
        if isinstance(value, FUNCTIONS):
            return CALLBACK, self.wire.pack(number)
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return GENERATOR, self.wire.pack([number, state["bit_generator"], state])
        mirror = [number, type(value).__name__, sorted(_methods(value)), _state(value)]
        return MIRROR, self.wire.pack(mirror)

    def _take(self, kind: int, data: bytes) -> Any:
        if kind != HANDLE:
            raise Malformed(f"a value of the unknown kind {kind}")
        number, name, is_callable, is_iterator, known, methods = self.wire.unpack(data)
        if number not in self._remotes:
            if methods is not None:
                self._methods[known] = frozenset(map(str, methods))
            told = name[:40] if isinstance(name, str) and name.isidentifier() else "object"
            make = _class(told, bool(is_callable), bool(is_iterator))
            self._remotes[number] = make(self, number, self._methods.get(known, frozenset()))
        return self._remotes[number]

    def _take_changes(self, changed: Any) -> None:
        """Move the generators that the submission has drawn from, and the objects it has changed."""
        if changed is None:
            return
        try:
            moved, mirrors = changed
            bounds.keep_within(mirrors)
            for number, state in moved.items():
                _move(self._lent[number], state)
            for number, state in mirrors.items():
                _set_state(self._lent[number], state)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Malformed(f"no state: {_short(str(error))}") from None


def _parts(reply: Any) -> list[Any]:
    if isinstance(reply, list) and len(reply) > 1:
        return reply
    raise Malformed("a frame holds no reply")


def _short(text: Any) -> str:
    """What the submission gave as a text."""
    return text[:MOST_TEXT] if isinstance(text, str) else ""


def _pair(frame: Any) -> tuple[Any, Any]:
    return (frame[0], frame[1]) if isinstance(frame, list) and len(frame) == 2 else ("", 0)


def _methods(owner: Any) -> frozenset[str]:
    kind: Any = type(owner)
    return _methods_of(kind)


@cache
def _methods_of(kind: Any) -> frozenset[str]:
    names = (name for name in dir(kind) if not name.startswith("_"))
    return frozenset(name for name in names if callable(getattr(kind, name)))


def _state(owner: Any) -> dict[str, Any]:
    """The attributes that the submission may see: an underscore keeps one here."""
    return {name: value for name, value in vars(owner).items() if not name.startswith("_")}


def _move(generator: Any, state: Any) -> None:
    """Let a generator go on where the submission left it: in its own sequence, not in one of zeros."""
    known = generator.bit_generator.state
    if state["state"]["inc"] != known["state"]["inc"]:
        raise Malformed("a generator was left in another sequence")
    generator.bit_generator.state = state


def _set_state(owner: Any, state: Any) -> None:
    if isinstance(owner, (*FUNCTIONS, np.random.Generator)) or not isinstance(state, dict):
        raise Malformed("attributes that are no dict, or of what has none")
    for name, value in state.items():
        if isinstance(name, str) and name[:1] != "_" and not hasattr(type(owner), name):
            setattr(owner, name, value)
