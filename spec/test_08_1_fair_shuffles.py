"""# 8.1 Full-batch and mini-batch training: a fair shuffle

A shuffle of m samples is fair if each of the m! orders is as likely as any other. Then each sample comes
as often at one place as at another, and after one sample as often as after another. Many a shuffle
mixes without being fair: a buffer of sixteen samples keeps the last ones from coming first, a loop that
swaps each entry with any other prefers some places, blocks of neighbours stay together.
"""

import numpy as np
import pytest

from spec.harness import chance, claim
from spec.harness.mathematics.epochs import numbered
from spec.harness.mathematics.sampling import proportion_is, sample_of, spend
from spec.harness.subject import beside
from spec.harness.subject.proxy import next_to

N_EPOCHS = {13: 1600, 66: 500}  # by m: a swap with any other shows among few, a buffer among many
KEPT = "samples that keep their places {:.0%} too often"


def orders(nn, m: int, rng: np.random.Generator):
    """The orders in which m samples are visited in N epochs, (N, m)."""
    (X, Y), N = numbered(m), N_EPOCHS[m]
    found = next_to(nn.minibatches, beside.orders, N, X, Y, 3, rng)
    numbers = 2 * sample_of(found, (N, m), f"the samples of {N} epochs")
    assert np.any(numbers != numbers[0]), f"all of {N} epochs have the same order"
    whole = (np.sort(numbers, axis=1) == np.arange(m)).all()
    assert whole, f"not every epoch visits each of {m} samples once"
    return numbers.astype(int)


@claim("8.1/shuffle", r"P(\text{sample } i \text{ comes at place } j) = \frac1m")
@chance(false_alarms=2e-9, detects={KEPT: 1.8})
@pytest.mark.parametrize("m", N_EPOCHS)
def test_each_sample_comes_as_often_at_each_place(nn, rng, m: int):
    """The sum of the squared differences from N/m, times (m - 1)/N, is χ² of (m - 1)² degrees."""
    from scipy.stats import chi2

    spend(2e-9)  # a limit again, as for the pairs: it is judged at half of that
    counts, N = np.zeros((m, m)), N_EPOCHS[m]
    for order in orders(nn, m, rng):
        counts[order, np.arange(m)] += 1
    statistic = (m - 1) / N * np.sum((counts - N / m) ** 2)
    sample, place = np.unravel_index(np.abs(counts - N / m).argmax(), counts.shape)
    assert statistic <= chi2.isf(1e-9, (m - 1) ** 2), (
        f"over {N} epochs of {m} samples, number {sample} came {counts[sample, place]:.0f} "
        f"times at place {place}, where about {N / m:.0f} are fair: the shuffle prefers places"
    )


@claim("8.1/shuffle", r"P(i + 1 \text{ comes after } i) = \frac1m")
@chance(false_alarms=2e-9, detects={"neighbours that stay together {:.0%} too often": 0.6})
@pytest.mark.parametrize("m", N_EPOCHS)
def test_neighbours_do_not_stay_together(nn, rng, m: int):
    """Blocks that are shuffled whole, and an order that is only turned, are none of it."""
    found = orders(nn, m, rng)
    together = int(np.sum(np.diff(found, axis=1) == 1))
    proportion_is(
        together,
        N_EPOCHS[m] * (m - 1),
        1 / m,
        false_alarm=2e-9,
        what=f"the share of samples of {m} that come right after the one before them",
    )
