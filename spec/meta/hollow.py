"""Code that computes nothing: one answer for every name of the contract. No claim may hold of it.

A few of the answers are drawn, as `sweeps.py` says; SWEEPS=whole tries all.

python -m spec.meta.hollow [--jobs N]
"""

import json
import sys
import types

from spec.harness.engine.suite import Suite
from spec.harness.ground.contract import NAMES
from spec.harness.ground.status import Status
from spec.harness.subject.loading import ROOT, Subject

from . import forks, sweeps

SHARE = 5  # one answer in so many is tried
CLASSES = ("TwoLayerNet", "ThreeLayerNet", "MLP", "Node")
METHODS = (
    *("forward", "compute_loss", "backward", "train_step"),
    *("add", "multiply", "matmul", "relu", "cross_entropy"),
)
IS_ARRAY = "a and isinstance(a[0], np.ndarray)"
ANSWERS = {
    "an exception": "raise ValueError('no')",
    "None": "return None",
    "zero": "return 0.0",
    "one": "return 1.0",
    "NaN": "return np.nan",
    "True": "return True",
    "an empty list": "return []",
    "the first argument": "return a[0] if a else None",
    "the last argument": "return a[-1] if a else None",
    "a copy of the first argument": f"return a[0].copy() if {IS_ARRAY} else None",
    "a pair of arguments": "return a[:2]",
    "three times the first argument": "return (a[0], a[0], a[0]) if a else None",
    "a generator": "yield a[0] if a else None",
    "zeros of its shape": f"return np.zeros_like(a[0]) if {IS_ARRAY} else 0.0",
    "ones of its shape": f"return np.ones_like(a[0]) if {IS_ARRAY} else 1.0",
    "halves of its shape": f"return np.full(np.shape(a[0]), 0.5) if {IS_ARRAY} else 0.5",
    "enormous numbers": f"return np.full(np.shape(a[0]), 1e300) if {IS_ARRAY} else 1e300",
    "random numbers": f"return np.random.random(np.shape(a[0]) if {IS_ARRAY} else None)",
    "zeros of the widths": "return np.zeros(a[:2]) if a and isinstance(a[0], int) else 0.0",
    "gradients of zero": "return {f'd{n}': np.zeros((1, 1)) for n in ('W1', 'b1', 'W2', 'b2')}",
}
NETWORK = """
    def __init__(self, *a, **k):
        self.W1 = self.W2 = self.W3 = self.b1 = self.b2 = self.b3 = np.zeros((1, 1))
        self.cache, self.value, self.grad, self.parents = {}, 0.0, 0.0, []
"""


def source(answer: str) -> str:
    """A module that has this answer to everything."""
    parts = ["import numpy as np"]
    for name in NAMES:
        if name in CLASSES:
            methods = [f"    def {method}(self, *a, **k): {answer}" for method in METHODS]
            parts += [f"class {name}:{NETWORK}", *methods]
        else:
            parts.append(f"def {name}(*a, **k): {answer}")
    return "\n".join(parts)


def held(suite: Suite, name: str) -> list[str]:
    """The claims that hold of code with this answer."""
    module = types.ModuleType("hollow")
    exec(source(ANSWERS[name]), module.__dict__)  # noqa: S102
    subject = Subject(module, "hollow.py", ROOT, "", False)
    found = suite.judge(suite.obligations, subject)
    found.settle()
    return [outcome.id for outcome in found.outcomes() if outcome.status == Status.HOLDS]


def main() -> None:
    """Print, for each answer, the claims that hold of it, as JSON."""
    given = forks.command_line(
        "hollow", "claims that hold of code that computes nothing"
    ).parse_args()
    suite = forks.drawn(forks.QUICK)
    answers = sweeps.drawn(list(ANSWERS), share=SHARE)
    found = forks.each(suite, answers, held, jobs=given.jobs)
    sys.stdout.write(f"\n{json.dumps(dict(zip(answers, found, strict=True)), indent=1)}\n")


if __name__ == "__main__":
    main()
