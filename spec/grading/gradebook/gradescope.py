"""`results.json` as Gradescope reads it: a test for each claim that is worth points."""

from typing import Any

from spec.harness.ground.status import Status

from ..scores.graded import Graded
from ..scores.scoring import shown
from .feedback import TO_MEND, Page, as_fragment


def as_gradescope(graded: Graded, page: Page) -> dict[str, Any]:
    """The results of one submission. Gradescope reads the total from `score`, not from the tests."""
    told = {part.claim: part for part in page.to_mend}
    causes = {claim: cause for claim, _, cause in page.waiting}
    tests = []
    for claim in graded.score.claims:
        lines = []
        if claim.status in TO_MEND:
            part = told[claim.claim]
            lines = [part.equation, part.why, "", *part.lines]
        elif claim.withheld:
            lines = [f"holds, but counts only if {claim.withheld} holds"]
        elif claim.status != Status.HOLDS:
            waits_for = graded.verdicts[claim.claim].waits_for
            lines = [f"waits for {waits_for}" if waits_for else claim.status]
            lines += list(filter(None, [causes.get(claim.claim, "")]))
        tests.append(
            {
                "name": f"{claim.claim}: {page.says[claim.claim]}",
                "score": _number(shown(claim.points)),
                "max_score": 0 if claim.extra else _number(shown(claim.maximum)),
                "status": "passed"
                if claim.status == Status.HOLDS and not claim.withheld
                else "failed",
                "output": "\n".join(lines),
                "output_format": "text",
                "visibility": "visible",
            }
        )
    return {
        "score": _number(shown(graded.score.total.points)),
        "output": as_fragment(page),
        "output_format": "html",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
