"""# 6 Gradient checking: the numerical gradient

A derivative can be had without any calculus: move one parameter a little to either side and see what
the loss does. It is slow, and never quite exact, but it knows nothing of the chain rule, and so it
shares none of the mistakes that can be made there. The tools of the check come first, one by one, on
functions whose derivatives are known.
"""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import Refuted, agree, arguments_after, chance, claim, measured, refuses
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.oracle import log_softmax, softmax
from spec.harness.mathematics.strategies import SEEDS, at_sizes, eighths, tenths
from spec.harness.subject.proxy import kind

STEP = 1 / 8  # large, and exact in binary: what is wrong with a difference shows in its first digit
USUAL = 1e-5  # the step whose rounding errors are allowed for, should another than STEP be taken
NORM = np.linalg.norm

# ## The centred difference
#
# Taylor's series about θ has f(θ ± ε) = f ± ε f′ + ε² f″/2 ± ε³ f‴/6 + … In the difference of the
# two, all even terms cancel: (f(θ + ε) − f(θ − ε)) / 2ε = f′ + ε² f‴/6 + … The one-sided difference
# keeps ε f″/2. So a parabola, whose f‴ is 0, tells the two apart at any step, and a cubic shows the
# ε² that is left.


@claim(
    "6/centred-difference",
    r"\frac{\partial\mathcal L}{\partial\theta_j} \approx"
    r" \frac{\mathcal L(\theta_j+\epsilon)-\mathcal L(\theta_j-\epsilon)}{2\epsilon}",
    states=("numerical_gradient",),
)
@at_sizes("n", 1, 2, 67)
@given(n=st.sampled_from([3, 5, 8]), seed=SEEDS)
def test_the_difference_is_exact_for_quadratics(nn, n: int, seed: int):
    """On a quadratic form the step is of no account: the difference is the derivative Aθ + c."""
    rng = generator(n, seed)
    A, c, theta = tenths(rng, n, n), tenths(rng, n, 1), tenths(rng, n, 1)
    A = A + A.T

    def f(theta):
        t = np.reshape(theta, (n, 1))
        return float(np.sum(t * (A @ t / 2 + c)))

    moves = STEP * np.eye(n).reshape(n, n, 1)
    here = f(theta)
    above, below = (np.array([[f(theta + s * e)] for e in moves]) for s in (1, -1))
    agree(
        nn.numerical_gradient(f, theta, STEP),
        A @ theta + c,
        scale=np.abs(A) @ np.abs(theta) + np.abs(c) + abs(here) / USUAL,
        mistakes=lambda: {
            "the difference is one-sided, f(theta + epsilon) - f(theta)": (above - here) / STEP,
            "the difference is one-sided, f(theta) - f(theta - epsilon)": (here - below) / STEP,
            "the 2 of 2 epsilon is missing": (above - below) / STEP,
            "the gradient is cut to integers": np.trunc(A @ theta + c),
            "one of the two steps is not taken": (above - here) / (2 * STEP),
            "one of the two steps, the one back, is taken alone": (here - below) / (2 * STEP),
            "the difference is taken the wrong way round": (below - above) / (2 * STEP),
            "the difference is not divided by 2 epsilon": above - below,
            "the brackets of (2 * epsilon) are missing": (above - below) / 2 * STEP,
            "an entry is left where it was moved to": A @ theta
            + c
            - STEP * np.tril(A, -1).sum(axis=1, keepdims=True),
            "all entries are moved at once": np.full_like(
                theta, (f(theta + STEP) - f(theta - STEP)) / (2 * STEP)
            ),
        },
        what="the numerical gradient",
    )


@claim(
    "6/centred-difference",
    r"\frac{(\theta+\epsilon)^3-(\theta-\epsilon)^3}{2\epsilon}=3\theta^2+\epsilon^2",
)
@given(seed=SEEDS, step=st.sampled_from([1 / 4, 1 / 8, 1 / 16]))
def test_the_error_falls_with_the_square_of_the_step(nn, seed: int, step: float):
    """On a cubic the error is ε² to the last digit; half the step leaves a quarter of it."""
    theta = eighths(generator(seed), 5, 1)
    agree(
        nn.numerical_gradient(lambda theta: float(np.sum(theta**3)), theta, step),
        3 * theta**2 + step**2,
        scale=np.sum(np.abs(theta) ** 3) / USUAL,
        mistakes=lambda: {
            "the error is not that of a centred difference at the epsilon that was given": 3
            * theta**2,
            "the difference is one-sided": 3 * theta**2 + 3 * theta * step + step**2,
        },
        what="the numerical gradient",
    )


# ## Parameters of any shape and type, and none the worse for it
#
# The three laws below are where published checkers go wrong. A linear function has the same slope at
# every step and from either side, so nothing but the walk over the entries is judged here.


