"""Which claims state what a name of the contract computes, and their equations as the chapters have them.

The chapters are read as text: nothing of theirs is imported, and an equation stands in one place only.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from spec.harness.engine.claims import Ledger

CHAPTERS = Path(__file__).parents[1]

# a colon leads to a further equation of the same claim: "3.3/selu:2" is the second
STATED_BY: dict[str, tuple[str, ...]] = {
    "affine": ("2.1/linear-model",),
    "collapse": ("2.1/any-depth-collapses",),
    "neuron": ("3.1/neuron",),
    "sigmoid": ("3.2/sigmoid",),
    "sigmoid_grad": ("3.2/sigmoid-derivative",),
    "tanh": ("3.2/tanh",),
    "tanh_grad": ("3.2/tanh-derivative",),
    "relu": ("3.2/relu",),
    "relu_grad": ("3.2/relu-derivative",),
    "leaky_relu": ("3.2/leaky-relu",),
    "leaky_relu_grad": ("3.2/leaky-relu-derivative",),
    "softmax": ("3.2/softmax",),
    "softmax_jacobian": ("3.2/softmax-jacobian",),
    "elu": ("3.3/elu",),
    "elu_grad": ("3.3/elu-derivative",),
    "selu": ("3.3/selu:2",),
    "selu_grad": ("3.3/selu-derivative",),
    "TwoLayerNet.__init__": ("7.2/small-random", "7.5/zero-biases"),
    "TwoLayerNet.forward": (
        "4.2/hidden-pre-activation",
        "4.2/hidden-activation",
        "4.2/output-pre-activation",
        "4.2/output-activation",
    ),
    "TwoLayerNet.compute_loss": ("4.3/reported-loss",),
    "TwoLayerNet.backward": (
        "5.3/output-gradient",
        "5.3/output-weight-gradient",
        "5.3/output-bias-gradient",
        "5.3/hidden-activation-gradient",
        "5.3/hidden-pre-activation-gradient",
        "5.3/hidden-weight-gradient",
        "5.3/hidden-bias-gradient",
    ),
    "TwoLayerNet.train_step": ("5.3/update",),
    "one_hot": ("4.3/one-hot",),
    "binary_cross_entropy": ("4.3/binary-cross-entropy",),
    "cross_entropy": ("4.3/cross-entropy",),
    "mean_squared_error": ("4.3/mean-squared-error:2",),
    "affine_backward": (
        "5.2/affine-input-gradient",
        "5.2/affine-weight-gradient",
        "5.2/affine-bias-gradient",
    ),
    "MLP.forward": ("5.4/forward-recursion",),
    "MLP.compute_loss": ("9/l2-loss:2",),
    "MLP.backward": (
        "5.4/output-gradient",
        "5.4/weight-gradient",
        "5.4/bias-gradient",
        "5.4/activation-gradient",
        "5.4/pre-activation-gradient",
        "9/l2-gradient:3",
    ),
    "MLP.train_step": ("5.4/update",),
    "Node": ("5.5/graph",),
    "topological_order": ("5.5/reverse-topological-order",),
    "backward": ("5.5/graph-gradient",),
    "numerical_gradient": ("6/centred-difference",),
    "relative_error": ("6/relative-error",),
    "verdict": ("6/excellent", "6/good", "6/suspicious", "6/bug"),
    "gradient_check": ("6/every-group",),
    "small_random": ("7.2/small-random",),
    "xavier_normal": ("7.3/xavier-normal",),
    "xavier_uniform": ("7.3/xavier-uniform",),
    "he_normal": ("7.4/he-normal",),
    "lecun_normal": ("7.5/lecun-normal",),
    "zero_bias": ("7.5/zero-biases",),
    "minibatches": ("8.1/shuffle", "8.1/batches-of-B"),
    "train": ("8.1/epoch",),
    "accuracy": ("8.2/accuracy",),
    "l2_penalty": ("9/l2-loss",),
    "l2_gradient": ("9/l2-gradient",),
    "early_stopping": ("9/early-stopping",),
    "sgd": ("10/optimisers-unchanged",),
    "momentum": ("10/momentum",),
    "adam": ("10/adam",),
    "ThreeLayerNet.__init__": ("7.2/small-random", "7.5/zero-biases"),
    "ThreeLayerNet.forward": ("5.4/forward-recursion",),
    "ThreeLayerNet.compute_loss": ("11/three-layer-net:2",),
    "ThreeLayerNet.backward": (
        "11/three-layer-net",
        "5.4/weight-gradient",
        "5.4/bias-gradient",
    ),
    "ThreeLayerNet.train_step": ("11/three-layer-net:3",),
}


@dataclass(frozen=True)
class Equation:
    """What a claim states: its id, its sentence, and its equation ("" where words carry it)."""

    id: str
    says: str
    latex: str


def equations_of(name: str) -> list[Equation]:
    """The equations of a name of the contract or of a method, such as "TwoLayerNet.forward"."""
    return [_equation(stated) for stated in STATED_BY.get(name, ())]


def _equation(stated: str) -> Equation:
    id, _, place = stated.partition(":")
    latex = _latex().get(id, [""])[int(place or 1) - 1]
    return Equation(id, _ledger().entries[id].says, latex)


@cache
def _ledger() -> Ledger:
    return Ledger()


@cache
def _latex() -> dict[str, list[str]]:
    """The equations that the chapters cite for each claim, none of them one that is refuted."""
    found: dict[str, list[str]] = {}
    for path in sorted(CHAPTERS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "claim":
                id, *latex = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
                if latex and not any(option.arg == "verdict" for option in node.keywords):
                    found.setdefault(id, []).append(latex[0])
    return found
