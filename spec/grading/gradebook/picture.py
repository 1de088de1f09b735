"""The picture of a class: its points, and how each claim ended. The same class gives the same bytes."""

import io

from spec.harness.ground.status import BEST_FIRST, Status

from ..intake.text import legible
from .statistics import Statistics

BAR, MARGIN = 0.17, 3.6  # inches: of a claim, and of all that is not a claim
MOST_NAMED, LONGEST = 3, 84  # of those not judged; characters of a line
# Okabe and Ito's colours, in an order in which whoever is colour-blind can tell them apart, by lightness too
COLOURS = {
    Status.HOLDS: "#0072b2",
    Status.FAILS: "#d55e00",
    Status.STOPPED: "#000000",
    Status.REFUSED: "#cc79a7",
    Status.WAITS: "#f0e442",
    Status.TODO: "#56b4e9",
    Status.NOT_RUN: "#d9d9d9",
}


def picture(statistics: Statistics, maximum: float) -> bytes:
    """The class as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    claims = statistics.catalogue.claims
    height = MARGIN + BAR * len(claims)
    with rc_context({"svg.hashsalt": "class", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(8, height), layout="constrained")
        upper, lower = figure.subplots(2, height_ratios=[MARGIN - 1, height - MARGIN])
        totals = [float(total) for total in statistics.totals]
        upper.hist(
            totals, bins=25, range=(0, max(maximum, *totals, 0)), color=COLOURS[Status.HOLDS]
        )
        upper.set(xlabel=f"points, of {maximum:g}", ylabel="submissions", title=_title(statistics))
        left = [0] * len(claims)
        for status in BEST_FIRST if statistics.n else ():
            widths = [statistics.statuses(claim)[status] for claim in claims]
            if any(widths):
                lower.barh(claims, widths, left=left, color=COLOURS[status], label=status)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        lower.set(xlabel="submissions that could be judged", xlim=(0, max(statistics.n, 1)))
        lower.set(ylim=(len(claims) - 0.5, -0.5))
        if statistics.n:
            lower.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
        for axis in (upper.yaxis, lower.xaxis):  # nobody is half a submission
            axis.get_major_locator().set_params(integer=True)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _title(statistics: Statistics) -> str:
    """How many were judged; who of the others could not be, and why, for a few of them."""
    lines = [f"{statistics.n} of {statistics.n_given} submissions could be judged"]
    troubles = sorted(statistics.troubles.items())
    lines += [_short(f"not {name}: {why}") for name, why in troubles[:MOST_NAMED]]
    if len(troubles) > MOST_NAMED:
        lines.append(f"and {len(troubles) - MOST_NAMED} more could not, see class.md")
    return "\n".join(lines)


def _short(text: str) -> str:
    """Text for one line of the picture; a dollar sign would begin mathematics."""
    text = legible(text).replace("$", r"\$")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
