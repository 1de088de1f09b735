"""What depth makes of a signal, and what a start makes of training: chapter 7."""

import numpy as np
from matplotlib.figure import Figure as Canvas

from spec.harness.mathematics.activations import ACTIVATIONS
from spec.harness.mathematics.moons import moons_run
from spec.harness.mathematics.signals import one_input, second_moments

from .drawing import BLUE, INK, LINES, VERMILION, drawn, panels, percent, with_band

RULES = {"he": "He", "xavier": "Xavier", "small": "0.01", "lecun": "LeCun"}


@drawn(
    "7.4/relu-halves",
    "What ReLU leaves of a normal law",
    """Left: ReLU drops the negative half (grey) onto 0 and keeps the other. Right: of the second
    moment exactly half is left; of the variance only {share}, for the mean, which ReLU lifts
    above 0, takes its part.""",
    also=("7.3/variance-of-a-sum",),
)
def halves(seed: int) -> tuple[Canvas, dict[str, str]]:
    """The density, and what is left of two sizes."""
    canvas, (left, right) = panels(2, 2.2)
    z = np.linspace(-3.5, 3.5, 281)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    left.fill_between(z, density, where=(z <= 0).tolist(), color=INK, alpha=0.2, linewidth=0)
    left.fill_between(z, density, where=(z >= 0).tolist(), color=BLUE, alpha=0.35, linewidth=0)
    left.plot(z, density, color=INK, linewidth=1)
    left.set(xlabel="z", ylabel="density", ylim=(0, 0.46), yticks=[0, 0.2, 0.4])
    left.text(-0.15, 0.06, "to 0", ha="right")
    left.text(0.15, 0.06, "stays", ha="left")
    share = (1 - 1 / np.pi) / 2
    names, values = ["second moment", "variance"], [0.5, share]
    right.barh(names, values, color=[BLUE, VERMILION], height=0.5)
    right.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
    for row, value in enumerate(values):
        right.text(0.515, row, f"{value:.3f}", va="center")
    right.set(xlabel="share that is left", xlim=(0, 0.72))
    right.grid(visible=False)
    return canvas, {"share": f"{share:.3f}"}


@drawn(
    "7.4/he-preserves-second-moment",
    "A signal through fifty ReLU layers",
    """The mean square of the pre-activations, which is their variance, layer by layer, over 200
    random networks of width 256. He's weights keep it, on average; the band, between which nine
    of ten networks lie, widens all the same. Xavier's and LeCun's, the same at equal widths,
    halve it at every layer; a deviation of 0.01 leaves {small} of it.""",
)
def depth(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Four rules on a logarithmic scale."""
    canvas, (axes,) = panels(1, 2.9)
    layers = np.arange(1, 51)
    for (rule, name), line in zip(RULES.items(), LINES, strict=True):
        rng = np.random.default_rng([seed, 50])
        moments = second_moments(one_input(rng, 200, [256] * 51, rule, "relu"))
        if rule == "he":
            low, high = np.quantile(moments, [0.05, 0.95], axis=1)
            axes.fill_between(layers, low, high, color=line["color"], alpha=0.18, linewidth=0)
        if rule == "small":
            left = percent((moments[9].mean() / moments[0].mean()) ** (1 / 9))
        width = {"linewidth": 3.2, "alpha": 0.55} if rule == "xavier" else {}
        axes.semilogy(layers, moments.mean(axis=1), label=name, **line, **width)
    axes.set(xlabel="layer", ylabel="E z²", ylim=(1e-24, 1e3), xticks=[1, 10, 20, 30, 40, 50])
    axes.legend(loc="lower right", ncols=4, bbox_to_anchor=(1, 1.0), borderaxespad=0)
    return canvas, {"small": left}


@drawn(
    "7.3/xavier-preserves-variance",
    "What Xavier's rule preserves, and what not",
    """Left: behind tanh the second moment falls, not exponentially but like 1/(2l). Right: a
    sigmoid network forgets its input: whatever its size, the activations vary as much after three
    layers.""",
)
def xavier(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Tanh over fifty layers, sigmoid over eight."""
    canvas, (left, right) = panels(2)
    layers = np.arange(1, 51)
    Z = one_input(np.random.default_rng([seed, 73]), 100, [256] * 51, "xavier", "tanh")
    moments = second_moments([np.tanh(z) for z in Z]).mean(axis=1)
    left.loglog(layers, moments, label="tanh", **LINES[0])
    left.loglog(layers, 1 / (2 * layers), label="1/(2l)", **LINES[1])
    left.set(xlabel="layer l", ylabel="E a²", xticks=[1, 10, 50], xticklabels=["1", "10", "50"])
    left.legend(loc="lower left")
    sigma = ACTIVATIONS["sigmoid"].function
    for size, line in zip((0.1, 1.0, 10.0), LINES, strict=False):
        rng = np.random.default_rng([seed, 74])
        Z = one_input(rng, 100, [64] * 9, "xavier", "sigmoid", size)
        spread = [float(np.mean((sigma(z) - 0.5) ** 2)) for z in Z]
        right.semilogy(range(1, 9), spread, marker="o", label=f"input {size:g}", **line)
    right.set(xlabel="layer", ylabel="E (a − ½)²", ylim=(3e-4, 4), xticks=[1, 4, 8])
    right.legend(loc="upper right")
    return canvas, {}


@drawn(
    "7.5/initialisation-comparison",
    "Three starts on the moons",
    """The loss of 20 networks each, from the same random numbers in three scales: the median, and
    the band of eight in ten. Weights of 0.01 first stand still, then learn what a straight line
    can do ({line}), and stay there. From He's the line is bent: after {he} epochs half of the
    networks are 10 % below it; from Xavier's, which are smaller, after {xavier}, and {stuck} of the
    20 stay on it all these epochs.""",
)
def comparison(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Loss curves with bands."""
    canvas, (axes,) = panels(1, 2.8)
    straight = float(moons_run(seed, sizes=(2, 2), n=1, epochs=400).final[0])
    values = {"line": f"{straight:.2f}"}
    for init, line in zip(("he", "xavier", "small"), LINES, strict=False):
        run = moons_run(seed, init=init, epochs=400)
        with_band(axes, run.losses, line, RULES[init])
        epochs = run.epochs_to(0.9 * straight)
        values[init] = f"{np.median(epochs):.0f}"
        if init == "xavier":
            values["stuck"] = f"{np.isinf(epochs).sum()}"
    axes.axhline(straight, color=INK, linewidth=0.8, linestyle=":")
    axes.annotate("the best line", (1.1, straight), xytext=(0, -10), textcoords="offset points")
    axes.set(xlabel="epoch", ylabel="loss", xscale="log", yscale="log", xlim=(1, 400))
    axes.set_xticks([1, 10, 100, 400], ["1", "10", "100", "400"])
    axes.set_yticks([0.1, 0.2, 0.5, 1.0], ["0.1", "0.2", "0.5", "1"])
    axes.legend(loc="lower left")
    return canvas, values
