"""Judging the whole zoo in one go: every obligation on every entry, and cheats in every name.

    python -m spec.meta.zoo.runner [--out zoo.json]

prints the figures. A cheat meets only the claim that must catch it: it has nothing else to say.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from spec.harness.engine import collection
from spec.harness.engine.results import HOLDS, Results

from .. import forks
from .cheats import IN_ANY, Cheat
from .entries import NOTEBOOK, ZOO, Wrong, loaded
from .figures import Told, figures

LIMIT = "--time-limit=5"


def told(found: Results) -> Told:
    """How each claim that does not hold ended, and what its tests say, in the theory's order."""
    return {
        outcome.id: {
            "status": outcome.status,
            "code": next((e.code for r in outcome.records if (e := r.explanation)), ""),
            "cases": [e.case for r in outcome.records if (e := r.explanation)],
            "causes": [e.cause for r in outcome.records if (e := r.explanation) and e.cause],
            "says": [
                f"{e.sentence} {e.diagnosis}" for r in outcome.records if (e := r.explanation)
            ],
        }
        for outcome in found.outcomes()
        if outcome.status != HOLDS
    }


def judge_wrong(session: pytest.Session, wrong: Wrong) -> Told:
    """What the specification says of an entry."""
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        return told(forks.judged(session, forks.obligations(session), subject))


def judge_cheat(session: pytest.Session, cheat: Cheat) -> Told:
    """What the claims that must catch it say of a cheat."""
    items = [i for i in forks.obligations(session) if collection.claim_of(i).id in cheat.claims]
    return told(forks.judged(session, items, cheat.subject()))


def judge_notebook(session: pytest.Session, path: Path) -> Told:
    """What the specification says of the notebook that some entries change, quirks included."""
    return told(forks.judged(session, forks.obligations(session), loaded(path)))


def judged_claims(session: pytest.Session, _: None) -> list[str]:
    """The claims that ask for an implementation."""
    return sorted({collection.claim_of(item).id for item in forks.obligations(session)})


def judge_all(jobs: int) -> dict[str, Any]:
    """What the specification says of the notebook, of each entry of the zoo, and of each cheat."""
    judges = {type(None): judged_claims, Wrong: judge_wrong, Cheat: judge_cheat}

    def judge(session: pytest.Session, case: Any) -> Any:
        return judges.get(type(case), judge_notebook)(session, case)

    claims, notebook, *wrong = forks.in_forks(
        [None, NOTEBOOK, *ZOO], judge, forks.QUICK, LIMIT, jobs=jobs
    )
    cheats = forks.in_forks(IN_ANY, judge, forks.QUICK, LIMIT, jobs=jobs)
    return {
        "obligations": claims,
        "notebook": notebook,
        "zoo": dict(zip(map(str, ZOO), wrong, strict=True)),
        "cheats": dict(zip(map(str, IN_ANY), cheats, strict=True)),
    }


def main() -> None:
    """Judge the zoo, write the outcomes, and print the figures."""
    parser = forks.command_line("zoo.runner", __doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the outcomes as JSON")
    arguments = parser.parse_args()
    outcomes = judge_all(arguments.jobs)
    if arguments.out:
        arguments.out.write_text(json.dumps(outcomes, ensure_ascii=False), encoding="utf-8")
    sys.stdout.write("\n".join(f"{f.what:50} {f.measured}" for f in figures(outcomes)) + "\n")


if __name__ == "__main__":
    main()