@claim(
    "6/any-shape",
    r"g_j=\frac{\partial\mathcal L}{\partial\theta_j},\quad g\text{ shaped like }\theta",
)
@given(shape=st.sampled_from([(3, 5), (5,), (7, 3), (1, 7), (2, 3, 2), ()]), seed=SEEDS)
def test_the_gradient_has_the_shape_of_the_parameter(nn, shape: tuple[int, ...], seed: int):
    """Weights have two indices and a bias may have one: each derivative goes where its entry stands."""
    rng = generator(seed)
    slopes, theta = eighths(rng, *shape), np.asarray(eighths(rng, *shape))
    what = "the numerical gradient"
    if shape == (3, 5):
        theta = np.asfortranarray(theta)
        what += " by a transpose, which NumPy keeps by columns,"
    agree(
        nn.numerical_gradient(lambda t: float(np.sum(slopes * np.reshape(t, shape))), theta, STEP),
        slopes,
        scale=np.sum(np.abs(slopes * theta)) / USUAL + np.abs(slopes),
        mistakes=lambda: {
            "rows and columns are mixed up by a flat index": slopes.ravel().reshape(
                shape, order="F"
            ),
            "a whole row is moved at once": np.broadcast_to(
                slopes.sum(axis=tuple(range(1, slopes.ndim)), keepdims=True), shape
            ),
        },
        what=what,
    )


@claim("6/integer-parameters", r"\theta_j\pm\epsilon\notin\mathbb Z")
@given(seed=SEEDS)
def test_integer_parameters_are_moved_too(nn, seed: int):
    """An array of integers has no room for θ + ε: stored there, the step is cut off."""
    rng = generator(seed)
    theta = np.array([[3], [-2], [0], [7], *rng.integers(-9, 10, (3, 1))])
    slopes = eighths(rng, 7, 1) + 1 / 16
    cut = np.trunc(theta + STEP) - np.trunc(theta - STEP)
    agree(
        nn.numerical_gradient(lambda theta: float(np.sum(slopes * theta)), theta, STEP),
        slopes,
        scale=np.sum(np.abs(slopes * theta)) / USUAL,
        mistakes=lambda: {
            "theta + epsilon is cut to an integer": slopes * cut / (2 * STEP),
            "the gradient is cut to integers": np.trunc(slopes),
            "both theta + epsilon and the gradient are cut to integers": np.trunc(
                slopes * cut / (2 * STEP)
            ),
        },
        what="the numerical gradient at integers",
    )


@claim("6/nothing-moved", r"\theta'=\theta")
def test_the_parameter_is_restored_to_the_bit(nn, rng):
    """θ + ε − 2ε + ε is not θ in floating point: keep the old value, and put that back."""
    theta = rng.normal(size=(33, 1)) * 10.0 ** rng.integers(-9, 1, (33, 1))
    after = arguments_after(nn.numerical_gradient, lambda theta: float(np.sum(theta**2)), theta)[1]
    moved = np.abs(after - theta).max()
    assert moved == 0, f"numerical_gradient must leave theta as it was, and moved it by {moved:.1e}"


@claim("6/nothing-moved", r"\theta'=\theta")
def test_the_relative_error_changes_neither_gradient(nn, rng):
    """The gradients compared are used afterwards: `g -= h` would spoil one of them."""
    given = [rng.normal(size=(3, 5)), rng.normal(size=(3, 5))]
    after = arguments_after(nn.relative_error, *given)
    for name, old, new in zip(("analytic", "numerical"), given, after, strict=True):
        moved = np.abs(new - old).max()
        assert moved == 0, f"relative_error must not change `{name}`, and moved it by {moved:.1e}"


# ## How small a step?
#
# Truncation costs ε² f‴/6 and falls with the step; rounding costs about u |f| / ε, u the unit of the
# number format, and grows as the step shrinks. Their sum is a U with its bottom near u^(1/3): 6·10⁻⁶
# for double precision, 5·10⁻³ for single.


