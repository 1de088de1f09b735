"""How a test, and so a claim, can end: one entry for each way, with all that is shown of it."""

from enum import StrEnum


class Status(StrEnum):
    """One way to end, the worst first.

    Its value is what files and reports call it; `short` is what stands where there is little room,
    `mark` in a list, `colour` its colour in a terminal, and `rgb` on a page and in a picture. `to_mend`
    says that something is wrong with what was judged.
    """

    short: str
    mark: str
    colour: str
    rgb: str
    to_mend: bool

    FAILS = "fails", "fails", "✗", "red", "#c8463c", True
    STOPPED = "stopped by a limit", "stopped", "✗", "magenta", "#8e3b8a", True
    REFUSED = "refused by a wall", "refused", "✗", "magenta", "#3b2d5c", True
    WAITS = "waits", "waits", "w", "yellow", "#9a6700", False
    TODO = "not written yet", "to write", "·", "cyan", "#0969da", False
    NOT_RUN = "not run", "not judged", "…", "dim", "#6e7781", False
    HOLDS = "holds", "holds", "✓", "green", "#1a7f37", False

    def __new__(
        cls,
        label: str,
        short: str = "",
        mark: str = "",
        colour: str = "",
        rgb: str = "",
        to_mend: bool = False,
    ) -> "Status":
        """A status is the text that files hold; the rest are its attributes."""
        status = str.__new__(cls, label)
        status._value_ = label
        status.short, status.mark, status.colour = short, mark, colour
        status.rgb, status.to_mend = rgb, to_mend
        return status


def worst(statuses: "set[Status]") -> Status:
    """The worst of some."""
    return next(status for status in Status if status in statuses)
