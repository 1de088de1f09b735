"""`python -m spec.meta.stand_in_grader CLASS OUT SECONDS`: a grader whose judge takes SECONDS for each.

What it judges it notes in OUT.log, a line each. So the tests of a run that is killed need not wait for
the specification.
"""

import sys
import time
from pathlib import Path
from typing import Any

from spec.grading.gradebook.folder import Gradebook, Scheme
from spec.grading.intake.handed_in import Contents, handed_in
from spec.grading.running import class_run, worker
from spec.grading.running.store import Store
from spec.grading.scores import rubric

from .grading import catalogue, judgement


def main(given: Path, out: Path, seconds: float) -> None:
    """Grade a class, one after the other."""
    log = out.with_suffix(".log").open("a")

    def judge(contents: Contents, walls: str) -> dict[str, Any]:
        time.sleep(seconds)
        log.write(f"{contents.name}\n")
        log.flush()
        return judgement(contents.content.decode()).as_data()

    worker.judge = judge
    found = handed_in([given], out).learners
    store = Store(out, "suite", "")
    book = Gradebook(out, found, Scheme(rubric.default(catalogue()), catalogue()))
    how = class_run.How(jobs=1)
    class_run.ClassRun(catalogue().claims, store, how, lambda s, j, key: book.add(s, j)).judge(
        found
    )
    book.write_tables()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
