"""How much a learner is told, step by step: `h` in `python -m spec watch`."""

from dataclasses import replace

from spec.harness.telling.explain import Explanation, told
from spec.harness.telling.hints import hint

STEPS = ("a nudge", "the diagnosis and the numbers", "the code")


def hinted(explanation: Explanation, step: int) -> list[str]:
    """What is wrong and where to look; then why, the numbers and the case; then code to see it."""
    level = "nudge" if STEPS[step] == "a nudge" else "full"
    if STEPS[step] == "a nudge":
        shown = replace(explanation, expected="", got="", case={}, code="")
    elif STEPS[step] == "the code":
        shown = explanation
    else:
        shown = replace(explanation, code="")
    return told(shown, hint(explanation, level))
