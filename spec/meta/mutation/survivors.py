"""What may survive: changes that are no mistake, or that no claim of the theory can tell.

They stand in survivors.toml beside this file, each with the reason.
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

LISTED = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True)
class Change:
    """In a file of `impl`, in the function `where` ("" outside of any), the line `old` is `new`.

    Lines are as `statements` gives them, so neither layout nor comments matter.
    """

    file: str
    where: str
    old: str
    new: str

    def __str__(self) -> str:
        where = f"{self.file}, {self.where}" if self.where else self.file
        return f"{where}\n    - {self.old}\n    + {self.new}"


def statements(source: str) -> list[str]:
    """A module's lines in a normal form: a statement on each, without comments."""
    return ast.unparse(ast.parse(source)).splitlines()


def listed() -> dict[Change, str]:
    """The survivors that are known, each with the reason why no test could tell it."""
    reasons = {}
    for group in tomllib.loads(LISTED.read_text(encoding="utf-8"))["survivors"]:
        for new in group["new"]:
            change = Change(group["file"], group["where"], group["old"], new)
            reasons[change] = group["why"]
    return reasons
