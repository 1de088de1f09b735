"""Reading digits: the last section of chapter 11."""

import numpy as np
from matplotlib.figure import Figure as Canvas

from spec.harness.mathematics import digits as data
from spec.harness.mathematics.population import Population

from .drawing import BLUE, VERMILION, WIDTH, bare, drawn, percent

NETWORKS, EPOCHS = 3, 25


@drawn(
    "11/digits",
    "Digits read, and misread",
    """Left, above: one unseen digit of each kind that all three networks read right. Below:
    digits that the first network misreads, as what. Right: what was read (columns) for what was
    written (rows), by three networks of 32 hidden neurons on 360 unseen digits: right in {share}
    of all cases.""",
)
def digits(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Examples, and the confusion matrix."""
    X, Y, X_test, Y_test = data.digits()
    rng = np.random.default_rng([seed, 113])
    networks = Population((64, 32, 10), NETWORKS, rng)
    networks.train(X, Y, 0.1, EPOCHS, batch_size=32, rng=rng)
    answers, truth = networks.probabilities(X_test).argmax(axis=2), Y_test.argmax(axis=1)
    canvas = Canvas(figsize=(WIDTH, 2.9))
    ((examples, matrix),) = canvas.subfigures(1, 2, squeeze=False, width_ratios=[2.1, 3])
    grid = examples.subplots(5, 4).ravel()
    unanimous = (answers == truth).all(axis=0)
    read = [int(np.flatnonzero(unanimous & (truth == k))[0]) for k in range(10)]
    misread = np.flatnonzero(answers[0] != truth)[:10].tolist()
    for panel, at in zip(grid, [*read, *misread], strict=False):
        panel.imshow(X_test[at].reshape(8, 8), cmap="gray_r", interpolation="nearest")
        wrong = answers[0, at] != truth[at]
        bare(panel, f"{truth[at]} → {answers[0, at]}" if wrong else f"{truth[at]}")
        panel.title.set_fontsize(8.5)
        if wrong:
            panel.title.set_color(VERMILION)
    for panel in grid[len(read) + len(misread) :]:
        bare(panel)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (np.tile(truth, NETWORKS), answers.ravel()), 1)
    axes = matrix.subplots()
    for (row, column), n in np.ndenumerate(counts):
        colour, size = (BLUE, 8.5) if row == column else (VERMILION, 6.5 + 2 * min(n, 2))
        if n:
            axes.text(column, row, str(n), color=colour, ha="center", va="center", fontsize=size)
    axes.set(xlim=(-0.8, 9.8), ylim=(9.6, -0.6), xlabel="read", ylabel="written", aspect="equal")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.spines[:].set_visible(True)
    return canvas, {"share": percent(np.trace(counts) / counts.sum())}
