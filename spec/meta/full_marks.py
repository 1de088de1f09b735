"""The right implementations, each graded behind the walls under many seeds: full marks every time.

Run as python -m spec.meta.full_marks [RUNS], 20 unless given. The seeds are drawn, as those of a class are.
"""

import sys
from pathlib import Path

from spec.grading.running.judging import Judge, judging
from spec.grading.running.secret import new_seed
from spec.harness.ground.status import Status

from .test_right_ones import STYLES

RIGHT = Path(__file__).parent / "right"
RUNS = 20


def losses(judge: Judge, runs: int) -> list[str]:
    """What was not earned, in any of the runs; a line tells of each seed."""
    lost = []
    seeds = [new_seed() for _ in range(runs)]
    companions = sorted(RIGHT.glob("*.py"))  # some styles import the plain one
    for run, seed in enumerate(seeds, start=1):
        judge.take(seed)
        for style in STYLES:
            file = RIGHT / f"{style}.py"
            judgement = judge(file, [each for each in companions if each != file])
            missed = [v.claim for v in judgement.verdicts if v.status != Status.HOLDS]
            lost += [
                f"{style}, seed {seed}: {what}" for what in [judgement.trouble, *missed] if what
            ]
        sys.stdout.write(f"seed {run} of {runs}: {len(lost)} lost so far\n")
        sys.stdout.flush()
    return lost


def main(runs: int) -> int:
    """Print what was lost; 1 if anything was."""
    lost = judging(lambda judge: losses(judge, runs))
    sys.stdout.write("".join(f"{line}\n" for line in lost))
    sys.stdout.write(f"{len(STYLES) * runs} judgements, {len(lost)} claims lost\n")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
