"""Section 7: how to draw the weights W (n_in, n_out) of a layer from a NumPy generator `rng`."""

from types import ModuleType

import numpy as np

from .checks import Array, integer

Generator = np.random.Generator | ModuleType  # the module np.random is NumPy's global generator


def small_random(n_in: int, n_out: int, rng: Generator, std: float = 0.01) -> Array:
    """W ~ N(0, std^2), the same for every layer (7.2)."""
    n_in, n_out = integer("n_in", n_in), integer("n_out", n_out)
    return rng.normal(0, std, (n_in, n_out))


def xavier_normal(n_in: int, n_out: int, rng: Generator) -> Array:
    """W ~ N(0, 2 / (n_in + n_out)) (7.3; Glorot and Bengio 2010)."""
    n_in, n_out = integer("n_in", n_in), integer("n_out", n_out)
    return rng.normal(0, np.sqrt(2 / (n_in + n_out)), (n_in, n_out))


def xavier_uniform(n_in: int, n_out: int, rng: Generator) -> Array:
    """W ~ U(-r, r) with r = sqrt(6 / (n_in + n_out)): the variance of `xavier_normal` (7.3)."""
    n_in, n_out = integer("n_in", n_in), integer("n_out", n_out)
    r = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, (n_in, n_out))


def he_normal(n_in: int, n_out: int, rng: Generator) -> Array:
    """W ~ N(0, 2 / n_in), for ReLU (7.4; He et al. 2015)."""
    n_in, n_out = integer("n_in", n_in), integer("n_out", n_out)
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


def lecun_normal(n_in: int, n_out: int, rng: Generator) -> Array:
    """W ~ N(0, 1 / n_in), for SELU (7.5; LeCun et al. 1998)."""
    n_in, n_out = integer("n_in", n_in), integer("n_out", n_out)
    return rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))


def zero_bias(n_out: int) -> Array:
    """b = 0, as (1, n_out) (7.5)."""
    n_out = integer("n_out", n_out)
    return np.zeros((1, n_out))
