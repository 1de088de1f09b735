"""How the figures look, and how matplotlib's SVG becomes part of a page.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. On the page they become variables
of its style, so that a figure follows the light or dark theme; lines differ in their dashes, too.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from spec.harness.ground.compare import Array

INK, FAINT, PAPER = "#010203", "#040506", "#070809"  # stand for the theme's own
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY = "#e69f00", "#56b4e9"
VARIABLES = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    PAPER: "var(--paper)",
    BLUE: "var(--blue)",
    VERMILION: "var(--vermilion)",
    GREEN: "var(--green)",
    PURPLE: "var(--purple)",
    ORANGE: "var(--orange)",
    SKY: "var(--sky)",
}
LINES: list[dict[str, Any]] = [  # the usual order of series
    {"color": BLUE, "linestyle": "-"},
    {"color": VERMILION, "linestyle": (0, (5, 1.5))},
    {"color": GREEN, "linestyle": (0, (5, 1.5, 1, 1.5))},
    {"color": PURPLE, "linestyle": (0, (1, 1.2))},
]
WIDTH = 4.8  # inches: nearly that of a phone, where letters of 9 points can still be read
SETTINGS: Any = {  # whose type differs between the versions of matplotlib
    "svg.fonttype": "none",
    "svg.hashsalt": "book",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.fontsize": 8.5,
}

Draw = Callable[[int], tuple[Canvas, dict[str, str]]]


@dataclass(frozen=True)
class Picture:
    """A figure that can be drawn: the claim that it belongs to, its words, and the function that does.

    The function is given the seed, and returns the values that stand in the caption in {braces}, too.
    What is said of the claims in `also` refers to it.
    """

    claim: str
    title: str
    caption: str
    draw: Draw
    also: tuple[str, ...] = ()


PICTURES: list[Picture] = []


def drawn(
    claim: str, title: str, caption: str, also: tuple[str, ...] = ()
) -> Callable[[Draw], Draw]:
    """Add a function that draws a figure to the gallery; see `Picture`."""

    def add(draw: Draw) -> Draw:
        PICTURES.append(Picture(claim, title, " ".join(caption.split()), draw, also))
        return draw

    return add


@contextmanager
def style() -> Iterator[None]:
    """While this lasts, matplotlib draws for the book."""
    with mpl.rc_context(SETTINGS):
        yield


def panels(
    columns: int, height: float = 2.4, rows: int = 1, **options: Any
) -> tuple[Canvas, list[Axes]]:
    """A canvas as wide as the text, and its axes from left to right, row by row."""
    canvas = Canvas(figsize=(WIDTH, height))
    axes = canvas.subplots(rows, columns, squeeze=False, **options)
    return canvas, list(axes.ravel())


def percent(share: float, digits: int = 1) -> str:
    """A share as captions write it: 97.7 %."""
    return f"{100 * share:.{digits}f} %"


def bare(axes: Axes, title: str = "") -> None:
    """Axes of a picture: neither ticks nor frame."""
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def with_band(axes: Axes, values: Array, line: dict[str, Any], label: str) -> None:
    """The median over a population, and the band that eight of ten of it lie in; `values` (epochs, n)."""
    epochs = np.unique(np.geomspace(1, len(values), 150).astype(int))
    low, median, high = np.quantile(values[epochs - 1], [0.1, 0.5, 0.9], axis=1)
    axes.fill_between(epochs, low, high, color=line["color"], alpha=0.18, linewidth=0)
    axes.plot(epochs, median, label=label, **line)


# ---- From matplotlib's SVG to the page's

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def as_svg(canvas: Canvas, anchor: str, title: str) -> tuple[Markup, Markup]:
    """The drawing as part of a page, and a second view of it for another place."""
    buffer = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    canvas.savefig(buffer, format="svg", metadata=nothing)
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314  (matplotlib wrote it)
    _tidy(root, anchor)
    inside = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    view = root.attrib["viewBox"]
    opening = Markup('<svg viewBox="{}" role="img" aria-label="{}">').format(view, title)
    drawing = Markup('<g id="{}-drawing" stroke-linejoin="round">').format(anchor)
    svg = opening + drawing + Markup(inside) + Markup("</g></svg>")  # noqa: S704
    again = opening + Markup('<use href="#{}-drawing"/></svg>').format(anchor)
    return svg, again


def _tidy(root: ElementTree.Element, anchor: str) -> None:
    """Make ids the figure's own, colours the theme's, numbers short; drop what a page has no use for."""
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in list(root.iter()):
        if element.tag in (f"{SVG}metadata", f"{SVG}style"):
            parents[element].remove(element)
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text))
    names = {name for pair in used for name in pair if name}
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        if LINK in element.attrib:
            element.set("href", element.attrib.pop(LINK))
        for name, value in element.attrib.items():
            element.set(name, _attribute(name, value, anchor))
        if element.attrib.get("id", "").removeprefix(f"{anchor}-") not in names:
            element.attrib.pop("id", None)


def _attribute(name: str, value: str, anchor: str) -> str:
    if name == "id":
        return f"{anchor}-{value}"
    if name == "href" and value.startswith("#"):
        return f"#{anchor}-{value[1:]}"
    if name in ("d", "points", "x", "y", "transform"):
        return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}", value)
    if name in ("style", "clip-path", "fill", "stroke"):
        value = re.sub(r"url\(#", f"url(#{anchor}-", value)
        value = value.replace("'DejaVu Sans', sans-serif", "var(--sans)")
        return re.sub(r"#[0-9a-f]{6}", lambda colour: VARIABLES.get(colour[0], colour[0]), value)
    return value
