"""What a person asked for and cannot have, and what the code of a learner raised."""

import traceback


class CannotDo(Exception):
    """A command cannot be carried out; the message is one sentence: what, where, and the remedy."""


class CannotLoad(CannotDo):
    """There is nothing to judge."""


class Unusable(CannotLoad):
    """What is to be judged was found, and cannot be run or has none of the names."""


class RaisedElsewhere(Exception):
    """What an implementation in another process raised: its class, message and frames (file, line)."""

    def __init__(self, kind: str, text: str, frames: list[tuple[str, int]]) -> None:
        super().__init__(text)
        self.kind, self.frames = kind, frames


def class_of(error: BaseException) -> str:
    """The name of the class of what an implementation raised, wherever it lives."""
    return error.kind if isinstance(error, RaisedElsewhere) else type(error).__name__


def described(error: BaseException) -> str:
    """Class and message of what an implementation raised."""
    return f"{class_of(error)}: {error}" if str(error) else class_of(error)


def frames(error: BaseException) -> list[tuple[str, int]]:
    """File and line of each frame that it came through, from the outermost to the innermost."""
    if isinstance(error, RaisedElsewhere):
        return error.frames
    return [(f.filename, f.lineno or 0) for f in traceback.extract_tb(error.__traceback__)]
