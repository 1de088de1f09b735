"""The judge process: it collects the specification once, then judges each submission that it is sent.

`python -m spec.grading.running.judge_process WALLS SECONDS` reads lines of JSON (a name, and the files) and
answers each with one line: the judgement. It is a fresh interpreter, since a worker may have threads, and
a process that forks must not. It ends when its standard input does, so it never outlives its worker.
"""

import base64
import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from spec.harness.ground.errors import CannotDo

from .judging import Judge, judging
from .worker import Walls


def main(walls: Walls, seconds: float) -> None:
    """Judge each submission that comes, until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(nowhere, 0)

    def answer(data: dict[str, Any]) -> None:
        answers.write(json.dumps(data) + "\n")
        answers.flush()

    try:
        judging(lambda judge: _attend(judge, questions, answer), walls=walls, seconds=seconds)
    except CannotDo as error:
        answer({"cannot": str(error)})


def _attend(judge: Judge, questions: TextIO, answer: Callable[[dict[str, Any]], None]) -> None:
    answer({"ready": True})
    for line in questions:
        question = json.loads(line)
        files = {name: base64.b64decode(content) for name, content in question["files"].items()}
        content = files.pop(question["name"])
        judgement = judge.contents(question["name"], content, files)
        lost = {"lost": judgement.trouble}
        answer(lost if judgement.broke_off else judgement.as_data())


if __name__ == "__main__":
    main("process" if sys.argv[1] == "process" else "landlock", float(sys.argv[2]))
