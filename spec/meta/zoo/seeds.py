"""Every entry of the zoo under many seeds: the claim that it breaks rejects it each time.

    python -m spec.meta.zoo.seeds [--runs 50] [--share N]

draws the seeds, as that of a class is drawn, and judges all entries, or one in N of them. What it prints are
the entries that were accepted, with the seed; the exit status is 1 if there are any.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from spec.grading.running.secret import new_seed
from spec.harness.engine.cases import Case
from spec.harness.engine.examples import drawn, seed_all
from spec.harness.engine.run import given, own_warnings_are_errors
from spec.harness.engine.suite import Suite, collected, warm_up
from spec.harness.ground import trial
from spec.harness.ground.limits import time_limit
from spec.harness.subject.loading import Subject

from .. import forks, sweeps
from .entries import ZOO, Wrong, loaded

RUNS = 50
LIMIT = 5.0  # seconds to compute in a test


def accepted(seeds: list[int], suite: Suite, wrong: Wrong) -> list[int]:
    """The seeds under which every test of its claim accepts an entry."""
    cases = [case for case in suite.obligations if case.claim.id == wrong.claim]
    with tempfile.TemporaryDirectory() as folder:
        subject = loaded(wrong.written(Path(folder)))
        return [s for s in seeds if not any(rejects(case, subject, s) for case in cases)]


def rejects(case: Case, subject: Subject, seed: int) -> bool:
    """Whether a case rejects an implementation on its examples of this seed: why is not asked."""
    trial.begin()
    asked = given(case, subject, seed)
    with own_warnings_are_errors():
        try:
            with time_limit(LIMIT, "the test"), subject.each_test(seed_all(case, seed)):
                examples = drawn(case, seed)
                if examples is None:
                    case.test(**asked, **case.parameters)
                for example in examples or []:
                    case.drawing.inner_test(**asked, **example)
        except KeyboardInterrupt:
            raise
        except BaseException:  # of whatever kind the code under test raises
            return True
    return False


def main() -> int:
    """Judge, and print what was accepted."""
    parser = forks.command_line("zoo.seeds", __doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="seeds (default: 50)")
    parser.add_argument("--share", type=int, default=1, metavar="N", help="one entry in N")
    asked = parser.parse_args()
    seeds = [new_seed() for _ in range(asked.runs)]
    suite = collected(forks.QUICK)
    warm_up()
    some = sweeps.drawn(ZOO, share=asked.share)
    found = forks.each(suite, some, partial(accepted, seeds), jobs=asked.jobs)
    lines = [
        f"{wrong}: {'could not be judged' if under is None else f'accepted under {under}'}"
        for wrong, under in zip(some, found, strict=True)
        if under != []
    ]
    summary = f"{len(some)} entries, {len(seeds)} seeds each, {len(lines)} accepted under any"
    sys.stdout.write("\n".join([*lines, summary]) + "\n")
    return int(bool(lines))


if __name__ == "__main__":
    raise SystemExit(main())
