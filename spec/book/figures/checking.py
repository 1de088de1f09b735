"""How small the step of a gradient check should be: chapter 6."""

import numpy as np
from matplotlib.figure import Figure as Canvas

from spec.harness.mathematics.oracle import log_softmax, softmax

from ..numbers import rounded
from .drawing import INK, LINES, drawn, panels


@drawn(
    "6/epsilon",
    "The error of a difference, by the size of its step",
    """A large step misses the curve, a small one drowns in rounding. In double precision the
    best step is {float64}, near the theory's 10⁻⁵. In single precision it is {float32}, and at
    10⁻⁵ the error is {at_usual}: more than the 10⁻³ from which on the theory's check tells of a
    bug.""",
    also=("6/bug",),
)
def differences(seed: int) -> tuple[Canvas, dict[str, str]]:
    """Two U-shaped curves."""
    canvas, (axes,) = panels(1, 2.6)
    rng, steps = np.random.default_rng([seed, 6]), np.geomspace(1, 1e-11, 67)
    logits, Y = rng.normal(size=(40, 1, 1, 7)), np.eye(7)[0]
    moves, slope = np.multiply.outer(steps, np.eye(7)), (softmax(logits) - Y)[:, 0]
    values = {}
    for dtype, line in zip(("float64", "float32"), LINES, strict=False):
        z, dz = logits.astype(dtype), moves.astype(dtype)
        rise = (log_softmax(z - dz) - log_softmax(z + dz))[..., 0].astype(float)
        off = np.linalg.norm(rise / (2 * steps[:, None]) - slope, axis=-1)
        error = np.median(off / np.linalg.norm(slope, axis=-1), axis=0)
        axes.loglog(steps, error, label=dtype, **line)
        values[dtype] = rounded(steps[np.argmin(error)])
        values["at_usual"] = f"{error[np.argmin(np.abs(np.log(steps / 1e-5)))]:.2g}"
    axes.axvline(1e-5, color=INK, linewidth=0.8, linestyle=":")
    axes.annotate("ε = 10⁻⁵", (1e-5, 3), xytext=(4, 0), textcoords="offset points")
    axes.set(xlabel="step ε", ylabel="relative error", ylim=(1e-12, 20))
    axes.legend(loc="lower left")
    return canvas, values
