"""The reference implementation read as text: what it defines, without importing or running any of it."""

import ast
import copy
import re
from pathlib import Path

from spec.harness.ground.calling import GIVER
from spec.harness.ground.errors import CannotDo
from spec.harness.subject.loading import REFERENCE

Definition = ast.FunctionDef | ast.ClassDef
BEYOND = "Beyond the contract:"  # begins what a docstring says of the reference alone


class Reference:
    """The source of `impl`: its functions and classes by name."""

    def __init__(self, folder: Path = REFERENCE) -> None:
        """Read every module of the folder. Raises CannotDo if there is none."""
        if not (folder / "__init__.py").is_file():
            raise CannotDo(
                f"the skeleton is made from the reference implementation, but there is no {folder}: "
                f"get the whole package from {GIVER}"
            )
        self.definitions: dict[str, Definition] = {}
        self._prose: dict[str, str] = {}
        for path in sorted(folder.glob("*.py")):
            module = ast.parse(path.read_text(encoding="utf-8"))
            defined = {node.name: node for node in module.body if isinstance(node, Definition)}
            self.definitions |= defined
            prose = (ast.get_docstring(module) or "").partition("\n\n")[2]
            self._prose |= dict.fromkeys(defined, prose)

    def prose(self, name: str) -> str:
        """What the module that defines a name says of all its names, below its title."""
        return self._prose[name]

    @staticmethod
    def docstring(node: Definition) -> str:
        """What a docstring asks of everybody: all but the paragraphs about the reference alone."""
        paragraphs = (ast.get_docstring(node) or "").split("\n\n")
        return "\n\n".join(text for text in paragraphs if not text.startswith(BEYOND))

    def methods(self, name: str) -> dict[str, ast.FunctionDef]:
        """The methods of a class that are asked for, its own and inherited; none for a function."""
        found: dict[str, ast.FunctionDef] = {}
        node = self.definitions[name]
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                found |= self.methods(ast.unparse(base))
            found |= {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        return {n: m for n, m in found.items() if n == "__init__" or _is_asked_for(m)}


def _is_asked_for(method: ast.FunctionDef) -> bool:
    beyond = (ast.get_docstring(method) or "").startswith(BEYOND)
    return not method.name.startswith("_") and not beyond


def signature(function: ast.FunctionDef) -> str:
    """The parameters as a learner writes them: names and defaults, without annotations.

    What can be given by keyword alone is the reference's own.
    """
    parameters = copy.deepcopy(function.args)
    parameters.kwonlyargs, parameters.kw_defaults = [], []
    for parameter in parameters.args:
        parameter.annotation = None
    text = ast.unparse(parameters).replace("'", '"')
    return re.sub(r"e-0(\d)", r"e-\1", text)  # 1e-05
