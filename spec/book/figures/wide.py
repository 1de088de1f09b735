"""Networks of infinite width: chapter 10."""

from importlib import import_module

import numpy as np
from matplotlib.figure import Figure as Canvas

from .drawing import INK, LINES, VERMILION, drawn, panels

CHAPTER = "spec.test_10_connections"


@drawn(
    "10/infinite-width-gp",
    "The kernel of an infinitely wide network",
    """Left: the covariance of the outputs of random ReLU networks at two unit vectors, by the
    angle between them: the arc-cosine kernel (line), and the mean over 20 000 neurons (dots).
    Right: how often an output comes out, on a logarithmic scale. At width 2 it has the tails of a
    product; at 256 the bell of a Gaussian process.""",
)
def kernel(seed: int) -> tuple[Canvas, dict[str, str]]:
    """The covariance, and the law of an output."""
    canvas, (left, right) = panels(2)
    chapter, rng = import_module(CHAPTER), np.random.default_rng([seed, 10])
    angles = np.linspace(0, np.pi, 181)
    exact = [chapter.kernel(np.array([[1.0, 0], [np.cos(t), np.sin(t)]]))[0, 1] for t in angles]
    left.plot(np.degrees(angles), exact, label="kernel", **LINES[0])
    w, some = rng.normal(size=(2, 20_000)), angles[::20]
    outputs = [np.maximum(0, np.array([np.cos(t), np.sin(t)]) @ w) for t in some]
    drawn_mean = [np.mean(outputs[0] * other) for other in outputs]
    left.plot(np.degrees(some), drawn_mean, "o", color=VERMILION, label="measured")
    left.set(xlabel="angle in degrees", ylabel="covariance", xticks=[0, 60, 120, 180])
    left.legend(loc="upper right")
    edges = np.linspace(-5, 5, 41)
    middles = (edges[1:] + edges[:-1]) / 2
    right.semilogy(
        middles, np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi), color=INK, linewidth=3, alpha=0.25,
        label="normal",
    )  # fmt: skip
    for H, line in zip((256, 2), LINES, strict=False):
        outputs = chapter.whitened_outputs(rng, H, 100_000 if H < 9 else 8_000)
        counts, _ = np.histogram(np.ravel(outputs), edges)
        shown = counts >= 5  # fewer say little about how often
        density = counts[shown] / counts.sum() / (edges[1] - edges[0])
        right.semilogy(middles[shown], density, label=f"width {H}", **line)
    right.set_yticks([1e-4, 1e-2, 1])
    right.set(xlabel="output, in deviations", ylabel="density", ylim=(2e-5, 5e3), xticks=[-4, 0, 4])
    right.legend(loc="upper right")
    return canvas, {}
