"""The picture of a class: its points, and how each claim ended. The same class gives the same bytes."""

import io

from spec.harness.ground.status import BEST_FIRST, Status

from .statistics import Statistics

BAR, MARGIN = 0.17, 3.2  # inches: of a claim, and of all that is not a claim


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
        upper.hist(totals, bins=25, range=(0, max(maximum, *totals)), color=Status.HOLDS.rgb)
        upper.set(xlabel=f"points, of {maximum:g}", ylabel="submissions")
        left = [0] * len(claims)
        for status in BEST_FIRST:
            widths = [statistics.statuses(claim)[status] for claim in claims]
            if any(widths):
                lower.barh(claims, widths, left=left, color=status.rgb, label=status)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        lower.set(xlabel="submissions", ylim=(len(claims) - 0.5, -0.5), xlim=(0, statistics.n))
        lower.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
        for axis in (upper.yaxis, lower.xaxis):  # nobody is half a submission
            axis.get_major_locator().set_params(integer=True)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
