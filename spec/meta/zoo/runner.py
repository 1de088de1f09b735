"""Judging the whole zoo in one go: every obligation on every entry, and cheats in every name.

    python -m spec.meta.zoo.runner [--out zoo.json]

prints the figures. A cheat meets only the claim that must catch it: it has nothing else to say.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status

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
        if outcome.status != Status.HOLDS
    }


def judge_wrong(suite: Suite, wrong: Wrong) -> Told:
    """What the specification says of an entry."""
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        return told(suite.judge(suite.obligations, subject))


def judge_cheat(suite: Suite, cheat: Cheat) -> Told:
    """What the claims that must catch it say of a cheat."""
    cases = [case for case in suite.obligations if case.claim.id in cheat.claims]
    return told(suite.judge(cases, cheat.subject()))


def judge_notebook(suite: Suite, path: Path) -> Told:
    """What the specification says of the notebook that some entries change, quirks included."""
    return told(suite.judge(suite.obligations, loaded(path)))


def judged_claims(suite: Suite, _: None) -> list[str]:
    """The claims that ask for an implementation."""
    return sorted({case.claim.id for case in suite.obligations})


def judge_all(jobs: int) -> dict[str, Any]:
    """What the specification says of the notebook, of each entry of the zoo, and of each cheat."""
    judges = {type(None): judged_claims, Wrong: judge_wrong, Cheat: judge_cheat}

    def judge(suite: Suite, case: Any) -> Any:
        return judges.get(type(case), judge_notebook)(suite, case)

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
