"""How near the errors of right implementations come to what is allowed them, over many examples.

    python -m spec.meta.margins [--examples 200] [--jobs N]

What is compared as it was rounded never comes close. Where terms cancel, though, and the error is held
against what they leave, a right one exceeds any tolerance now and then: in one run of a thousand, say,
which no single run shows. The largest of thousands of errors does: it is far above the usual ones. Such
an outlier makes the exit status 1; the remedy is `scale=` the size of the terms.
"""

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np

from spec.harness.engine.suite import Suite
from spec.harness.ground import trial
from spec.harness.ground.status import Status
from spec.harness.subject.loading import load

from . import forks
from .test_right_ones import STYLES, path_of

SHOWN = 12
NOTABLE, FAR = 0.1, 8  # of the tolerance; times the 99 % quantile
SECONDS = 60  # for the import


def errors(suite: Suite, style: str) -> dict[str, list[float]]:
    """By the place of a comparison: the error over what is allowed, of each example."""
    sys.path.insert(0, str(path_of(style).parent))  # the styles import each other
    collected: dict[str, list[float]] = defaultdict(list)

    def note(message: dict[str, Any]) -> None:
        if "record" in message:
            for (file, line, _), comparisons in trial.current().comparisons.items():
                collected[f"{Path(file).name}:{line}"] += [
                    float(np.max(c.excess(c.expected), initial=0)) for c in comparisons
                ]

    found = suite.judge(suite.obligations, load(str(path_of(style)), SECONDS), note)
    failed = [record.test for record in found.records.values() if record.status != Status.HOLDS]
    if failed:
        raise RuntimeError(f"{style} does not hold: {', '.join(failed)}")
    return collected


def line(place: str, style: str, found: list[float]) -> tuple[bool, float, str]:
    """Whether the largest error is far out, that error, and what there is to tell of it."""
    largest, usual = max(found), float(np.quantile(found, 0.99))
    is_far = largest > NOTABLE and largest > FAR * usual
    told = f"{largest:8.3f}{usual:8.3f}{len(found):8}  {place}, {style}"
    return is_far, largest, told + "  <- far out" * is_far


def main() -> int:
    """Print the places with the least margin; 1 if an error is far out, or a style does not hold."""
    parser = forks.command_line("margins", __doc__.partition("\n")[0])
    parser.add_argument(
        "--examples", type=forks.at_least_one, default=200, help="of each test (default 200)"
    )
    given = parser.parse_args()
    usual = hypothesis.settings.get_profile("spec")
    hypothesis.settings.register_profile("margins", usual, max_examples=given.examples)
    options = ("--hypothesis-profile=margins", "--time-limit=600")
    outcomes = forks.in_forks(list(STYLES), errors, *options, jobs=given.jobs)
    worst: dict[str, tuple[bool, float, str]] = {}
    for style, outcome in zip(STYLES, outcomes, strict=True):
        for place, found in (outcome or {}).items():
            worst[place] = max(worst.get(place, (False, -1.0, "")), line(place, style, found))
    lines = sorted(worst.values(), reverse=True)
    n_far = sum(is_far for is_far, _, _ in lines)
    lost = [style for style, outcome in zip(STYLES, outcomes, strict=True) if outcome is None]
    told = [" largest    99 %  errors", *(text for _, _, text in lines[: max(SHOWN, n_far)])]
    told += [f"{style} could not be judged, or does not hold" for style in lost]
    sys.stdout.write("\n".join(told) + "\n")
    return int(bool(n_far or lost))


if __name__ == "__main__":
    raise SystemExit(main())
