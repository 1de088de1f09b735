"""What one hidden layer can do, and what depth adds: chapters 2 and 3."""

import math
from importlib import import_module

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from spec.harness.ground.compare import Array
from spec.harness.mathematics.activations import ACTIVATIONS

from .drawing import BLUE, INK, LINES, SKY, VERMILION, drawn, panels, percent

CHAPTER = "spec.test_02_2_universal_approximation"


@drawn(
    "2.1/linear-boundary",
    "XOR, by a line and by one hidden layer",
    """Circles want to be shaded, crosses do not. Left: a line gets three of the corners at best.
    Middle: two hidden ReLUs shade a strip, and all four are right. Right: the same corners as the
    two hidden neurons see them, the circles on top of one another: there a line will do.""",
)
def xor(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Three panels: a line, the network, and its hidden layer."""
    canvas, (line, network, hidden) = panels(3, 2.0)
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    yes = np.array([False, True, True, False])
    grid = np.linspace(-0.5, 1.5, 201)
    total = np.add.outer(grid, grid)
    folded = np.maximum(total, 0) - 2 * np.maximum(total - 1, 0)
    for axes, value, title in (
        (line, total, "a line"),
        (network, folded, "one hidden layer"),
    ):
        axes.contourf(grid, grid, value, levels=[0.5, 9], colors=[SKY], alpha=0.35)
        axes.contour(grid, grid, value, levels=[0.5], colors=[BLUE], linewidths=1.2)
        _corners(axes, corners, yes)
        axes.set(title=title, xlabel="x₁", aspect="equal", xticks=[0, 1], yticks=[0, 1])
    line.set_ylabel("x₂")
    s = corners.sum(axis=1)
    seen = np.column_stack([np.maximum(0, s), np.maximum(0, s - 1)])
    first, second = np.linspace(-0.5, 2.5, 121), np.linspace(-0.5, 1.5, 81)
    margin = first[None, :] - 2 * second[:, None]
    hidden.contourf(first, second, margin, levels=[0.5, 9], colors=[SKY], alpha=0.35)
    hidden.contour(first, second, margin, levels=[0.5], colors=[BLUE], linewidths=1.2)
    _corners(hidden, seen, yes)
    hidden.set(title="its hidden layer", xlabel="a₁", ylabel="a₂", aspect="equal", xticks=[0, 1, 2])
    return canvas, {}


def _corners(axes: Axes, points: Array, yes: NDArray[np.bool_]) -> None:
    axes.plot(*points[yes].T, "o", color=BLUE, markersize=7)
    axes.plot(*points[~yes].T, "X", color=VERMILION, markersize=7)


@drawn(
    "2.2/universal-approximation",
    "A hidden layer closing in on a wave",
    """Left: networks of 4, 8 and 16 ReLUs draw polygons through sin 6x. Right: the largest error
    against the number of neurons. Twice the neurons leave {wave} of the error on the smooth wave,
    {corner} at a corner that lies beside the knots, and {root} at the vertical tangent of √x:
    slower, but every error goes to 0.""",
)
def closing_in(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Polygons, and their errors."""
    canvas, (left, right) = panels(2)
    x = np.linspace(0, 1, 400)
    left.plot(x, np.sin(6 * x), color=INK, linewidth=3, alpha=0.25, label="sin 6x")
    for n, line in zip((4, 8, 16), LINES, strict=False):
        knots = np.linspace(0, 1, n + 1)
        left.plot(x, np.interp(x, knots, np.sin(6 * knots)), label=f"{n} neurons", **line)
    left.set(xlabel="x", ylim=(-1.15, 2.4), yticks=[-1, 0, 1])
    left.legend(loc="upper right")
    widths = 2 ** np.arange(1, 10)
    largest_error = import_module(CHAPTER).largest_error
    functions = (
        ("wave", "sin 6x", lambda x: np.sin(6 * x)),
        ("corner", "|x − 1/3|", lambda x: np.abs(x - 1 / 3)),
        ("root", "√x", np.sqrt),
    )
    values = {}
    for (what, name, f), line in zip(functions, LINES, strict=False):
        errors = [largest_error(f, n) for n in widths]
        values[what] = percent(errors[-1] / errors[-2], 0)
        right.loglog(widths, errors, marker="o", label=name, **line)
    right.set(xlabel="neurons", ylabel="largest error")
    right.legend(loc="lower left")
    return canvas, values


@drawn(
    "2.2/depth-beats-width",
    "Each fold doubles the pieces",
    """Left: one, two and three tents in a row, each of two neurons; every further layer folds
    what there is once more. Right: how many straight pieces a given number of neurons can make.
    In one layer they add up, in a stack of tents they multiply: 20 neurons make {deep} pieces in
    ten layers, and {wide} in one.""",
)
def tents(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Folded tents, and pieces against neurons."""
    canvas, (left, right) = panels(2)
    x = np.arange(2**11 + 1) / 2**11
    y, pieces = x, import_module(CHAPTER).pieces
    counts = []
    for k in range(1, 11):
        y = 2 * np.maximum(0, y) - 4 * np.maximum(0, y - 0.5)
        counts.append(pieces(y))
        if k <= 3:
            left.plot(x, y, label=f"{k} layer{'s' * (k > 1)}", **LINES[k - 1])
    left.set(xlabel="x", ylim=(-0.05, 1.75), yticks=[0, 0.5, 1])
    left.legend(loc="upper right")
    neurons = np.arange(2, 22, 2)
    right.semilogy(neurons, counts, marker="o", label="two a layer", **LINES[0])
    right.semilogy(neurons, neurons + 1, marker="s", label="all in one layer", **LINES[1])
    right.set(xlabel="neurons", ylabel="pieces", xticks=neurons[1::2])
    right.legend(loc="upper left")
    return canvas, {"deep": str(counts[-1]), "wide": str(neurons[-1] + 1)}


@drawn(
    "3.2/sigmoid",
    "The activations and their derivatives",
    """Solid the activation, dashed its derivative. The derivatives of the sigmoid and of tanh
    vanish on both sides: these saturate. That of a ReLU is 0 or 1; the leaky one keeps a slope of
    0.01 below 0, too small to be seen here, ELU and SELU a slope that dies away smoothly.""",
)
def activations(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Rows of three."""
    rows = math.ceil(len(ACTIVATIONS) / 3)
    canvas, axes = panels(3, 1.7 * rows, rows=rows, sharex=True, sharey=True)
    z = np.linspace(-4, 4, 401)
    for panel, activation in zip(axes, ACTIVATIONS.values(), strict=False):
        panel.plot(z, activation.function(z), label="σ(z)", **LINES[0])
        panel.plot(z, activation.derivative(z), label="σ′(z)", **LINES[1])
        panel.set(title=activation.title, ylim=(-2, 3), xticks=[-4, 0, 4], yticks=[-1, 0, 1, 2])
    for panel in axes[len(ACTIVATIONS) :]:
        panel.set_axis_off()
    axes[0].legend(loc="upper left")
    return canvas, {}
