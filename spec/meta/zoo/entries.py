"""The entries of the zoo: wrong implementations, each a small change to a right one.

They stand in the TOML files beside this one, by the section of the claim that must catch them.
"""

import importlib.util
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from spec.harness.subject.loading import REFERENCE, Subject

NOTEBOOK = Path(__file__).parents[1] / "right" / "notebook.py"


@dataclass(frozen=True)
class Wrong:
    """A wrong implementation: a right one in which, in `file`, `old` (it stands there once) is `new`.

    The file is one of `impl`, or `notebook.py` of `spec/meta/right`. `name` says in plain words what
    is wrong and `claim` which claim must catch it; where that is not the claim whose equation is
    wrong (softmax is broken, and a network's output shows it), `breaks` is. `says` is a phrase of what
    the named claim tells, and with `also` holds the causes that are true: to name another is false.
    """

    claim: str
    name: str
    file: str
    old: str
    new: str
    says: str = ""
    breaks: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.claim}: {self.name}"

    @property
    def section(self) -> str:
        """The section of the equation that is wrong."""
        return (self.breaks or self.claim).partition("/")[0]

    def explained_by(self, text: str) -> bool:
        """Whether the text holds a true cause."""
        return any(phrase in text for phrase in (self.says, *self.also) if phrase)

    def written(self, folder: Path) -> Path:
        """Write the implementation as a package into a folder; return its __init__.py.

        ValueError if `old` does not stand once in its file.
        """
        package = folder / "wrong"
        package.mkdir()
        for source in [NOTEBOOK] if self.file == NOTEBOOK.name else REFERENCE.glob("*.py"):
            text = source.read_text(encoding="utf-8")
            if source.name == self.file:
                if text.count(self.old) != 1:
                    raise ValueError(
                        f"{self}: `old` stands {text.count(self.old)} times in {source}"
                    )
                text = text.replace(self.old, self.new)
            name = "__init__.py" if source == NOTEBOOK else source.name
            (package / name).write_text(text, encoding="utf-8")
        return package / "__init__.py"


def loaded(path: Path) -> Subject:
    """Load a package by its __init__.py, as the implementation under test."""
    found = importlib.util.spec_from_file_location(
        "wrong", path, submodule_search_locations=[str(path.parent)]
    )
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["wrong"] = module
    found.loader.exec_module(module)
    return Subject(module, "wrong", path, "", False)


FILES = sorted(Path(__file__).parent.glob("[01]*.toml"))


def read(text: str) -> list[Wrong]:
    """The entries of a TOML file."""
    return [Wrong(**entry) for entry in tomllib.loads(text).get("wrong", [])]


ZOO = [wrong for path in FILES for wrong in read(path.read_text(encoding="utf-8"))]
