"""The theory's exercises, and the claims that judge what each asks for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """One exercise: its title, and the sections or claims that belong to it."""

    title: str
    parts: tuple[str, ...]


EXERCISES = {
    "deeper-network": Exercise("A deeper network", ("5.4", "11/three-layer-net")),
    "activations": Exercise(
        "Other activations",
        (
            "3.2/tanh",
            "3.2/tanh-derivative",
            "3.2/tanh-does-not-overflow",
            "3.2/tanh-range",
            "3.2/tanh-zero-centred",
            "3.2/leaky-relu",
            "3.2/leaky-relu-derivative",
            "3.2/leaky-relu-derivative-at-zero",
            "3.2/leaky-relu-revives",
            "3.3",
            "11/other-activations",
        ),
    ),
    "mini-batches": Exercise("Mini-batches", ("8.1", "11/minibatch-training")),
    "l2": Exercise(
        "L2 regularisation",
        (
            "6/regularisation-off-or-in-both",
            "9/l2-loss",
            "9/l2-gradient",
            "9/weight-decay",
            "11/l2-exercise",
        ),
    ),
    "gradient-check": Exercise(
        "Gradient checking",
        (
            "6/centred-difference",
            "6/any-shape",
            "6/integer-parameters",
            "6/nothing-moved",
            "6/epsilon",
            "6/relative-error",
            "6/excellent",
            "6/good",
            "6/suspicious",
            "6/bug",
            "6/costs-two-forward-passes-a-parameter",
            "6/every-group",
        ),
    ),
    "initialisation": Exercise("Initialisation", ("7", "11/zero-weights")),
}
