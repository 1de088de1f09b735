"""The ways in which a test about an implementation can end other than well."""

from dataclasses import dataclass
from enum import StrEnum, auto

from _pytest.outcomes import Skipped  # what pytest.skip raises


class Kind(StrEnum):
    """What kind of failure it is, whatever its words are."""

    WRONG = auto()  # a value, in all entries, or a statement about several values
    PARTLY_WRONG = auto()  # a value, in some entries
    WRONG_SHAPE = auto()
    NOT_FINITE = auto()  # NaN or infinite where it should not be
    NOTHING = auto()  # None came back
    NOT_NUMBERS = auto()  # something else that is no array of numbers
    CONVENTION = auto()  # read as it is meant by every other claim
    CHANGED_IN_PLACE = auto()  # what belongs to the caller
    ACCEPTED = auto()  # what should be refused
    UNSTEADY = auto()  # the same call gives different results
    ENDLESS = auto()
    RAISED = auto()
    RAISED_RECURSION = auto()
    RAISED_BY_SHAPES = auto()  # by a library, of what meets in the line
    NOT_WRITTEN = auto()


class NotWrittenYet(Skipped):
    """The implementation lacks a name, or raises NotImplementedError: neither a pass nor a failure.

    Derived from pytest's skip, so that Hypothesis gives up at once instead of shrinking. `name` is
    what is to be written, with a hint where a name resembles it.
    """

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(f"not written yet: {name}{hint}")
        self.name = f"{name}{hint}"


class Refuted(AssertionError):
    """The implementation contradicts a claim; the message is one sentence in the learner's terms.

    `cause` names the mistake that explains it, where one does. Of the kind CONVENTION is what every
    other claim reads as it is meant, so that whatever else fails has another reason.
    """

    def __init__(self, sentence: str, cause: str = "", *, kind: Kind = Kind.WRONG) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.kind = kind


@dataclass(frozen=True)
class Place:
    """A line of the implementation: the name of its file, its number and its text."""

    file: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.number}: `{self.text}`"


class Raised(Refuted):
    """The implementation raised an exception where the claim needs a value.

    `exception` is the name of its class, and `place` the line that it came from, where that is known.
    `function` is what was called. Where nothing was raised, but what came back has another form than it
    should, `form` says which.
    """

    def __init__(
        self,
        sentence: str,
        exception: str = "",
        place: Place | None = None,
        *,
        kind: Kind = Kind.RAISED,
        function: str = "",
        form: str = "",
    ) -> None:
        super().__init__(f"{sentence} ({place})" if place else sentence, kind=kind)
        self.exception = exception
        self.place = place
        self.function = function
        self.form = form

    @property
    def at(self) -> str:
        """What tells it from others: where it was raised, or which form came back; "" if that is unknown."""
        return (
            f"{self.exception} {self.place.file} {self.place.number}" if self.place else self.form
        )

    def comes_from(self, other: "Raised") -> bool:
        """Whether the same was raised at the same place."""
        return (self.exception, self.place) == (other.exception, other.place)


class TimeLimitExceeded(BaseException):
    """A call did not return in time. Not an Exception, so that no one swallows or shrinks it."""
