"""What went wrong, in the learner's terms: from an exception and the trial's notes to plain words."""

import re
import textwrap
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import hypothesis.errors
import numpy as np

from ..ground.compare import Disagreement, NotPlain, as_plain
from ..ground.diagnosis import Slip
from ..ground.failures import Failure
from ..ground.outcomes import Kind, NotWrittenYet, Refuted, TimeLimitExceeded
from ..ground.texts import shortened
from ..ground.trial import Trial
from .source_lines import OwnLine

LARGEST_SHOWN, MOST_ROWS = 40, 8  # entries and lines of an array
FEW = 8  # entries of an array that is shown in a line
LONGEST_CASE = 200  # characters
LONGEST_SENTENCE = 500  # an exception may quote whole arrays
NARROWEST, WIDTH, WIDEST = 60, 80, 100  # columns
KEY = re.compile(r"\w{1,20}")  # others are no name of a value
SYMBOL = re.compile(r"(d?[AWZXb]\d+|d[AWZXb])\b")


@dataclass(frozen=True)
class Explanation:
    """Why a claim does not hold: one sentence, the diagnosis, the numbers and how to see them.

    `relation` says how the value that came relates to the right one, and `slip` what kind of relation
    that is; `cause` says which mistake gives it, or which of the `causes` together. `n_right` is how many
    entries are right where some are, `missing` the name that is not written yet.
    `function` is the one that gave the value ("TwoLayerNet.backward"), `entry` which of its values is
    meant ("dW1", "[1]" of a tuple, "" for what it returns); `traced` says that this was seen, not guessed.
    `only` says which examples fail, where that is a class of their own.
    `own` are the lines that compute it, where they were found. A matter of `convention` spoils
    nothing else.
    """

    sentence: str
    relation: str = ""
    cause: str = ""
    expected: str = ""
    got: str = ""
    case: dict[str, str] = field(default_factory=dict)
    code: str = ""
    equation: str = ""
    what: str = ""
    function: str = ""
    entry: str = ""
    traced: bool = False
    own: list[OwnLine] = field(default_factory=list)
    convention: bool = False
    kind: Kind = Kind.WRONG
    slip: Slip | None = None
    causes: list[str] = field(default_factory=list)
    n_right: int = 0
    missing: str = ""
    only: str = ""

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Explanation":
        """The explanation that `dataclasses.asdict` made plain."""
        made: dict[str, Any] = {
            "own": [OwnLine(**line) for line in data["own"]],
            "kind": Kind(data["kind"]),
            "slip": Slip(data["slip"]) if data["slip"] else None,
        }
        return cls(**data | made)

    @property
    def diagnosis(self) -> str:
        """Relation and cause in one sentence; "" where neither is known."""
        return ": ".join(filter(None, (self.relation, self.cause)))


def explain(failure: Failure, *, equation: str = "", code: str = "") -> Explanation:
    """Explain how a test about an implementation ended.

    `equation` is the claim's, for people to read, and `code` what shows the wrong value.
    """
    error, trial, diagnosis = failure.error, failure.trial, failure.diagnosis
    known: dict[str, Any] = {
        "relation": diagnosis.relation,
        "slip": diagnosis.slip,
        "cause": diagnosis.cause,
        "causes": list(diagnosis.causes),
        "case": {name: _summary(value) for name, value in trial.example.items()},
        "code": code,
        "equation": equation,
        "kind": failure.kind,
        "convention": failure.kind is Kind.CONVENTION,
    }
    if isinstance(error, Disagreement):
        return _of_numbers(error, trial, known)
    sentence = shortened(_sentence(error, trial), LONGEST_SENTENCE)
    if failure.kind is not Kind.CONVENTION:  # with which the last call need not have to do
        function = next((call.function for call in reversed(trial.calls) if call.function), "")
        known["function"] = function
    if isinstance(error, NotWrittenYet):
        known["missing"] = error.name
    return Explanation(sentence, **known)


def _of_numbers(error: Disagreement, trial: Trial, known: dict[str, Any]) -> Explanation:
    """The explanation of a value that is not the right one."""
    comparison = error.comparison
    function, entry, traced = origin(trial, comparison.actual, comparison.what)
    return Explanation(
        str(error),
        expected=_shown(comparison.expected),
        got="" if isinstance(comparison.actual, NotPlain) else _shown(comparison.actual),
        what=comparison.what,
        function=function,
        entry=entry,
        traced=traced,
        n_right=error.n_right,
        **known,
    )


