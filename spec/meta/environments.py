"""Runs every environment of tox, one after the other: how long each took, and which failed.

    python -m spec.meta.environments [--only NAME]

NAME may be repeated. The exit status is 1 if any failed. Needs tox: `pip install tox`.
"""

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

from spec.harness.ground.errors import CannotDo
from spec.harness.subject.loading import ROOT

TOX = (sys.executable, "-m", "tox")


@dataclass(frozen=True)
class Ran:
    """How an environment ended, and the seconds it took: of the clock, and of all its processes."""

    name: str
    end: str
    wall: float
    cpu: float


def names() -> list[str]:
    """All environments of tox.ini; CannotDo where tox does not tell them."""
    done = subprocess.run([*TOX, "list", "--no-desc"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise CannotDo(f"tox does not tell its environments (pip install tox): {done.stderr}")
    return done.stdout.split()


def run(name: str) -> Ran:
    """Run an environment; what it prints is shown."""
    wall, cpu = time.monotonic(), _cpu()
    skipped = False
    command = [*TOX, "run", "-e", name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as tox:
        assert tox.stdout is not None
        for line in tox.stdout:
            skipped |= f"{name}: SKIP" in line
            sys.stdout.write(line)
            sys.stdout.flush()
    end = "skipped" if skipped else "failed" if tox.returncode else "passed"
    return Ran(name, end, time.monotonic() - wall, _cpu() - cpu)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Run those that are asked for, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m spec.meta.environments", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="may be repeated")
    given = parser.parse_args()
    try:
        known = names()
    except CannotDo as error:
        parser.error(str(error))
    if unknown := [name for name in given.only or [] if name not in known]:
        parser.error(f"--only {unknown[0]}: there is no such environment, but {', '.join(known)}")
    ran = [run(name) for name in given.only or known]
    sys.stdout.write(f"\n{'environment':16}{'':10}{'seconds':>9}{'CPU':>9}\n")
    for each in ran:
        sys.stdout.write(f"{each.name:16}{each.end:10}{each.wall:9.0f}{each.cpu:9.0f}\n")
    failed = [each.name for each in ran if each.end == "failed"]
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "none failed\n")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
