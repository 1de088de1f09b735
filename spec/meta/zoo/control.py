"""The entries that are judged by all obligations, too: that the others have nothing to say is looked at."""

import random
import subprocess
from pathlib import Path

from spec.harness.subject.loading import REFERENCE, ROOT

from .entries import FILES, NOTEBOOK, ZOO, Wrong, read

SHARE = 20  # one in so many is drawn


def control(day: int) -> list[Wrong]:
    """A twentieth, drawn by the day, and what has changed since the last commit."""
    drawn = random.Random(day).sample(ZOO, len(ZOO) // SHARE)  # noqa: S311
    new = changed()
    return [wrong for wrong in ZOO if wrong in drawn or wrong in new]


def changed() -> list[Wrong]:
    """The entries of which the text, or the file that they change, is not that of the last commit.

    None where there is no commit to compare with.
    """
    before = [
        wrong
        for path in FILES
        for wrong in read("\n".join(_git("show", f"HEAD:{path.relative_to(ROOT).as_posix()}")))
    ]
    if not before:
        return []
    names = _git("diff", "--name-only", "HEAD", "--", *map(str, (REFERENCE, NOTEBOOK)))
    sources = {Path(name).name for name in names}
    return [wrong for wrong in ZOO if wrong not in before or wrong.file in sources]


def _git(*arguments: str) -> list[str]:
    """The lines that git answers; none where it cannot."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
        )
    except OSError:
        return []
    return done.stdout.splitlines() if not done.returncode else []
