"""Training runs on the moons: chapters 8, 9 and 11."""

from collections.abc import Sequence
from importlib import import_module

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from spec.harness.ground.compare import Array
from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import activation_of
from spec.harness.mathematics.moons import Run, fresh_moons, moons, moons_for_each, moons_run
from spec.harness.mathematics.population import Population

from .drawing import (
    BLUE,
    GREEN,
    INK,
    LINES,
    ORANGE,
    VERMILION,
    bare,
    drawn,
    panels,
    percent,
    with_band,
)

N = 60  # networks, for a distribution
SHADES = (  # of a probability: from, to, colour, and how much of it
    (0, 0.1, BLUE, 0.35),
    (0.1, 0.3, BLUE, 0.2),
    (0.3, 0.5, BLUE, 0.08),
    (0.5, 0.7, ORANGE, 0.1),
    (0.7, 0.9, ORANGE, 0.25),
    (0.9, 1, ORANGE, 0.45),
)


@drawn(
    "8.1/minibatch-gradient-is-unbiased",
    "Gradient noise against the size of the batch",
    """The mean squared distance of a batch's gradient from the full one, over 300 batches of each
    size (dots), relative to that of single samples. It follows the law of the claim (line): twice
    the samples, half the noise; towards the end even less, and none at all when the batch is the
    whole data set.""",
)
def noise(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Measured noise on the law."""
    canvas, (axes,) = panels(1, 2.4)
    rng, (X, Y, *_) = np.random.default_rng([seed, 81]), moons()
    network = Population((2, 10, 2), 1, rng, dtype=float)
    theta = {name: np.array(stack[0]) for name, stack in network.parameters.items()}
    rows = [oracle.gradients(X[i : i + 1], Y[i : i + 1], theta) for i in range(len(X))]
    g = np.array([np.concatenate([part.ravel() for part in row.values()]) for row in rows])
    m, spread = len(g), np.mean(np.sum((g - g.mean(axis=0)) ** 2, axis=1))
    sizes, law = np.array([1, 2, 4, 8, 16, 32, 64, 128, 200]), np.arange(1, 210)
    measured = [
        np.mean(
            [
                np.sum((g[rng.permutation(m)[:B]].mean(axis=0) - g.mean(axis=0)) ** 2)
                for _ in range(300)
            ]
        )
        for B in sizes
    ]
    axes.loglog(law, (m - law) / (m - 1) / law, label="(m − B) / (m − 1) B", **LINES[0])
    axes.loglog(sizes, np.array(measured) / spread, "o", color=VERMILION, label="measured")
    axes.set(xlabel="batch size B, of m = 210", ylabel="noise")
    axes.set_xticks(sizes[:-1], [str(B) for B in sizes[:-1]])
    axes.legend(loc="lower left")
    return canvas, {}


@drawn(
    "8.2/reference-run",
    "The accuracy of the reference run",
    """Each dot is a network with training and test samples of its own: 10 hidden neurons, 1000
    epochs at 0.5, and its accuracy on 90 test samples. From He's weights the median is {he}, and
    the theory's 98 % is among the better draws. From weights of deviation 0.01, with which the
    theory's own code begins, it is {small}: what a straight line can do. No classifier is right
    more often than {best} on average.""",
)
def reference_run(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Dots side by side, as they pile up."""
    canvas, (axes,) = panels(1, 2.9)
    best = import_module("spec.test_08_2_first_network").best_possible_accuracy(
        *fresh_moons(), noise=0.2
    )
    rows = (("he", "He"), ("xavier", "Xavier"), ("small", "0.01"))
    values = {"best": percent(best)}
    for at, ((init, _), colour) in enumerate(zip(rows, (BLUE, VERMILION, GREEN), strict=True)):
        rng = np.random.default_rng([seed, 82])
        X, Y, X_test, Y_test = moons_for_each(N, rng)
        networks = Population((2, 10, 2), N, rng, init=init)
        networks.train(X, Y, 0.5, 1000)
        accuracy = networks.accuracy(X_test, Y_test)
        values[init] = percent(np.median(accuracy))
        for share in np.unique(accuracy):
            n = int(np.sum(accuracy == share))
            heights = at + 0.045 * (np.arange(n) - (n - 1) / 2)
            axes.plot(np.full(n, share), heights, "o", color=colour, markersize=2.6)
        axes.plot([np.median(accuracy)] * 2, [at - 0.42, at + 0.42], color=INK, linewidth=1.2)
    axes.axvline(0.98, color=INK, linestyle=(0, (4, 2)), linewidth=1)
    axes.annotate("98 %", (0.98, 2.6), xytext=(3, 0), textcoords="offset points", va="center")
    axes.set_yticks([0, 1, 2], [name for _, name in rows])
    axes.set(xlabel="accuracy on 90 test samples (bar: the median)", ylim=(-0.6, 2.75))
    axes.set_xticks([0.8, 0.85, 0.9, 0.95, 1.0], ["80 %", "85 %", "90 %", "95 %", "100 %"])
    return canvas, values


@drawn(
    "9/lambda-sweep",
    "The price of a penalty",
    """Twenty networks, each trained with four penalties from the same weights. Left: their norm
    falls at every step. Right: the median accuracy. A λ of 0.001 costs nothing. At 0.01
    {some} of the training samples are right, instead of {none}; at 0.1 {most}, fewer than by a
    straight line without a penalty ({line}): the networks underfit.""",
)
def penalties(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Norms, and accuracies."""
    canvas, (left, right) = panels(2, 2.3)
    factors = (0, 0.001, 0.01, 0.1)
    runs = [moons_run(seed, lr=1.0, epochs=300, l2=factor) for factor in factors]
    norms = np.array([_norms(run) for run in runs])
    left.plot(norms, color=BLUE, linewidth=0.5, alpha=0.4)
    left.plot(np.median(norms, axis=1), marker="o", **LINES[0])
    left.set(ylabel="norm of the weights", ylim=(0, None))
    for name, line in zip(("train", "test"), LINES, strict=False):
        medians = [np.median(getattr(run, f"{name}_accuracy")) for run in runs]
        right.plot(medians, marker="o", label=f"{name}ing" if name == "train" else name, **line)
    right.set_yticks([0.8, 0.85, 0.9, 0.95, 1.0], ["80 %", "85 %", "90 %", "95 %", "100 %"])
    right.set(ylabel="accuracy")
    right.legend(loc="lower left")
    for axes in (left, right):
        axes.set_xticks(range(4), [f"{factor:g}" for factor in factors])
        axes.set_xlabel("λ")
    runs.append(moons_run(seed, sizes=(2, 2), n=1, lr=1.0, epochs=300))
    shares = [percent(np.median(run.train_accuracy)) for run in runs]
    return canvas, dict(zip(("none", "little", "some", "most", "line"), shares, strict=True))


def _norms(run: Run) -> Array:
    weights = [run.networks.parameters[name] for name in ("W1", "W2")]
    return np.asarray(np.sqrt(sum(np.sum(W**2, axis=(1, 2)) for W in weights)))


def _losses(axes: Axes) -> None:
    axes.set(xlabel="epoch", ylabel="loss", xscale="log", yscale="log", xlim=(1, 1000))
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axes.set_yticks([0.05, 0.1, 0.2, 0.5, 1.0], ["0.05", "0.1", "0.2", "0.5", "1"])


def _plane() -> tuple[Array, Array, Array]:
    x, y = np.linspace(-1.6, 2.6, 106), np.linspace(-1.2, 1.7, 74)
    return x, y, np.column_stack([part.ravel() for part in np.meshgrid(x, y)])


def _samples(axes: Axes, colours: Sequence[str] = (BLUE, VERMILION), alpha: float = 1) -> None:
    X, Y, *_ = moons()
    for k, (marker, colour) in enumerate(zip("o^", colours, strict=True)):
        axes.plot(*X[Y[:, k] == 1].T, marker, color=colour, alpha=alpha, markersize=2.6, mew=0)


@drawn(
    "11/three-layer-net",
    "Two layers against three",
    """Left: the loss of ten networks each, median and band of eight in ten; with a second hidden
    layer, which is given 500 epochs, it falls in fewer of them. Right: where each of the twenty
    networks draws the boundary in the end, in the colours of the left; dots and triangles are the
    training samples. One start differs more from the next than two layers from three.""",
)
def two_against_three(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Losses, and boundaries."""
    canvas, (left, right) = panels(2, 2.5)
    x, y, plane = _plane()
    runs = {
        "two layers": moons_run(seed, n=10),
        "three layers": moons_run(seed, n=10, sizes=(2, 10, 10, 2), epochs=500),
    }
    for (name, run), line in zip(runs.items(), LINES, strict=False):
        with_band(left, run.losses, line, name)
        for p in run.networks.probabilities(plane)[..., 1]:
            grid = p.reshape(len(y), len(x))[::2, ::2]
            colour = [line["color"]]
            dashes = [line["linestyle"]]
            right.contour(
                x[::2], y[::2], grid, [0.5], colors=colour, linewidths=0.8, linestyles=dashes
            )
    _losses(left)
    left.legend(loc="lower left")
    _samples(right, (INK, INK), alpha=0.45)
    bare(right, "boundaries")
    return canvas, {}


@drawn(
    "11/other-activations",
    "Four activations",
    """The loss of ten networks each from He's weights: median, and band of eight in ten. ReLU,
    leaky ReLU and tanh go much the same way; the sigmoid, whose slope is a quarter at most, needs
    many times the epochs.""",
)
def other_activations(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Loss curves."""
    canvas, (axes,) = panels(1, 2.7)
    for name, line in zip(("relu", "leaky_relu(0.1)", "tanh", "sigmoid"), LINES, strict=True):
        with_band(
            axes, moons_run(seed, n=10, activation=name).losses, line, activation_of(name).title
        )
    _losses(axes)
    axes.legend(loc="lower left")
    return canvas, {}


@drawn(
    "11/huge-initialisation",
    "A huge start is a bad start, and no more",
    """The loss of ten networks each: median, and band of eight in ten. At σ = 5 it begins at
    {first} instead of about one, and is never NaN; after a thousand epochs it is where it would be from
    He's weights.""",
)
def huge(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Loss curves."""
    canvas, (axes,) = panels(1, 2.5)
    runs = {"σ = 5": moons_run(seed, n=10, init=5.0), "He": moons_run(seed, n=10)}
    for (label, run), line in zip(runs.items(), LINES[1::-1], strict=True):
        with_band(axes, run.losses, line, label)
    _losses(axes)
    axes.set_yticks([0.05, 0.2, 1.0, 5.0, 20.0], ["0.05", "0.2", "1", "5", "20"])
    axes.legend(loc="upper right")
    return canvas, {"first": f"{np.median(runs['σ = 5'].losses[0]):.0f}"}


@drawn(
    "11/small-learning-rate",
    "Four learning rates",
    """The loss of ten networks each from the same weights: median, and band of eight in ten. Ten
    times the rate gets about as far in a tenth of the epochs: a curve is the next one, shifted. At
    0.001, after a thousand epochs, the loss is {slow}; at 0.5 it is below that in {n}.""",
)
def rates(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Loss curves."""
    canvas, (axes,) = panels(1, 2.7)
    medians = []
    for lr, line in zip((0.5, 0.1, 0.01, 0.001), LINES, strict=True):
        losses = moons_run(seed, n=10, lr=lr).losses
        with_band(axes, losses, line, f"η = {lr:g}")
        medians.append(np.median(losses, axis=1))
    _losses(axes)
    axes.legend(loc="lower left")
    slow = medians[-1][-1]
    return canvas, {"slow": f"{slow:.2f}", "n": str(np.argmax(medians[0] < slow) + 1)}


@drawn(
    "11/boundary-evolves",
    "The boundary at epochs 10, 100 and 1000",
    """One network from He's weights. The line is where both classes are equally likely, the
    shades how sure the network is. It first finds a straight line, then what the line misses; all
    along it becomes surer.""",
)
def boundary(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Three moments of one run."""
    canvas, axes = panels(3, 1.75)
    X, Y, *_ = moons()
    x, y, plane = _plane()
    network, done = Population((2, 10, 2), 1, np.random.default_rng([seed, 11])), 0
    for panel, epoch in zip(axes, (10, 100, 1000), strict=True):
        network.train(X, Y, 0.5, epoch - done)
        done = epoch
        p = network.probabilities(plane)[0, :, 1].reshape(len(y), len(x))
        for low, high, colour, alpha in SHADES:
            panel.contourf(x, y, p, levels=[low, high], colors=[colour], alpha=alpha)
        panel.contour(x, y, p, levels=[0.5], colors=[INK], linewidths=1.2)
        _samples(panel)
        bare(panel, f"epoch {epoch}")
    return canvas, {}