@claim("6/epsilon", r"\epsilon\approx10^{-5}")
@chance(false_alarms=1e-9)
def test_the_error_is_least_near_the_cube_root_of_the_rounding_unit(rng):
    """The step of 10⁻⁵ is double precision's; in single precision it leaves two digits, or one."""
    steps = np.array([10.0**-k for k in range(12)])
    logits, Y = rng.normal(size=(20, 1, 1, 7)), np.eye(7)[0]
    moves, slope = np.multiply.outer(steps, np.eye(7)), (softmax(logits) - Y)[:, 0]
    errors, best = {}, {}
    for dtype in ("float64", "float32"):
        z, dz = logits.astype(dtype), moves.astype(dtype)
        rise = (log_softmax(z - dz) - log_softmax(z + dz))[..., 0].astype(float)
        error = NORM(rise / (2 * steps[:, None]) - slope, axis=-1) / NORM(slope, axis=-1)
        errors[dtype] = np.median(error, axis=0)
        best[dtype] = steps[np.argmin(errors[dtype])]
        measured(f"{dtype}: the best power of ten", best[dtype])
        measured(f"{dtype}: the error there", errors[dtype].min())
        measured(f"{dtype}: the error at a step of 1e-5", errors[dtype][5])
    assert 1e-6 <= best["float64"] <= 1e-4
    assert 1e-3 <= best["float32"] <= 1e-1
    assert errors["float32"][5] > 1e-3
    assert 50 < errors["float64"][1] / errors["float64"][2] < 200, "truncation is not of order 2"
    assert 10 < errors["float64"][10] / errors["float64"][8] < 1000, "rounding is not of order -1"


@claim("6/epsilon", r"\epsilon\approx10^{-5}")
def test_the_usual_step_is_near_the_best(nn):
    """Whoever names no step gets one within a factor of ten of 10⁻⁵."""
    theta, moves = np.array([[0.5], [-1.25], [1.0]]), []

    def f(t):
        moves.append(np.abs(np.reshape(t, (3, 1)) - theta).max())
        return float(np.sum(t**2))

    nn.numerical_gradient(f, theta)
    step = max(moves, default=0.0)
    assert 1e-6 <= step <= 1e-4, f"without an epsilon the step is about 1e-5, and was {step:.1e}"


# ## The relative error
#
# Whether 10⁻⁶ is a small difference depends on the gradients that differ. Divided by the sum of their
# norms it lies between 0 and 1 whatever the scale of the loss: the triangle inequality sees to the 1.
# Only δ, which keeps 0/0 from being NaN, has a scale.


@claim(
    "6/relative-error",
    r"\frac{\lVert\mathbf g_a-\mathbf g_n\rVert}"
    r"{\lVert\mathbf g_a\rVert+\lVert\mathbf g_n\rVert+\delta}",
    states=("relative_error",),
)
@at_sizes("shape", (1, 1), (1, 2), (66, 1), (8, 9), delta=1 / 4)
@given(shape=st.just((4, 5)), delta=st.sampled_from([None, 1 / 4, 2.0]), seed=SEEDS)
def test_relative_error(nn, shape: tuple[int, int], delta: float | None, seed: int):
    """One number for a whole group; a matrix is measured as the vector of its entries."""
    g, h = eighths(generator(seed), 2, *shape) + 1 / 16
    g[0, 0], h[0, 0] = -abs(g[0, 0]), abs(h[0, 0])  # a norm has no sign
    d, a, b, off = delta or 0.0, NORM(g), NORM(h), NORM(g - h)
    spectral = NORM(g - h, 2) / (NORM(g, 2) + NORM(h, 2) + d)
    agree(
        nn.relative_error(g, h) if delta is None else nn.relative_error(g, h, delta),
        off / (a + b + d),
        ulps=1e8 if delta is None else 64,  # any delta up to 1e-8 is as good as another
        mistakes=lambda: {
            "the larger norm is taken, not the sum of the two": off / (max(a, b) + d),
            "the norms are squared": off**2 / (a**2 + b**2 + d),
            "it is the absolute error": off,
            "the norms are subtracted, not the gradients": abs(a - b) / (a + b + d),
            "the numerical gradient's norm is left out below": off / (a + d),
            "the analytic gradient's norm is left out below": off / (b + d),
            "the norms below are averaged, not added": off / ((a + b) / 2 + d),
            "the norm below is that of the sum of the gradients": off / (NORM(g + h) + d),
            "absolute values are added up instead of squares": np.abs(g - h).sum()
            / (np.abs(g).sum() + np.abs(h).sum() + d),
            "the largest entries are taken, not the norms": np.abs(g - h).max()
            / (np.abs(g).max() + np.abs(h).max() + d),
            "the matrix norm is spectral, not the root of all squares": spectral,
            "it is a mean over the entries' own relative errors": np.mean(
                np.abs(g - h) / (np.abs(g) + np.abs(h) + d)
            ),
            "the largest of the entries' own relative errors is taken": np.max(
                np.abs(g - h) / (np.abs(g) + np.abs(h) + d)
            ),
            "delta is left out": off / (a + b),
            "delta is not the one that was given": off / (a + b + 1e-8),
            "the sum of the norms is not put in brackets": off / a + b + d,
        },
        what="the relative error",
    )


