"""# 9 Regularisation: how much, and how long

A penalty has a weight that must be chosen, and training an end. Both are settled by trial: by a sweep,
and by watching samples that take no part in the training.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import agree, chance, claim, measured, refuses
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.moons import moons_run
from spec.harness.mathematics.population import mostly
from spec.harness.mathematics.strategies import SEEDS, always

# ## The sweep
#
# Twenty networks of 10 hidden units on the two moons, each trained four times from the same weights. A
# penalty has little to mend on this data, and the smallest hardly changes the accuracy. What shows is the
# price of the largest: the network bends no more than a straight line, and is as good as one.


@claim("9/lambda-sweep", r"\lambda=0,\ 0.001,\ 0.01,\ 0.1")
@chance(false_alarms=1e-9)
def test_the_weights_shrink_as_lambda_grows_until_the_network_underfits(run_seed):
    """A network's norm falls at every step of the sweep; at λ = 0.1 it fits the training data worse."""
    norms, accuracies = [], []
    for lam in (0, 0.001, 0.01, 0.1):
        run = moons_run(run_seed, lr=1.0, epochs=300, l2=lam)
        theta = run.networks.parameters
        norms.append(
            np.sqrt(np.sum(theta["W1"] ** 2, axis=(1, 2)) + np.sum(theta["W2"] ** 2, axis=(1, 2)))
        )
        accuracies.append(run.train_accuracy)
        measured(f"lambda {lam:g}: median norm of the weights", np.median(norms[-1]))
        measured(f"lambda {lam:g}: median training accuracy", np.median(accuracies[-1]))
        measured(f"lambda {lam:g}: median test accuracy", np.median(run.test_accuracy))
    falls = np.all(np.diff(norms, axis=0) < 0, axis=0)
    mostly(falls, "the norm falls at every step", exceptions=0.01)
    worse = accuracies[0] - accuracies[-1] > 0.1
    mostly(worse, "a tenth of the training samples is lost at λ = 0.1", exceptions=0.03)


# ## Early stopping
#
# A second set of samples, which no gradient sees, tells when learning turns into memorising: its loss no
# longer falls. One bad epoch is no proof, so training goes on for `patience` epochs after the best one,
# and in the end the weights of the best are taken back. Epochs are counted from 0. To equal the best is
# not to improve on it, and NaN, which is below nothing, never is the best. However little a loss falls, it
# falls; and it may be large, infinite, 0, or, as that of a density, below 0.

NAN = math.nan
RECORDS: list[tuple[list[float], int]] = [
    ([6, 5, 4, 3, 2, 1], 2),
    ([1, 2, 3, 4, 5, 6, 7], 3),
    ([4, 3, 5, 4.5, 2], 2),
    ([3, 2, 2, 2, 4, 5, 1], 2),
    ([3, 2, 2, 2, 1, 0.5], 2),
    ([4, 3, 5, 5, 2, 6, 6, 6, 1], 3),
    ([5, 6, 4, 5, 3, 4, 2, 3], 2),
    ([9, 8, 10, 9.5, 9, 8.5, 1], 4),
    ([3, 2, 4, 4], 1),
    ([2, 3, 3], 9),
    ([1], 1),
    ([1, 0.9995, 0.999, 0.9985, 0.998, 0.9975], 2),
    ([1, 0, 2, 0.5, 0.6], 2),
    ([-1, -2, -3, -2, -2.5], 2),
    ([5000, 4000, 3000, 2000], 2),
    ([math.inf, 3, 2, 4, 5], 2),
    ([1] + 14 * [2], 12),
]


def watched(losses: list[float], patience: int) -> tuple[int, int]:
    """The last epoch trained and the best one, by looking back at every epoch's end."""
    for stop in range(len(losses)):
        seen = [math.inf if math.isnan(loss) else loss for loss in losses[: stop + 1]]
        best = seen.index(min(seen))
        if stop - best >= patience:
            break
    return stop, best


