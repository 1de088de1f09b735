"""Judging the whole zoo in one go: every entry by the obligations that reach it, and cheats in every name.

    python -m spec.meta.zoo.runner [--out zoo.json]

prints the figures. A twentieth of the entries, and those that have changed since the last commit, are
judged by all obligations as well, with SWEEPS=whole every entry is: what is told must be the same. A
cheat meets only the claim that must catch it: it has nothing else to say.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spec.harness.engine import collection
from spec.harness.engine.results import HOLDS, Results
from spec.harness.subject.loading import REFERENCE

from .. import forks, sweeps
from .cheats import IN_ANY, STUB, Cheat
from .entries import FILES, NOTEBOOK, ZOO, Wrong, loaded, read
from .figures import Told, figures
from .reach import measured, reaching

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


def judge_wrong(
    session: pytest.Session, wrong: Wrong, reaches: Callable[[pytest.Item], bool]
) -> Told:
    """What the obligations that reach an entry say of it."""
    items = [item for item in forks.obligations(session) if reaches(item)]
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        return told(forks.judged(session, items, subject))


def judge_cheats(session: pytest.Session, cheats: Sequence[Cheat]) -> dict[str, Told]:
    """What the claims that must catch them say of cheats in one name, each up to what rejects it."""
    return {str(cheat): _judge_cheat(session, cheat) for cheat in cheats}


def _judge_cheat(session: pytest.Session, cheat: Cheat) -> Told:
    subject = cheat.subject()
    items = [i for i in forks.obligations(session) if collection.claim_of(i).id in cheat.claims]
    for some in [items] if cheat.way == STUB else [[item] for item in items]:
        if rejected := told(forks.judged(session, some, subject)):
            return rejected
    return {}


def judge_notebook(session: pytest.Session, _: None) -> Told:
    """What the specification says of the notebook that some entries change, quirks included."""
    return told(forks.judged(session, forks.obligations(session), loaded(NOTEBOOK)))


def judge_all(jobs: int, by_all: Sequence[Wrong]) -> dict[str, Any]:
    """What the specification says of the notebook, of each entry of the zoo, and of each cheat.

    Of `by_all`, what it says by all obligations, too.
    """

    def judged(session: pytest.Session) -> dict[str, Any]:
        return _judge_all(session, by_all, jobs)

    return forks.with_examples(judged, forks.QUICK, LIMIT)


def _judge_all(session: pytest.Session, by_all: Sequence[Wrong], jobs: int) -> dict[str, Any]:
    each = partial(forks.each, session, jobs=jobs)
    (reach,) = each([None], measured)
    (notebook,) = each([None], judge_notebook)
    zoo = each(ZOO, lambda session, wrong: judge_wrong(session, wrong, reaching(wrong, reach)))
    whole = each(by_all, lambda session, wrong: judge_wrong(session, wrong, lambda item: True))
    targets = {cheat.target for cheat in IN_ANY}
    cheats = each(
        [[cheat for cheat in IN_ANY if cheat.target == target] for target in sorted(targets)],
        judge_cheats,
    )
    return {
        "obligations": sorted({collection.claim_of(i).id for i in forks.obligations(session)}),
        "notebook": notebook,
        "zoo": dict(zip(map(str, ZOO), zoo, strict=True)),
        "by all": dict(zip(map(str, by_all), whole, strict=True)),
        "cheats": {name: said for some in cheats if some for name, said in some.items()},
    }


def control() -> list[Wrong]:
    """The entries that are judged by all obligations, too."""
    before = [wrong for file in FILES for wrong in read(sweeps.committed(file))]
    places = REFERENCE, NOTEBOOK.parent
    files = {file.name for file in sweeps.changed() if file.parent in places}

    def is_new(wrong: Wrong) -> bool:
        return bool(before) and (wrong not in before or wrong.file in files)

    return sweeps.drawn(ZOO, is_new)


def main() -> int:
    """Judge the zoo, write the outcomes, and print the figures; 1 if any misses what is asked."""
    parser = forks.command_line("zoo.runner", __doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the outcomes as JSON")
    arguments = parser.parse_args()
    outcomes = judge_all(arguments.jobs, control())
    if arguments.out:
        arguments.out.write_text(json.dumps(outcomes, ensure_ascii=False), encoding="utf-8")
    found = figures(outcomes)
    sys.stdout.write("\n".join(f"{f.what:50} {f.measured}" for f in found) + "\n")
    return int(not all(figure.met for figure in found))


if __name__ == "__main__":
    raise SystemExit(main())