def origin(trial: Trial, actual: object, what: str) -> tuple[str, str, bool]:
    """The function that gave a value, which of its values that is, and whether this is certain.

    A call is found again by the very numbers that it returned; else it is the last one, and the
    entry is the symbol that `what` begins with.
    """
    calls = [call for call in trial.calls if call.function]
    symbol = SYMBOL.match(what)
    for call in reversed(calls):
        entry = _entry(call.result, actual)
        if entry is not None:  # a db[l] that is read as dA[l] is dA[l]
            meant = symbol[0] if symbol and entry[:1].isalpha() else entry
            return call.function, meant, True
    return (calls[-1].function if calls else ""), symbol[0] if symbol else "", False


def _entry(result: Any, actual: object) -> str | None:
    """Which entry of a result a value is: "" for all of it, a key, or "[i]"; None if none is."""
    if same_numbers(result, actual):
        return ""
    if isinstance(result, dict):
        key = next((str(key) for key, item in result.items() if same_numbers(item, actual)), None)
        return key if key is None or KEY.fullmatch(key) else ""
    if isinstance(result, (list, tuple)):
        return next((f"[{i}]" for i, item in enumerate(result) if same_numbers(item, actual)), None)
    return None


def same_numbers(one: object, other: object) -> bool:
    """Whether two values are the same numbers, whatever their shape."""
    try:
        a, b = as_plain(one), as_plain(other)
    except NotPlain:
        return False
    return a.size == b.size and np.array_equal(a.reshape(-1), b.reshape(-1), equal_nan=True)


def _sentence(error: BaseException, trial: Trial) -> str:
    if isinstance(error, (Refuted, TimeLimitExceeded, NotWrittenYet)):
        return str(error)
    if isinstance(error, hypothesis.errors.Flaky):
        return "the same call gave different results: is there chance, or something kept, in it?"
    if isinstance(error, AssertionError):
        return str(error).split("\nassert ")[0].partition("\n")[0]
    what = f"{type(error).__name__}: {error}"
    if not trial.calls or isinstance(error, NameError):
        return what
    last = trial.calls[-1]
    name = last.code.split(" = ")[-1].partition("(")[0]
    if not last.returned:
        return f"{name} raised {what}" if last.function else what
    return f"what {name} returned ({last.returned}) cannot be used: {what}"


def _summary(value: Any) -> str:
    """A drawn value in short: small ones whole, of large arrays the shape."""
    if isinstance(value, np.ndarray):
        return str(value.tolist()) if value.size <= FEW else f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_summary, value))})"
    words = str if is_dataclass(value) else repr  # what is drawn says itself in words
    text = " ".join(words(value).split())
    return text if len(text) <= LONGEST_CASE else f"{text[:LONGEST_CASE]}..."


def _shown(array: np.ndarray) -> str:
    """Up to LARGEST_SHOWN entries, in lines for the narrowest terminal."""
    if array.size > LARGEST_SHOWN:
        return ""
    text = np.array2string(array, precision=5, suppress_small=False, max_line_width=NARROWEST - 6)
    return text if text.count("\n") < MOST_ROWS else ""


def told(explanation: Explanation, hints: list[str], *, width: int = WIDTH) -> list[str]:
    """The explanation as lines of text; `hints` are those of `hints.hint`."""
    lines = wrapped(explanation.sentence, width) + hints
    if explanation.expected and explanation.got:
        for title, text in (("expected", explanation.expected), ("got", explanation.got)):
            if "\n" in text or len(text) > width - 14:
                lines += [f"  {title}", *textwrap.indent(text, "    ").splitlines()]
            else:
                lines.append(f"  {title:9}{text}")
    if not explanation.code:
        for name, value in explanation.case.items():
            lines += wrapped(f"smallest case: {name} = {value}", width)
    else:
        lines += ["  to see it, below your own code:"]
        for statement in explanation.code.splitlines():
            lines += code_lines(statement, width)  # not indented: it is to be copied
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """A sentence over several lines, indented by two."""
    return textwrap.wrap(
        text, width - 2, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def code_lines(statement: str, width: int) -> list[str]:
    """A statement over several lines, broken where it has spaces: all of them are inside brackets."""
    return textwrap.wrap(
        statement,
        width,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
