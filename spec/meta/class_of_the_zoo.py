"""A class to grade: the wrong implementations of the zoo, each handed in as one file.

    python -m spec.meta.class_of_the_zoo FOLDER N

Beyond the single mistakes come pairs of them, in different files of the reference.
"""

import sys
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path

from spec.grading.example import reference

from .zoo.entries import NOTEBOOK, ZOO, Wrong


def one_file(*mistakes: Wrong) -> str:
    """An implementation with these mistakes, as one file."""
    if mistakes[0].file == NOTEBOOK.name:
        return NOTEBOOK.read_text(encoding="utf-8").replace(mistakes[0].old, mistakes[0].new)

    def change(file: str, text: str) -> str:
        for wrong in mistakes:
            text = text.replace(wrong.old, wrong.new) if wrong.file == file else text
        return text

    return reference.one_file(change)


def class_of(n: int) -> Iterator[str]:
    """So many different files."""
    parts = [wrong for wrong in ZOO if wrong.file != NOTEBOOK.name]
    pairs = (pair for pair in combinations(parts, 2) if pair[0].file != pair[1].file)
    return islice((one_file(*mistakes) for mistakes in [*((w,) for w in ZOO), *pairs]), n)


def write(folder: Path, n: int) -> None:
    """Write the class, a file for each learner."""
    folder.mkdir()
    for number, text in enumerate(class_of(n)):
        (folder / f"learner_{number:05}.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
