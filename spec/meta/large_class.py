"""What a gradebook of a large class costs, with judgements that are made up.

    python -m spec.meta.large_class N [--pages none] [--resume]

Prints the CPU seconds and the peak of memory, of a run in which all is judged already; with --resume also
of a second run, which changes nothing.
"""

import argparse
import gzip
import json
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np

from spec.grading import command
from spec.grading.intake.handed_in import HandedIn, handed_in
from spec.grading.running import judging
from spec.grading.running.store import Store
from spec.harness.ground.files import make_folder, write_whole
from spec.harness.ground.status import Status

from .grading import catalogue, judgement

KINDS = 200  # different judgements
VERSION = "made up"


def cpu_seconds() -> float:
    """Of this process and of all that it has waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


def made_up() -> list[bytes]:
    """Judgements as the store keeps them: each claim holds, fails with an explanation, or is not there."""
    chance = np.random.default_rng(0)
    failing = next(
        v for v in judgement("softmax is wrong " * 20).verdicts if v.status == Status.FAILS
    )
    explained = json.loads(json.dumps(judgement("it is wrong " * 20).as_data()))
    example = next(v for v in explained["verdicts"] if v["claim"] == failing.claim)
    kinds = []
    for number in range(KINDS):
        verdicts = []
        for verdict in explained["verdicts"]:
            if chance.random() < 0.1:
                verdicts.append(example | {"claim": verdict["claim"]})
            else:
                verdicts.append(verdict | {"status": "holds", "explanation": None, "waits_for": ""})
        data = explained | {"verdicts": verdicts, "form": f"{number}"}
        kinds.append(gzip.compress(json.dumps(data).encode(), mtime=0))
    return kinds


def fill(store: Store, found: list[HandedIn]) -> None:
    """Put a judgement of each submission into the store."""
    kinds = made_up()
    for number, submission in enumerate(found):
        path = store._path(store.key(submission.read()))
        make_folder(path.parent)
        write_whole(path, kinds[number % KINDS])


def figures(n: int, pages: bool, resume: bool) -> Iterator[str]:
    """Line by line, as each is known."""
    with tempfile.TemporaryDirectory() as place, patch.object(command, "catalogue", catalogue):
        folder, out = Path(place, "class"), Path(place, "out")
        folder.mkdir()
        for number in range(n):
            (folder / f"learner_{number:06}.py").write_text(f"def relu(z): return {number}\n" * 50)
        make_folder(out)
        store = Store(out, judging.suite_hash(), "process", 5.0)
        fill(store, list(handed_in([folder], out).learners))
        store.close()
        how = command.How("process")
        options = command.Options([folder], out, VERSION, pages=pages, how=how)
        for what in ("gradebook", "resume") if resume else ("gradebook",):
            before = cpu_seconds()
            told, _ = command.grade(options)
            assert f"{n} submissions, 0 of them judged now" in told
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            yield f"{what} of {n}: {cpu_seconds() - before:.1f} s of CPU time, at most {peak} MB"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int)
    parser.add_argument("--pages", choices=("all", "none"), default="all")
    parser.add_argument("--resume", action="store_true")
    asked = parser.parse_args()
    for line in figures(asked.n, asked.pages == "all", asked.resume):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
