"""Reading a backward pass from outside: the errors dZ[l] that no one returns, and slopes of the loss.

A network hands back dW and db alone. With a batch of one sample, though, db[l] *is* dZ[l], and the
biases can put each pre-activation of that sample wherever an equation is best seen.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..ground.compare import Array, NotPlain, agree, as_plain, rounding_unit
from ..ground.outcomes import Refuted
from ..ground.seeds import generator
from ..subject.proxy import Guarded, arguments_after
from . import oracle
from .activations import ACTIVATIONS, Activation
from .networks import get_parameters, gradients, gradients_of_each, losses_at
from .strategies import Problem

LOG_EPSILON = 2e-7  # twice the largest number that a loss may add inside its logarithm


def derivative(loss: Callable[[Array], complex], Z: Array) -> Array:
    """The derivative of a real-analytic function of Z by a step along the imaginary axis.

    Im f(z + ih) / h has no difference that could cancel, so that with h = 1e-30 it is exact to rounding.
    """
    result = np.empty(Z.shape)
    for at in np.ndindex(Z.shape):
        step = np.zeros(Z.shape, complex)
        step[at] = 1e-30j
        result[at] = loss(Z + step).imag / 1e-30
    return result


def layer_errors(
    net: Guarded,
    X: Array,
    Y: Array,
    parameters: oracle.Parameters,
    *,
    activation: str | Activation = "relu",
    output: str = "softmax",
) -> dict[int, Array]:
    """dZ[1] ... dZ[L], each (m, n_l) and without the 1/m, as the network itself has them.

    For a batch of one sample a db[l] is dZ[l], and so is what solves dW[l] = a^T dZ[l]. Where a bug
    makes the two differ, that one is taken which is right: the other one has a claim of its own.
    """
    __tracebackhide__ = True
    L = oracle.depth(parameters)
    names = [f"d{kind}{l}" for l in range(1, L + 1) for kind in "Wb"]
    readings = gradients_of_each(net, X, Y, names)
    A, result = oracle.forward(X, parameters, activation), {}
    for l in range(1, L + 1):
        shape = parameters[f"W{l}"].shape
        db = _stacked([reading[f"db{l}"] for reading in readings], (1, shape[1]))
        dW = _stacked([reading[f"dW{l}"] for reading in readings], shape)
        by_bias = None if db is None else db[:, 0]
        by_weights = None if dW is None else _solved(A[f"A{l - 1}"], dW)
        readable = [dZ for dZ in (by_bias, by_weights) if dZ is not None]
        if len(readable) == 2 and readable[0].any() and not _differ(*readable):
            result[l] = readable[0]
            continue
        model = (parameters, activation, output)
        rows = [oracle.gradients(X[i : i + 1], Y[i : i + 1], *model) for i in range(len(X))]
        truth = np.concatenate([row[f"db{l}"] for row in rows])
        usable = [dZ for dZ in readable if dZ.any()]
        if not usable and truth.any():
            raise Refuted(f"neither db{l} nor dW{l} of a single sample tells what dZ{l} is")
        right = [dZ for dZ in usable if not _differ(dZ, truth)]
        result[l] = [*right, *usable, np.zeros(truth.shape)][0]
    return result


def error_of_own_loss(net: Guarded, found: Array, A: Array, Y: Array) -> Array:
    """A - Y (m, K), or what stands for it where the loss has a constant ε inside its logarithm.

    The derivative of -log(p + ε) is p / (p + ε) times that of -log p. A network may take either, and
    `found` says which one it has; ε is read off the loss that it reports of a probability 0.
    """
    __tracebackhide__ = True
    error, is_one = A - Y, Y.shape[1] == 1
    p = np.where(Y > 0, A, 1 - A) if is_one else np.sum(Y * A, axis=1, keepdims=True)
    apart = (
        np.abs(found - error) if np.shape(found) == error.shape else np.full(error.shape, np.inf)
    )
    if not 0 < apart.max() < np.inf or (apart > LOG_EPSILON / p).any():
        return error
    wrong = np.zeros((1, 1)) if is_one else np.eye(1, Y.shape[1], 1)
    loss = net.compute_loss(wrong, np.eye(*wrong.shape))
    epsilon = float(np.exp(-loss)) if isinstance(loss, float) and np.isfinite(loss) else 0.0
    own = error * p / (p + epsilon)
    return own if np.abs(found - own).max() < apart.max() else error


def _stacked(values: list[Any], shape: tuple[int, ...]) -> Array | None:
    """The values as one float array of their precision, if all are finite arrays of this shape."""
    try:
        arrays = [as_plain(value) for value in values]
    except NotPlain:
        return None
    fitting = all(array.shape == shape for array in arrays) and np.isfinite(arrays).all()
    precision = np.float32 if arrays[0].dtype == np.float32 else np.float64
    return np.array(arrays, precision) if fitting else None


def _solved(A: Array, dW: Array) -> Array:
    """The rows dZ that explain dW (m, n_in, n_out) = a^T dZ best; 0 for a sample whose a is 0."""
    squares = np.maximum((A * A).sum(axis=1, keepdims=True), 1e-300)
    return np.asarray(np.einsum("mi,mij->mj", A, dW) / squares, dW.dtype)


def _differ(one: Array, other: Array) -> bool:
    """Whether two readings are apart by more than any rounding, that of float32 included."""
    return float(np.abs(one - other).max()) > 1e-3 * float(np.abs(other).max())


def placed(parameters: oracle.Parameters, x: Array, *Z: Array) -> oracle.Parameters:
    """The parameters with biases that give the one sample x of a ReLU network the pre-activations Z."""
    result, A = dict(parameters), x
    for l, Z_l in enumerate(Z, start=1):
        result[f"b{l}"] = Z_l - A @ parameters[f"W{l}"]
        A = np.maximum(Z_l, 0)
    return result


def slopes(
    net: Guarded,
    X: Array,
    Y: Array,
    parameters: oracle.Parameters,
    *,
    activation: str = "relu",
    output: str = "softmax",
) -> Iterator[tuple[str, Array, float, float]]:
    """Yield for each parameter: name, slope promised, slope found, how far apart these may be.

    The slope promised is the gradient's product with a direction of entries +1 and -1; the slope
    found is a centred difference of the loss that the network itself reports, over a step that moves
    the next pre-activations by h = u^(1/3), u the rounding unit: truncation, about h^2, and rounding,
    u / h, are then alike. A direction that leads over a kink of the activation is left out.
    """
    __tracebackhide__ = True
    Y_hat = net.forward(X)
    get_parameters(net, ["W1"])  # float32 may be all that is inside, and float64 what is returned
    found = gradients(net, Y, [f"d{name}" for name in parameters])
    net.compute_loss(Y_hat, Y)  # what is not written, or goes wrong, is named here
    values = oracle.forward(X, parameters, activation)
    Z_L = values[f"Z{oracle.depth(parameters)}"]
    probability = oracle.output(Z_L, output)
    nearest = 1.0 if output == "identity" else float(np.abs(probability - 1 + Y).min())
    rng = generator(len(X), *np.shape(X[0]))
    cases, places = [], []
    for name, theta in parameters.items():
        unit = rounding_unit(as_plain(found[f"d{name}"]))
        reach = 1 + float(np.abs(values[f"A{int(name[1:]) - 1}"]).sum(axis=1).max())
        step = unit ** (1 / 3) / reach
        D = rng.choice([-1.0, 1.0], theta.shape)
        moved = [parameters | {name: theta + sign * step * D} for sign in (1, -1)]
        if not (ACTIVATIONS[activation].has_kink and _kinks_between(X, activation, *moved)):
            cases.append((name, D, unit, reach, step))
            places += moved
    losses = losses_at(net, places, X, Y)
    for (name, D, unit, reach, step), ahead, behind in zip(
        cases, losses[::2], losses[1::2], strict=True
    ):
        slope = (ahead - behind) / (2 * step)
        off = 20 * unit ** (2 / 3) * (1 + abs(ahead)) + LOG_EPSILON / nearest
        yield name, np.sum(found[f"d{name}"] * D), slope, off * reach


def _kinks_between(
    X: Array, activation: str, one: oracle.Parameters, other: oracle.Parameters
) -> bool:
    """Whether some hidden pre-activation changes its sign from one to the other."""
    a, b = (oracle.forward(X, theta, activation) for theta in (one, other))
    return any(((a[name] > 0) != (b[name] > 0)).any() for name in a if name.startswith("Z"))


def terms_of(problem: Problem, activation: str | Activation) -> oracle.Parameters:
    """How large the terms are that dW1, db1, ... are sums of: they may cancel, their rounding does not."""
    values, theta = oracle.forward(problem.X, problem.parameters, activation), problem.parameters
    slope = oracle.slopes(values, activation)
    result: oracle.Parameters = {}
    sizes = {name: np.abs(value) for name, value in theta.items()}
    size = np.full(problem.Y.shape, 1 / problem.m)  # ŷ - y is rounded as numbers of size 1 are
    # a sixteenth: a small slope a (1 - a) is rounded as a is
    for l, dZ in oracle.backward(size, sizes, lambda l: slope(l) + 1 / 16):
        A = 1 + np.abs(values[f"A{l - 1}"])  # a small one may be what large terms have left
        result |= oracle.of_layer(l, A, dZ)
    return result


def bias_mistakes(dZ: Array) -> dict[str, Array]:
    """What becomes of db = mean of the rows dZ in a reduction gone wrong, by cause."""
    m = len(dZ)
    return {
        "the mean over the m samples is missing": dZ.sum(axis=0, keepdims=True),
        "the mean over the m samples is taken twice": dZ.sum(axis=0, keepdims=True) / m**2,
        "the sum runs over all neurons as well: axis=0 is missing": np.sum(dZ) / m,
        "the mean runs over all neurons as well: axis=0 is missing": np.mean(dZ),
        "each neuron gets the mean over all of them": np.full((1, dZ.shape[1]), np.mean(dZ)),
        "the sum runs along the wrong axis": dZ.sum(axis=1)[np.newaxis] / m,
        "only the last sample is heard": dZ[-1:] / m,
    }


def through_moved_weights(
    X: Array,
    Y: Array,
    parameters: oracle.Parameters,
    lr: float,
    *,
    activation: str = "relu",
    output: str = "softmax",
) -> oracle.Parameters:
    """What the gradients become where each layer is updated before the one below gets its error."""
    values, moved = oracle.forward(X, parameters, activation), dict(parameters)
    result: oracle.Parameters = {}
    dZ = oracle.output_error(values[f"Z{oracle.depth(parameters)}"], Y, output)
    for l, dZ_l in oracle.backward(dZ, moved, oracle.slopes(values, activation)):
        result |= oracle.of_layer(l, values[f"A{l - 1}"], dZ_l)
        moved[f"W{l}"] = parameters[f"W{l}"] - lr * result[f"dW{l}"]
    return result


def update_mistakes(
    name: str, before: Array, lr: float, m: int, gradient: Array, stale: Array, late: Array
) -> dict[str, Array]:
    """What becomes of a parameter in a step gone wrong, by cause.

    `stale` is the gradient of the forward pass before, `late` that of `through_moved_weights`.
    """
    right = before - lr * gradient
    return {
        "the sign is turned: the step goes up": before + lr * gradient,
        "the biases are not updated": before if name.startswith("b") else right,
        "the weights are not updated": before if name.startswith("W") else right,
        "the rate is applied twice": before - lr**2 * gradient,
        "the rate is left out": before - gradient,
        "the step is twice as long as the rate says": before - 2 * lr * gradient,
        "the step is half as long as the rate says": before - lr / 2 * gradient,
        "the rate is divided by m, which the gradient has been already": before - lr / m * gradient,
        "errors went back through weights that were already updated": before - lr * late,
        "the gradient is that of the forward pass before": before - lr * stale,
    }


def judge_step(
    net: Guarded,
    problem: Problem,
    lr: float,
    *,
    activation: str = "relu",
    before: oracle.Parameters | None = None,
) -> oracle.Parameters:
    """Judge a step on the problem's batch by the network's own gradients; return where it led.

    The network's parameters are the problem's or, for a second step, those of `before`. A forward
    pass of other samples lies between the gradients and the step, which must make its own.
    """
    __tracebackhide__ = True
    X, Y, names = problem.X, problem.Y, [f"d{name}" for name in problem.parameters]
    theta = before or problem.parameters
    net.forward(X)
    gradient = gradients(net, Y, names)
    net.forward(-X)
    stale = gradients(net, Y, names)
    net.train_step(X, Y, lr)
    after = get_parameters(net, theta)
    late = through_moved_weights(X, Y, theta, lr, activation=activation, output=problem.output)
    which = "a second step, with one large sample," if before else "one step"
    reach = max(1, np.abs(X).max() / 2)  # rounding in dZ[1] is multiplied by it
    for name, value in theta.items():
        d, d_stale, d_late = (of[f"d{name}"] for of in (gradient, stale, late))
        agree(
            after[name],
            value - lr * d,
            scale=np.abs(value) + lr * (1 + np.abs(d)) * reach,
            sizes=problem.named_sizes(),
            mistakes=lambda: update_mistakes(name, value, lr, problem.m, d, d_stale, d_late),
            what=f"{name} after {which}",
        )
    return after


def judge_last_batch(net: Guarded, fresh: Guarded, problem: Problem) -> None:
    """Judge the gradients of a second batch, of another m, by those of a network that saw no first.

    `net` and `fresh` are two networks with the problem's parameters.
    """
    __tracebackhide__ = True
    X, Y, m, names = problem.X, problem.Y, problem.m, [f"d{name}" for name in problem.parameters]
    net.forward(X)
    first = gradients(net, Y, names)
    net.forward(X)
    X2, Y2 = problem.another_batch()
    fresh.forward(-X2)
    expected = gradients(fresh, Y2, names)
    net.forward(-X2)
    fresh.forward(X2)  # the two have nothing in common
    actual = gradients(net, Y2, names)
    of_other = oracle.gradients(X2, Y2, problem.parameters)
    for name in names:
        agree(
            actual[name],
            expected[name],
            sizes=problem.named_sizes(),
            mistakes=lambda: {
                "m is still that of the first batch": expected[name] * len(X2) / m,
                "the gradients of the first batch are still in it": expected[name] + first[name],
                "they are the gradients of the first batch": first[name],
                "what another network had before is taken: both keep it in their class": of_other[
                    name
                ],
            },
            what=f"{name} of the second batch",
            shows=False,
        )


def judge_no_trace(net: Guarded, problem: Problem) -> None:
    """Judge that forward and backward change neither arguments nor parameters, nor what comes next."""
    __tracebackhide__ = True
    X, Y, names = problem.X, problem.Y, [f"d{name}" for name in problem.parameters]
    before = get_parameters(net, problem.parameters)
    (X_after,) = arguments_after(net.forward, X)
    first = gradients(net, Y, names)
    (Y_after,) = arguments_after(net.backward, Y)
    again, after = gradients(net, Y, names), get_parameters(net, problem.parameters)
    assert np.array_equal(X_after, X), "forward changes the X that it was given"
    assert np.array_equal(Y_after, Y), "backward changes the Y that it was given"
    for name in problem.parameters:
        assert np.array_equal(after[name], before[name]), f"backward changes {name}"
        what = f"d{name}, asked for again on the same cache,"
        agree(again[f"d{name}"], first[f"d{name}"], what=what)
