"""Many runs of the quick profile, each from a seed of its own: none may fail.

    python -m spec.meta.seeds [--runs 1000] [--first SEED] [--jobs N]

The seeds follow one another from `--first` on, which is drawn at random unless given. A test that
fails is told with the command that repeats it, and makes the exit status 1.
"""

import random
import sys
import time
from dataclasses import replace

from spec.harness.engine.suite import Suite
from spec.harness.ground.status import Status

from . import forks

TELL_EVERY = 25  # runs


def judge_seed(suite: Suite, seed: int) -> list[dict[str, str]]:
    """The tests that fail with this seed."""
    suite.setting = replace(suite.setting, seed=seed)
    found = suite.judge(suite.cases, forks.reference())
    return [
        {
            "claim": record.claim.id,
            "test": record.test,
            "says": record.explanation.sentence if record.explanation else record.status,
        }
        for record in found.records.values()
        if record.status != Status.HOLDS
    ]


class Progress:
    """Tells the failures as they come, and now and then how far it has got."""

    def __init__(self, runs: int) -> None:
        self.runs, self.done, self.failed = runs, 0, 0
        self.start = time.monotonic()

    def __call__(self, seed: int, failures: list[dict[str, str]] | None) -> None:
        """One run has ended; None stands for a crash."""
        self.done += 1
        self.failed += failures != []
        again = f"pytest spec {forks.QUICK} --seed {seed}"
        if failures is None:
            _say(f"seed {seed}: the run crashed\n  again: {again}")
        for failure in failures or []:
            _say(f"seed {seed}: {failure['test']}\n  {failure['says']}")
            _say(f"  again: {again} --claim {failure['claim']}")
        if self.done % TELL_EVERY == 0 or self.done == self.runs:
            seconds = time.monotonic() - self.start
            _say(f"{self.done} of {self.runs} runs, {self.failed} failed, {seconds:.0f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the seeds that are asked for; the exit status."""
    parser = forks.command_line("seeds", __doc__.partition("\n")[0])
    parser.add_argument(
        "--runs", type=forks.at_least_one, default=1000, help="how many (default 1000)"
    )
    parser.add_argument(
        "--first", type=forks.at_least_one, metavar="SEED", help="the first seed, then the next"
    )
    given = parser.parse_args()
    first = given.first or random.SystemRandom().randrange(2**32)
    seeds = range(first, first + given.runs)
    _say(f"seeds {seeds[0]} to {seeds[-1]}")
    progress = Progress(given.runs)
    forks.in_forks(seeds, judge_seed, forks.QUICK, tell=progress, jobs=given.jobs)
    return int(progress.failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