@claim("6/relative-error", r"0\le\mathrm{rel}(g,h)=\mathrm{rel}(h,g)=\mathrm{rel}(cg,ch)\le1")
@given(seed=SEEDS)
def test_the_relative_error_is_symmetric_and_free_of_scale(nn, seed: int):
    """So the same thresholds serve every network; none but opposite gradients, or one of two, come to 1."""
    g, h = eighths(generator(seed), 2, 3, 5) + 1 / 16

    def rel(g, h):
        return float(nn.relative_error(g, h))

    e, opposite = rel(g, h), rel(g, -g)
    assert 0 <= e <= 1, f"the relative error lies between 0 and 1, and is {e:g}"
    assert abs(opposite - 1) < 1e-6, f"opposite gradients are 1 apart, and come out at {opposite:g}"
    tiny = rel(g / 2**22, -g / 2**22)
    assert tiny > 0.5, (
        f"opposite gradients of norm {NORM(g) / 2**22:.1g} come out at {tiny:g}, not near 1"
    )
    near = rel(g, (1 + 2**-18) * g)
    assert abs(near * 2**19 - 1) < 0.1, (
        f"a gradient {2**-18:.1e} too large is {2**-19:.1e} off, not {near:.1e}"
    )
    assert abs(rel(h, g) - e) < 1e-6, f"exchanging the gradients turns {e:g} into {rel(h, g):g}"
    large = rel(1024 * g, 1024 * h)
    assert abs(large - e) < 1e-6, f"gradients 1024 times as large turn {e:g} into {large:g}"


@claim("6/relative-error", r"\mathrm{rel}(0,0)=\frac{0}{\delta}=0")
def test_two_zero_gradients_agree(nn):
    """A dead unit's gradient is 0 by calculus and by differences; this must not come out as NaN.

    One zero gradient is as far from any other as can be, and what holds NaN agrees with nothing.
    """
    zero, one = np.zeros((3, 5)), np.ones((3, 5))
    error = float(nn.relative_error(zero, zero))
    assert error == 0, f"the relative error of two zero gradients is 0, and came out as {error:g}"
    for g, h, which in ((one, zero, "numerical"), (zero, one, "analytic")):
        error = float(nn.relative_error(g, h))
        assert abs(error - 1) < 1e-6, (
            f"where the {which} gradient alone is 0 the relative error is 1, not {error:g}"
        )
    holed = np.where(np.eye(3, 5) > 0, np.nan, one)
    for pair in ((one, holed), (holed, one)):
        assert refuses(nn.relative_error, *pair) or not float(nn.relative_error(*pair)) <= 1e-3, (
            "a gradient with NaN in it agrees with none, and relative_error lets it pass"
        )


# ## Four verdicts
#
# The table names three thresholds. It leaves both ends of the third row to the reader; here they are
# suspicious, as the words "10⁻⁵ to 10⁻³" have it. The word alone is judged, in either case.


def verdicts(nn, errors: list[float]) -> dict[float, str]:
    """The first word of each verdict, in lower case."""
    given = {error: nn.verdict(error) for error in errors}
    for verdict in given.values():
        if not isinstance(verdict, str):
            raise Refuted(f"verdict gave a {kind(verdict)}, expected a word")
    words = {error: re.findall(r"[^\W\d_]+", verdict.lower()) for error, verdict in given.items()}
    return {error: found[0] if found else "" for error, found in words.items()}


@claim("6/excellent", r"<10^{-7}", states=("verdict",))
def test_below_1e_7_is_excellent(nn):
    """Nothing but rounding is left."""
    for error, word in verdicts(nn, [0.0, 1e-300, 3e-9, 9.99e-8]).items():
        assert word == "excellent", f"an error of {error:g} is excellent, and is called {word!r}"


@claim("6/good", r"<10^{-5}", states=("verdict",))
def test_below_1e_5_is_good(nn):
    """The row begins where the one above it ends: 10⁻⁷ itself is not below 10⁻⁷."""
    for error, word in verdicts(nn, [1e-7, 1.01e-7, 2e-6, 9.99e-6]).items():
        assert word == "good", f"an error of {error:g} is good, and is called {word!r}"


@claim("6/suspicious", r"10^{-5}\text{ to }10^{-3}", states=("verdict",))
def test_from_1e_5_to_1e_3_is_suspicious(nn):
    """Too much for rounding, too little for most mistakes: look for a kink, or a step ill chosen."""
    for error, word in verdicts(nn, [1e-5, 1.01e-5, 1e-4, 9.99e-4, 1e-3]).items():
        assert word == "suspicious", f"an error of {error:g} is suspicious, and is called {word!r}"


@claim("6/bug", r">10^{-3}", states=("verdict",))
def test_above_1e_3_is_a_bug(nn):
    """NaN is one too, although it is neither below nor above any threshold."""
    for error, word in verdicts(nn, [1.01e-3, 0.3, 1.0, float("inf"), float("nan")]).items():
        assert word == "bug", f"an error of {error:g} is a bug, and is called {word!r}"
