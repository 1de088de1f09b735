"""# 9 Regularisation: the penalty as a prior

Suppose targets y = Xw with normal noise of variance σ², and, before any data, normal weights of
precision α. The negative log-posterior is then, but for a constant, Σ(y − Xw)²/2σ² + α‖w‖²/2. Which
λ this belongs to depends on what the loss does to the sum of squares. Half the sum: multiply by σ²,
and λ = ασ²/2. The mean squared error of section 4.3: multiply by 2σ²/m, and λ = ασ²/m. The theory's α
= 2λ/σ² is the first reading; with its own loss the second holds, and the two differ by m/2.
"""

import math

import numpy as np

from spec.harness import chance, claim, measured
from spec.harness.ground.compare import Array
from spec.harness.mathematics import oracle

NOISE, LAM, M = 1 / 4, 1 / 8, 11  # σ², λ, and the number of samples


def regression(rng: np.random.Generator) -> tuple[Array, Array]:
    """X (m, 3) and targets y (m, 1) that are linear in it, with noise."""
    X = rng.normal(size=(M, 3))
    return X, X @ rng.normal(size=(3, 1)) + rng.normal(0, math.sqrt(NOISE), (M, 1))


def ridge(X: Array, y: Array, k: float) -> Array:
    """Where the sum of squares plus k‖w‖² is least."""
    return np.linalg.solve(X.T @ X + k * np.eye(X.shape[1]), X.T @ y)


def negative_log_posterior(w: Array, X: Array, y: Array, alpha: float) -> float:
    """−log p(y | X, w) − log p(w), the normal densities with their constants."""
    noise = (y - X @ w) ** 2 / (2 * NOISE) + math.log(2 * math.pi * NOISE) / 2
    prior = alpha * w**2 / 2 - math.log(alpha / (2 * math.pi)) / 2
    return float(noise.sum() + prior.sum())


def spread(values: list[float]) -> float:
    """By how much values that should all be the same differ."""
    return max(values) - min(values)


@claim(
    "9/gaussian-prior",
    r"\alpha=2\lambda/\sigma_n^2",
    verdict="conditional",
    instead="The precision is 2 lambda / sigma^2 where the loss is half the sum of squares; with the mean "
    "squared error of section 4.3 it is m lambda / sigma^2.",
)
@chance(false_alarms=1e-9)
def test_with_the_mean_squared_error_the_prior_is_another(rng):
    """The minimum of the regularised loss is not where the posterior has its maximum."""
    X, y = regression(rng)
    alpha = 2 * LAM / NOISE
    of_loss, of_posterior = ridge(X, y, M * LAM), ridge(X, y, alpha * NOISE)
    off = np.linalg.norm(of_loss - of_posterior) / np.linalg.norm(of_loss)
    measured(f"distance of the two minima, relative, with m = {M} samples", off)
    assert off > 0.001


@claim(
    "9/gaussian-prior",
    r"\frac{m}{2\sigma_n^2}\mathcal L_{reg}=-\log p(w\mid X,y)+c,\ \alpha=\frac{m\lambda}{\sigma_n^2}",
    corrected=True,
)
def test_with_the_mean_squared_error_the_precision_is_m_lambda_over_the_noise(rng):
    """The same function of w up to scale and a constant, and so the same minimum: ridge regression's."""
    X, y = regression(rng)
    alpha = M * LAM / NOISE

    def difference(w: Array) -> float:
        loss = oracle.loss_from_logits(X @ w, y, "identity") + LAM * np.sum(w**2)
        return float(M / (2 * NOISE) * loss) - negative_log_posterior(w, X, y, alpha)

    assert spread([difference(rng.normal(size=(3, 1))) for _ in range(5)]) < 1e-9
    best = ridge(X, y, M * LAM)
    least = negative_log_posterior(best, X, y, alpha)
    for _ in range(5):
        assert negative_log_posterior(best + 0.1 * rng.normal(size=(3, 1)), X, y, alpha) > least


@claim(
    "9/gaussian-prior",
    r"\mathcal L=\tfrac12\sum_i(y_i-\hat y_i)^2\ \Rightarrow\ \alpha=2\lambda/\sigma_n^2",
    corrected=True,
)
def test_with_half_the_sum_of_squares_the_precision_is_2_lambda_over_the_noise(rng):
    """The theory's own reading: m has no part in it."""
    X, y = regression(rng)

    def difference(w: Array) -> float:
        loss = np.sum((y - X @ w) ** 2) / 2 + LAM * np.sum(w**2)
        return float(loss / NOISE) - negative_log_posterior(w, X, y, 2 * LAM / NOISE)

    assert spread([difference(rng.normal(size=(3, 1))) for _ in range(5)]) < 1e-9
