"""# 8.1 Full-batch and mini-batch training: to the last epoch

Training is a loop in a loop, and every turn is like the others: the same rate, all samples, another
order. What happens in the first two epochs proves little for the fortieth. So here there are many, and
how many follows from the run's seed: no list of examples reaches the end of all of them.
"""

import numpy as np
import pytest

from spec.harness import agree, claim
from spec.harness.ground.seeds import generator
from spec.harness.mathematics.epochs import loss_after, members, numbers, recorded, visits
from spec.harness.mathematics.sampling import sample_of

RATE = 0.25
FALLING = 12  # steps in which the recorder's loss falls


def lengths() -> list[int]:
    """Numbers of epochs: one, two, some, and many."""
    return [1, 2, 7, int(generator(8).integers(40, 61))]


@claim("8.1/epoch", r"\text{updates} = \text{epochs} \cdot \lceil m / B \rceil")
@pytest.mark.parametrize("B", [None, 1, 2, 4], ids=["full", "1", "2", "4"])
def test_every_epoch_is_like_the_first(nn, rng, B):
    """The rate stays, the loss may rise, and no sample is left out: `train` stops where it was told to."""
    m = 3
    n = 1 if B is None else -(-m // B)
    for epochs in lengths():
        arguments = (RATE, epochs) if B is None else (RATE, epochs, B, rng)
        net, losses = recorded(nn, m, *arguments)
        agree(
            len(net._steps),
            n * epochs,
            sizes={"m": m},
            mistakes=lambda: {"there is one update an epoch": epochs} if n > 1 else {},
            what=f"the number of updates in {epochs} epochs",
        )
        rates = {lr for *_, lr in net._steps}
        assert rates == {RATE}, f"train was given the rate {RATE} and used {sorted(rates)}"
        for epoch in range(epochs):
            steps = net._steps[n * epoch : n * (epoch + 1)]
            seen = sorted(visits([numbers(X, m, 2) for X, *_ in steps]))
            assert seen == [0, 1, 2], f"epoch {epoch + 1} of {epochs} visits the samples {seen}"
        judge_losses(losses, epochs, n)


def judge_losses(losses, epochs: int, n: int) -> None:
    """One number an epoch, within the losses of its n updates; and not that of its last batch alone."""
    for epoch, loss in enumerate(sample_of(losses, (epochs,), "the list of losses")):
        curve = [loss_after(k) for k in range(n * epoch, n * (epoch + 1) + 1)]
        assert min(curve) * (1 - 1e-6) <= loss <= max(curve) * (1 + 1e-6), (
            f"the loss of epoch {epoch + 1} was {loss:.6g}, while it went from {max(curve):.6g} to "
            f"{min(curve):.6g}"
        )
        if 2 <= n * (epoch + 1) <= FALLING and n > 1:
            last = curve[-2]
            assert abs(loss - last) > 1e-6 * last, (
                f"the loss of epoch {epoch + 1} was {loss:.6g}, that of its last batch: "
                "an epoch's loss is the mean over its batches"
            )


@claim("8.1/epoch", r"\mathcal B^{(s)} \ne \mathcal B^{(t)}")
def test_no_two_epochs_are_alike(nn, rng):
    """Each epoch draws anew, be it the tenth: a shuffle that repeats itself shows in one of these pairs."""
    m, epochs = 59, 8
    net, _ = recorded(nn, m, RATE, epochs, 30, rng)
    parts = [
        members([numbers(X, m, 2) for X, *_ in net._steps[2 * epoch : 2 * epoch + 2]])
        for epoch in range(epochs)
    ]
    for later in range(epochs):
        for earlier in range(later):
            assert parts[earlier] != parts[later], (
                f"epochs {earlier + 1} and {later + 1} have the same batches"
            )


@claim("8.1/epoch", r"\text{one state of the generator, one training}")
def test_the_order_comes_from_the_generator_that_is_handed_in(nn):
    """So that a run can be repeated; with another generator it is another run."""
    first, again, other = (
        [numbers(X, 59, 2) for X, *_ in recorded(nn, 59, RATE, 3, 7, generator(seed))[0]._steps]
        for seed in (1, 1, 2)
    )
    assert first == again, "two generators in one state give two orders: is `rng` used?"
    assert first != other, "two different generators give one order: is a seed set inside?"
    np.random.seed(1)  # noqa: NPY002
    with_global = [
        numbers(X, 59, 2) for X, *_ in recorded(nn, 59, RATE, 3, 7, generator(1))[0]._steps
    ]
    assert with_global == first, "the order depends on NumPy's global generator, not on `rng` alone"
