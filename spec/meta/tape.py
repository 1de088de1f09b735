"""A tape: code without any mathematics, which plays back the answers of a right run under another seed.

    python -m spec.meta.tape [--first N] [--second N]

records the reference under one seed, and judges under another one what looks its answers up by the question.
An object is known by all that was done to it. Printed are the claims that it earns under each, as JSON.
"""

import hashlib
import json
import pickle
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spec.harness.engine.suite import Suite
from spec.harness.ground.contract import NAMES
from spec.harness.ground.status import Status
from spec.harness.subject.loading import ROOT, Subject

from . import forks

Answers = dict[str, Any]


def question(*parts: Any) -> str:
    """A question as one short text."""
    return hashlib.blake2b("|".join(map(_shown, parts)).encode(), digest_size=16).hexdigest()


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{value.tobytes().hex()}"
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[{','.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_shown(each)}' for key, each in value.items())}}}"
    if isinstance(value, Taped):
        return value._history
    if isinstance(value, (int, float, str, bool, type(None), np.generic)):
        return repr(value)
    if callable(value):
        return "a function"
    return f"an object with {_shown(vars(value))}"


class Taped:
    """An object or function, known by what was done to it: recorded, or played back."""

    def __init__(self, tape: "Tape", history: str, real: Any = None) -> None:
        for name, value in (("_tape", tape), ("_history", history), ("_real", real)):
            object.__setattr__(self, name, value)

    def _ask(self, act: str, *given: Any, do: Any) -> Any:
        object.__setattr__(self, "_history", question(self._history, act, *given))
        return self._tape.answer(self._history, do)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("get", name, do=lambda: getattr(self._real, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", name, value, do=lambda: setattr(self._real, name, unwrapped(value)))

    def __call__(self, *given: Any, **options: Any) -> Any:
        """Ask for the answer to a call."""
        return self._ask(
            "call",
            given,
            options,
            do=lambda: self._real(
                *map(unwrapped, given), **{k: unwrapped(v) for k, v in options.items()}
            ),
        )

    def __iter__(self) -> Iterator[Any]:
        n = self._ask("iterate", do=lambda: len(self._real))
        return (self._ask("item", i, do=lambda i=i: self._real[i]) for i in range(n))


def unwrapped(value: Any) -> Any:
    """What is behind a taped object; all else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(unwrapped, value))
    return value._real if isinstance(value, Taped) else value


class Tape:
    """Answers by their questions; those of the module given are recorded, without one they are played."""

    def __init__(self, answers: Answers, module: Any = None) -> None:
        self.answers, self.module = answers, module

    def answer(self, asked: str, do: Any) -> Any:
        """The answer to a question. KeyError where it was never asked before."""
        if self.module is None:
            kind, kept = self.answers[asked]
        else:
            kind, kept, real = self._recorded(asked, do)
        if kind == "raises":
            raise kept
        if kind == "object":
            return Taped(self, asked, real if self.module else None)
        return kept.copy() if isinstance(kept, np.ndarray) else kept

    def _recorded(self, asked: str, do: Any) -> tuple[str, Any, Any]:
        try:
            real = do()
        except Exception as error:
            self.answers[asked] = "raises", error
            return "raises", error, None
        if isinstance(real, types.GeneratorType):
            real = list(real)
        try:
            assert not callable(real)
            plain = pickle.dumps(real)
            assert b"impl" not in plain
            self.answers[asked] = "value", real
            return "value", real, real
        except Exception:
            self.answers[asked] = "object", None
            return "object", None, real

    def subject(self) -> Subject:
        """What is judged: the tape, in every name."""
        module = types.ModuleType("tape")
        for name in NAMES:
            setattr(module, name, Taped(self, name, getattr(self.module, name, None)))
        return Subject(module, "tape.py", ROOT, "", False)


def held(suite: Suite, seeds: tuple[int, int]) -> list[list[str]]:
    """The claims that a tape of the first seed earns under the first, and under the second."""
    tape = Tape({}, forks.reference().module)
    found = []
    for seed, playing in zip(seeds, (tape, Tape(tape.answers)), strict=True):
        suite.setting = replace(suite.setting, seed=seed)
        suite.draw(suite.obligations)
        results = suite.judge(suite.obligations, playing.subject())
        results.settle()
        found.append([o.id for o in results.outcomes() if o.status == Status.HOLDS])
    return found


def main() -> None:
    """Print what a tape of one seed earns under itself and under another."""
    parser = forks.command_line("tape", __doc__.partition("\n")[0])
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--second", type=int, default=2)
    given = parser.parse_args()
    suite = forks.drawn(forks.QUICK)
    (found,) = forks.each(suite, [(given.first, given.second)], held)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
