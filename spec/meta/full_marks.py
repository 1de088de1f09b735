"""The right implementations, each graded behind the walls again and again: full marks every time.

Run as python -m spec.meta.full_marks [RUNS], 20 unless given.
"""

import sys
from pathlib import Path

from spec.grading.running.judging import Judge, judging
from spec.harness.ground.status import Status

from .test_right_ones import STYLES

RIGHT = Path(__file__).parent / "right"
RUNS = 20


def losses(judge: Judge, runs: int) -> list[str]:
    """What was not earned, in any of the runs; each style is told when it is done."""
    lost = []
    companions = sorted(RIGHT.glob("*.py"))  # some styles import the plain one
    for style in STYLES:
        file = RIGHT / f"{style}.py"
        for run in range(runs):
            judgement = judge(file, [each for each in companions if each != file])
            lost += [f"{style}, run {run}: {judgement.trouble}"] if judgement.trouble else []
            missed = [v.claim for v in judgement.verdicts if v.status != Status.HOLDS]
            lost += [f"{style}, run {run}: {claim}" for claim in missed]
        sys.stdout.write(f"{style}: {runs} runs\n")
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
