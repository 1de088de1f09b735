"""What is drawn for an example: sizes that name causes, numbers that are short, kinks kept away from.

Sizes are distinct odd primes: pairwise different, coprime and never 2, so that a ratio of m, or of a
width, betrays where it comes from. Half of the examples have one size beyond the smallest five, so
that nobody is right at those alone. In a network, entries of X are multiples of 1/8 and of W of 1/32,
exact in float32, and biases odd multiples of a finer step, so that no pre-activation of a ReLU network
comes closer to the kink than that step. What single functions are given are tenths, which float32
does not hold: rounding to it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise, permutations
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from ..ground import seeds
from ..ground.compare import Array

PRIMES = (3, 5, 7, 11, 13)
LARGER = (17, 19)
SEEDS = st.integers(0, 999)
Test = TypeVar("Test", bound=Callable[..., Any])


def always(**makers: Callable[[], Any]) -> Callable[[Test], Test]:
    """Tie to a test, above its `@given`, an example that every run tries besides those that are drawn.

    Each argument is made when it is tried, from the run's seed: what class it belongs to is certain, and
    which member of the class it is follows from the seed.
    """

    def tie(test: Test) -> Test:
        others = getattr(test, "always", ())
        test.always = (makers, *others)  # type: ignore[attr-defined]
        return test

    return tie


@cache
def sizes(n: int) -> st.SearchStrategy[tuple[int, ...]]:
    """`n` distinct odd primes, at most 5 of them; in every other example one is large, of many two."""
    small = list(permutations(PRIMES[: max(n, 4)], n))
    pairs = [
        dict(zip(places, LARGER, strict=False)) for places in permutations(range(n), 1 + (n > 3))
    ]
    large = [tuple(at.get(i, p) for i, p in enumerate(some)) for some in small for at in pairs]
    return st.sampled_from(small) | st.sampled_from(large)


def eighths(rng: np.random.Generator, *shape: int) -> Array:
    """Entries k/8 from -2 to 2: short to print, exact in float32."""
    return rng.integers(-16, 17, shape) / 8


def tenths(rng: np.random.Generator, *shape: int) -> Array:
    """Entries k/10 from -2 to 2: short to print, rounded in float32."""
    return rng.integers(-20, 21, shape) / 10


def odd_fractions(rng: np.random.Generator, step: float, *shape: int) -> Array:
    """Odd multiples of `step` between -1 and 1: added to multiples of 2 * step they are never 0."""
    odd = 2 * rng.integers(-round(0.5 / step), round(0.5 / step), shape) + 1
    return np.asarray(odd * step, dtype=float)


@st.composite
def matrices(draw: st.DrawFn, n: int = 2) -> tuple[Array, ...]:
    """`n` matrices that chain, (p0, p1), (p1, p2), ...: n + 1 distinct primes."""
    widths, seed = draw(sizes(n + 1)), draw(SEEDS)
    rng = seeds.generator(seed)
    return tuple(tenths(rng, *shape) for shape in pairwise(widths))


@st.composite
def pre_activations(draw: st.DrawFn, largest: float = 8.0) -> Array:
    """A vector of both signs, 0 excluded, from near the kink to `largest`: odd multiples of 1/50."""
    (n,), seed = draw(sizes(1)), draw(SEEDS)
    rng = seeds.generator(seed)
    z = np.round(odd_fractions(rng, 1 / 50, n) * largest, 4)
    z[0], z[1] = abs(z[0]), -abs(z[1])
    return z


def at_sizes(name: str, *shapes: tuple[int, ...] | int, **others: Any) -> Callable[[Test], Test]:
    """Tie to a test, above its `@given`, sizes of each class, and what its other arguments are then.

    `name` is the argument that takes the sizes; a test that takes a `seed` is given 0.
    """

    def tie(test: Test) -> Test:
        for shape in shapes:
            made = {name: shape, "seed": 0} | others
            test = always(**{key: partial(_itself, value) for key, value in made.items()})(test)
        return test

    return tie


def _itself(value: Any) -> Any:
    return value


# where an activation is nearly straight, where it bends, where it saturates, and far beyond
BANDS = ((2.0**-30, 2.0**-20), (2.0**-10, 1.0), (1.0, 8.0), (8.0, 40.0), (40.0, 350.0))
BEYOND, ZERO = (710.0, 2.0**40), (0.0, 0.0)  # where e^z is infinite; and at the kink


def of_bands(*bands: tuple[float, float], **others: Any) -> Callable[[Test], Test]:
    """Tie to a test, above its `@given(z=...)`, pre-activations of both signs from each of these bands.

    `others` are what its other arguments are then.
    """

    def tie(test: Test) -> Test:
        given = {key: partial(_itself, value) for key, value in others.items()}
        for n, (least, most) in enumerate(bands):
            test = always(z=partial(from_band, least, most, n), **given)(test)
        return test

    return tie


of_every_value = of_bands(*BANDS)


def from_band(least: float, most: float, seed: int = 0) -> Array:
    """Five pre-activations of both signs, of sizes from `least` to `most`; five zeros if `most` is 0."""
    rng = seeds.generator(seed)
    sizes = np.exp(rng.uniform(np.log(least), np.log(most), 5)) if most else np.zeros(5)
    return np.asarray(sizes * [1, -1, 1, -1, 1])


@dataclass(frozen=True)
class Problem:
    """A small network's widths and parameters, with a batch of m samples.

    `sizes` are n_0 ... n_L; X is (m, n_0), Y (m, n_L) in the form that `output` asks for, and
    `parameters` maps "W1", "b1", ... to arrays of shape (n_in, n_out) and (1, n_out). No entry of X and W
    is nearer to 0 than `apart`. The numbers follow from the run's seed; `shaken` ones are the same in each
    run but for so much, where not all numbers would do.
    """

    sizes: tuple[int, ...]
    m: int
    seed: int
    output: str = "softmax"
    apart: float = 0.0
    shaken: float = 0.0

    def __str__(self) -> str:
        """The network in words, as a report has it."""
        return f"a network {'-'.join(map(str, self.sizes))}, {self.output} output, m = {self.m}"

    @property
    def X(self) -> Array:
        """The samples (m, n_0)."""
        X: Array = self._arrays["X"]
        return X

    @property
    def Y(self) -> Array:
        """The targets (m, n_L)."""
        Y: Array = self._arrays["Y"]
        return Y

    @property
    def labels(self) -> np.ndarray:
        """The classes (m,) that Y holds."""
        labels: np.ndarray = self._arrays["labels"]
        return labels

    @property
    def parameters(self) -> dict[str, Array]:
        """W1, b1, ... by name."""
        parameters: dict[str, Array] = self._arrays["parameters"]
        return parameters

    @property
    def _arrays(self) -> dict[str, Any]:
        """All of them; drawn anew where another run has begun."""
        drawn: tuple[int, dict[str, Any]] | None = self.__dict__.get("_drawn")
        if drawn is None or drawn[0] != seeds.of_the_run():
            drawn = (seeds.of_the_run(), self._draw())
            object.__setattr__(self, "_drawn", drawn)
        return drawn[1]

    def _draw(self) -> dict[str, Any]:
        numbers = self.seed, self.m, *self.sizes
        rng = np.random.default_rng([0, *numbers]) if self.shaken else seeds.generator(*numbers)
        K = self.sizes[-1]
        labels = rng.integers(0, max(K, 2), self.m)
        targets: dict[str, Callable[[], Array]] = {
            "softmax": lambda: np.eye(K)[labels],
            "sigmoid": lambda: labels.reshape(-1, 1).astype(float),
            "identity": lambda: eighths(rng, self.m, K),
        }
        parameters, step = {}, 1 / 512
        for l, (n_in, n_out) in enumerate(pairwise(self.sizes), start=1):
            parameters[f"W{l}"] = self._kept_apart(eighths(rng, n_in, n_out) / 4)
            parameters[f"b{l}"] = odd_fractions(rng, step, 1, n_out)
            step /= 32
        X = self._kept_apart(eighths(rng, self.m, self.sizes[0]))
        if self.shaken:
            by = seeds.generator(*numbers)
            for values in (X, *parameters.values()):
                values += self.shaken * by.uniform(-1, 1, values.shape)
        return {"X": X, "Y": targets[self.output](), "labels": labels, "parameters": parameters}

    def _kept_apart(self, values: Array) -> Array:
        return values + np.where(values < 0, -self.apart, self.apart)

    @property
    def n_parameters(self) -> int:
        """How many numbers the parameters hold."""
        return sum(theta.size for theta in self.parameters.values())

    def another_batch(self) -> tuple[Array, Array]:
        """X and Y of another m: all samples but the first, or twice the only one there is."""
        rows = slice(1, None) if self.m > 1 else [0, 0]
        return self.X[rows], self.Y[rows]

    def named_sizes(self) -> dict[str, int]:
        """The sizes by the names that a diagnosis may use: m, n_0, n_1, ..., and K for the last."""
        names = [f"n_{l}" for l in range(len(self.sizes) - 1)]
        return {"m": self.m, **dict(zip(names, self.sizes, strict=False)), "K": self.sizes[-1]}


@st.composite
def problems(draw: st.DrawFn, depth: int = 2, output: str = "softmax") -> Problem:
    """A problem with `depth` layers; a sigmoid output has one column, others have K >= 3."""
    m, *widths = draw(sizes(depth + 2))
    if output == "sigmoid":
        widths[-1] = 1
    return Problem(tuple(widths), m, draw(SEEDS), output)


# one sample and two, two classes, one input and one neuron, equal widths, many samples, wide layers
EVERY_SIZE = (
    *((1, (5, 3, 2)), (2, (1, 5, 3)), (5, (3, 1, 2)), (7, (2, 2, 5))),
    *((3, (3, 3, 3)), (65, (3, 2, 5)), (3, (70, 2, 72)), (2, (3, 80, 2))),
)


def of_every_size(test: Test) -> Test:
    """Tie to a test, above its `@given(problem=...)`, a network of two layers of each class of sizes."""
    for m, widths in EVERY_SIZE:
        test = always(problem=partial(Problem, widths, m, 0))(test)
    return test


Layer = tuple[Array, Array, Array]


def affine_layer(m: int, n_in: int, n_out: int, seed: int = 0) -> Layer:
    """The gradient G (m, n_out) that comes back, the input X (m, n_in) and W (n_in, n_out)."""
    rng = seeds.generator(seed, m, n_in, n_out)
    return tenths(rng, m, n_out), tenths(rng, m, n_in), tenths(rng, n_in, n_out)


@st.composite
def affine_layers(draw: st.DrawFn, square: bool = False) -> Layer:
    """A layer of three different sizes, or one of as many outputs as inputs."""
    m, n_in, n_out = draw(sizes(3))
    return affine_layer(m, n_in, n_in if square else n_out, draw(SEEDS))


def layers_of_every_size(test: Test) -> Test:
    """Tie to a test, above its `@given(layer=...)`, a layer of each class of sizes.

    One of each size and two, many, and m equal to either width: no axis is told by its length.
    """
    for m, n_in, n_out in (
        *((1, 5, 3), (5, 1, 3), (5, 3, 1), (2, 5, 3), (5, 2, 3), (5, 3, 2)),
        *((3, 3, 5), (3, 5, 3), (3, 3, 3), (65, 3, 5), (3, 66, 67)),
    ):
        test = always(layer=partial(affine_layer, m, n_in, n_out))(test)
    return test
