"""# 10 Connections: what optimisers remember

Momentum (Polyak 1964) steps along a velocity, a sum of past gradients that fades by β at each step.
Adam (Kingma and Ba 2015) divides a fading mean of the gradients by the root of a fading mean of their
squares. Both means start at 0, and after t steps have gathered only the share 1 - βᵗ of a whole one:
dividing by that share corrects the bias. What comes back besides θ is handed in again at the next
step, and is nobody else's business.
"""

from collections.abc import Callable
from functools import partial, reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, arguments_after, claim, untouched
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.strategies import (
    SEEDS,
    Test,
    always,
    eighths,
    odd_fractions,
    sizes,
)
from spec.harness.subject import beside
from spec.harness.subject.proxy import next_to

# ## Momentum
#
# Each entry of a parameter has a velocity of its own, be the parameter a matrix or a vector.


@st.composite
def histories(draw: st.DrawFn, unit: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A parameter (n, k), and the gradients (5, n, k) of five steps, some much larger than others.

    The largest come first, so that in the second step the sum of both has the sign of the first. One
    entry has gradient 0 throughout, as behind a dead neuron; no other is ever 0.
    """
    return history(*draw(sizes(2)), seed=draw(SEEDS), unit=unit)


def history(n: int, k: int, *, seed: int = 0, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """The same for a parameter of this shape; a single entry never has gradient 0."""
    rng = generator(seed, n, k)
    g = odd_fractions(rng, 1 / 8, 5, n, k) * unit
    g *= np.array([64, *rng.permutation([1, 1, 2, 4])])[:, None, None]
    if n * k > 1:
        g[:, 0, 0] = 0.0
    return odd_fractions(rng, 1 / 8, n, k), g


def of_every_shape(unit: float) -> Callable[[Test], Test]:
    """Tie to a test, above its `@given(history=...)`, parameters of one entry, of two, and of many."""

    def tie(test: Test) -> Test:
        for shape in ((1, 1), (1, 2), (2, 1), (3, 66)):
            test = always(history=partial(history, *shape, unit=unit))(test)
        return test

    return tie


def fading(values: np.ndarray, beta: float) -> np.ndarray:
    """Σ β^(t - s) values[s] over all steps s up to the last, t."""
    return np.einsum("t,t...", beta ** np.arange(len(values))[::-1], values)


@claim(
    "10/momentum",
    r"v \leftarrow \beta v + g,\quad \theta \leftarrow \theta - \eta v",
    states=("momentum",),
)
@of_every_shape(unit=64.0)
@given(history=histories(unit=64.0))
def test_momentum(nn, history):
    """A gradient that stays the same is soon felt 1 / (1 - β) times: ten times at the usual 0.9."""
    lr = 0.125
    for options, beta, steps in (((), 0.9, 5), ((0.5,), 0.5, 3), ((0.0,), 0.0, 2)):
        (theta, g), velocity = history, None
        for t in range(1, steps + 1):
            before, past = theta, g[:t]
            theta, velocity = nn.momentum(theta, past[-1], velocity, lr, *options)
            agree(
                theta,
                before - lr * fading(past, beta),
                scale=np.abs(before) + lr * fading(np.abs(past), beta),
                mistakes=lambda: {
                    cause: before - lr * v for cause, v in wrong_velocities(past, beta, lr).items()
                },
                what=f"theta after step {t}",
            )


@claim("10/momentum", r"t \gg 1")
def test_momentum_in_a_long_run(nn):
    """The velocity fades for ever, and is never begun anew."""
    lr, beta = 0.125, 0.9
    g, theta, velocity = odd_fractions(generator(10), 1 / 8, many_steps(), 3), np.zeros(3), None
    for t in range(1, len(g) + 1):
        before, past = theta, g[:t]
        theta, velocity = nn.momentum(theta, past[-1], velocity, lr)
        agree(
            theta,
            before - lr * fading(past, beta),
            scale=np.abs(before) + lr * fading(np.abs(past), beta),
            what=f"theta after step {t}",
        )


def many_steps() -> int:
    """How long a long run is: it follows from the run's seed."""
    return int(generator(11).integers(40, 61))


def wrong_velocities(g: np.ndarray, beta: float, lr: float) -> dict[str, np.ndarray]:
    """What a parameter moves along, times the rate, if momentum goes wrong in a known way."""
    v = fading(g, beta)
    return {
        "the step goes up the velocity": -v,
        "the velocity is not kept from step to step": g[-1],
        "the velocity does not fade": fading(g, 1.0),
        "the velocity begins as the first gradient, not as 0": v + beta ** len(g) * g[0],
        "each new gradient is subtracted": reduce(lambda v, new: beta * v - new, g),
        "the new gradient is multiplied by 1 - beta": (1 - beta) * v,
        "the gradients after the first are multiplied by 1 - beta": (
            (1 - beta) * v + beta ** len(g) * g[0]
        ),
        "the new gradient is multiplied by beta": beta * v,
        "beta is 0.9, whatever was asked for": fading(g, 0.9),
        "a beta of 0 is taken for 0.9": fading(g, beta or 0.9),
        "the step looks ahead, as Nesterov's does": g[-1] + beta * v,
        "the step is taken along the previous velocity": fading(g[:-1], beta),
        "the learning rate enters twice": lr * v,
        "the learning rate is left out": v / lr,
    }


# ## Adam
#
# The second step is judged by those after it: in itself it does not tell a t that stays 1 from one that
# is a step behind. To see ε, a gradient stays the same: it is then its own mean, and its square the mean
# of the squares, so that all steps are alike.


def adam_direction(
    g: np.ndarray, beta1: float, beta2: float, t1: float, t2: float, power: float = 0.5
) -> np.ndarray:
    """What Adam steps along after the gradients g, its biases corrected as after t1 and t2 steps."""
    m = (1 - beta1) * fading(g, beta1) / (1 - beta1**t1)
    v = (1 - beta2) * fading(g**2, beta2) / (1 - beta2**t2)
    return m / (v**power + 1e-8)


@claim(
    "10/adam",
    r"\theta \leftarrow \theta - \eta\,\hat m / (\sqrt{\hat v} + \epsilon),\quad"
    r" \hat m = \frac{m}{1-\beta_1^t},\ \hat v = \frac{v}{1-\beta_2^t}",
    states=("adam",),
)
@of_every_shape(unit=2.0**32)
@given(history=histories(unit=2.0**32))
def test_adam(nn, history):
    """Steps of about η at any scale of g: one so large that ε has no say, and 0, where nothing moves."""
    for options in ((), (0.125, 0.25, 0.375), (0.125, 0.0, 0.5)):
        lr, *betas = options or (0.001, 0.9, 0.999)
        (theta, g), state = history, None
        if options:
            theta, g = theta[0], g[:, 0]  # a vector
        for t in range(1, 6):
            before, past = theta, g[:t]
            theta, state = nn.adam(theta, past[-1], state, *options)
            if t == 2:
                continue
            agree(
                theta,
                before - lr * adam_direction(past, *betas, t, t),
                scale=np.abs(before) + 2 * lr,  # no entry of the direction is larger
                mistakes=lambda: {
                    cause: before - lr * u
                    for cause, u in wrong_directions(past, *betas, lr).items()
                },
                what=f"theta after step {t}",
            )


@claim("10/adam", r"t \gg 1")
@given(seed=SEEDS)
def test_adam_in_a_long_run(nn, seed: int):
    """At the usual rates both corrections matter for long: after 40 steps the second is still 1 to 25."""
    g, theta, state = odd_fractions(generator(seed), 1 / 8, many_steps(), 3), np.zeros(3), None
    for t in range(1, len(g) + 1):
        before, past = theta, g[:t]
        theta, state = nn.adam(theta, past[-1], state)
        if t % 8 == 0 or t == len(g):
            agree(
                theta,
                before - 0.001 * adam_direction(past, 0.9, 0.999, t, t),
                scale=np.abs(before) + 0.002,
                mistakes=lambda: {
                    cause: before - 0.001 * u
                    for cause, u in wrong_directions(past, 0.9, 0.999, 0.001).items()
                    if "asked for" not in cause  # the usual rates are what is asked for
                },
                what=f"theta after step {t}",
            )


def wrong_directions(g: np.ndarray, beta1: float, beta2: float, lr: float) -> dict[str, np.ndarray]:
    """What a parameter moves along, times the rate, if Adam goes wrong in a known way."""
    t, never, betas = len(g), np.inf, (beta1, beta2)
    right = adam_direction(g, *betas, t, t)
    return {
        "the step goes up the gradient": -right,
        "the biases are not corrected": adam_direction(g, *betas, never, never),
        "only the mean's bias is corrected": adam_direction(g, *betas, t, never),
        "only the mean square's bias is corrected": adam_direction(g, *betas, never, t),
        "t stays 1 in the correction": adam_direction(g, *betas, 1, 1),
        "t is one step behind in the correction": adam_direction(
            g, *betas, max(t - 1, 1), max(t - 1, 1)
        ),
        "t is one step ahead in the correction": adam_direction(g, *betas, t + 1, t + 1),
        "the state is not kept from step to step": adam_direction(g[-1:], *betas, 1, 1),
        "beta1 and beta2 are exchanged": adam_direction(g, beta2, beta1, t, t),
        "the betas are 0.9 and 0.999, whatever was asked for": adam_direction(g, 0.9, 0.999, t, t),
        "a beta1 of 0 is taken for 0.9, whatever was asked for": adam_direction(
            g, beta1 or 0.9, beta2, t, t
        ),
        "the square root is left out": adam_direction(g, *betas, t, t, power=1),
        "the gradient takes the place of its mean": adam_direction(g, 0.0, beta2, t, t),
        "only the sign of the mean is heard": np.sign(right),
        "the learning rate is left out": right / lr,
    }


@claim(
    "10/adam",
    r"g_1 = \dots = g_t = g \Rightarrow \theta \leftarrow \theta - \eta\,g / (\lvert g \rvert + \epsilon)",
)
def test_epsilon_shortens_the_steps_of_adam(nn):
    """A gradient no larger than ε is noise around a minimum: it must not make a whole step of η."""
    lr, signs = 0.125, np.array([[1.0, -1, 1], [-1, 1, -1]])
    for options, epsilon, steps in (((), 1e-8, 12), ((0.9, 0.999, 1.0), 1.0, 2)):
        g = epsilon * signs * [[0.5, 1, 2], [4, 8, 16]]
        theta, state = np.zeros(g.shape), None
        for t in range(1, steps + 1):
            before = theta
            theta, state = nn.adam(theta, g, state, lr, *options)
            agree(
                theta,
                before - lr * g / (np.abs(g) + epsilon),
                scale=np.abs(before) + 2 * lr,
                mistakes=lambda: {
                    cause: before - lr * g / root
                    for cause, root in wrong_roots(np.abs(g), epsilon, t).items()
                },
                what=f"theta after step {t} along the same gradient",
            )


def wrong_roots(size: np.ndarray, epsilon: float, t: int) -> dict[str, np.ndarray]:
    """What Adam divides by after t gradients of one size, if epsilon goes wrong in a known way."""
    return {
        "epsilon is left out": size,
        "epsilon stands inside the root": np.sqrt(size**2 + epsilon),
        "epsilon is squared, and stands inside the root": np.hypot(size, epsilon),
        "epsilon is added before the correction": size + epsilon / np.sqrt(1 - 0.999**t),
        "epsilon is 1e-8, whatever was asked for": size + 1e-8,
    }


# ## Whose it is
#
# The memory belongs to one parameter, and is the only thing that a step may keep: not θ, and not g.


@claim("10/memory-of-one-parameter")
def test_parameters_trained_in_turn_do_not_meet(nn, rng):
    """A velocity in a global, or one counter of steps for all, would mix the layers of a network."""
    starts, history = eighths(rng, 2, 3, 5), odd_fractions(rng, 1 / 8, 4, 2, 3, 5)

    def trained(rule, *which):
        thetas, memories = {i: starts[i] for i in which}, dict.fromkeys(which)
        for g in history:
            for i in which:
                thetas[i], memories[i] = rule(thetas[i], g[i], memories[i], 0.125)
        return thetas

    for name in ("momentum", "adam"):
        rule = getattr(nn, name)
        alone = trained(rule, 0) | trained(rule, 1)
        for i, theta in trained(rule, 0, 1).items():
            assert np.array_equal(theta, alone[i]), (
                f"{name} takes parameter {i + 1} elsewhere when another one is trained in turn with it"
            )


@claim("10/arguments-untouched")
def test_a_step_returns_the_new_and_keeps_the_old(nn, rng):
    """Whoever keeps θ or g, to compare or to try another rate, finds them as they were, a step later, too."""
    theta, g = eighths(rng, 3, 5), odd_fractions(rng, 1 / 8, 3, 5)
    calls = [("sgd", (0.5,))]
    for name in ("momentum", "adam"):
        _, memory = getattr(nn, name)(theta, g, None, 0.5)
        calls.append((name, (memory, 0.5)))
    for name, others in calls:
        after = arguments_after(getattr(nn, name), theta, g, *others)
        assert np.array_equal(theta, after[0]), f"{name} changes the parameter it is given in place"
        assert np.array_equal(g, after[1]), f"{name} changes the gradient it is given in place"
    for name in ("momentum", "adam"):
        after = next_to(getattr(nn, name), beside.two_steps, theta, g, 0.5)
        untouched(theta, after[0], f"the second step of {name} changes the first's parameter")
        untouched(g, after[1], f"the second step of {name} changes the first's gradient")
