"""What grading costs: a right submission behind the walls, beside the same tests in one process.

Run as python -m spec.meta.grading_cost, on a machine that does nothing else.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from spec.grading.running.judging import OPTIONS, judging
from spec.harness.engine.suite import Suite, collected, warm_up
from spec.harness.subject.loading import load

ROOT = Path(__file__).parents[2]
RIGHT = ROOT / "spec" / "meta" / "right" / "plain.py"
BATCH, CLASS = 20, 24
CORES = (1, 2)
SECONDS = 60.0  # for the import


def cpu_seconds() -> float:
    """Of this process and of all that it has waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(each) for each in who]
    return sum(each.ru_utime + each.ru_stime for each in used)


def in_one_process(suite: Suite) -> float:
    """CPU seconds of all obligations on the same submission, with the same number of examples."""
    warm_up()
    before = cpu_seconds()
    suite.judge(suite.obligations, load(str(RIGHT), SECONDS))
    return cpu_seconds() - before


def behind_walls() -> float:
    """CPU seconds a submission in a batch, the start of all included."""
    before = cpu_seconds()
    whole = judging(lambda judge: [judge(RIGHT) for _ in range(BATCH)])
    assert all(verdict.status == "holds" for one in whole for verdict in one.verdicts)
    return (cpu_seconds() - before) / BATCH


def a_minute(jobs: int) -> float:
    """Submissions that a class is graded by in a minute, the start of its workers left aside."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [graded(Path(folder), n, jobs) for n in (jobs, jobs + CLASS)]
    return 60 * CLASS / (seconds[1] - seconds[0])


def graded(folder: Path, n: int, jobs: int) -> float:
    """Seconds to grade `n` submissions that differ in a comment."""
    given = folder / f"class-{n}"
    given.mkdir()
    for number in range(n):
        (given / f"{number}.py").write_text(f"{RIGHT.read_text()}\n# {number}\n", encoding="utf-8")
    command = ["-m", "spec", "grade", str(given), "--out", f"{given}-grades", "--jobs", str(jobs)]
    begin = time.monotonic()
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - begin


def figures() -> Iterator[str]:
    """Line by line, as each is known."""
    alone = in_one_process(collected(*OPTIONS))
    yield f"in one process                {alone:5.2f} s of CPU time"
    walled = behind_walls()
    yield f"behind the walls, of {BATCH}       {walled:5.2f} s ({walled / alone - 1:+.0%})"
    speeds = [a_minute(jobs) for jobs in CORES]
    for jobs, speed in zip(CORES, speeds, strict=True):
        yield f"with {jobs} worker{'s' * (jobs > 1)}{speed:20.0f} submissions a minute"
    yield f"two workers against one       {speeds[1] / speeds[0]:5.2f}"


def main() -> None:
    """Print the figures."""
    for line in figures():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
