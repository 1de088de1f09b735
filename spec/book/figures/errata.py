"""Counter-examples to see: for the errata that no other figure shows."""

from importlib import import_module

import numpy as np
from matplotlib.figure import Figure as Canvas
from scipy.optimize import minimize

from spec.harness.mathematics import oracle
from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.backpropagation import derivative
from spec.harness.mathematics.moons import fresh_moons, moons, moons_for_each, moons_run
from spec.harness.mathematics.population import Population
from spec.harness.mathematics.signals import second_moments

from ..numbers import rounded
from .drawing import INK, LINES, drawn, panels, percent

MARKERS = "os^"


@drawn(
    "3.2/sigmoid-range",
    "Where floating point reaches the ends",
    """Left: what is missing from 1, for real numbers (grey) and in double precision. Beyond a z of
    {sigmoid} the sigmoid is 1 and nothing is missing; tanh needs {tanh}. Right: the smaller of
    two softmax probabilities. It is 0 from a lead of {lead} on, and its logarithm −∞.""",
    also=("3.2/tanh-range", "3.2/softmax-sums-to-one"),
)
def ends(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Distances from 1, and a probability that is lost."""
    canvas, (left, right) = panels(2, 2.5)
    z, values = np.linspace(0, 40, 4001), {}
    functions = {"sigmoid": (1 / (1 + np.exp(-z)), z), "tanh": (np.tanh(z), 2 * z)}
    for (name, (computed, steep)), line in zip(functions.items(), LINES, strict=False):
        exact = np.exp(-steep) / (1 + np.exp(-steep)) * (1 if steep is z else 2)
        left.semilogy(z, exact, color=INK, linewidth=3, alpha=0.2)
        inside = computed < 1
        left.semilogy(z[inside], 1 - computed[inside], label=name, **line)
        values[name] = f"{z[~inside][0]:.1f}"
    left.set(xlabel="z", ylabel="1 − σ(z)", ylim=(1e-20, 1e5), yticks=[1e-16, 1e-8, 1])
    left.legend(loc="upper right")
    lead = np.linspace(0, 800, 8001)
    smaller = oracle.softmax(np.column_stack([np.zeros_like(lead), lead]))[:, 0]
    right.plot(lead, -lead / np.log(10), color=INK, linewidth=3, alpha=0.2, label="real")
    right.plot(lead[smaller > 0], np.log10(smaller[smaller > 0]), label="computed", **LINES[0])
    right.set(xlabel="lead", ylabel="log₁₀ of the probability", xticks=[0, 400, 800])
    right.legend(loc="upper right")
    return canvas, values | {"lead": f"{lead[smaller == 0][0]:.0f}"}


@drawn(
    "5.3/output-gradient",
    "What prediction minus target is the gradient of",
    """Left: entries of A − Y against those of the gradient of the mean loss, for random batches of
    m samples: they lie on a line of slope m. Right: a softmax, and its gradient at the true
    class. With the cross-entropy it is A − Y; with the squared error it dies where the answer is
    quite wrong, too.""",
    also=("5.4/output-gradient",),
)
def output_gradients(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Slopes, and a gradient that dies."""
    canvas, (left, right) = panels(2, 2.5)
    losses, rng = import_module("spec.test_05_3_output_error").softmax_losses, np.random.default_rng
    for m, marker, line in zip((1, 3, 7), MARKERS, LINES, strict=False):
        Z, Y = rng([seed, 53, m]).normal(size=(m, 4)), np.eye(4)[rng(m).integers(4, size=m)]
        gradient = derivative(lambda Z, Y=Y: losses(Z, Y).mean(), Z)  # type: ignore[misc]
        error = oracle.softmax(Z) - Y
        at = np.array([-1.0, 1.0]) / m
        left.plot(at, m * at, linewidth=0.8, color=line["color"])
        left.plot(gradient, error, marker, color=line["color"])
        left.plot([], [], marker, color=line["color"], label=f"m = {m}")
    left.set(xlabel="gradient of the mean loss", ylabel="A − Y", ylim=(-1.1, 1.7))
    left.legend(loc="upper left", ncols=3, columnspacing=0.6, handletextpad=0, handlelength=1.2)
    z, Y = np.linspace(-8, 8, 81), np.array([[1.0, 0.0]])
    Zs = [np.array([[value, 0.0]]) for value in z]
    entropy = [derivative(lambda Z: losses(Z, Y).sum(), Z)[0, 0] for Z in Zs]
    squares = [derivative(lambda Z: np.sum((oracle.softmax(Z) - Y) ** 2), Z)[0, 0] for Z in Zs]
    right.plot(z, entropy, label="cross-entropy", **LINES[0])
    right.plot(z, squares, label="squared error", **LINES[1])
    right.set(
        xlabel="lead of the true class", ylabel="gradient", ylim=(-1.1, 0.6), xticks=[-8, 0, 8]
    )
    right.legend(loc="upper left")
    return canvas, {}


@drawn(
    "7.1/vanishing-gradients",
    "Saturation by itself does not make gradients vanish",
    """The mean square of the gradient on its way back from the last layer. It shrinks where
    Xavier's weights meet the small slopes of a sigmoid, or of a tanh that its biases of ±2 hold
    far from 0. At five times Xavier's deviation {share} of the tanh units are saturated, too, and
    the gradient grows all the same.""",
)
def gradients_on_their_way(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Three networks on a logarithmic scale."""
    canvas, (axes,) = panels(1, 2.5)
    chapter, values = import_module("spec.test_07_1_why_initialisation_matters"), {}
    kinds = (
        ("sigmoid, Xavier", "xavier", "sigmoid", 0.0),
        ("tanh at ±2, Xavier", "xavier", "tanh", 2.0),
        ("tanh, 5 times Xavier", 5 / np.sqrt(chapter.WIDTHS[0]), "tanh", 0.0),
    )
    for (label, rule, activation, shift), line in zip(kinds, LINES, strict=False):
        rng = np.random.default_rng([seed, 71])
        Z, dZ = chapter.gradient_signals(rng, rule, activation, shift)
        moments = second_moments(dZ).mean(axis=1)
        axes.semilogy(range(1, len(moments) + 1), moments / moments[-1], label=label, **line)
        values["share"] = percent(float(np.mean(np.abs(Z) > 2)), 0)
    axes.set(xlabel="layer", ylabel="E dz², relative")
    axes.legend(loc="lower right")
    return canvas, values


@drawn(
    "8.2/starting-values",
    "Two corners of the table",
    """Left: the median loss of eight networks of 10 neurons. At a rate of 0.01 the table's 2000
    epochs lead no further than to the best straight line (dotted). Right: the losses of 24
    networks with three hidden layers of 128 at a rate of 1, on 15 samples: {share} of them leave
    this picture.""",
)
def corners(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Too slow, and too fast."""
    canvas, (left, right) = panels(2, 2.4)
    for lr, line in zip((0.5, 0.1, 0.01), LINES, strict=False):
        epochs = 2000 if lr == 0.01 else 1000
        median = np.median(moons_run(seed, n=8, lr=lr, epochs=epochs).losses, axis=1)
        left.loglog(np.arange(1, epochs + 1), median, label=f"η = {lr:g}", **line)
    straight = float(moons_run(seed, sizes=(2, 2), n=1, epochs=400).final[0])
    left.axhline(straight, color=INK, linewidth=0.8, linestyle=":")
    left.set(xlabel="epoch", ylabel="loss")
    left.set_yticks([0.1, 0.2, 0.5, 1.0], ["0.1", "0.2", "0.5", "1"])
    left.legend(loc="lower left")
    X, Y, *_ = moons()
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        losses = Population((2, 128, 128, 128, 2), 24, rng).train(X[:15], Y[:15], 1.0, 20)
    exploded = ~(losses < 1e6).all(axis=0)
    for which, line in ((~exploded, LINES[0]), (exploded, LINES[1])):
        right.semilogy(range(1, 21), losses[:, which], **line | {"linewidth": 0.8})
    right.set(xlabel="epoch", ylabel="loss", ylim=(1e-2, 1e6), xticks=[1, 10, 20])
    return canvas, {"share": percent(float(np.mean(exploded)), 0)}


@drawn(
    "9/gaussian-prior",
    "Which prior a penalty is",
    """How long the weights are where a loss is least, for linear regression on {m} samples. The
    mean squared error with the penalty λ (line) and the posterior with a prior of precision
    mλ/σ² (dots) agree. The theory's 2λ/σ² (dashed) belongs to half the sum of squares; with the mean
    it is too weak by a factor of m/2.""",
)
def prior(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Norms of three minima against the penalty."""
    canvas, (axes,) = panels(1, 2.3)
    chapter = import_module("spec.test_09_1_prior")
    X, y = chapter.regression(np.random.default_rng([seed, 91]))
    m, noise, factors = chapter.M, chapter.NOISE, np.geomspace(1e-2, 1e2, 25)
    for k, label, line in zip((m, 2), ("loss, λ", "prior 2λ/σ²"), LINES, strict=False):
        norms = [float(np.linalg.norm(chapter.ridge(X, y, k * factor))) for factor in factors]
        axes.semilogx(factors, norms, label=label, **line)

    def found(alpha: float) -> float:
        """The length of the weights of which the posterior has its maximum, by search."""
        loss = lambda w: chapter.negative_log_posterior(w[:, None], X, y, alpha)  # noqa: E731
        return float(np.linalg.norm(minimize(loss, np.zeros(3)).x))

    norms = [found(m * factor / noise) for factor in factors[::3]]
    axes.semilogx(factors[::3], norms, "o", color=LINES[2]["color"], label="prior mλ/σ²")
    axes.set(xlabel="λ", ylabel="‖w‖", ylim=(0, None))
    axes.legend(loc="lower left")
    return canvas, {"m": str(m)}


@drawn(
    "11/zero-weights",
    "From weights of zero",
    """With ReLU the loss remains what the share of the classes alone can give. With sigmoid hidden
    neurons, which stay one and the same, it falls to that of the best straight line (dotted), after
    a long wait. From He's weights it goes on.""",
)
def zeros(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Three losses."""
    canvas, (axes,) = panels(1, 2.4)
    X, Y, *_ = moons()
    kinds: tuple[tuple[str, str, str | float], ...] = (
        ("ReLU from 0", "relu", 0.0),
        ("sigmoid from 0", "sigmoid", 0.0),
        ("ReLU, He", "relu", "he"),
    )
    for (name, activation, init), line in zip(kinds, LINES, strict=False):
        rng = np.random.default_rng([seed, 115])
        network = Population((2, 10, 2), 1, rng, activation=activation, init=init, dtype=float)
        axes.plot(range(1, 1501), network.train(X, Y, 0.5, 1500)[:, 0], label=name, **line)
    straight = float(moons_run(seed, sizes=(2, 2), n=1, epochs=400).final[0])
    axes.axhline(straight, color=INK, linewidth=0.8, linestyle=":")
    axes.set(xlabel="epoch", ylabel="loss", ylim=(0, 0.95))
    axes.legend(loc="upper right", ncols=3, columnspacing=1, borderaxespad=0)
    return canvas, {}


@drawn(
    "11/wide-hidden",
    "Wide networks and wrong labels",
    """48 networks each, trained on 60 samples with one label in five wrong: how much of what is
    wrong each has learned, and how often it is right on new samples. 200 neurons without a penalty
    learn {wide} of the wrong labels on average, and are right on {wide_right} of the new samples; with
    a penalty of 0.006 it is {penalty} and {penalty_right}.""",
)
def wide(seed: int) -> tuple[Canvas, dict[str, str]]:
    """A cloud of each kind."""
    canvas, (axes,) = panels(1, 2.7)
    n, rng = 48, np.random.default_rng([seed, 118])
    X, Y, *_ = moons_for_each(n, rng, train=60, test=0)
    wrong = rng.random(Y.shape[:2]) < 0.2
    Y[wrong] = 1 - Y[wrong]
    values = {}
    kinds = (("wide", 200, 0.0), ("penalty", 200, 0.006), ("narrow", 10, 0.0))
    for (kind, width, l2), marker, line in zip(kinds, MARKERS, LINES, strict=False):
        networks = Population((2, width, 2), n, np.random.default_rng(seed), l2=l2)
        networks.train(X, Y, 1.0, 150)
        learned = (networks.probabilities(X).argmax(axis=2) == Y.argmax(axis=2)) & wrong
        share = learned.sum(axis=1) / wrong.sum(axis=1)
        label = f"{width} neurons, λ = {l2:g}"
        accuracy = networks.accuracy(*fresh_moons(m=1000))
        axes.plot(share, accuracy, marker, color=line["color"], label=label, alpha=0.7, mew=0)
        values[kind] = percent(learned.sum() / wrong.sum(), 0)
        values[f"{kind}_right"] = percent(accuracy.mean(), 0)
    axes.set(xlabel="share of the wrong labels that is learned", ylabel="accuracy on new samples")
    axes.set_yticks([0.6, 0.7, 0.8, 0.9, 1.0], ["60 %", "70 %", "80 %", "90 %", "100 %"])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"])
    axes.legend(loc="lower left")
    return canvas, values


@drawn(
    "11/third-layer-small-init",
    "Whose first layer starves",
    """The size of the gradient in each of four layers before training, from weights of deviation
    0.01: the median of 150 networks. With ReLU and tanh all layers have as little. With sigmoids the
    last layer has its gradient, and the first {share} of that.""",
)
def starving(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Norms by layer."""
    canvas, (axes,) = panels(1, 2.4)
    X, Y, *_ = moons()
    layers, share = range(1, 5), 0.0
    for activation, marker, line in zip(("relu", "tanh", "sigmoid"), MARKERS, LINES, strict=False):
        rng, sizes = np.random.default_rng([seed, 119]), (2, 10, 10, 10, 2)
        networks = Population(sizes, 150, rng, dtype=float, activation=activation, init=0.01)
        g = networks.gradients(X, Y)
        norms = [np.median(np.linalg.norm(g[f"dW{l}"], axis=(1, 2))) for l in layers]
        axes.semilogy(layers, norms, marker=marker, label=ACTIVATIONS[activation].title, **line)
        share = norms[0] / norms[-1]
    axes.set(xlabel="layer", ylabel="‖dW‖", xticks=list(layers))
    axes.legend(loc="upper left")
    return canvas, {"share": rounded(share)}
