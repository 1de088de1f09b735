"""What went wrong, in the learner's terms: from an exception and the trial's notes to a few lines."""

import textwrap
from dataclasses import dataclass, field
from typing import Any

import hypothesis.errors
import numpy as np

from .compare import Disagreement
from .diagnosis import diagnose
from .guard import Guarded
from .outcomes import NotWrittenYet, Refuted, TimeLimitExceeded
from .trial import Trial

LARGEST_SHOWN = 40  # entries of an array
LONGEST_SNIPPET = 12  # lines of 80 columns
FEW = 8  # entries of an array that is shown in a line
LONGEST_CASE = 200  # characters
WIDTH = 80


@dataclass(frozen=True)
class Explanation:
    """Why a claim does not hold: one sentence, the diagnosis, the numbers and how to see them.

    `relation` says how the value that came relates to the right one, `cause` which mistake gives it.
    """

    sentence: str
    relation: str = ""
    cause: str = ""
    expected: str = ""
    got: str = ""
    case: dict[str, str] = field(default_factory=dict)
    code: str = ""

    @property
    def diagnosis(self) -> str:
        """Relation and cause in one sentence; "" where neither is known."""
        return ": ".join(filter(None, (self.relation, self.cause)))


def explain(error: BaseException, trial: Trial) -> Explanation:
    """Explain how a test about an implementation ended."""
    case = {name: _summary(value) for name, value in trial.example.items()}
    code = _reproduction(trial)
    if isinstance(error, Disagreement):
        comparison = error.comparison
        return Explanation(
            str(error),
            *diagnose(trial.comparisons[error.site]),
            _shown(comparison.expected),
            "" if isinstance(comparison.actual, str) else _shown(comparison.actual),
            case,
            code,
        )
    cause = error.cause if isinstance(error, Refuted) else ""
    return Explanation(_sentence(error, trial), cause=cause, case=case, code=code)


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
    came = f" ({last.returned})" if last.returned else ""
    return f"what {name} returned{came} cannot be used: {what}"


def _summary(value: Any) -> str:
    """A drawn value in short: small ones whole, of large arrays the shape."""
    if isinstance(value, np.ndarray):
        return str(value.tolist()) if value.size <= FEW else f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_summary, value))})"
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST_CASE else f"{text[:LONGEST_CASE]}..."


def _shown(array: np.ndarray) -> str:
    if array.size > LARGEST_SHOWN:
        return ""
    return np.array2string(array, precision=5, suppress_small=False, max_line_width=WIDTH - 6)


class _Unprintable(Exception):
    pass


def _literal(value: Any) -> str:
    """Python source for a value that was handed to the implementation."""
    if isinstance(value, Guarded):
        return str(value._code)
    if isinstance(value, np.ndarray):
        if value.size > LARGEST_SHOWN:
            raise _Unprintable
        dtype = "" if value.dtype.kind in "fi" else f", dtype={value.dtype.name!r}"
        return f"np.array({value.tolist()!r}{dtype})"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_literal, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    raise _Unprintable


def _reproduction(trial: Trial) -> str:
    """The calls of the failing example as code to paste below the implementation, if short enough."""
    if not trial.calls or trial.n_calls > len(trial.calls):
        return ""
    try:
        lines = [call.code.format(*map(_literal, call.values)) for call in trial.calls]
    except _Unprintable:
        return ""
    wrapped = [part for line in lines for part in _code_lines(line)]
    return "\n".join(wrapped) if len(wrapped) <= LONGEST_SNIPPET else ""


def _code_lines(line: str) -> list[str]:
    """A statement over several lines, broken where it has spaces: all of them are inside brackets."""
    return textwrap.wrap(
        line, WIDTH - 4, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def told(explanation: Explanation, *, width: int = WIDTH) -> list[str]:
    """The explanation as lines of text."""
    lines = _wrapped(explanation.sentence, width)
    if explanation.diagnosis:
        lines += _wrapped(f"why: {explanation.diagnosis}", width)
    if explanation.expected and explanation.got:
        for title, text in (("expected", explanation.expected), ("got", explanation.got)):
            if "\n" in text or len(text) > width - 14:
                lines += [f"  {title}", *textwrap.indent(text, "    ").splitlines()]
            else:
                lines.append(f"  {title:9}{text}")
    for name, value in explanation.case.items():
        lines += _wrapped(f"smallest case: {name} = {value}", width)
    if explanation.code:
        lines += ["  to see it, below your own code:"]
        lines += [f"    {line}" for line in explanation.code.splitlines()]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width - 2, initial_indent="  ", subsequent_indent="    ")