def slips(losses: list[float], patience: int) -> dict[str, tuple[int, int]]:
    """What comes out where patience is counted in another way."""
    epochs = range(len(losses))
    idle = [t > 0 and losses[t] >= min(losses[:t]) for t in epochs]
    rises = [t > 0 and losses[t] > losses[t - 1] for t in epochs]

    def ended(waited: list[int]) -> tuple[int, int]:
        stop = next((t for t in epochs if waited[t] >= patience), epochs[-1])
        return stop, losses.index(min(losses[: stop + 1]))

    return {
        "an improvement does not renew the patience": ended([sum(idle[: t + 1]) for t in epochs]),
        "a loss is compared with the one before it, not with the best": ended(
            [t - max(s for s in range(t + 1) if not rises[s]) for t in epochs]
        ),
        "patience is counted from the first epoch, not from the best": ended(list(epochs)),
        "it never stops": ended([0 for _ in epochs]),
        "an equal loss counts as an improvement": watched(
            [loss - 1e-9 * t for t, loss in enumerate(losses)], patience
        ),
        "it stops an epoch too late": watched(losses, patience + 1),
        "it stops an epoch too early": watched(losses, patience - 1),
    }


@claim(
    "9/early-stopping",
    r"\text{stop}-\text{best}=\text{patience},\quad\ell_{\text{best}}\le\ell_t",
    states=("early_stopping",),
)
def test_training_stops_once_patience_has_run_out(nn):
    """Patience is counted from the best epoch, so every improvement renews it."""
    for losses, patience in RECORDS:
        stop, best = watched(losses, patience)
        stopped, kept = nn.early_stopping(losses, patience)
        agree(
            np.array([stopped, kept]),
            (stop, best),
            mistakes=lambda: {
                **slips(losses, patience),
                "the last epoch is kept, not the best": (stop, stop),
                "epochs are counted from 1": (stop + 1, best + 1),
                "the best comes before the last": (best, stop),
            },
            what=f"early_stopping({losses}, {patience})",
        )


@claim(
    "9/early-stopping", r"\text{stop}-\text{best}=\text{patience},\quad\ell_{\text{best}}\le\ell_t"
)
@always(length=lambda: 2, patience=lambda: 1, seed=lambda: 0)
@always(length=lambda: 1, patience=lambda: 2, seed=lambda: 0)
@always(length=lambda: 60, patience=lambda: 5, seed=lambda: 0)
@given(length=st.integers(1, 60), patience=st.sampled_from([1, 2, 3, 5, 9]), seed=SEEDS)
def test_long_records_and_small_improvements(nn, length: int, patience: int, seed: int):
    """However long it takes, and however little is gained: a fall of 2⁻⁴⁰ is one."""
    steps = generator(seed, length).choice([-(2.0**-40), 0, 0.5, -0.25], length)
    losses = (64 + np.cumsum(steps)).tolist()
    stop, best = watched(losses, patience)
    stopped, kept = nn.early_stopping(losses, patience)
    agree(
        np.array([stopped, kept]),
        (stop, best),
        mistakes=lambda: {
            "the last epoch is kept, not the best": (stop, stop),
            "epochs are counted from 1": (stop + 1, best + 1),
            "it stops an epoch too late": watched(losses, patience + 1),
        },
        what="what early_stopping returns",
    )


@claim("9/early-stopping", r"\text{best}\ne t\text{ where }\ell_t\text{ is NaN}")
@pytest.mark.parametrize(
    ("losses", "patience"),
    [([3, 2, NAN, NAN, 1], 2), ([3, 2, NAN, NAN, 1], 3), ([NAN, 2, 1, 3, 4, 0], 2)],
)
def test_nan_is_never_the_best(nn, losses: list[float], patience: int):
    """A loss that is no number uses up patience like any other epoch without improvement."""
    stopped, kept = nn.early_stopping(losses, patience)
    agree(
        np.array([stopped, kept]),
        watched(losses, patience),
        what=f"early_stopping({losses}, {patience})",
    )


@claim("9/patience", r"\text{patience}\ge1")
def test_a_patience_below_1_is_refused(nn):
    """With none at all, training would end with its first epoch, whatever that one brings."""
    losses = np.cumsum(1 + generator(5).integers(0, 64, 5) / 64)[::-1].tolist()
    for patience in (0, -1):
        assert refuses(nn.early_stopping, losses, patience), (
            f"early_stopping accepts a patience of {patience}, expected an exception"
        )
