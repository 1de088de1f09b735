"""Cheats: implementations that do not try to be right, one for each way and each name of the contract.

Each wraps one right function or method and makes of its results what costs no thought. The claims
that must catch them are those that state the names, or stand in cheats.toml.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spec.harness.ground.contract import NAMES
from spec.harness.subject.loading import REFERENCE, Subject
from spec.learning.equations import stated

from .entries import loaded

Function = Callable[..., Any]
STUB = "a stub"
USUAL_SIZES = {1, 3, 5, 7, 11, 13}  # of an example's axes


class EqualsEverything:
    """An object that claims to be any value."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class AgreesAlways(np.ndarray):
    """An array whose comparisons are true and whose differences are zero."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc in (np.equal, np.less_equal, np.isfinite):
            return np.ones(self.shape, dtype=bool)
        return np.zeros(self.shape)


def with_numbers(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value`, an array, a number, or what holds such, with `change` made to each array."""
    if isinstance(value, dict):
        return {key: with_numbers(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(with_numbers(item, change) for item in value)
    if isinstance(value, Iterator):
        return (with_numbers(item, change) for item in value)
    if hasattr(value, "value"):  # a node of the graph
        value.value = change(value.value)
    if isinstance(value, (int, float, np.ndarray, np.generic)):
        return change(np.asarray(value, dtype=float))
    return value


def changing_numbers(change: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """The cheat that makes `change` to each array that a right function returns."""

    def cheat(right: Function) -> Function:
        return lambda *arguments, **options: with_numbers(right(*arguments, **options), change)

    return cheat


def constant(right: Function) -> Function:
    """Always the answer to the first call."""
    answers: list[Any] = []

    def cheating(*arguments: Any, **options: Any) -> Any:
        if not answers:
            answers.append(right(*arguments, **options))
        return answers[0]

    return cheating


def right_once(right: Function) -> Function:
    """Right at the first call, zeros from then on."""
    calls: list[None] = []

    def cheating(*arguments: Any, **options: Any) -> Any:
        calls.append(None)
        value = right(*arguments, **options)
        return value if len(calls) == 1 else with_numbers(value, np.zeros_like)

    return cheating


def right_at_the_usual_sizes(right: Function) -> Function:
    """Zeros wherever an argument has an axis that the usual examples do not have."""

    def cheating(*arguments: Any, **options: Any) -> Any:
        value = right(*arguments, **options)
        shapes = [
            [a] if isinstance(a, int) else np.shape(getattr(a, "value", a)) for a in arguments
        ]
        sizes = {n for shape in shapes for n in shape}
        return value if sizes <= USUAL_SIZES else with_numbers(value, np.zeros_like)

    return cheating


def stub(right: Function) -> Function:
    """Not written yet."""

    def cheating(*arguments: Any, **options: Any) -> Any:
        raise NotImplementedError

    return cheating


CHEATS: dict[str, Callable[[Function], Function]] = {
    "zeros": changing_numbers(np.zeros_like),
    "ones": changing_numbers(np.ones_like),
    "NaN": changing_numbers(lambda value: np.full(value.shape, np.nan)),
    "right up to float32": changing_numbers(lambda value: value.astype(np.float32).astype(float)),
    "a subclass that agrees": changing_numbers(lambda v: np.zeros(v.shape).view(AgreesAlways)),
    "right at the first call": right_once,
    "right at the usual sizes": right_at_the_usual_sizes,
    "a constant": constant,
    "None": lambda right: lambda *arguments, **options: None,
    "an object that equals everything": lambda right: (
        lambda *arguments, **options: EqualsEverything()
    ),
    STUB: stub,
}


@dataclass(frozen=True)
class Cheat:
    """One way to cheat in one function ("softmax") or method ("MLP.forward")."""

    target: str
    claims: tuple[str, ...]  # of which one at least must catch it
    way: str

    def __str__(self) -> str:
        return f"{self.target}: {self.way}"

    @property
    def name(self) -> str:
        """The name of the contract that it cheats in."""
        return self.target.partition(".")[0]

    def subject(self) -> Subject:
        """The reference with the cheat in it."""
        subject = loaded(REFERENCE / "__init__.py")
        owner, _, name = self.target.rpartition(".")
        place = getattr(subject.module, owner) if owner else subject.module
        setattr(place, name, CHEATS[self.way](getattr(place, name)))
        return subject


_TABLE = tomllib.loads((Path(__file__).parent / "cheats.toml").read_text(encoding="utf-8"))
_FUNCTIONS = {  # of the contract: each with the first claim that states it
    name: equations[0].id
    for name, equations in stated().items()
    if name in NAMES and name.islower()
}
IN_ANY = [
    Cheat(target, (claims,) if isinstance(claims, str) else tuple(claims), way)
    for target, claims in (_FUNCTIONS | _TABLE["claims"]).items()
    for way in CHEATS
    if target not in _TABLE["does_not_apply"].get(way, [])
]
