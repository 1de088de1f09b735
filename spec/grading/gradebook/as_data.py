"""One submission as plain data, for machines."""

from dataclasses import asdict
from typing import Any

from spec.harness.ground.status import Status

from ..scores.graded import Graded
from ..scores.scoring import shown
from .feedback import TO_MEND


def as_data(graded: Graded) -> dict[str, Any]:
    """One submission as plain data, for machines: it holds the cause whatever the learner is told."""
    score, judgement = graded.score, graded.judgement
    claims = []
    worth = {claim.claim: claim for claim in score.claims}
    for id, verdict in graded.verdicts.items():
        claim = worth.get(id)
        data: dict[str, Any] = {"claim": id, "status": verdict.status}
        data["points"] = shown(claim.points) if claim else "0"
        data["maximum"] = shown(claim.maximum) if claim else "0"
        if claim and claim.withheld:
            data["withheld_for"] = claim.withheld
        if verdict.waits_for:
            data["waits_for"] = verdict.waits_for
        if verdict.status in TO_MEND and verdict.explanation:
            data |= {"equation": verdict.equation, "explanation": asdict(verdict.explanation)}
        claims.append(data)
    return {
        "name": graded.submission.name,
        "id": graded.submission.id,
        "late": graded.submission.late,
        "attempt": graded.submission.attempt,
        "earlier": list(graded.submission.earlier),
        "source": graded.submission.source,
        "file": graded.submission.shown,
        "sha256": judgement.sha256,
        "suite": judgement.suite,
        "walls": list(judgement.walls),
        "trouble": judgement.trouble,
        "notes": list(graded.notes),
        "points": shown(score.total.points),
        "maximum": shown(score.total.maximum),
        "overrides": list(score.changes),
        "hold": score.statuses.get(Status.HOLDS, 0),
        "claims": claims,
    }
