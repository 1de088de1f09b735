"""Three steps of help: nothing, where to look and what for, or the whole diagnosis.

`off` leaves finding it to the learner, who sees the equation, the numbers and the smallest case.
`nudge` names the place and the kind of slip. `full` says what the slip is, and puts the learner's own
line beside the theory's. A nudge is as true as the diagnosis that it is made from; where there is
none it names the function, and what can be seen from outside.
"""

import textwrap
from dataclasses import replace

from ..ground.outcomes import Kind
from ..subject.loading import Subject
from .explain import WIDTH, Explanation, code_lines, wrapped
from .source_lines import OwnLine, own_lines
from .topics import OF_SLIPS, topic

LEVELS = ("off", "nudge", "full")
MOST = 2  # topics of one nudge
OF_KINDS = {
    Kind.RAISED_RECURSION: "ask which call ends the recursion",
    Kind.RAISED_BY_SHAPES: "write down the shapes of what meets in the line that raised",
    Kind.RAISED: "look at that line, and at the values that reach it",
    Kind.NOTHING: "look at where each branch ends",
    Kind.NOT_NUMBERS: "look at what is returned, and of which type it is",
    Kind.CONVENTION: "keep a bias as a row, (1, n), and sum its gradient with keepdims=True",
    Kind.WRONG_SHAPE: "look at its shape: which axes are summed away, and which are kept?",
    Kind.NOT_FINITE: "ask where it can overflow, divide by 0, or take the logarithm of 0",
    Kind.UNSTEADY: "look for what is drawn at random, and for what outlives a call",
    Kind.ENDLESS: "ask which loop or recursion has no end, or runs far more often than it need",
    Kind.CHANGED_IN_PLACE: "look for what writes into a value that is not its own: +=, *=, [...] =, out=",
    Kind.ACCEPTED: "look at what is checked before the first number is computed: a ValueError is due here",
    Kind.NOT_WRITTEN: "take the statement above, one term after the other",
    Kind.WRONG: "hold it against the statement above, one term after the other",
}


def hint(explanation: Explanation, level: str, *, width: int = WIDTH) -> list[str]:
    """What is said at `level`, one of LEVELS, besides what came out: lines of text, indented by two."""
    if level == "off":
        return []
    if level == "nudge" or not explanation.diagnosis:
        lines = wrapped(f"hint: {nudge(explanation)}", width)
    else:
        lines = wrapped(f"why: {explanation.diagnosis}", width)
    if explanation.only:
        lines += wrapped(f"where: {explanation.only}", width)
    return lines + (_side_by_side(explanation, width) if level == "full" else [])


def cause_in_short(explanation: Explanation | None, level: str) -> str:
    """What is said at `level` of a claim that waits: its cause where one is known, in a line; else ""."""
    if level == "off" or explanation is None or not explanation.cause:
        return ""
    if level == "nudge":
        return f"hint: {nudge(explanation)}"
    return f"why: {explanation.diagnosis}"


def nudge(explanation: Explanation) -> str:
    """Where to look, and what for, without the answer: one sentence."""
    return f"{_what_for(explanation)}{_where(explanation)}"


def with_own_lines(explanation: Explanation, subject: Subject) -> Explanation:
    """The explanation with the lines that gave the value.

    For what a function returns, only if it was seen to return it.
    """
    if not explanation.function or not (explanation.entry or explanation.traced):
        return explanation
    found = own_lines(subject, explanation.function, explanation.entry)
    return replace(explanation, own=found)


def _what_for(explanation: Explanation) -> str:
    topics = list(dict.fromkeys(map(topic, explanation.causes)))
    if not topics and explanation.slip:
        topics = [OF_SLIPS[explanation.slip]]
    if topics and all(topics) and len(topics) <= MOST:
        return f"look at {', or at '.join(topics)}"
    if explanation.kind is Kind.PARTLY_WRONG:
        n = explanation.n_right
        are = "1 entry is" if n == 1 else f"{n} entries are"
        return f"{are} right: what do the others have in common?"
    return OF_KINDS[explanation.kind]


def _where(explanation: Explanation) -> str:
    """The place in brackets: the function, and the learner's line if it was found."""
    if not explanation.function:
        return ""
    places = [explanation.function]
    if explanation.entry[:1].isalpha():
        places.insert(0, explanation.entry)
    text = " in ".join(places)
    own = explanation.own
    return f" ({text}: {_place(own)})" if own else f" ({text})"


def _place(own: list[OwnLine]) -> str:
    """Where lines of one function stand: "my_net.py, lines 4 and 6"."""
    first, *further = (line.place for line in own)
    place = " and ".join([first, *(other.rpartition(" ")[2] for other in further)])
    return place.replace(", line ", ", lines ") if further else place


def _side_by_side(explanation: Explanation, width: int) -> list[str]:
    """The theory's equation above the learner's own lines; nothing where no line was found."""
    own = explanation.own
    if not own:
        return []
    theory = textwrap.wrap(explanation.equation, width - 10)
    yours = [part for line in own for part in code_lines(line.text, width - 8)]
    return [
        *_titled("theory", theory),
        *_titled("yours", yours),
        *wrapped(f"        ({_place(own)})", width),
    ]


def _titled(title: str, lines: list[str]) -> list[str]:
    return [f"  {'' if number else title:8}{line}" for number, line in enumerate(lines)]
