"""Whether what one of the simple functions of the contract gave, in a call that was noted, is right.

A network's own `forward` calls the implementation's softmax; whether that went wrong in just this run
decides whom the run speaks against. A call of which nothing can be said counts as right.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import oracle
from .activations import ACTIVATIONS, elu, elu_grad

Rule = Callable[..., Any]
ROUNDING = 256  # rounding units of the numbers that are added up


RIGHT: dict[str, Rule] = (
    {name: activation.function for name, activation in ACTIVATIONS.items()}
    | {f"{name}_grad": activation.derivative for name, activation in ACTIVATIONS.items()}
    | {
        "leaky_relu": lambda z, alpha: np.where(z > 0, z, alpha * z),
        "leaky_relu_grad": lambda z, alpha: np.where(z > 0, 1.0, alpha),
        "elu": elu,
        "elu_grad": elu_grad,
        "softmax": oracle.softmax,
        "affine": lambda X, W, b: X @ W + np.reshape(b, (1, -1)),
    }
)


def goes_wrong(name: str, given: Any, result: Any, changed: Any) -> bool:
    """Whether a call of the function of this name, as it was noted, went wrong."""
    try:
        with np.errstate(all="ignore"):
            return changed is True or _is_wrong(RIGHT[name], given, result)
    except Exception:  # of whatever kind, by arguments that nobody foresaw
        return False


def _is_wrong(rule: Rule, given: list[Any], result: Any) -> bool:
    arguments = [np.asarray(value, float) for value in given]
    expected = np.asarray(rule(*arguments))
    if not np.isfinite(expected).all():
        return False
    if result is None:
        return True
    found = np.asarray(result)
    unit = np.finfo(found.dtype if found.dtype == np.float32 else float).eps
    reach = 1 + max(float(np.abs(a).max(initial=0)) for a in arguments)
    allowed = ROUNDING * unit * reach**2 * (1 + np.abs(expected))
    return found.shape != expected.shape or not bool((np.abs(found - expected) <= allowed).all())
