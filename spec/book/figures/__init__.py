"""The figures of the book, each drawn from what the suite itself computes."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """A picture: its number, the claim that it belongs to, what it shows and what to see in it.

    `again` shows the same picture in another place, without repeating it.
    """

    number: int
    anchor: str
    claim: str
    title: str
    caption: str
    svg: Markup
    again: Markup
