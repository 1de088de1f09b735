"""The figures of the book, each drawn from what the suite itself computes."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """A picture: its number, the claim that it belongs to, what it shows and what to see in it.

    `also` are other claims that it shows something of; `again` is the same picture for another
    place, without repeating it.
    """

    number: int
    anchor: str
    claim: str
    also: tuple[str, ...]
    title: str
    caption: str
    svg: Markup
    again: Markup
