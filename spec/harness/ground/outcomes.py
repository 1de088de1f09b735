"""The ways in which a test about an implementation can end other than well."""

from _pytest.outcomes import Skipped  # what pytest.skip raises


class NotWrittenYet(Skipped):
    """The implementation lacks a name, or raises NotImplementedError: neither a pass nor a failure.

    Derived from pytest's skip, so that Hypothesis gives up at once instead of shrinking.
    """

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(f"not written yet: {name}{hint}")
        self.name = name


class Refuted(AssertionError):
    """The implementation contradicts a claim; the message is one sentence in the learner's terms.

    `cause` names the mistake that explains it, where one does. A matter of `convention` is read as it
    is meant by every other claim, so that whatever else fails has another reason.
    """

    def __init__(self, sentence: str, cause: str = "", *, convention: bool = False) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.convention = convention


class Raised(Refuted):
    """The implementation raised an exception where the claim needs a value."""


class TimeLimitExceeded(BaseException):
    """A call did not return in time. Not an Exception, so that no one swallows or shrinks it."""
