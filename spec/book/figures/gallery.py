"""All figures of the book, in its order."""

from collections.abc import Callable

from . import Figure, approximation, checking, digits, errata, initialisation, training, wide  # noqa: F401
from .drawing import PICTURES, Picture, as_svg, style


def pictures(claims: set[str], order: dict[str, int]) -> list[Picture]:
    """The figures that belong to these claims, in the order of the claims."""
    wanted = [picture for picture in PICTURES if picture.claim in claims]
    return sorted(wanted, key=lambda picture: order[picture.claim])


def drawn(wanted: list[Picture], seed: int, step: Callable[[str], object]) -> list[Figure]:
    """Draw them; `step` is told the title of each one that is done."""
    figures = []
    with style():
        for number, picture in enumerate(wanted, start=1):
            canvas, values = picture.draw(seed)
            anchor = f"figure-{number}"
            svg, again = as_svg(canvas, anchor, picture.title)
            caption = picture.caption.format(**values)
            figures.append(
                Figure(
                    number, anchor, picture.claim, picture.also, picture.title, caption, svg, again
                )
            )
            step(picture.title)
    return figures
