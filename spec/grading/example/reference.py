"""The reference as one file, as a learner would hand it in: its modules one after the other."""

import re
from collections.abc import Callable

from spec.harness.subject.loading import REFERENCE

ORDER = (
    *("checks", "activations", "linear", "losses", "initialisation", "regularisation", "networks"),
    *("gradient_checking", "graph", "optimisers", "training"),
)
IMPORTS = re.compile(r"^from \.\w+ import (\([^)]*\)|[^\n]*)\n", re.M)
MODULES = re.compile(r"^from \. import (.*)\n", re.M)


def one_file(change: Callable[[str, str], str] = lambda file, text: text) -> str:
    """The reference in one file; `change(file, text)` may alter each module before."""
    texts = []
    for name in ORDER:
        file = f"{name}.py"
        text = change(file, (REFERENCE / file).read_text(encoding="utf-8"))
        texts.append(MODULES.sub(_as_namespaces, IMPORTS.sub("", text)))
    return "\n\n".join(texts)


def _as_namespaces(found: re.Match[str]) -> str:
    """In place of modules: all that is defined by then."""
    lines = [f"{name} = SimpleNamespace(**globals())\n" for name in found[1].split(", ")]
    return "from types import SimpleNamespace\n" + "".join(lines)
