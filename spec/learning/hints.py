"""How much of an explanation a learner is shown, step by step: `h` in `python -m spec watch`."""

from dataclasses import replace

from spec.harness.explain import Explanation

STEPS = ("the diagnosis", "the numbers", "the code")


def hinted(explanation: Explanation, step: int) -> Explanation:
    """The explanation up to a step: what is wrong and why; the numbers and the case; code to see it."""
    if STEPS[step] == "the diagnosis":
        return replace(explanation, expected="", got="", case={}, code="")
    if STEPS[step] == "the numbers":
        return replace(explanation, code="")
    return explanation
