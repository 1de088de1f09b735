"""Judging the whole zoo in one go: every entry by the claim that must catch it, and cheats in every name.

    python -m spec.meta.zoo.runner [--out zoo.json]

prints the figures. One entry in five, and those that have changed since the last commit, are judged by all
obligations that reach what they change, and a twentieth by all there are, which must say the same; with
SWEEPS=whole every entry is. A cheat meets only the claim that must catch it: it has nothing else to say.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spec.harness.engine.cases import Case
from spec.harness.engine.results import Results
from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status
from spec.harness.subject.loading import REFERENCE

from .. import forks, sweeps
from .cheats import IN_ANY, STUB, Cheat
from .entries import FILES, NOTEBOOK, ZOO, Wrong, loaded, read
from .figures import Told, figures
from .reach import measured, reaching

LIMIT = "--time-limit=5"
SHARE_BY_REACH = 5  # one entry in so many is judged by all that reach it


def told(found: Results) -> Told:
    """How each claim that does not hold ended, and what its tests say, in the theory's order.

    What holds, but means nothing yet, is left out: that depends on which other claims were judged.
    """
    return {
        outcome.id: {
            "status": outcome.status,
            "code": next((e.code for r in outcome.records if (e := r.explanation)), ""),
            "cases": [e.case for r in outcome.records if (e := r.explanation)],
            "causes": [e.cause for r in outcome.records if (e := r.explanation) and e.cause],
            "says": [
                f"{e.sentence} {e.diagnosis} {e.only}"
                for r in outcome.records
                if (e := r.explanation)
            ],
        }
        for outcome in found.outcomes()
        if outcome.status != Status.HOLDS and not outcome.worst.hollow
    }


def judge_wrong(suite: Suite, wrong: Wrong, cases: Sequence[Case]) -> Told:
    """What these cases say of an entry."""
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        return told(suite.judge(cases, subject))


def judge_cheats(suite: Suite, cheats: Sequence[Cheat]) -> dict[str, Told]:
    """What the claims that must catch them say of cheats in one name, each up to what rejects it."""
    return {str(cheat): _judge_cheat(suite, cheat) for cheat in cheats}


def _judge_cheat(suite: Suite, cheat: Cheat) -> Told:
    subject = cheat.subject()
    cases = [case for case in suite.obligations if case.claim.id in cheat.claims]
    for some in [cases] if cheat.way == STUB else [[case] for case in cases]:
        if rejected := told(suite.judge(some, subject)):
            return rejected
    return {}


def judge_notebook(suite: Suite, _: None) -> Told:
    """What the specification says of the notebook that some entries change, quirks included."""
    return told(suite.judge(suite.obligations, loaded(NOTEBOOK)))


def judge_all(jobs: int) -> dict[str, Any]:
    """What the specification says of the notebook, of each entry of the zoo, and of each cheat."""
    by_all = changed_or_drawn(sweeps.SHARE)
    by_reach = {str(wrong) for wrong in [*by_all, *changed_or_drawn(SHARE_BY_REACH)]}
    suite = forks.drawn(forks.QUICK, LIMIT)
    each = partial(forks.each, suite, jobs=jobs)
    (reach,) = each([None], measured)
    (notebook,) = each([None], judge_notebook)

    def cases_for(wrong: Wrong) -> list[Case]:
        if str(wrong) in by_reach:
            return reaching(suite, wrong, reach)
        return [case for case in suite.obligations if case.claim.id == wrong.claim]

    zoo = each(ZOO, lambda suite, wrong: judge_wrong(suite, wrong, cases_for(wrong)))
    whole = each(by_all, lambda suite, wrong: judge_wrong(suite, wrong, suite.obligations))
    targets = sorted({cheat.target for cheat in IN_ANY})
    cheats = each([[c for c in IN_ANY if c.target == target] for target in targets], judge_cheats)
    return {
        "obligations": sorted({case.claim.id for case in suite.obligations}),
        "notebook": notebook,
        "zoo": dict(zip(map(str, ZOO), zoo, strict=True)),
        "by reach": sorted(by_reach),
        "by all": dict(zip(map(str, by_all), whole, strict=True)),
        "cheats": {name: said for some in cheats if some for name, said in some.items()},
    }


def changed_or_drawn(share: int) -> list[Wrong]:
    """One entry in `share`, and those that are not as they were committed; or all."""
    before = [wrong for file in FILES for wrong in read(sweeps.committed(file))]
    places = REFERENCE, NOTEBOOK.parent
    files = {file.name for file in sweeps.changed() if file.parent in places}

    def is_new(wrong: Wrong) -> bool:
        return bool(before) and (wrong not in before or wrong.file in files)

    return sweeps.drawn(ZOO, is_new, share)


def main() -> int:
    """Judge the zoo, write the outcomes, and print the figures; 1 if any misses what is asked."""
    parser = forks.command_line("zoo.runner", __doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the outcomes as JSON")
    arguments = parser.parse_args()
    outcomes = judge_all(arguments.jobs)
    if arguments.out:
        arguments.out.write_text(json.dumps(outcomes, ensure_ascii=False), encoding="utf-8")
    found = figures(outcomes)
    sys.stdout.write("\n".join(f"{f.what:50} {f.measured}" for f in found) + "\n")
    return int(not all(figure.met for figure in found))


if __name__ == "__main__":
    raise SystemExit(main())
