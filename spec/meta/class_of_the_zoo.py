"""A class to grade: the wrong implementations of the zoo, each handed in as one file.

    python -m spec.meta.class_of_the_zoo FOLDER N

Beyond the single mistakes come pairs of them, in different files of the reference.
"""

import re
import sys
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path

from spec.harness.subject.loading import REFERENCE

from .zoo.entries import NOTEBOOK, ZOO, Wrong

ORDER = (
    *("checks", "activations", "linear", "losses", "initialisation", "regularisation", "networks"),
    *("gradient_checking", "graph", "optimisers", "training"),
)
IMPORTS = re.compile(r"^from \.\w+ import (\([^)]*\)|[^\n]*)\n", re.M)
MODULES = re.compile(r"^from \. import (.*)\n", re.M)


def one_file(*mistakes: Wrong) -> str:
    """An implementation with these mistakes, as one file."""
    if mistakes[0].file == NOTEBOOK.name:
        return NOTEBOOK.read_text(encoding="utf-8").replace(mistakes[0].old, mistakes[0].new)
    texts = []
    for name in ORDER:
        text = (REFERENCE / f"{name}.py").read_text(encoding="utf-8")
        for wrong in mistakes:
            text = text.replace(wrong.old, wrong.new) if wrong.file == f"{name}.py" else text
        texts.append(MODULES.sub(_as_namespaces, IMPORTS.sub("", text)))
    return "\n\n".join(texts)


def _as_namespaces(found: re.Match[str]) -> str:
    """In place of modules: all that is defined by then."""
    lines = [f"{name} = SimpleNamespace(**globals())\n" for name in found[1].split(", ")]
    return "from types import SimpleNamespace\n" + "".join(lines)


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
