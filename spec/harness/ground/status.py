"""How a test, and so a claim, can end: one entry for each way, with all that is shown of it."""

from enum import StrEnum


class Status(StrEnum):
    """One way to end, the worst first.

    Its value is what files and reports call it; `short` is what stands where there is little room,
    `mark` in a list, `colour` its colour in a terminal, and `rgb` on a page and in a picture. `to_mend`
    says that something is wrong with what was judged, and `in_table` that a learner's table of counts
    has a column for it. The book shows it in the style `css`, and counts it as what `they` do.
    """

    short: str
    mark: str
    colour: str
    rgb: str
    to_mend: bool
    in_table: bool
    css: str
    they: str

    FAILS = "fails", "fails", "✗", "red", "#c8463c", True, True, "fails", "fail"
    STOPPED = (
        "stopped by a limit",
        "stopped",
        "✗",
        "magenta",
        "#8e3b8a",
        True,
        False,
        "fails",
        "stopped",
    )
    REFUSED = (
        "refused by a wall",
        "refused",
        "✗",
        "magenta",
        "#3b2d5c",
        True,
        False,
        "fails",
        "refused",
    )
    WAITS = "waits", "waits", "w", "yellow", "#9a6700", False, True, "waits", "wait for others"
    TODO = (
        "not written yet",
        "to write",
        "·",
        "cyan",
        "#0969da",
        False,
        True,
        "todo",
        "to be written",
    )
    NOT_RUN = "not run", "not judged", "…", "dim", "#6e7781", False, False, "todo", "not run"
    HOLDS = "holds", "holds", "✓", "green", "#1a7f37", False, True, "holds", "hold for it"

    def __new__(
        cls,
        label: str,
        short: str = "",
        mark: str = "",
        colour: str = "",
        rgb: str = "",
        to_mend: bool = False,
        in_table: bool = False,
        css: str = "",
        they: str = "",
    ) -> "Status":
        """A status is the text that files hold; the rest are its attributes."""
        status = str.__new__(cls, label)
        status._value_ = label
        status.short, status.mark, status.colour = short, mark, colour
        status.rgb, status.to_mend = rgb, to_mend
        status.in_table, status.css, status.they = in_table, css, they
        return status


# the best first, then from the worst on: the order of columns
BEST_FIRST = (Status.HOLDS, *(status for status in Status if status is not Status.HOLDS))
TABLE = tuple(status for status in BEST_FIRST if status.in_table)


def worst(statuses: "set[Status]") -> Status:
    """The worst of some."""
    return next(status for status in Status if status in statuses)
