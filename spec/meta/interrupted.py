"""A class of the zoo, graded undisturbed, and graded with a SIGKILL three times: to the same bytes.

python -m spec.meta.interrupted N [options of `python -m spec grade`]
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .class_of_the_zoo import write

KILLS = 3


def grading(folder: Path, out: str, options: list[str]) -> subprocess.Popen[bytes]:
    """Begin to grade the class, in a group of processes of its own."""
    command = [sys.executable, "-m", "spec", "grade", "class", "--out", out, *options]
    return subprocess.Popen(command, cwd=folder, start_new_session=True)


def n_judged(folder: Path) -> int:
    """How many judgements there are."""
    return sum(1 for _ in folder.glob(".judged/*/*.gz"))


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a gradebook, without what is kept to go on from."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".judged" not in path.parts
    }


def kill_in_the_middle(folder: Path, options: list[str], least: int) -> None:
    """Grade until so many are judged, and a moment longer; then kill the grader alone."""
    grader = grading(folder, "killed", options)
    while grader.poll() is None and n_judged(folder / "killed") < least:
        time.sleep(0.01)
    time.sleep(random.random())
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    sys.stdout.write(f"killed: {n_judged(folder / 'killed')} are judged\n")


def main(n: int, options: list[str]) -> int:
    """Print the two times, and whether the gradebooks are the same; 1 if they are not."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder / "class", n)
        begun = time.monotonic()
        grading(folder, "undisturbed", options).wait()
        between = time.monotonic()
        for kill in range(KILLS):
            kill_in_the_middle(folder, options, n * (kill + 1) // (KILLS + 1))
        grading(folder, "killed", options).wait()
        end = time.monotonic()
        same = contents(folder / "undisturbed") == contents(folder / "killed")
    sys.stdout.write(f"undisturbed {between - begun:.0f} s, killed {end - between:.0f} s\n")
    sys.stdout.write(
        f"the gradebooks are {'the same, byte for byte' if same else 'not the same'}\n"
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
